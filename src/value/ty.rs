//! Types.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The words of a `one of` type, in the order in which they were declared.
pub type Words = Arc<[Arc<str>]>;

/// The type of a value.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Type {
    /// Any text, compared exactly.
    Text,
    /// An e-mail address: lower-cased and checked on entry.
    Email,
    /// A decimal number.
    Number,
    /// True or false.
    Bool,
    /// An instant.
    Time,
    /// A calendar day.
    Date,
    /// A length of time.
    Duration,
    /// A member of the own team, by e-mail address.
    User,
    /// One of these words.
    OneOf(Words),
    /// One of the stages of a subject, which are these.
    Stage(Words),
    /// A level of health.
    Level,
    /// A list of such values.
    #[serde(deserialize_with = "crate::base::nest::nested")]
    List(Box<Type>),
    /// A Liquid text; of parameters only.
    Template,
    /// Fields with names; of parameters only.
    Object,
    /// Whatever a response holds: compares with anything, `missing` where the kinds differ.
    Any,
    /// The type of the literal `missing`.
    Missing,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Email => f.write_str("email"),
            Self::Number => f.write_str("number"),
            Self::Bool => f.write_str("bool"),
            Self::Time => f.write_str("time"),
            Self::Date => f.write_str("date"),
            Self::Duration => f.write_str("duration"),
            Self::User => f.write_str("user"),
            Self::OneOf(words) => write!(f, "one of ({})", words.join(", ")),
            Self::Stage(_) => f.write_str("stage"),
            Self::Level => f.write_str("health level"),
            Self::List(of) => write!(f, "list of {of}"),
            Self::Template => f.write_str("template"),
            Self::Object => f.write_str("object"),
            Self::Any => f.write_str("any value"),
            Self::Missing => f.write_str("missing"),
        }
    }
}
