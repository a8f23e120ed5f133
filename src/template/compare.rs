//! When two values are equal, and which comes first.

use std::cmp::Ordering;

use super::clock::{self, Now};
use super::value::{Number, Value};

/// Two kinds of value that have no order.
pub(super) struct Incomparable;

/// Equality as `==` and `case` mean it: numbers by size, `blank` and `empty` by content, an instant with a text that
/// names one. A number never equals a text.
pub(super) fn equal(left: &Value, right: &Value, now: Now) -> bool {
    match (left, right) {
        (Value::Blank, Value::Empty) | (Value::Empty, Value::Blank) => false,
        (Value::Blank, other) | (other, Value::Blank) => other.is_blank(),
        (Value::Empty, other) | (other, Value::Empty) => other.is_empty(),
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| same(left, right))
        }
        (Value::Time(_) | Value::Date(_), _) | (_, Value::Time(_) | Value::Date(_)) => {
            matches!(order(left, right, now), Ok(Some(Ordering::Equal)))
        }
        _ => same(left, right),
    }
}

/// Equality without the words `blank` and `empty` and without instants in texts.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(_) | Value::Decimal(_), Value::Int(_) | Value::Decimal(_)) => {
            numbers(left.to_number(), right.to_number()) == Ordering::Equal
        }
        _ => match (left.as_text(), right.as_text()) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        },
    }
}

/// The order of two values: none where one of them is nothing.
pub(super) fn order(left: &Value, right: &Value, now: Now) -> Result<Option<Ordering>, Incomparable> {
    if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
        return Ok(Some(left.cmp(right)));
    }
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Ok(Some(left.cmp(right))),
        (Value::Int(_) | Value::Decimal(_), Value::Int(_) | Value::Decimal(_)) => {
            Ok(Some(numbers(left.to_number(), right.to_number())))
        }
        (Value::Duration(left), Value::Duration(right)) => Ok(Some(left.cmp(right))),
        (Value::Date(left), Value::Date(right)) => Ok(Some(left.cmp(right))),
        (
            Value::Time(_) | Value::Date(_),
            Value::Time(_) | Value::Date(_) | Value::Text(_) | Value::Markup(_),
        )
        | (Value::Text(_) | Value::Markup(_), Value::Time(_) | Value::Date(_)) => {
            match (clock::instant(left, now), clock::instant(right, now)) {
                (Some(left), Some(right)) => Ok(Some(left.cmp(&right))),
                _ => Err(Incomparable),
            }
        }
        (left, right) if has_no_order(left) || has_no_order(right) => Ok(None),
        _ => Err(Incomparable),
    }
}

/// Nothing, truth values and what has parts: comparing them holds for no order.
fn has_no_order(value: &Value) -> bool {
    let nothing = matches!(value, Value::Nil | Value::Bool(_) | Value::Blank | Value::Empty);
    nothing || matches!(value, Value::List(_) | Value::Map(_) | Value::Range(..))
}

/// The order of two numbers.
pub(super) fn numbers(left: Number, right: Number) -> Ordering {
    match (left, right) {
        (Number::Int(left), Number::Int(right)) => left.cmp(&right),
        _ => left.decimal().cmp(&right.decimal()),
    }
}
