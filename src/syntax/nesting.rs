//! How deep a text may nest; looked at before pest reads it, over the tokens alone.
//!
//! In: a scanned file and one of its pieces. Out: how deep its brackets go, or the diagnostic at the first that goes too
//! deep. What nests without brackets (`where … where …`, `list of list of …`) is bounded by lowering, and by pest's own
//! watch over the stack. Not here: whether brackets match.

use super::scan::{Kind, Scan};
use super::split::Piece;
use crate::base::{FileId, Span};
use crate::diag::{Code, Diagnostic};

/// Brackets within brackets, at most.
pub(super) const MAX_BRACKETS: usize = 200;

/// The longest name or number, in bytes.
const MAX_NAME: usize = 1_000;

/// Brackets, or words that nest without them, up to which the stack of any thread is enough.
const SHALLOW: usize = 12;

/// The stack, in bytes, for what nests deeper. It is only touched as far as it is used.
pub(super) const STACK: usize = 64 * 1024 * 1024;

/// Whether a piece wants a stack of its own; an error where its brackets nest too deep.
pub(super) fn is_deep(scan: &Scan<'_>, piece: Piece, file: FileId) -> Result<bool, Box<Diagnostic>> {
    let (mut depth, mut deepest, mut chained) = (0_usize, 0, 0);
    for token in scan.tokens.iter().take(piece.end).skip(piece.first) {
        if matches!(token.kind, Kind::Word | Kind::Number) && token.end - token.start > MAX_NAME {
            return Err(Box::new(too_long(Span::new(file, token.start, token.end))));
        }
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Word if matches!(scan.str(*token), "where" | "list") => chained += 1,
            _ => {}
        }
        deepest = deepest.max(depth);
        if depth > MAX_BRACKETS {
            return Err(Box::new(too_deep(Span::new(file, token.start, token.end))));
        }
    }
    Ok(deepest > SHALLOW || chained > 4 * SHALLOW)
}

fn too_long(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TooLong, span, format!("longer than {MAX_NAME} characters"))
        .help("a name or a number of that length is hardly meant; a text stands in quotes")
}

/// The diagnostic for what nests too deep, at the bracket or operator that is one too many.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, span, "nested too deep")
        .label(format!("more than {MAX_BRACKETS} levels"))
        .help("give the inner part a name of its own: a segment, a derived attribute, another workflow")
}
