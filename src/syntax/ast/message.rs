//! Templates of messages, and limits on them, as written.

use super::{Path, Subject, Text};
use crate::base::{Node, Period};
use rust_decimal::Decimal;

/// `limit 2 emails per contact in 7d`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limit {
    /// How many at most.
    pub count: Node<Decimal>,
    /// Of what: `emails` (every e-mail action), or an action's name.
    pub what: Path,
    /// For each.
    pub per: Node<Subject>,
    /// In a window of this length.
    pub window: Node<Period>,
}

/// `template "welcome" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// Its name.
    pub name: Text,
    /// Its parts in order.
    pub parts: Vec<TemplatePart>,
}

/// `subject "…"`, `html file "…"`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplatePart {
    /// Which.
    pub kind: Node<PartKind>,
    /// `file`: the text is the path of a file, relative to the project.
    pub file: bool,
    /// The text, or the path.
    pub text: Text,
}

/// Which part of a template.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartKind {
    /// The subject line.
    Subject,
    /// Plain text.
    Text,
    /// HTML, or MJML where the file's name ends so.
    Html,
    /// Markdown, from which HTML and text are made.
    Markdown,
}
