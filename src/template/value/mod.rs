//! The values that templates work with, and how each is read as text, number, list or truth.
//!
//! A value is cheap to clone: texts, lists and maps are shared. Whole numbers are `Int`; a `Decimal` prints with at
//! least one decimal place. Nothing here fails: what has no number reads as 0, what has no text as none.

mod print;

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The bytes that an item of a list counts for against a limit.
pub(super) const ITEM_BYTES: usize = 24;

/// A value of a template.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing: missing, or explicitly nil.
    #[default]
    Nil,
    /// The word `blank`.
    Blank,
    /// The word `empty`.
    Empty,
    Bool(bool),
    Int(i64),
    /// A number with a fraction (or too large for `Int`).
    Decimal(Decimal),
    Text(Arc<str>),
    /// Text that is HTML already: what `capture` holds in an HTML part.
    Markup(Arc<str>),
    List(Arc<[Value]>),
    Map(Arc<Map>),
    /// Both ends included; nothing when the end is before the start.
    Range(i64, i64),
    /// Milliseconds since 1970-01-01T00:00Z.
    Time(i64),
    Date(NaiveDate),
    /// Milliseconds.
    Duration(i64),
}

/// A map that keeps the order in which it was filled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(Vec<(Arc<str>, Value)>);

impl Map {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| &**name == key).map(|(_, value)| value)
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The entry at a place.
    pub fn at(&self, index: usize) -> Option<(&Arc<str>, &Value)> {
        self.0.get(index).map(|(name, value)| (name, value))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<Decimal> for Value {
    /// A whole number becomes an `Int`, so that 5.00 prints as `5`.
    fn from(number: Decimal) -> Self {
        match number.is_integer().then(|| number.to_i64()).flatten() {
            Some(whole) => Value::Int(whole),
            None => Value::Decimal(number.normalize()),
        }
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::List(items.into())
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Value::Nil,
            serde_json::Value::Bool(truth) => Value::Bool(truth),
            serde_json::Value::Number(number) => Value::number_text(&number.to_string()),
            serde_json::Value::String(text) => Value::Text(text.into()),
            serde_json::Value::Array(items) => items.into_iter().map(Value::from).collect::<Vec<_>>().into(),
            serde_json::Value::Object(entries) => {
                Value::map(entries.into_iter().map(|(key, value)| (key, Value::from(value))))
            }
        }
    }
}

impl Value {
    /// A map of these entries, in this order.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(Arc::new(entries.into_iter().collect()))
    }

    /// A count of things.
    pub(super) fn count(count: usize) -> Value {
        Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A number that was calculated with a fraction: it keeps one decimal place at least.
    pub(super) fn fraction(number: Decimal) -> Value {
        let mut number = number.normalize();
        if number.scale() == 0 {
            number.rescale(1);
        }
        Value::Decimal(number)
    }

    /// A number as JSON writes it; nil when it is beyond what a number can hold.
    pub(super) fn number_text(text: &str) -> Value {
        if let Ok(whole) = text.parse::<i64>() {
            return Value::Int(whole);
        }
        let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text));
        number.map_or(Value::Nil, Value::fraction)
    }

    /// Everything but nil and false.
    pub fn is_truthy(&self) -> bool {
        !matches!(self, Value::Nil | Value::Bool(false))
    }

    /// Nil, false and whatever has no content: where `default` steps in.
    pub fn is_falsy_or_empty(&self) -> bool {
        !self.is_truthy() || self.is_empty()
    }

    /// A text, list or map without content.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Empty | Value::Blank => true,
            Value::Text(text) | Value::Markup(text) => text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(map) => map.is_empty(),
            _ => false,
        }
    }

    /// What equals the word `blank`.
    pub fn is_blank(&self) -> bool {
        match self {
            Value::Text(text) | Value::Markup(text) => text.trim().is_empty(),
            Value::Empty => false,
            other => other.is_falsy_or_empty(),
        }
    }

    /// The steps of looking at all of a value: its text, or its items and theirs.
    pub(super) fn weight(&self) -> u64 {
        let text = |value: &Value| value.as_text().map_or(1, |text| 1 + text.len() as u64 / 64);
        match self {
            Value::List(items) => items.iter().map(text).sum(),
            Value::Map(map) => map.iter().map(|(_, value)| text(value)).sum(),
            other => text(other),
        }
    }

    /// The text of a value that is text.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        match self {
            Value::Text(text) | Value::Markup(text) => Some(text),
            _ => None,
        }
    }

    /// The property `name` of a value: an entry of a map, or `size`, `first`, `last`.
    pub fn property(&self, name: &str) -> Option<Value> {
        if let Value::Map(map) = self
            && let Some(value) = map.get(name)
        {
            return Some(value.clone());
        }
        match name {
            "size" => self.size().map(Value::count),
            "first" => self.first(),
            "last" => self.last(),
            _ => None,
        }
    }

    /// The item at a place of a list, counted from the end when negative.
    pub fn index(&self, index: i64) -> Option<Value> {
        match self {
            Value::List(items) => items.get(place(index, items.len())?).cloned(),
            Value::Range(from, to) => {
                let at = place(index, range_len(*from, *to))?;
                from.checked_add(i64::try_from(at).ok()?).map(Value::Int)
            }
            Value::Map(map) => map.get(&index.to_string()).cloned(),
            _ => None,
        }
    }

    /// How many characters, items or entries.
    pub fn size(&self) -> Option<usize> {
        match self {
            Value::Text(text) | Value::Markup(text) => Some(text.chars().count()),
            Value::List(items) => Some(items.len()),
            Value::Map(map) => Some(map.len()),
            Value::Range(from, to) => Some(range_len(*from, *to)),
            _ => None,
        }
    }

    /// The first item of a list, the first entry of a map as a pair.
    pub fn first(&self) -> Option<Value> {
        match self {
            Value::Map(map) => map.at(0).map(pair),
            other => other.index(0),
        }
    }

    /// The last item of a list.
    pub fn last(&self) -> Option<Value> {
        match self {
            Value::Map(_) => None,
            other => other.index(-1),
        }
    }

    /// The number that a value counts as: a text by its leading digits, everything else without one as 0.
    pub(super) fn to_number(&self) -> Number {
        match self {
            Value::Int(whole) => Number::Int(*whole),
            Value::Decimal(number) => Number::Decimal(*number),
            Value::Text(text) | Value::Markup(text) => text_number(text.trim()),
            _ => Number::Int(0),
        }
    }

    /// A whole number, or a text that is nothing but one.
    pub(super) fn to_int_strict(&self) -> Option<i64> {
        match self {
            Value::Int(whole) => Some(*whole),
            Value::Text(text) | Value::Markup(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

/// A number read from a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Decimal(Decimal),
}

impl Number {
    pub(super) fn decimal(self) -> Decimal {
        match self {
            Number::Int(whole) => Decimal::from(whole),
            Number::Decimal(number) => number,
        }
    }

    pub(super) fn value(self) -> Value {
        match self {
            Number::Int(whole) => Value::Int(whole),
            Number::Decimal(number) => Value::fraction(number),
        }
    }

    /// The whole part, towards zero, held within `i64`.
    pub(super) fn whole(self) -> i64 {
        match self {
            Number::Int(whole) => whole,
            Number::Decimal(number) => {
                let most = if number.is_sign_negative() { i64::MIN } else { i64::MAX };
                number.trunc().to_i64().unwrap_or(most)
            }
        }
    }
}

/// How many whole numbers `from..=to` has.
pub(super) fn range_len(from: i64, to: i64) -> usize {
    let count = i128::from(to) - i128::from(from) + 1;
    usize::try_from(count.max(0)).unwrap_or(usize::MAX)
}

/// An entry of a map as a list of two.
pub(super) fn pair((key, value): (&Arc<str>, &Value)) -> Value {
    Value::List(Arc::new([Value::Text(key.clone()), value.clone()]))
}

fn place(index: i64, len: usize) -> Option<usize> {
    let at = if index < 0 { index.checked_add(i64::try_from(len).ok()?)? } else { index };
    usize::try_from(at).ok()
}

/// `-12.5` whole, else the leading digits of `12 people`, else 0.
fn text_number(text: &str) -> Number {
    if text.contains('.')
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
        && let Ok(number) = text.parse::<Decimal>()
    {
        return Number::Decimal(number);
    }
    let digits = text.bytes().skip(1).take_while(u8::is_ascii_digit).count();
    let starts = text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
    let head = if starts { text.get(..=digits).unwrap_or_default() } else { "" };
    Number::Int(head.parse().unwrap_or(0))
}
