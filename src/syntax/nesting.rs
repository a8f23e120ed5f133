//! How deep a text may nest.

use crate::base::Span;
use crate::diag::{Code, Diagnostic};

/// The diagnostic for what nests too deep, at the bracket or operator that is one too many.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, span, "nested too deep")
        .help("give the inner part a name of its own: a segment, or a derived attribute")
}
