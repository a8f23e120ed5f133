//! Comments, kept beside the tree: `format` puts them back, `allow` reads some of them.

use crate::base::Span;

/// A `#` comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Its text, from the `#` on, without white space at its end.
    pub text: String,
    /// Where.
    pub span: Span,
    /// Whether nothing but white space stands before it on its line.
    pub own_line: bool,
}
