//! The entry: a file, or a fragment.

use super::lower::Lower;
use super::{Comment, Grammar, Pair, Rule, ast};
use crate::base::{FileId, Span};
use crate::diag::{Code, Diagnostic};
use pest::Parser;

/// What a file says.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The tree.
    pub file: ast::File,
    /// Its comments in order.
    pub comments: Vec<Comment>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file.
pub fn parse(file: FileId, text: &str) -> Parsed {
    let (blank, comments) = blank(file, text);
    let mut lower = Lower::new(file, 0);
    let mut parsed = Parsed { comments, ..Parsed::default() };
    match Grammar::parse(Rule::all_decls, &blank) {
        Ok(mut pairs) => {
            let pairs = pairs.next().into_iter().flat_map(Pair::into_inner);
            for pair in pairs.filter(|pair| pair.as_rule() == Rule::decl) {
                parsed.file.decls.extend(lower.decl(pair));
            }
        }
        Err(error) => parsed.diagnostics.push(failed(file, &error)),
    }
    parsed.diagnostics.append(&mut lower.diagnostics);
    parsed
}

fn failed(file: FileId, error: &pest::error::Error<Rule>) -> Diagnostic {
    let at = match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    };
    Diagnostic::new(Code::Syntax, Span::new(file, at, at), format!("{}", error.variant.message()))
}

fn fragment<T>(
    file: FileId,
    text: &str,
    rule: Rule,
    make: impl FnOnce(&mut Lower, Pair<'_>) -> Option<T>,
) -> (Option<T>, Vec<Diagnostic>) {
    let (blank, _) = blank(file, text);
    let mut lower = Lower::new(file, 0);
    match Grammar::parse(rule, &blank) {
        Ok(mut pairs) => {
            let made = pairs.next().and_then(|pair| make(&mut lower, pair));
            (made, lower.diagnostics)
        }
        Err(error) => (None, vec![failed(file, &error)]),
    }
}

/// Reads a condition.
pub fn parse_condition(file: FileId, text: &str) -> (Option<ast::Expr>, Vec<Diagnostic>) {
    fragment(file, text, Rule::one_cond, |lower, pair| lower.expr(pair.into_inner().next()?))
}

/// Reads the triggers of a workflow.
pub fn parse_trigger(file: FileId, text: &str) -> (Option<Vec<ast::Trigger>>, Vec<Diagnostic>) {
    fragment(file, text, Rule::one_trigger, |lower, pair| lower.triggers(pair.into_inner().next()?))
}

/// Reads steps.
pub fn parse_steps(file: FileId, text: &str) -> (Option<Vec<ast::Step>>, Vec<Diagnostic>) {
    fragment(file, text, Rule::all_steps, |lower, pair| lower.steps(pair.into_inner()))
}

/// Reads statements of a test.
pub fn parse_statements(file: FileId, text: &str) -> (Option<Vec<ast::Statement>>, Vec<Diagnostic>) {
    fragment(file, text, Rule::all_stmts, |lower, pair| {
        pair.into_inner()
            .filter(|pair| pair.as_rule() == Rule::stmt)
            .map(|pair| lower.statement(pair))
            .collect()
    })
}

/// Reads an argument.
pub fn parse_arg(file: FileId, text: &str) -> (Option<ast::Arg>, Vec<Diagnostic>) {
    fragment(file, text, Rule::one_arg, |lower, pair| lower.arg(pair.into_inner().next()?))
}

/// The text with its comments overwritten by spaces, and the comments.
fn blank(file: FileId, text: &str) -> (String, Vec<Comment>) {
    let (mut bytes, mut comments) = (text.as_bytes().to_vec(), Vec::new());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
            b'"' => {
                let rest = text.get(at..).unwrap_or_default();
                at += if rest.starts_with("\"\"\"") {
                    rest.get(3..).and_then(|r| r.find("\"\"\"")).map_or(rest.len(), |end| end + 6)
                } else {
                    let mut escaped = false;
                    let end = rest.bytes().skip(1).position(|byte| {
                        let ends = !escaped && (byte == b'"' || byte == b'\n');
                        escaped = !escaped && byte == b'\\';
                        ends
                    });
                    end.map_or(rest.len(), |end| end + 2)
                };
            }
            b'#' => {
                let rest = text.get(at..).unwrap_or_default();
                let length = rest.find('\n').unwrap_or(rest.len());
                let line = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
                comments.push(Comment {
                    text: rest.get(..length).unwrap_or_default().trim_end().to_owned(),
                    span: Span::new(file, at, at + length),
                    own_line: line.trim().is_empty(),
                });
                bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte = b' ');
                at += length;
            }
            _ => at += 1,
        }
    }
    (String::from_utf8(bytes).unwrap_or_default(), comments)
}
