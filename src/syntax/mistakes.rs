//! Mistakes that people really make.

use crate::base::Span;
use crate::diag::{Code, Diagnostic};

/// `where a = 1 and b = 2` inside a condition: `whole` is what the `where` belongs to, `filter` what it took.
pub(super) fn unclosed_where(whole: Span, filter: Span, at: Span) -> Diagnostic {
    Diagnostic::new(Code::UnclosedWhere, at, "where does this `where` end?")
        .other(filter, "it takes this comparison")
        .other(whole, "in this condition")
        .help("put parentheses around what belongs to it, `where (… and …)`, or around the whole, `(… where …) and …`")
}
