//! Values and types: what an attribute, a property or an expression can hold, with total, checked arithmetic.
//!
//! Invariant: no operation panics; what has no result (overflow, division by zero, a missing operand) is
//! [`Value::Missing`] (semantics S1.1, S1.2). Not here: names, schemas, JSON messages.

mod ty;

pub use ty::{Type, Words};

use crate::base::{Instant, Period};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A level of health, ordered: `bad < average < good`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// In danger.
    Bad,
    /// Neither.
    Average,
    /// Well.
    Good,
}

/// A value. Words of a `one of` type, users, e-mail addresses and stages are texts; their type tells them apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Value {
    /// Nothing is known.
    #[default]
    Missing,
    /// `true` or `false`.
    Bool(bool),
    /// A decimal of at most 28 digits.
    Number(Decimal),
    /// A text, a word, a user's or a contact's address, a stage.
    Text(Arc<str>),
    /// An instant.
    Time(Instant),
    /// A calendar day.
    Date(NaiveDate),
    /// A length of time.
    Period(Period),
    /// A level of health.
    Level(Level),
    /// A list.
    List(Arc<[Value]>),
}
