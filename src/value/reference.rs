//! A value that is looked at where it lies.

use super::{Level, Number, Value};
use crate::base::{Instant, Period};
use chrono::NaiveDate;
use std::sync::Arc;

/// A borrowed value: what reading a slot gives, without allocation.
#[derive(Clone, Copy, Debug, Default)]
pub enum ValueRef<'a> {
    /// Nothing is known.
    #[default]
    Missing,
    /// `true` or `false`.
    Bool(bool),
    /// A decimal of at most 28 digits.
    Number(Number),
    /// A text, a word, an address, a stage.
    Text(&'a str),
    /// An instant.
    Time(Instant),
    /// A calendar day.
    Date(NaiveDate),
    /// A length of time.
    Period(Period),
    /// A level of health.
    Level(Level),
    /// A list.
    List(&'a [Value]),
    /// Fields with names.
    Map(&'a [(Arc<str>, Value)]),
}

impl ValueRef<'_> {
    /// The same value, owned.
    pub fn to_value(self) -> Value {
        match self {
            Self::Missing => Value::Missing,
            Self::Bool(is) => Value::Bool(is),
            Self::Number(number) => Value::Number(number.decimal()),
            Self::Text(text) => Value::Text(text.into()),
            Self::Time(at) => Value::Time(at),
            Self::Date(day) => Value::Date(day),
            Self::Period(period) => Value::Period(period),
            Self::Level(level) => Value::Level(level),
            Self::List(items) => Value::List(items.into()),
            Self::Map(fields) => Value::Map(fields.into()),
        }
    }

    /// Whether nothing is known.
    pub fn is_missing(self) -> bool {
        matches!(self, Self::Missing)
    }

    /// Whether this is `true`.
    pub fn is_true(self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

impl Value {
    /// This value, borrowed.
    #[inline]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Missing => ValueRef::Missing,
            Self::Bool(is) => ValueRef::Bool(*is),
            Self::Number(number) => ValueRef::Number(Number::from(*number)),
            Self::Text(text) => ValueRef::Text(text),
            Self::Time(at) => ValueRef::Time(*at),
            Self::Date(day) => ValueRef::Date(*day),
            Self::Period(period) => ValueRef::Period(*period),
            Self::Level(level) => ValueRef::Level(*level),
            Self::List(items) => ValueRef::List(items),
            Self::Map(fields) => ValueRef::Map(fields),
        }
    }

    /// Whether nothing is known.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// The field of a map, the item of a list (`0` is the first); missing where there is none.
    pub fn get(&self, name: &str) -> &Self {
        const MISSING: &Value = &Value::Missing;
        match self {
            Self::Map(fields) => {
                fields.iter().find(|(known, _)| **known == *name).map_or(MISSING, |(_, value)| value)
            }
            Self::List(items) => name.parse::<usize>().ok().and_then(|at| items.get(at)).unwrap_or(MISSING),
            _ => MISSING,
        }
    }
}

impl PartialEq for ValueRef<'_> {
    /// The same kind and the same content; a missing value equals a missing one here (this is identity, not the
    /// language's `=`, which is [`super::compare::equal`]).
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Missing, Self::Missing) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Period(a), Self::Period(b)) => a == b,
            (Self::Level(a), Self::Level(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for ValueRef<'_> {}
