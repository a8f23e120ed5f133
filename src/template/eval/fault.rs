//! What can go wrong only when a template meets its data.

use std::fmt;
use std::sync::Arc;

use crate::template::ast::Span;
use crate::template::html::HtmlFault;
use crate::template::limits::Bound;

/// Why a template could not be rendered, and at which place of which template.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderError {
    pub fault: RenderFault,
    pub span: Span,
    /// The included template in which it happened; `None` in the template itself.
    pub partial: Option<Arc<str>>,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for RenderError {}

/// The ways in which rendering fails.
#[derive(Clone, Debug, PartialEq)]
pub enum RenderFault {
    /// A limit was passed.
    Bound(Bound),
    /// There is no filter of that name.
    UnknownFilter {
        name: String,
    },
    /// A filter with too few or too many arguments.
    ArgumentCount {
        filter: &'static str,
        least: usize,
        most: usize,
        found: usize,
    },
    /// A filter with an argument of a name that it doesn't know.
    UnknownArgument {
        filter: &'static str,
        name: String,
    },
    /// A filter that got something that it can't work on.
    Argument {
        filter: &'static str,
        wanted: &'static str,
        found: &'static str,
    },
    /// `limit`, `offset` or the like that is no whole number.
    NotWhole {
        option: &'static str,
        found: &'static str,
    },
    DivisionByZero,
    /// A result beyond what a number can hold.
    NumberTooLarge,
    /// Two kinds of value that have no order.
    Incomparable {
        left: &'static str,
        right: &'static str,
    },
    /// There is no template of that name to include.
    UnknownPartial {
        name: String,
    },
    /// A value at a place of the HTML that takes none.
    Html(HtmlFault),
}

impl From<Bound> for RenderFault {
    fn from(bound: Bound) -> Self {
        RenderFault::Bound(bound)
    }
}

impl From<HtmlFault> for RenderFault {
    fn from(fault: HtmlFault) -> Self {
        RenderFault::Html(fault)
    }
}

impl fmt::Display for RenderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RenderFault::Bound(bound) => write!(f, "the template takes {}", bound.words()),
            RenderFault::UnknownFilter { name } => write!(f, "there is no filter `{name}`"),
            RenderFault::ArgumentCount { filter, least, most, found } => {
                write!(f, "`{filter}` takes {}, not {found}", arguments(*least, *most))
            }
            RenderFault::UnknownArgument { filter, name } => write!(f, "`{filter}` has no argument `{name}`"),
            RenderFault::Argument { filter, wanted, found } => {
                write!(f, "`{filter}` needs {wanted}, not {found}")
            }
            RenderFault::NotWhole { option, found } => {
                write!(f, "`{option}` needs a whole number, not {found}")
            }
            RenderFault::DivisionByZero => write!(f, "division by zero"),
            RenderFault::NumberTooLarge => write!(f, "the result is too large for a number"),
            RenderFault::Incomparable { left, right } => write!(f, "{left} can't be compared with {right}"),
            RenderFault::UnknownPartial { name } => write!(f, "there is no template `{name}`"),
            RenderFault::Html(fault) => fault.fmt(f),
        }
    }
}

/// `1 argument`, `1 or 2 arguments`.
pub(in crate::template) fn arguments(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no argument".into(),
        (1, 1) => "1 argument".into(),
        (least, most) if least == most => format!("{least} arguments"),
        (0, most) => format!("at most {most} argument{}", if most == 1 { "" } else { "s" }),
        (least, most) => format!("{least} or {most} arguments"),
    }
}
