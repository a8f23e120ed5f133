//! Reading the services' JSON: by path, lenient about what is missing, strict about what is no JSON at all.

use super::Refused;
use crate::base::Instant;
use serde_json::Value;

/// A body as JSON.
pub(super) fn parse(body: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::Malformed(error.to_string()))
}

/// A text at a path; numbers are texts too.
pub(super) fn text(value: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, name| value.get(name))?;
    match found {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text at a path that is not empty.
pub(super) fn some(value: &Value, path: &[&str]) -> Option<String> {
    text(value, path).filter(|text| !text.is_empty())
}

/// Seconds since 1970 at a path, with fractions or without, as a number or a text.
pub(super) fn seconds(value: &Value, path: &[&str]) -> Option<Instant> {
    let seconds: f64 = text(value, path)?.parse().ok()?;
    (seconds.abs() < 1e11).then(|| Instant((seconds * 1000.0).round() as i64))
}

/// An instant in RFC 3339, or as close to it as services come, at a path.
pub(super) fn instant(value: &Value, path: &[&str]) -> Option<Instant> {
    let text = text(value, path)?;
    let chrono = |text: &str| chrono::DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok();
    Instant::parse(&text).or_else(|| chrono(&text).map(|at| Instant(at.timestamp_millis())))
}
