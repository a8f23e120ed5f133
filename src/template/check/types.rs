//! The types of values, what filters make of them, and which compare.

use std::sync::Arc;

use super::Schema;
use crate::template::ast::{Comparison, Literal};
use crate::template::clock;
use crate::template::filters::{Filter, Kind};
use crate::template::value::Value;

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// Not known: everything is allowed.
    Any,
    Text,
    /// A text that is one of these.
    Words(Arc<[Arc<str>]>),
    Number,
    Bool,
    Time,
    Date,
    Duration,
    List(Arc<Ty>),
    /// An object whose fields [`Schema::field`] knows under this name.
    Object(Arc<str>),
}

impl Ty {
    /// The type in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Ty::Any => "anything",
            Ty::Text | Ty::Words(_) => "a text",
            Ty::Number => "a number",
            Ty::Bool => "a truth value",
            Ty::Time => "a time",
            Ty::Date => "a date",
            Ty::Duration => "a duration",
            Ty::List(_) => "a list",
            Ty::Object(_) => "an object",
        }
    }

    /// What both are.
    pub(super) fn join(&self, other: &Ty) -> Ty {
        match (self, other) {
            _ if self == other => self.clone(),
            (Ty::Text | Ty::Words(_), Ty::Text | Ty::Words(_)) => Ty::Text,
            (Ty::List(left), Ty::List(right)) => Ty::List(Arc::new(left.join(right))),
            _ => Ty::Any,
        }
    }

    /// The type of an item when there are items.
    pub(super) fn item(&self) -> Option<Ty> {
        match self {
            Ty::List(item) => Some((**item).clone()),
            Ty::Any | Ty::Object(_) => Some(Ty::Any),
            Ty::Text | Ty::Words(_) => Some(self.clone()),
            Ty::Number | Ty::Bool | Ty::Time | Ty::Date | Ty::Duration => None,
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Ty::Text | Ty::Words(_))
    }

    fn is_instant(&self) -> bool {
        matches!(self, Ty::Time | Ty::Date)
    }
}

/// The type of a constant; nothing of `nil`, `blank` and `empty`, which compare with everything.
pub(super) fn literal(literal: &Literal) -> Option<Ty> {
    match literal {
        Literal::Nil | Literal::Blank | Literal::Empty => None,
        Literal::Bool(_) => Some(Ty::Bool),
        Literal::Int(_) | Literal::Decimal(_) => Some(Ty::Number),
        Literal::Text(_) => Some(Ty::Text),
    }
}

/// What a filter needs, when `ty` is not that.
pub(super) fn refused(filter: Filter, ty: &Ty) -> Option<&'static str> {
    let (fits, wanted) = match filter.signature().takes {
        Kind::Text => (!matches!(ty, Ty::List(_) | Ty::Object(_)), "a text"),
        Kind::Number => (matches!(ty, Ty::Number | Ty::Text), "a number"),
        Kind::List | Kind::SameList => (matches!(ty, Ty::List(_) | Ty::Object(_)), "a list"),
        Kind::TextOrList => (matches!(ty, Ty::List(_) | Ty::Object(_)) || ty.is_text(), "a text or a list"),
        Kind::Instant => (matches!(ty, Ty::Text | Ty::Number) || ty.is_instant(), "a time"),
        Kind::Any | Kind::Bool | Kind::Item | Kind::Same => (true, ""),
    };
    (!fits && *ty != Ty::Any).then_some(wanted)
}

/// What a filter makes of `input`, and whether that can be missing although the input is not.
pub(super) fn made(filter: Filter, input: &Ty, first: Option<&Ty>) -> (Ty, bool) {
    let list = |ty: &Ty| match ty {
        Ty::List(_) => ty.clone(),
        other => Ty::List(Arc::new(other.item().unwrap_or(Ty::Any))),
    };
    match filter.signature().makes {
        Kind::Text | Kind::Instant | Kind::TextOrList => (Ty::Text, false),
        Kind::Number => (Ty::Number, filter == Filter::FindIndex),
        Kind::Bool => (Ty::Bool, false),
        Kind::List if filter == Filter::Split => (Ty::List(Arc::new(Ty::Text)), false),
        Kind::List if filter == Filter::Concat => (list(input).join(&first.map_or(Ty::Any, list)), false),
        Kind::List => (Ty::List(Arc::new(Ty::Any)), false),
        Kind::SameList => (list(input), false),
        Kind::Item => (input.item().unwrap_or(Ty::Any), true),
        Kind::Same => (input.clone(), false),
        Kind::Any => (Ty::Any, false),
    }
}

/// Can these two be compared? `text` is the text on one side where it is a constant.
pub(super) fn comparable(comparison: Comparison, left: &Ty, right: &Ty, text: Option<&str>) -> bool {
    let unknown = *left == Ty::Any || *right == Ty::Any;
    match comparison {
        Comparison::Contains => match left {
            Ty::List(item) => comparable(Comparison::Equal, item, right, text),
            other => matches!(other, Ty::Any | Ty::Object(_)) || other.is_text(),
        },
        Comparison::Equal | Comparison::NotEqual => unknown || alike(left, right, text),
        _ => {
            let ordered = |ty: &Ty| !matches!(ty, Ty::Bool | Ty::List(_) | Ty::Object(_));
            ordered(left) && ordered(right) && (unknown || alike(left, right, text))
        }
    }
}

fn alike(left: &Ty, right: &Ty, text: Option<&str>) -> bool {
    match (left, right) {
        _ if left == right => true,
        (Ty::List(_), Ty::List(_)) | (Ty::Object(_), Ty::Object(_)) => true,
        (left, right) if left.is_text() && right.is_text() => true,
        (left, right) if left.is_instant() && right.is_instant() => true,
        (left, right) if (left.is_instant() && right.is_text()) || (left.is_text() && right.is_instant()) => {
            text.is_none_or(names_instant)
        }
        _ => false,
    }
}

fn names_instant(text: &str) -> bool {
    let now = clock::Now { ms: 0, zone: chrono_tz::UTC };
    clock::instant(&Value::from(text), now).is_some()
}

/// The type of the field that `map: 'field'` takes of every item.
pub(super) fn mapped(schema: &dyn Schema, input: &Ty, field: &str) -> Option<Ty> {
    match input {
        Ty::List(item) => match &**item {
            Ty::Object(object) => Some(schema.field(object, field)?.ty),
            _ => None,
        },
        Ty::Object(object) => Some(schema.field(object, field)?.ty),
        _ => None,
    }
}
