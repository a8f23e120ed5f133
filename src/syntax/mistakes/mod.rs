//! What a mistake is called.
//!
//! In: a scene: the tokens of a piece, and where and with what pest stopped. Out: one diagnostic that says what is wrong
//! there in the words of the language, and one thing to do. The mistakes that people really make come first, each a
//! small rule over the tokens around the place; what none of them knows is `expected …, found …`. Invariant: a rule looks
//! at the place only, never parses. Tests: `tests/it/parse_errors.rs`, one file a mistake in
//! `tests/cases/parse/errors`.

mod expected;
mod shape;
mod signs;
mod spelling;

use super::Rule;
use super::failure::Failure;
use super::scan::{Kind, Scan};
use super::split::Piece;
use crate::base::{FileId, Span};
use crate::diag::{Code, Diagnostic};

/// A failed piece.
pub(super) struct Scene<'s, 't> {
    pub(super) scan: &'s Scan<'t>,
    pub(super) piece: Piece,
    pub(super) file: FileId,
    pub(super) failure: &'s Failure,
}

type Mistake = fn(&Scene<'_, '_>, usize) -> Option<Diagnostic>;

/// In the order in which they are tried: what is sure before what is likely.
const MISTAKES: [Mistake; 35] = [
    signs::open_text,
    signs::hash_in_argument,
    signs::text_ends_in_word,
    signs::other_quotes,
    signs::strange,
    signs::comment,
    signs::equals,
    signs::logic,
    signs::comparison,
    signs::semicolon,
    signs::not_sign,
    shape::chain,
    spelling::spelled_duration,
    spelling::broken_duration,
    spelling::clock,
    spelling::is_something,
    spelling::type_name,
    shape::bare_call,
    shape::exit_when,
    shape::then,
    shape::verb_before_action,
    shape::else_inside,
    shape::else_alone,
    shape::guard_first,
    shape::braces_behind_else,
    shape::equals_for_colon,
    shape::value_missing,
    spelling::argument_without_quotes,
    shape::missing_colon,
    shape::colon_behind_attribute,
    shape::positional_behind_named,
    shape::positional_value,
    spelling::missing_quotes,
    spelling::typo,
    spelling::trigger_typo,
];

/// The diagnostic for a failure.
pub(super) fn explain(scene: &Scene<'_, '_>) -> Diagnostic {
    let at = scene.scan.at(scene.failure.at);
    let known =
        if at < scene.piece.end { MISTAKES.iter().find_map(|mistake| mistake(scene, at)) } else { None };
    known.unwrap_or_else(|| expected::otherwise(scene, at))
}

impl<'t> Scene<'_, 't> {
    fn word(&self, at: usize) -> &'t str {
        if (self.piece.first..self.piece.end).contains(&at) { self.scan.word(at) } else { "" }
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.scan.kind(at).filter(|_| (self.piece.first..self.piece.end).contains(&at))
    }

    /// The place of a token; behind the last one the end of the piece.
    fn span(&self, at: usize) -> Span {
        let last = self.piece.end.checked_sub(1).and_then(|last| self.scan.tokens.get(last));
        let end = last.map_or(self.scan.text.len(), |token| token.end);
        let token = self.scan.tokens.get(at).filter(|_| at < self.piece.end);
        let (start, end) = token.map_or((end, end), |token| (token.start, token.end));
        Span::new(self.file, start, end)
    }

    fn error(&self, code: Code, at: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.span(at), message)
    }

    /// Whether any of these would have fitted.
    fn expects(&self, any_of: &[Rule]) -> bool {
        self.failure.expected.iter().any(|rule| any_of.contains(rule))
    }
}

/// `where a = 1 and b = 2` inside a condition: `whole` is the condition that the `where` belongs to, `filter` what it
/// took, both with their text, `at` what goes on behind.
pub(super) fn unclosed_where(whole: &str, filter: (Span, &str), at: (Span, &str)) -> Diagnostic {
    let joins = at.1;
    let short = whole.len() <= 60 && !whole.contains('\n');
    let (whole, taken) = if short { (whole, filter.1) } else { ("… where …", "…") };
    let head = whole.strip_suffix(taken).unwrap_or("… where ");
    let message = format!("it can't be told whether this `{joins}` belongs to the `where`");
    let found = Diagnostic::new(Code::UnclosedWhere, at.0, message)
        .other(filter.0, "a `where` inside a condition takes one comparison");
    if matches!(joins, "and" | "or") {
        found.help(format!("write `{head}({taken} {joins} …)` if it does, `({whole}) {joins} …` if not"))
    } else {
        found.help(format!("write `{head}({taken}) {joins} …`"))
    }
}
