//! Texts: searching them, addresses, and the canonical text of every value.

use super::{Level, Value, ValueRef};
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::fmt;

/// The most memory that one compiled regular expression may take.
const REGEX_BYTES: usize = 1 << 20;

/// Compiles a regular expression; it runs in time linear in the text. `Err` says in words what is wrong with it.
pub fn regex(source: &str) -> Result<Regex, String> {
    RegexBuilder::new(source).size_limit(REGEX_BYTES).build().map_err(|error| error.to_string())
}

/// An e-mail address in lower case (S1.3); `None` if it is none: one `@`, something before it, a host of letters,
/// digits, `-` and dots behind it, no white space, at most 254 bytes.
pub fn email(text: &str) -> Option<Cow<'_, str>> {
    let (local, host) = text.rsplit_once('@')?;
    let local_is_good = !local.is_empty()
        && local.len() <= 64
        && !local.chars().any(|c| c == '@' || c.is_whitespace() || c.is_control());
    let label_is_good =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    if !local_is_good || text.len() > 254 || !host.split('.').all(label_is_good) {
        return None;
    }
    let is_lower = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    Some(if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) })
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bad => "bad",
            Self::Average => "average",
            Self::Good => "good",
        })
    }
}

impl Level {
    /// Reads `bad`, `average`, `good`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "bad" => Some(Self::Bad),
            "average" => Some(Self::Average),
            "good" => Some(Self::Good),
            _ => None,
        }
    }
}

/// The canonical text: missing is empty, numbers without trailing zeros, times as RFC 3339 in UTC with milliseconds,
/// lists with `, ` between the items, maps as `{ name: value }`.
impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Bool(is) => is.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Time(at) => at.fmt(f),
            Self::Date(day) => day.fmt(f),
            Self::Period(period) => period.fmt(f),
            Self::Level(level) => level.fmt(f),
            Self::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    item.as_ref().fmt(f)?;
                }
                Ok(())
            }
            Self::Map(fields) => {
                f.write_str("{")?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{} {name}: {value}", if at > 0 { "," } else { "" })?;
                }
                f.write_str(" }")
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Instant;
    use rust_decimal::Decimal;

    /// S1.3
    #[test]
    fn addresses_are_lower_cased_and_checked() {
        assert_eq!(email("Ann@ACME.com").as_deref(), Some("ann@acme.com"));
        assert!(matches!(email("ann@acme.com"), Some(Cow::Borrowed(_))));
        for wrong in
            ["", "ann", "@acme.com", "ann@", "a b@acme.com", "ann@acme..com", "a@b@c.com", "ann@ac me.com"]
        {
            assert_eq!(email(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_value_has_one_text() {
        let cases = [
            (Value::Missing, ""),
            (Value::Bool(true), "true"),
            (Value::Number(Decimal::new(1250, 2)), "12.5"),
            (Value::Time(Instant(0)), "1970-01-01T00:00:00.000Z"),
            (Value::Date("2026-01-05".parse().unwrap()), "2026-01-05"),
            (Value::Level(Level::Good), "good"),
            (Value::List([Value::Text("a".into()), Value::Bool(false)].into()), "a, false"),
            (
                Value::Map([("a".into(), Value::Bool(true)), ("b".into(), Value::Text("c".into()))].into()),
                "{ a: true, b: c }",
            ),
        ];
        for (value, text) in cases {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn a_regular_expression_has_a_size() {
        assert!(regex("^a+$").is_ok());
        assert!(regex("(").is_err());
        assert!(regex("(a{1000}){1000}").is_err());
    }
}
