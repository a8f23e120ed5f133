//! Values as text.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::DateTime;
use chrono_tz::Tz;

use super::{Map, Value};

/// Lists and maps inside each other are followed this far.
const MAX_NESTING: usize = 64;

impl Value {
    /// The value as text, in the given zone where it is an instant.
    pub fn to_text(&self, zone: Tz) -> Arc<str> {
        match self {
            Value::Text(text) | Value::Markup(text) => text.clone(),
            other => {
                let mut text = String::new();
                other.write(&mut text, zone);
                text.into()
            }
        }
    }

    /// Appends the value as text.
    pub fn write(&self, out: &mut String, zone: Tz) {
        self.write_up_to(out, zone, usize::MAX);
    }

    /// Appends the value as text and stops soon after `out` is longer than `most` bytes.
    pub(in crate::template) fn write_up_to(&self, out: &mut String, zone: Tz, most: usize) {
        self.write_nested(out, Printing { zone, most, depth: 0 });
    }

    fn write_nested(&self, out: &mut String, how: Printing) {
        if how.depth > MAX_NESTING || out.len() > how.most {
            return;
        }
        // Writing to a `String` can't fail.
        let _ = match self {
            Value::Nil | Value::Blank | Value::Empty => Ok(()),
            Value::Bool(truth) => write!(out, "{truth}"),
            Value::Int(number) => write!(out, "{number}"),
            Value::Decimal(number) => write!(out, "{number}"),
            Value::Range(from, to) => write!(out, "{from}..{to}"),
            Value::Date(date) => write!(out, "{date}"),
            Value::Time(ms) => write_time(out, *ms, how.zone),
            Value::Duration(ms) => write_duration(out, *ms),
            Value::Text(text) | Value::Markup(text) => out.write_str(text),
            Value::List(items) => {
                items.iter().for_each(|item| item.write_nested(out, how.deeper()));
                Ok(())
            }
            Value::Map(map) => {
                write_map(map, out, how.deeper());
                Ok(())
            }
        };
    }

    /// As a part of a printed map: texts in quotes.
    fn write_quoted(&self, out: &mut String, how: Printing) {
        match self {
            Value::Nil => out.push_str("null"),
            Value::Text(text) | Value::Markup(text) => write_json_text(out, text),
            Value::List(items) if how.depth <= MAX_NESTING && out.len() <= how.most => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    item.write_quoted(out, how.deeper());
                }
                out.push(']');
            }
            other => other.write_nested(out, how),
        }
    }
}

/// How a value is printed: instants in which zone, how much at most, how deep inside lists and maps.
#[derive(Clone, Copy)]
struct Printing {
    zone: Tz,
    most: usize,
    depth: usize,
}

impl Printing {
    fn deeper(self) -> Self {
        Printing { depth: self.depth + 1, ..self }
    }
}

fn write_time(out: &mut String, ms: i64, zone: Tz) -> std::fmt::Result {
    match DateTime::from_timestamp_millis(ms) {
        Some(time) => write!(out, "{}", time.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %z")),
        None => Ok(()),
    }
}

/// `3d 4h`, the units of the language from the largest down.
fn write_duration(out: &mut String, ms: i64) -> std::fmt::Result {
    let mut left = ms.unsigned_abs();
    out.push_str(if ms < 0 { "-" } else { "" });
    let mut first = true;
    for (unit, word) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] {
        let count = left / unit;
        left %= unit;
        if count > 0 || (unit == 1000 && ms == 0) {
            write!(out, "{}{count}{word}", if first { "" } else { " " })?;
            first = false;
        }
    }
    Ok(())
}

fn write_map(map: &Map, out: &mut String, how: Printing) {
    out.push('{');
    for (at, (key, value)) in map.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        write_json_text(out, key);
        out.push(':');
        value.write_quoted(out, how);
    }
    out.push('}');
}

fn write_json_text(out: &mut String, text: &str) {
    match serde_json::to_string(text) {
        Ok(quoted) => out.push_str(&quoted),
        Err(_) => out.push_str("\"\""),
    }
}
