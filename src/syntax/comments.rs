//! Comments.

use crate::base::Span;

/// A `#` comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Its text, from the `#` on.
    pub text: String,
    /// Where.
    pub span: Span,
    /// Whether nothing but white space stands before it on its line.
    pub own_line: bool,
}
