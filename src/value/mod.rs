//! Values and types: what an attribute, a property or an expression can hold, with total, checked arithmetic.
//!
//! In: JSON ([`json`]), literals, slots of a [`Snapshot`]. Out: values, orders ([`compare`]), sums ([`number`]),
//! shifted times ([`time`]), texts. Invariant: no operation panics; what has no result (overflow, division by zero,
//! a missing operand) is [`Value::Missing`] (semantics S1.1, S1.2). Not here: names, messages, expressions.
//!
//! Words easily confused: a [`Value`] owns what it holds, a [`ValueRef`] borrows it (from a value or from a slot).
//! Tests: beside the code, and `tests/it/value.rs`.

pub mod compare;
pub mod json;
pub mod number;
mod reference;
mod schema;
mod snapshot;
pub mod text;
pub mod time;
mod tree;
mod ty;
mod word;

pub use json::WrongValue;
pub use number::Number;
pub use reference::ValueRef;
pub use schema::{Field, Schema, Slots};
pub use snapshot::{Aside, Loaded, Refused, Snapshot, heap_of};
pub use ty::{Type, Words};
pub use word::{Kind, Word};

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
    #[serde(deserialize_with = "crate::base::nest::nested")]
    List(Arc<[Value]>),
    /// Fields with names, in the order in which they were written; no name twice. No attribute holds one: arguments
    /// and responses do.
    #[serde(deserialize_with = "crate::base::nest::nested")]
    Map(Arc<[(Arc<str>, Value)]>),
}
