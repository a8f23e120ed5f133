//! `wf fmt`: the one way to lay a file out.
//!
//! In: a text and what `syntax` made of it. Out: the text laid out anew, or why not. Only white space changes: every
//! token and every comment is copied from the source, in order, so a literal looks as its author wrote it. The
//! invariant is looked at each time: the result is parsed again, and is given out only if it says the same with the
//! same comments; formatting it once more changes nothing. The rules are told in docs/formatting.md.
//! Not here: what a token means (the tree knows), reading and writing files (`cli`).
//! Tests: `tests/it/format.rs`, with the cases of `tests/cases/format`.

mod block;
mod comments;
mod connector;
mod decl;
pub mod diff;
mod doc;
mod expr;
mod print;
mod step;
mod test;
pub mod token;
mod workflow;

pub use diff::diff;

use crate::base::FileId;
use crate::syntax::{Parsed, parse};
use comments::Trivia;
use doc::Row;
use print::Printer;

/// Why a text was not formatted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormatError {
    /// It has errors; they are in its [`Parsed`].
    Errors,
    /// The result would not have said the same: a fault of the formatter.
    Changed,
    /// The result would have lost a comment, or their order: a fault of the formatter.
    Comments,
}

impl std::fmt::Display for FormatError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Errors => "a file with errors is not formatted",
            Self::Changed => "left as it is: laid out, the file would have meant something else",
            Self::Comments => "left as it is: laid out, the file would have lost comments",
        })
    }
}

impl std::error::Error for FormatError {}

/// Lays out `text`, of which `parsed` was made.
pub fn format(text: &str, parsed: &Parsed) -> Result<String, FormatError> {
    if parsed.diagnostics.iter().any(crate::diag::Diagnostic::is_error) {
        return Err(FormatError::Errors);
    }
    let formatted = lay_out(text, parsed);
    let again = parse(FileId::default(), &formatted);
    let same = again.file == parsed.file && !again.diagnostics.iter().any(crate::diag::Diagnostic::is_error);
    if !same {
        return Err(FormatError::Changed);
    }
    let comments =
        |parsed: &Parsed| parsed.comments.iter().map(|comment| comment.text.clone()).collect::<Vec<_>>();
    if comments(&again) == comments(parsed) { Ok(formatted) } else { Err(FormatError::Comments) }
}

fn lay_out(text: &str, parsed: &Parsed) -> String {
    let mut printer = Printer::new(text);
    let mut rows = Vec::new();
    let mut before = None;
    for decl in &parsed.file.decls {
        let trivia = printer.take_trivia();
        printer.decl(decl);
        let block = std::mem::take(&mut printer.doc).rows();
        // A declaration of several lines stands apart; between others the author decides.
        let tall = block.len() > 1;
        let apart = before.is_some_and(|before| before || tall);
        lead(&mut rows, &trivia, apart);
        rows.extend(block);
        before = Some(tall);
    }
    let end = Trivia { blank: false, ..printer.take_trivia() };
    lead(&mut rows, &end, false);
    doc::join(&rows)
}

/// The comments and empty lines before a declaration or the end; `apart`: at least one empty line.
fn lead(rows: &mut Vec<Row>, trivia: &Trivia<'_>, apart: bool) {
    let blanks = trivia.blank || trivia.comments.iter().any(|comment| comment.blank);
    let mut missing = apart && !blanks;
    for comment in &trivia.comments {
        blank(rows, comment.blank || std::mem::take(&mut missing));
        rows.push(Row { code: comment.text.to_owned(), comment: None });
    }
    blank(rows, trivia.blank || missing);
}

fn blank(rows: &mut Vec<Row>, wanted: bool) {
    if wanted && !rows.is_empty() {
        rows.push(Row::default());
    }
}
