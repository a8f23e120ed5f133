//! The hand that copies a text, token by token, and says where it may break.
//!
//! In: the source text; the families of constructs (`decl`, `workflow`, `step`, `expr`, `connector`, `test`) move the
//! hand through it along the tree. Out: a [`Doc`]. Invariant: every token and every comment between where it began
//! and where it stands is in the document, once, in order: so nothing of what the author wrote can get lost, and
//! words never have to be spelled twice. Words easily confused: an item is what stands on a line of its own when
//! things are broken (a clause, a step, a field); what goes on behind an item's first token is one step further in.

use super::comments::{self, Trivia};
use super::doc::{Doc, Gap};
use super::{block, token};
use crate::base::{At, Span};

/// How a bracketed list is laid out.
#[derive(Clone, Copy)]
pub struct Shape {
    /// The opening bracket.
    pub bracket: char,
    /// Spaces inside the brackets, on one line.
    pub pad: usize,
    /// Spaces between the items, on one line.
    pub gap: usize,
    /// When it is spread over lines though it would fit on one.
    pub spread: Spread,
}

/// When a list is spread over lines though it would fit on one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Never.
    Fit,
    /// Never, and then with as many items on each line as fit.
    Fill,
    /// If the author did so.
    Author,
    /// Always.
    Always,
}

impl Shape {
    /// `(a, b)`
    pub const PARENS: Self = Self { bracket: '(', pad: 0, gap: 1, spread: Spread::Fit };
    /// `(a, b)`, as many as fit on each line
    pub const VALUES: Self = Self { spread: Spread::Fill, ..Self::PARENS };
    /// `[a, b]`
    pub const SQUARE: Self = Self { bracket: '[', ..Self::PARENS };
    /// `{ a: 1  b: 2 }`
    pub const FIELDS: Self = Self { bracket: '{', pad: 1, gap: 2, spread: Spread::Author };
    /// `{ "a" "b" }`
    pub const WORDS: Self = Self { gap: 1, ..Self::FIELDS };
    /// One item a line, always.
    pub const LINES: Self = Self { spread: Spread::Always, ..Self::FIELDS };
}

/// The hand.
pub struct Printer<'a> {
    text: &'a str,
    at: usize,
    last: &'a str,
    /// What was copied so far.
    pub doc: Doc,
}

impl<'a> Printer<'a> {
    /// At the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, last: "", doc: Doc::default() }
    }

    /// What stands before the next token, which is thereby done with.
    pub fn take_trivia(&mut self) -> Trivia<'a> {
        let trivia = comments::trivia(self.text, self.at);
        self.at = trivia.end;
        trivia
    }

    /// Where the next token begins.
    pub fn next(&self) -> usize {
        comments::trivia(self.text, self.at).end
    }

    /// The source of a span.
    pub fn source(&self, at: At) -> &'a str {
        self.text.get(at.0.start as usize..at.0.end as usize).unwrap_or("")
    }

    /// The source between two places.
    pub fn between(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or("")
    }

    /// The next token's text; empty at the end.
    pub fn peek(&self) -> &'a str {
        let start = self.next();
        token::end(self.text, start).and_then(|end| self.text.get(start..end)).unwrap_or("")
    }

    /// Copies the next token.
    pub fn token(&mut self) {
        if let Some(end) = token::end(self.text, self.next()) {
            self.copy(end);
        }
    }

    /// Copies the next token whole, up to `end`, with the comments around it.
    fn copy(&mut self, end: usize) {
        self.settle();
        let trivia = self.take_trivia();
        for comment in &trivia.comments {
            self.doc.comment(comment.text, comment.own);
        }
        let Some(text) = self.text.get(trivia.end..end).map(str::trim_end) else { return };
        self.doc.text(block::indented(text, self.doc.depth()));
        (self.last, self.at) = (text, end);
        if let Some((comment, end)) = comments::trailing(self.text, self.at) {
            self.doc.comment(comment, false);
            self.at = end;
        }
    }

    /// Asks for the usual gap before the next token, if none was asked for: an indentation that begins now is not for
    /// that token.
    pub fn settle(&mut self) {
        if !self.doc.has_gap() {
            self.doc.gap(usual_gap(self.last, self.peek()));
        }
    }

    /// Copies the tokens that begin before `place`.
    pub fn upto(&mut self, place: u32) {
        while self.next() < place as usize && self.next() < self.text.len() {
            self.token();
        }
    }

    /// Copies the tokens before `at`.
    pub fn before(&mut self, at: At) {
        self.upto(at.0.start);
    }

    /// Copies the tokens up to the end of `at`.
    pub fn through(&mut self, at: At) {
        self.upto(at.0.end);
    }

    /// Copies what stands at `at` as one token.
    pub fn whole(&mut self, at: At) {
        self.before(at);
        if self.next() < at.0.end as usize {
            self.copy(at.0.end as usize);
        }
    }

    /// Copies tokens until the next one is one of `words`, at most to `end`.
    pub fn until(&mut self, words: &[&str], end: At) {
        while self.next() < end.0.end as usize && !words.contains(&self.peek()) {
            self.token();
        }
    }

    /// Begins an item: copies its first token; what follows stands further in. [`foot`](Self::foot) ends it.
    pub fn head(&mut self) {
        self.token();
        self.doc.indent();
    }

    /// Ends an item.
    pub fn foot(&mut self) {
        self.doc.dedent();
    }

    /// An item whose first token is copied as such: the rest of it, done by `rest`, stands further in.
    pub fn item(&mut self, rest: impl FnOnce(&mut Self)) {
        self.head();
        rest(self);
        self.foot();
    }

    /// A group: on one line if it fits.
    pub fn group(&mut self, inner: impl FnOnce(&mut Self)) {
        self.doc.open();
        inner(self);
        self.doc.close();
    }

    /// The way to the next item: the comments on lines of their own before it, and empty lines where `gap` is a new
    /// line and it is not the first.
    pub fn next_item(&mut self, gap: Gap, first: bool) {
        let trivia = self.take_trivia();
        let mut blanks = gap >= Gap::Hard && !first;
        for comment in &trivia.comments {
            self.doc.gap(if comment.blank && blanks { Gap::Blank } else { Gap::Hard });
            self.doc.comment(comment.text, comment.own);
            blanks = gap >= Gap::Hard;
        }
        self.doc.gap(if trivia.blank && blanks { Gap::Blank } else { gap });
    }

    /// Items one a line, each done by `each`.
    pub fn lines<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        for (at, item) in items.iter().enumerate() {
            self.next_item(Gap::Hard, at == 0);
            each(self, item);
            self.comma();
        }
    }

    /// The comma behind an item, where the author wrote one; whether there was one.
    pub fn comma(&mut self) -> bool {
        let comma = self.peek() == ",";
        if comma {
            self.token();
        }
        comma
    }

    /// A bracketed list, from the words before its bracket to the closing one; `span` gives an item's place. It is
    /// to be called within an item: the closing bracket stands under that item's first token.
    pub fn list<T>(
        &mut self,
        shape: Shape,
        items: &[T],
        span: impl Fn(&T) -> Span,
        each: impl FnMut(&mut Self, &T),
    ) {
        self.until_bracket(shape.bracket);
        let spread = match (shape.spread, items.last()) {
            (Spread::Author, Some(last)) if self.is_broken(self.next(), span(last).end as usize) => {
                Spread::Always
            }
            (spread, _) => spread,
        };
        self.group(|p| p.bracketed(Shape { spread, ..shape }, items, each));
    }

    /// As [`list`](Self::list), but broken together with the group around it.
    pub fn bracketed<T>(&mut self, shape: Shape, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.until_bracket(shape.bracket);
        let line = |spaces| if shape.spread == Spread::Always { Gap::Hard } else { Gap::Line(spaces) };
        self.token();
        let mut gap = line(shape.pad);
        for (at, item) in items.iter().enumerate() {
            self.next_item(gap, at == 0);
            each(self, item);
            gap = match self.comma() {
                _ if shape.spread == Spread::Fill => Gap::Fill,
                true => line(1),
                false => line(shape.gap),
            };
        }
        self.last_comments(items.is_empty());
        self.foot();
        self.doc.gap(match items {
            [] if shape.pad == 0 => Gap::Tight,
            [] => Gap::Space,
            _ => line(shape.pad),
        });
        self.head();
    }

    /// The comments before a closing bracket, in line with the items.
    fn last_comments(&mut self, first: bool) {
        let mut blanks = !first;
        for comment in self.take_trivia().comments {
            self.doc.gap(if comment.blank && blanks { Gap::Blank } else { Gap::Hard });
            self.doc.comment(comment.text, comment.own);
            blanks = true;
        }
    }

    fn until_bracket(&mut self, bracket: char) {
        while !self.peek().starts_with(bracket) && !self.peek().is_empty() {
            self.token();
        }
    }

    /// Whether the author broke the line between `from` and the bracket that closes behind `to`.
    pub fn is_broken(&self, from: usize, to: usize) -> bool {
        self.between(from, self.behind_comma(to)).contains('\n')
    }

    /// Whether an empty line stands behind the item that ends at `at`, before the next.
    pub fn has_blank(&self, at: usize) -> bool {
        let trivia = comments::trivia(self.text, self.comma_behind(at).unwrap_or(at));
        trivia.blank || trivia.comments.iter().any(|comment| comment.blank)
    }

    /// Where the token begins that follows the item that ends at `at`, or the comma behind that.
    fn behind_comma(&self, at: usize) -> usize {
        comments::trivia(self.text, self.comma_behind(at).unwrap_or(at)).end
    }

    /// The end of the comma behind the item that ends at `at`.
    fn comma_behind(&self, at: usize) -> Option<usize> {
        let next = comments::trivia(self.text, at).end;
        (self.between(next, next + 1) == ",").then_some(next + 1)
    }
}

/// The gap between two tokens where nothing else is said.
fn usual_gap(last: &str, next: &str) -> Gap {
    if matches!(next, "," | ")" | "]" | ":" | "..") || matches!(last, "(" | "[" | "..") {
        Gap::Tight
    } else {
        Gap::Space
    }
}
