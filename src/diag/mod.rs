//! Diagnostics as data: what a pass has to say about a text, with places, and the one list of codes.
//!
//! In: spans and words. Out: [`Diagnostic`]s that [`render`] draws for people or writes as JSON. Every pass returns
//! its best result together with all its diagnostics; only a command decides that errors stop it.
//! Not here: what is wrong with what (that is `syntax`, `check`, `plan`).

mod code;
pub mod pages;
mod pages_list;
pub mod render;
pub mod suggest;

pub use code::Code;

use crate::base::Span;
use serde::{Deserialize, Serialize};

/// How much it matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing can be made of the text.
    Error,
    /// It means something, but hardly what was wanted; can be silenced with `# wf: allow(code) reason`.
    Warning,
}

/// A place and what it has to do with the matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// A few words; may be empty.
    pub text: String,
}

/// A text edit that mends the matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// One thing that is wrong: message = what, primary label = where, further labels = what it clashes with,
/// help = one thing to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in lower case, without a final period.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// What it clashes with.
    pub others: Vec<Label>,
    /// One thing to do.
    pub help: Option<String>,
    /// The edit that does it, where there is exactly one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A diagnostic of that code, with the code's own severity.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: Label { span, text: String::new() },
            others: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// With words at the primary place.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// With another place.
    pub fn other(mut self, span: Span, text: impl Into<String>) -> Self {
        self.others.push(Label { span, text: text.into() });
        self
    }

    /// With one thing to do.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// With the edit that does it.
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
