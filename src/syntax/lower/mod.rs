//! Pairs of the grammar to the tree.
//!
//! In: the pairs of one declaration (or fragment) and where its text begins in the file. Out: the tree, and what is
//! wrong with literals in it. Total: a literal that means nothing leaves a placeholder and a diagnostic, and pairs of
//! an unforeseen shape give `None`, never a panic. Invariant: the tree made is at most [`MAX_DEPTH`] levels of operators
//! and brackets deep, so that whoever walks it may recurse. Not here: names and types (`check`).

mod connector;
mod decl;
mod expr;
mod literal;
mod step;
mod test;
mod workflow;

use super::ast::{Name, Path, Subject, Text};
use super::words::{Word, word};
use super::{Pair, Pairs, Rule};
use crate::base::{At, FileId, Node, Span};
use crate::diag::{Code, Diagnostic};

/// Levels of operators and brackets that a tree may have.
pub(super) const MAX_DEPTH: usize = 1_000;

/// What lowering one piece needs to know and finds wrong.
pub(super) struct Lower {
    file: FileId,
    /// Where the piece begins in the file.
    base: usize,
    depth: usize,
    /// What is wrong with the literals met so far.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Lower {
    pub(super) fn new(file: FileId, base: usize) -> Self {
        Self { file, base, depth: 0, diagnostics: Vec::new() }
    }

    /// The place of a pair, without the white space that pest leaves at its end.
    fn span(&self, pair: &Pair<'_>) -> Span {
        let span = pair.as_span();
        let text = span.as_str().trim_end_matches([' ', '\n', '\t', '\r', '\u{FEFF}']);
        self.place(span.start(), span.start() + text.len())
    }

    fn place(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.base + start, self.base + end)
    }

    fn at(&self, pair: &Pair<'_>) -> At {
        At(self.span(pair))
    }

    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::new(code, span, message));
        let last = self.diagnostics.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "pushed the line before")]
        &mut self.diagnostics[last]
    }

    /// Runs `make` `levels` deeper; `None`, with a diagnostic, where that is too deep.
    fn deeper<T>(
        &mut self,
        pair: &Pair<'_>,
        levels: usize,
        make: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.depth + levels > MAX_DEPTH {
            let span = self.span(pair).before();
            let label = format!("more than {MAX_DEPTH} operators and brackets in each other");
            self.diagnostics.push(super::nesting::too_deep(span).label(label));
            return None;
        }
        self.depth += levels;
        let made = make(self);
        self.depth -= levels;
        made
    }

    fn name(&self, pair: &Pair<'_>) -> Name {
        Node { node: pair.as_str().to_owned(), at: self.at(pair) }
    }

    fn path(&self, pair: &Pair<'_>) -> Path {
        let mut start = pair.as_span().start();
        let mut parts = Vec::new();
        for part in pair.as_str().split('.') {
            parts.push(Node::new(part.to_owned(), self.place(start, start + part.len())));
            start += part.len() + 1;
        }
        Path { parts, at: self.at(pair) }
    }

    fn node<T>(&self, pair: &Pair<'_>, node: T) -> Node<T> {
        Node { node, at: self.at(pair) }
    }

    fn subject(&self, pair: &Pair<'_>) -> Node<Subject> {
        let account = pair.as_str().starts_with("account");
        self.node(pair, if account { Subject::Account } else { Subject::Contact })
    }
}

/// The parts of a pair in order; words and signs that carry no meaning of their own are passed over.
struct Parts<'i> {
    pairs: Pairs<'i>,
}

impl<'i> Parts<'i> {
    fn of(pair: Pair<'i>) -> Self {
        Self { pairs: pair.into_inner() }
    }

    /// The next part, if it is of that rule.
    fn accept(&mut self, rule: Rule) -> Option<Pair<'i>> {
        let mut ahead = self.pairs.clone();
        let found = ahead.find(|pair| !is_noise(pair.as_rule())).filter(|pair| pair.as_rule() == rule)?;
        self.pairs = ahead;
        Some(found)
    }

    /// Whether this word stands before the next part.
    fn has(&self, rule: Rule) -> bool {
        self.pairs.clone().take_while(|pair| is_noise(pair.as_rule())).any(|pair| pair.as_rule() == rule)
    }

    fn text(&mut self, lower: &mut Lower) -> Option<Text> {
        self.accept(Rule::string).map(|pair| lower.text(&pair))
    }

    fn subject(&mut self, lower: &Lower) -> Option<Node<Subject>> {
        self.accept(Rule::subject).map(|pair| lower.subject(&pair))
    }
}

impl<'i> Iterator for Parts<'i> {
    type Item = Pair<'i>;
    fn next(&mut self) -> Option<Pair<'i>> {
        self.pairs.find(|pair| !is_noise(pair.as_rule()))
    }
}

fn is_noise(rule: Rule) -> bool {
    matches!(word(rule), Word::Keyword(_) | Word::Sign(_))
}
