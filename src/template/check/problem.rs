//! What can be wrong with the meaning of a template, in words.

use std::fmt;
use std::sync::Arc;

use crate::template::ast::Span;
use crate::template::eval::arguments;
use crate::template::html::HtmlFault;

/// Something wrong with what a template means, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub kind: ProblemKind,
    pub span: Span,
    pub severity: Severity,
    /// The included template in which it is; `None` in the template itself.
    pub partial: Option<Arc<str>>,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The template may well do what is meant.
    Warning,
    /// It can't.
    Error,
}

/// The ways to be wrong. Names are as written; `near` is the known name perhaps meant.
#[derive(Clone, Debug, PartialEq)]
pub enum ProblemKind {
    /// Neither a root nor a variable.
    UnknownName {
        name: String,
        near: Option<String>,
    },
    /// `of` has no such field.
    UnknownField {
        of: String,
        field: String,
        near: Option<String>,
    },
    /// A field of something that has none.
    NoFields {
        of: String,
        found: &'static str,
        field: String,
    },
    /// A name that is only known when the template is rendered.
    DynamicName,
    UnknownFilter {
        name: String,
        near: Option<&'static str>,
    },
    ArgumentCount {
        filter: &'static str,
        least: usize,
        most: usize,
        found: usize,
    },
    UnknownArgument {
        filter: &'static str,
        name: String,
    },
    /// A filter on, or with, a value that it can't work on.
    FilterType {
        filter: &'static str,
        wanted: &'static str,
        found: &'static str,
    },
    /// A path that can be missing is printed, and no `default` stands in.
    MaybeMissing {
        path: String,
    },
    /// Two kinds of value that are never equal, or have no order.
    Comparison {
        left: &'static str,
        word: &'static str,
        right: &'static str,
    },
    /// A text compared with an attribute that is one of a few words, and this is none of them.
    NotAWord {
        text: String,
        words: Vec<Arc<str>>,
        near: Option<String>,
    },
    /// A variable with the name of a root hides it.
    HidesRoot {
        name: String,
    },
    /// What stands here is never rendered.
    Unreachable {
        after: &'static str,
    },
    /// `break` or `continue` without a loop around it.
    OutsideLoop {
        tag: &'static str,
    },
    /// A loop over something without items.
    NoItems {
        found: &'static str,
    },
    UnknownPartial {
        name: String,
        near: Option<String>,
    },
    /// A partial whose name is only known when the template is rendered.
    DynamicPartial,
    /// A partial that includes itself.
    PartialCycle {
        name: String,
    },
    /// A value at a place of the HTML that takes none.
    Html(HtmlFault),
    /// Ways through the template that end at different places of the HTML, inside and outside of a tag, say.
    HtmlPaths {
        of: &'static str,
    },
}

impl ProblemKind {
    /// The known name perhaps meant.
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            ProblemKind::UnknownName { near, .. }
            | ProblemKind::UnknownField { near, .. }
            | ProblemKind::NotAWord { near, .. }
            | ProblemKind::UnknownPartial { near, .. } => near.as_deref(),
            ProblemKind::UnknownFilter { near, .. } => *near,
            _ => None,
        }
    }

    /// One thing to do about it.
    pub fn help(&self) -> Option<String> {
        if let Some(near) = self.suggestion() {
            return Some(format!("did you mean `{near}`?"));
        }
        match self {
            ProblemKind::MaybeMissing { path } => Some(format!(
                "add a default, as in `{{{{ {path} | default: \"…\" }}}}`, or test it with `if` first"
            )),
            ProblemKind::HidesRoot { .. } => Some("choose another name for the variable".into()),
            ProblemKind::Html(fault) => Some(fault.help().into()),
            ProblemKind::HtmlPaths { .. } => Some("open and close each tag within one branch".into()),
            ProblemKind::NotAWord { words, .. } => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                Some(format!("it is one of {}", words.join(", ")))
            }
            _ => None,
        }
    }

    pub(super) fn severity(&self) -> Severity {
        match self {
            ProblemKind::MaybeMissing { .. }
            | ProblemKind::Unreachable { .. }
            | ProblemKind::OutsideLoop { .. }
            | ProblemKind::DynamicName
            | ProblemKind::DynamicPartial => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemKind::UnknownName { name, .. } => write!(f, "there is no `{name}` here"),
            ProblemKind::UnknownField { of, field, .. } => write!(f, "`{of}` has no `{field}`"),
            ProblemKind::NoFields { of, found, field } => write!(f, "`{of}` is {found} and has no `{field}`"),
            ProblemKind::DynamicName => write!(f, "this name is only known when the template is rendered"),
            ProblemKind::UnknownFilter { name, .. } => write!(f, "there is no filter `{name}`"),
            ProblemKind::ArgumentCount { filter, least, most, found } => {
                write!(f, "`{filter}` takes {}, not {found}", arguments(*least, *most))
            }
            ProblemKind::UnknownArgument { filter, name } => write!(f, "`{filter}` has no argument `{name}`"),
            ProblemKind::FilterType { filter, wanted, found } => {
                write!(f, "`{filter}` needs {wanted}, not {found}")
            }
            ProblemKind::MaybeMissing { path } => write!(f, "`{path}` can be missing"),
            ProblemKind::Comparison { left, word: "contains", .. } => write!(f, "{left} contains nothing"),
            ProblemKind::Comparison { left, word, right } if left == right => {
                write!(f, "`{word}` can't compare {left} with another")
            }
            ProblemKind::Comparison { left, word, right } => {
                write!(f, "`{word}` can't compare {left} with {right}")
            }
            ProblemKind::NotAWord { text, .. } => write!(f, "it is never `{text}`"),
            ProblemKind::HidesRoot { name } => write!(f, "the variable hides `{name}`"),
            ProblemKind::Unreachable { after } => write!(f, "nothing after {after} is rendered"),
            ProblemKind::OutsideLoop { tag } => {
                write!(f, "`{tag}` stands outside of a loop and ends the template")
            }
            ProblemKind::NoItems { found } => write!(f, "there is nothing to loop over in {found}"),
            ProblemKind::UnknownPartial { name, .. } => write!(f, "there is no template `{name}`"),
            ProblemKind::DynamicPartial => {
                write!(f, "which template this is, is only known when it is rendered")
            }
            ProblemKind::PartialCycle { name } => write!(f, "the template `{name}` includes itself"),
            ProblemKind::Html(fault) => fault.fmt(f),
            ProblemKind::HtmlPaths { of } => {
                write!(f, "{of} ends at another place of the HTML than it begins")
            }
        }
    }
}
