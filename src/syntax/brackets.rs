//! Brackets that do not balance.
//!
//! In: a scanned file and one of its pieces. Out: the first bracket without its fellow, and the byte at which that shows:
//! a parse that fails before it failed for another reason. Of several open braces the one is blamed whose line is
//! indented at least as far as that of the brace that closes it, for that is the one that its writer forgot.

use super::scan::{Kind, Scan, Token};
use super::split::Piece;
use crate::base::{FileId, Span};
use crate::diag::{Code, Diagnostic};

/// A bracket without its fellow.
pub(super) struct Unbalanced {
    pub(super) diagnostic: Diagnostic,
    /// The byte at which it shows.
    pub(super) seen_at: usize,
}

impl Unbalanced {
    /// Whether a bracket was opened and nothing closes it up to the end.
    pub(super) fn is_open(&self) -> bool {
        self.diagnostic.code == Code::UnclosedBracket && self.diagnostic.others.is_empty()
    }
}

/// The first bracket of a piece without its fellow.
pub(super) fn unbalanced(scan: &Scan<'_>, piece: Piece, file: FileId) -> Option<Unbalanced> {
    let mut open: Vec<Token> = Vec::new();
    let mut suspect = None;
    for token in scan.tokens.iter().take(piece.end).skip(piece.first) {
        match token.kind {
            Kind::Open => open.push(*token),
            Kind::Close => match open.pop() {
                None => return Some(unopened(scan, *token, file)),
                Some(opener) if !fit(scan, opener, *token) => {
                    return Some(unclosed(scan, opener, Some(*token), file));
                }
                Some(opener) if suspect.is_none() && is_outdented(scan, opener, *token) => {
                    suspect = Some(opener);
                }
                Some(_) => {}
            },
            _ => {}
        }
    }
    let last = open.last().copied()?;
    let mut unbalanced = unclosed(scan, suspect.unwrap_or(last), None, file);
    let end = piece.end.checked_sub(1).and_then(|last| scan.tokens.get(last)).map_or(0, |token| token.end);
    unbalanced.seen_at = end;
    Some(unbalanced)
}

fn fit(scan: &Scan<'_>, opener: Token, closer: Token) -> bool {
    closing(scan.str(opener)) == scan.str(closer)
}

/// What closes it.
fn closing(opener: &str) -> &'static str {
    match opener {
        "{" => "}",
        "(" => ")",
        _ => "]",
    }
}

/// Whether the closer begins a line further left than the line that it would close: it was meant for another.
fn is_outdented(scan: &Scan<'_>, opener: Token, closer: Token) -> bool {
    scan.indent(closer).is_some_and(|closer| {
        let line = scan.text.get(..opener.start).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
        closer < line.len() - line.trim_start_matches([' ', '\t']).len()
    })
}

fn unopened(scan: &Scan<'_>, closer: Token, file: FileId) -> Unbalanced {
    let sign = scan.str(closer);
    let span = Span::new(file, closer.start, closer.end);
    let diagnostic = Diagnostic::new(Code::UnmatchedBracket, span, format!("this `{sign}` closes nothing"))
        .help(format!("take the `{sign}` away, or open what it closes"));
    Unbalanced { diagnostic, seen_at: closer.start }
}

fn unclosed(scan: &Scan<'_>, opener: Token, closer: Option<Token>, file: FileId) -> Unbalanced {
    let sign = scan.str(opener);
    let span = Span::new(file, opener.start, opener.end);
    let mut diagnostic =
        Diagnostic::new(Code::UnclosedBracket, span, format!("this `{sign}` is never closed"))
            .label("opened here")
            .help(format!("close it with `{}`", closing(sign)));
    if let Some(closer) = closer {
        let place = Span::new(file, closer.start, closer.end);
        diagnostic = diagnostic.other(place, format!("a `{}` is due before this", closing(sign)));
    }
    Unbalanced { diagnostic, seen_at: closer.map_or(usize::MAX, |closer| closer.start) }
}
