//! Values: order, arithmetic, reading what came in. A missing operand gives a missing result (S1.1).

use super::time;
use chrono_tz::Tz;
use std::cmp::Ordering;
use std::sync::Arc;
use wayfare::base::{Instant, Period};
use wayfare::check::checked::{ArithmeticOp, TextOp};
use wayfare::value::{Type, Value, number};

/// The instant of a time, or at which a date begins (S2.4).
pub fn instant(value: &Value, zone: Tz) -> Option<Instant> {
    match value {
        Value::Time(at) => Some(*at),
        Value::Date(day) => Some(time::begin(*day, zone)),
        _ => None,
    }
}

/// The order of two values of one kind; `None` with a missing one.
pub fn order(a: &Value, b: &Value, zone: Tz) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Level(a), Value::Level(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(_) | Value::Date(_), Value::Time(_) | Value::Date(_)) => {
            Some(instant(a, zone)?.cmp(&instant(b, zone)?))
        }
        (Value::Period(a), Value::Period(b)) => {
            Some(a.at_most().cmp(&b.at_most()).then(a.months.cmp(&b.months)))
        }
        (Value::List(a), Value::List(b)) => Some(if a == b { Ordering::Equal } else { Ordering::Less }),
        _ => None,
    }
}

/// `3d before renewal`: days from a date count calendar days, parts of days are counted from its midnight (S2.4).
pub fn shift(base: &Value, period: Period, before: bool, zone: Tz) -> Value {
    match base {
        Value::Date(day) if period.millis == 0 => Value::Date(time::shift_date(*day, period, before)),
        Value::Date(_) | Value::Time(_) => match instant(base, zone) {
            Some(at) => Value::Time(time::shift(at, period, before, zone)),
            None => Value::Missing,
        },
        _ => Value::Missing,
    }
}

pub fn arithmetic(op: ArithmeticOp, a: &Value, b: &Value, zone: Tz) -> Value {
    match (op, a, b) {
        (op, Value::Number(a), Value::Number(b)) => {
            let made = match op {
                ArithmeticOp::Add => number::add(*a, *b),
                ArithmeticOp::Subtract => number::subtract(*a, *b),
                ArithmeticOp::Multiply => number::multiply(*a, *b),
                ArithmeticOp::Divide => number::divide(*a, *b),
            };
            made.map_or(Value::Missing, Value::Number)
        }
        (ArithmeticOp::Add, Value::Time(_) | Value::Date(_), Value::Period(period)) => {
            shift(a, *period, false, zone)
        }
        (ArithmeticOp::Subtract, Value::Time(_) | Value::Date(_), Value::Period(period)) => {
            shift(a, *period, true, zone)
        }
        (ArithmeticOp::Subtract, Value::Time(_) | Value::Date(_), Value::Time(_) | Value::Date(_)) => {
            let between =
                instant(a, zone).zip(instant(b, zone)).and_then(|(a, b)| u64::try_from(a.0 - b.0).ok());
            between.map_or(Value::Missing, |millis| Value::Period(Period::of_millis(millis)))
        }
        _ => Value::Missing,
    }
}

/// Twice as long.
pub fn twice(period: Period) -> Period {
    Period { months: period.months * 2, days: period.days * 2, millis: period.millis * 2 }
}

pub fn text_test(op: TextOp, value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Text(value), Value::Text(part)) => match op {
            TextOp::Contains => value.contains(&**part),
            TextOp::StartsWith => value.starts_with(&**part),
            TextOp::EndsWith => value.ends_with(&**part),
        },
        (Value::List(items), part) => op == TextOp::Contains && !part.is_missing() && items.contains(part),
        _ => false,
    }
}

/// Reads a value of a declared type; `None`: refused (engine.md, rule 8).
pub fn read(json: &serde_json::Value, ty: &Type) -> Option<Value> {
    use serde_json::Value as Json;
    match (ty, json) {
        (_, Json::Null) => Some(Value::Missing),
        (Type::Number, Json::Number(number)) => Some(Value::Number(number.to_string().parse().ok()?)),
        (Type::Bool, Json::Bool(is)) => Some(Value::Bool(*is)),
        (Type::Text, Json::String(text)) => Some(Value::Text(text.as_str().into())),
        (Type::Email | Type::User, Json::String(text)) => {
            let (name, host) = text.split_once('@')?;
            (!name.is_empty() && host.contains('.')).then(|| Value::Text(text.to_lowercase().into()))
        }
        (Type::OneOf(words), Json::String(text)) => {
            let known = words.iter().any(|word| **word == **text);
            known.then(|| Value::Text(Arc::from(text.as_str())))
        }
        (Type::Time, Json::String(text)) => Instant::parse(text).map(Value::Time),
        (Type::Date, Json::String(text)) => text.parse().ok().map(Value::Date),
        (Type::List(of), Json::Array(items)) => {
            let items: Option<Vec<Value>> = items.iter().map(|item| read(item, of)).collect();
            items.map(|items| Value::List(items.into()))
        }
        _ => None,
    }
}
