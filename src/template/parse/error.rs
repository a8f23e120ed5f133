//! What can be wrong with the form of a template, in words.

use std::fmt;

use crate::template::ast::Span;

/// A mistake in the form of a template and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    pub kind: SyntaxError,
    pub span: Span,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {}

/// The mistakes of form.
#[derive(Clone, Debug, PartialEq)]
pub enum SyntaxError {
    /// `{{` without `}}`.
    UnclosedOutput,
    /// `{%` without `%}`.
    UnclosedTag,
    /// A block without its end tag.
    UnclosedBlock { tag: String },
    /// A text without its closing quote.
    UnclosedText,
    /// A tag that doesn't exist, with the one perhaps meant.
    UnknownTag { name: String, near: Option<&'static str> },
    /// An end tag or an `else` that belongs to no open block.
    Stray { tag: String, open: Option<String> },
    /// Something else was expected.
    Expected { wanted: &'static str, found: String },
    /// A tag that takes nothing after its name.
    NoArguments { tag: String },
    /// A line of an inline comment without `#`.
    InlineComment,
    /// A number beyond what can be held.
    NumberTooLarge,
    /// More blocks inside each other than `limit`.
    TooDeep { limit: usize },
    /// More bytes than `limit`.
    TooLarge { limit: usize },
}

impl SyntaxError {
    /// One thing to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            SyntaxError::UnclosedOutput => Some("close it with `}}`".into()),
            SyntaxError::UnclosedTag => Some("close it with `%}`".into()),
            SyntaxError::UnclosedBlock { tag } => Some(format!("add `{{% end{tag} %}}`")),
            SyntaxError::UnclosedText => Some("add the closing quote".into()),
            SyntaxError::UnknownTag { near, .. } => near.map(|near| format!("did you mean `{near}`?")),
            SyntaxError::Stray { open, .. } => {
                open.as_ref().map(|open| format!("the block that is open here ends with `end{open}`"))
            }
            SyntaxError::NoArguments { tag } => Some(format!("write `{{% {tag} %}}`")),
            SyntaxError::InlineComment => Some("begin every line with `#`".into()),
            SyntaxError::TooDeep { .. } => Some("move an inner part to a template of its own".into()),
            SyntaxError::Expected { .. } | SyntaxError::NumberTooLarge | SyntaxError::TooLarge { .. } => None,
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyntaxError::UnclosedOutput => write!(f, "this `{{{{` is never closed"),
            SyntaxError::UnclosedTag => write!(f, "this `{{%` is never closed"),
            SyntaxError::UnclosedBlock { tag } => write!(f, "the `{tag}` block is never closed"),
            SyntaxError::UnclosedText => write!(f, "this text is never closed"),
            SyntaxError::UnknownTag { name, .. } => write!(f, "there is no tag `{name}`"),
            SyntaxError::Stray { tag, .. } => write!(f, "`{tag}` doesn't belong to an open block"),
            SyntaxError::Expected { wanted, found } => write!(f, "expected {wanted}, found {found}"),
            SyntaxError::NoArguments { tag } => write!(f, "`{tag}` takes nothing after its name"),
            SyntaxError::InlineComment => write!(f, "a line of this comment doesn't begin with `#`"),
            SyntaxError::NumberTooLarge => write!(f, "this number is too large"),
            SyntaxError::TooDeep { limit } => write!(f, "more than {limit} blocks are inside each other"),
            SyntaxError::TooLarge { limit } => write!(f, "the template is longer than {limit} bytes"),
        }
    }
}

/// The mistakes found so far; past a bound they are no longer kept, so that hostile text can't fill the memory.
#[derive(Default)]
pub(in crate::template) struct Errors(Vec<Error>);

const MOST_ERRORS: usize = 100;

impl Errors {
    pub(in crate::template) fn push(&mut self, kind: SyntaxError, span: Span) {
        if !self.is_full() {
            self.0.push(Error { kind, span });
        }
    }

    /// Further mistakes are not kept.
    pub(in crate::template) fn is_full(&self) -> bool {
        self.0.len() >= MOST_ERRORS
    }

    /// The mistakes in the order of the text.
    pub(in crate::template) fn finish(mut self) -> Vec<Error> {
        self.0.sort_by_key(|error| error.span);
        self.0
    }
}
