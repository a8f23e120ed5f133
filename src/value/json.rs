//! JSON to values of a declared type, and back.
//!
//! In: a JSON text or tree and the declared [`Type`]. Out: the value, or why it is refused. Nothing is guessed:
//! - `null` is missing for every type;
//! - a number is a JSON number of at most 28 digits, read exactly; a text of digits is refused;
//! - a time is RFC 3339 with an offset, or a date alone, which is its midnight in UTC; numbers are refused, since
//!   nothing tells seconds from milliseconds;
//! - a date is `2026-01-05`, or RFC 3339, of which the date counts as written;
//! - an address (types `email` and `user`) is lower-cased and checked; a word must be in its list.
//!
//! Tests: below, and `tests/it/value.rs`.

use super::{Level, Type, Value, ValueRef, number, text, time};
use crate::base::Instant;
use chrono::NaiveDate;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A JSON value that the declared type refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongValue {
    /// Why, in words: ``expected a number, found text``.
    pub reason: String,
}

impl WrongValue {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

impl fmt::Display for WrongValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for WrongValue {}

/// A value that was read: in place where the JSON text can lend it.
pub(super) enum Read<'a> {
    /// As it stands.
    Lent(ValueRef<'a>),
    /// Made for it.
    Made(Value),
}

impl Read<'_> {
    fn into_value(self) -> Value {
        match self {
            Self::Lent(value) => value.to_value(),
            Self::Made(value) => value,
        }
    }
}

/// One JSON value, its numbers still as text.
enum Json<'a> {
    Null,
    Bool(bool),
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object,
}

impl Json<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object => "an object",
        }
    }
}

impl Value {
    /// Reads a JSON value as the declared type says.
    pub fn from_json(json: &serde_json::Value, ty: &Type) -> Result<Self, WrongValue> {
        match (json, ty) {
            (serde_json::Value::Object(_), Type::Object) => Ok(Self::of_tree(json)),
            _ => typed(of_tree(json), ty).map(Read::into_value),
        }
    }

    /// Reads the text of one JSON value as the declared type says; numbers exactly as they are written.
    pub fn from_json_text(json: &str, ty: &Type) -> Result<Self, WrongValue> {
        let broken = |_| WrongValue::new("this is not JSON");
        if *ty == Type::Object {
            return Self::from_json(&serde_json::from_str(json).map_err(broken)?, ty);
        }
        let raw: &RawValue = serde_json::from_str(json).map_err(broken)?;
        read(raw.get(), ty).map(Read::into_value)
    }

    /// The value as JSON: times and dates as text, periods as `.wf` writes them, numbers as numbers.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Missing => Json::Null,
            Self::Bool(is) => Json::Bool(*is),
            // A number that JSON's reader can't hold exactly comes out as the nearest one that it can.
            Self::Number(number) => {
                number.normalize().to_string().parse::<serde_json::Number>().map_or(Json::Null, Json::Number)
            }
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(fields) => {
                Json::Object(fields.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect())
            }
            other => Json::String(other.to_string()),
        }
    }
}

/// Reads the text of one JSON value, which is known to be JSON.
pub(super) fn read<'a>(json: &'a str, ty: &Type) -> Result<Read<'a>, WrongValue> {
    match (json.as_bytes().first(), ty) {
        (Some(b'-' | b'0'..=b'9'), Type::Number | Type::Any) => numeric(json).map(Read::Lent),
        (Some(b'"'), _) => match plain(json).and_then(|text| of_plain(text, ty)) {
            Some(value) => Ok(Read::Lent(value)),
            None => typed(of_text(json)?, ty),
        },
        (Some(b't'), Type::Bool) => Ok(Read::Lent(ValueRef::Bool(true))),
        (Some(b'f'), Type::Bool) => Ok(Read::Lent(ValueRef::Bool(false))),
        _ => typed(of_text(json)?, ty),
    }
}

/// A text without escapes as the types that most attributes have; `None`: ask [`typed`].
fn of_plain<'a>(text: &'a str, ty: &Type) -> Option<ValueRef<'a>> {
    match ty {
        Type::Text => Some(ValueRef::Text(text)),
        Type::OneOf(words) => words.iter().any(|word| **word == *text).then_some(ValueRef::Text(text)),
        Type::Time => time::parse_instant(text).map(ValueRef::Time),
        Type::Date => time::parse_date(text).map(ValueRef::Date),
        _ => None,
    }
}

/// What stands between the quotes of a JSON string without escapes.
fn plain(json: &str) -> Option<&str> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.as_bytes().contains(&b'\\')).then_some(inner)
}

fn of_text(json: &str) -> Result<Json<'_>, WrongValue> {
    let broken = || WrongValue::new("this is not JSON");
    Ok(match json.as_bytes().first() {
        Some(b'n') => Json::Null,
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'"') => match plain(json) {
            Some(text) => Json::Text(Cow::Borrowed(text)),
            None => Json::Text(Cow::Owned(serde_json::from_str(json).map_err(|_| broken())?)),
        },
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| broken())?;
            Json::List(items.into_iter().map(|item| of_item(item.get())).collect::<Result<_, _>>()?)
        }
        Some(b'{') => Json::Object,
        Some(_) => Json::Number(Cow::Borrowed(json)),
        None => return Err(broken()),
    })
}

/// An item of a list: no type holds lists of lists, so it is not looked into any further.
fn of_item(json: &str) -> Result<Json<'_>, WrongValue> {
    if json.starts_with('[') { Ok(Json::List(Vec::new())) } else { of_text(json) }
}

fn of_tree(json: &serde_json::Value) -> Json<'_> {
    use serde_json::Value as Tree;
    match json {
        Tree::Array(items) => Json::List(items.iter().map(of_leaf).collect()),
        other => of_leaf(other),
    }
}

fn of_leaf(json: &serde_json::Value) -> Json<'_> {
    use serde_json::Value as Tree;
    match json {
        Tree::Null => Json::Null,
        Tree::Bool(is) => Json::Bool(*is),
        Tree::Number(number) => Json::Number(Cow::Owned(number.to_string())),
        Tree::String(text) => Json::Text(Cow::Borrowed(text)),
        Tree::Array(_) => Json::List(Vec::new()),
        Tree::Object(_) => Json::Object,
    }
}

fn typed<'a>(json: Json<'a>, ty: &Type) -> Result<Read<'a>, WrongValue> {
    if matches!(json, Json::Null) {
        return Ok(Read::Lent(ValueRef::Missing));
    }
    let found = json.kind();
    let wrong = || WrongValue::new(format!("expected {}, found {found}", expected(ty)));
    match (ty, json) {
        (Type::Text | Type::Template, Json::Text(text)) => Ok(lent(text)),
        (Type::Email | Type::User, Json::Text(text)) => address(text),
        (Type::Number, Json::Number(digits)) => numeric(&digits).map(Read::Lent),
        (Type::Bool, Json::Bool(is)) => Ok(Read::Lent(ValueRef::Bool(is))),
        (Type::Time, Json::Text(text)) => instant(&text).map(|at| Read::Lent(ValueRef::Time(at))),
        (Type::Date, Json::Text(text)) => date(&text).map(|day| Read::Lent(ValueRef::Date(day))),
        (Type::Duration, Json::Text(text)) => match time::parse_period(&text) {
            Some(period) => Ok(Read::Lent(ValueRef::Period(period))),
            None => Err(WrongValue::new(format!("`{}` is no duration (such as `3d`)", short(&text)))),
        },
        (Type::OneOf(words) | Type::Stage(words), Json::Text(text)) => word(text, words),
        (Type::Level, Json::Text(text)) => match Level::parse(&text) {
            Some(level) => Ok(Read::Lent(ValueRef::Level(level))),
            None => Err(WrongValue::new(format!("`{}` is not one of bad, average, good", short(&text)))),
        },
        (Type::List(of), Json::List(items)) => list(items, of),
        (Type::Any, json) => any(json).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn expected(ty: &Type) -> String {
    match ty {
        Type::Text | Type::Template => "text".into(),
        Type::Email | Type::User => "an e-mail address".into(),
        Type::Number => "a number".into(),
        Type::Bool => "true or false".into(),
        Type::Time => "a time (`2026-01-05T09:00:00Z`)".into(),
        Type::Date => "a date (`2026-01-05`)".into(),
        Type::Duration => "a duration (`3d`)".into(),
        Type::Missing => "null".into(),
        Type::Any => "a single value or a list".into(),
        Type::Object => "an object".into(),
        Type::Level | Type::OneOf(_) | Type::Stage(_) | Type::List(_) => ty.to_string(),
    }
}

fn lent(text: Cow<'_, str>) -> Read<'_> {
    match text {
        Cow::Borrowed(text) => Read::Lent(ValueRef::Text(text)),
        Cow::Owned(text) => Read::Made(Value::Text(text.into())),
    }
}

fn address(text: Cow<'_, str>) -> Result<Read<'_>, WrongValue> {
    match text::email(&text) {
        Some(Cow::Borrowed(same)) if same.len() == text.len() => Ok(lent(text)),
        Some(lower) => Ok(Read::Made(Value::Text(lower.into()))),
        None => Err(WrongValue::new(format!("`{}` is no e-mail address", short(&text)))),
    }
}

fn word<'a>(text: Cow<'a, str>, words: &[Arc<str>]) -> Result<Read<'a>, WrongValue> {
    if words.iter().any(|word| **word == *text) {
        return Ok(lent(text));
    }
    Err(WrongValue::new(format!("`{}` is not one of {}", short(&text), words.join(", "))))
}

fn numeric(digits: &str) -> Result<ValueRef<'static>, WrongValue> {
    match number::parse(digits) {
        Ok(number) => Ok(ValueRef::Number(number)),
        Err(number::NotNumber::Malformed) => {
            Err(WrongValue::new(format!("`{}` is no number", short(digits))))
        }
        Err(number::NotNumber::TooLong) => {
            Err(WrongValue::new(format!("`{}` has more than 28 digits", short(digits))))
        }
    }
}

fn instant(text: &str) -> Result<Instant, WrongValue> {
    let midnight = || time::begin(time::parse_date(text)?, chrono_tz::UTC);
    time::parse_instant(text).or_else(midnight).ok_or_else(|| {
        WrongValue::new(format!("`{}` is no time with a zone (`2026-01-05T09:00:00Z`)", short(text)))
    })
}

fn date(text: &str) -> Result<NaiveDate, WrongValue> {
    let of_time =
        || text.get(..10).and_then(time::parse_date).filter(|_| time::parse_instant(text).is_some());
    time::parse_date(text)
        .or_else(of_time)
        .ok_or_else(|| WrongValue::new(format!("`{}` is no date (`2026-01-05`)", short(text))))
}

fn list<'a>(items: Vec<Json<'a>>, of: &Type) -> Result<Read<'a>, WrongValue> {
    let one = |item: Json<'a>| match item {
        Json::Null => Err(WrongValue::new("a list can't hold null")),
        item => typed(item, of).map(Read::into_value),
    };
    let items: Vec<Value> = items.into_iter().map(one).collect::<Result<_, _>>()?;
    Ok(Read::Made(Value::List(items.into())))
}

/// What a JSON value is by itself; objects, and lists of lists, are no values.
fn any(json: Json<'_>) -> Option<Read<'_>> {
    Some(match json {
        Json::Null => Read::Lent(ValueRef::Missing),
        Json::Bool(is) => Read::Lent(ValueRef::Bool(is)),
        Json::Number(digits) => Read::Lent(numeric(&digits).ok()?),
        Json::Text(text) => lent(text),
        Json::List(items) => {
            let one = |item: Json<'_>| match item {
                Json::List(_) | Json::Object => None,
                leaf => any(leaf).map(Read::into_value),
            };
            Read::Made(Value::List(items.into_iter().map(one).collect::<Option<_>>()?))
        }
        Json::Object => return None,
    })
}

/// At most 40 characters of a text, for a message.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or(""))),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(json: &str, ty: &Type) -> Result<String, String> {
        let tree: serde_json::Value = serde_json::from_str(json).unwrap();
        let of_tree = Value::from_json(&tree, ty);
        let of_text = Value::from_json_text(json, ty);
        assert_eq!(of_tree.as_ref().ok(), of_text.as_ref().ok(), "{json} as {ty}");
        of_text.map(|value| value.to_string()).map_err(|wrong| wrong.reason)
    }

    #[test]
    fn each_type_takes_its_own() {
        let words = Type::OneOf(["trial".into(), "past due".into()].into());
        let cases = [
            (r#""a\"b""#, Type::Text, "a\"b"),
            (r#""Ann@Acme.com""#, Type::Email, "ann@acme.com"),
            ("12.50", Type::Number, "12.5"),
            ("1e3", Type::Number, "1000"),
            ("true", Type::Bool, "true"),
            (r#""2026-01-05T09:00:00+01:00""#, Type::Time, "2026-01-05T08:00:00.000Z"),
            (r#""2026-01-05""#, Type::Time, "2026-01-05T00:00:00.000Z"),
            (r#""2026-01-05""#, Type::Date, "2026-01-05"),
            (r#""2026-01-05T23:30:00-05:00""#, Type::Date, "2026-01-05"),
            (r#""1h30m""#, Type::Duration, "1h30m"),
            (r#""past due""#, words, "past due"),
            (r#""good""#, Type::Level, "good"),
            (r#"["a", "b"]"#, Type::List(Box::new(Type::Text)), "a, b"),
            ("[1, true, \"x\"]", Type::Any, "1, true, x"),
            ("null", Type::Number, ""),
        ];
        for (json, ty, text) in cases {
            assert_eq!(both(json, &ty).as_deref(), Ok(text), "{json} as {ty}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_reason() {
        let words = Type::OneOf(["trial".into()].into());
        let cases = [
            (r#""12""#, Type::Number, "expected a number, found text"),
            ("12", Type::Text, "expected text, found a number"),
            ("1736067600", Type::Time, "expected a time (`2026-01-05T09:00:00Z`), found a number"),
            (r#""2026-01-05T09:00:00""#, Type::Time, "is no time with a zone"),
            (r#""2026-13-05""#, Type::Date, "is no date"),
            (r#""ann""#, Type::Email, "`ann` is no e-mail address"),
            (r#""paid""#, words, "`paid` is not one of trial"),
            ("1e300", Type::Number, "has more than 28 digits"),
            ("[1]", Type::List(Box::new(Type::Text)), "expected text, found a number"),
            ("[null]", Type::List(Box::new(Type::Text)), "a list can't hold null"),
            ("[[1]]", Type::Any, "expected a single value or a list, found a list"),
            ("{}", Type::Any, "expected a single value or a list, found an object"),
            ("1", Type::Bool, "expected true or false, found a number"),
        ];
        for (json, ty, reason) in cases {
            let refused = both(json, &ty).unwrap_err();
            assert!(refused.contains(reason), "{json} as {ty}: {refused}");
        }
    }

    #[test]
    fn numbers_are_exact_from_text() {
        let json = "1234567890123456789.123456789";
        let value = Value::from_json_text(json, &Type::Number).unwrap();
        assert_eq!(value.to_string(), json);
    }

    #[test]
    fn values_go_out_as_they_came() {
        for (json, ty) in [("12.5", Type::Number), ("[1,2]", Type::Any), (r#""2026-01-05""#, Type::Date)] {
            let value = Value::from_json_text(json, &ty).unwrap();
            assert_eq!(value.to_json().to_string(), json);
        }
    }
}
