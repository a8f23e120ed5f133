//! JSON of any shape to values and back: what requests send and responses hold.
//!
//! In: a JSON tree, or a value. Out: the value ([`Value::of_tree`]), or its JSON text with fields in their order and
//! numbers with all their digits ([`Value::to_json_text`]). Nothing here looks at types: those are `json`'s.

use super::{Value, number};
use serde::ser::{Error, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Lists and maps inside each other are followed this far; `serde_json` reads no deeper ones.
const DEPTH: usize = 128;

impl Value {
    /// Any JSON as a value: texts stay texts, `null` is missing, a number that 28 digits can't hold is a text.
    pub fn of_tree(json: &serde_json::Value) -> Self {
        tree(json, 0)
    }

    /// The value as JSON: fields in their order, numbers exactly.
    pub fn to_json_text(&self) -> String {
        serde_json::to_string(&Json { value: self, depth: 0 }).unwrap_or_else(|_| "null".into())
    }

    /// The same over several lines, for people.
    pub fn to_json_lines(&self) -> String {
        serde_json::to_string_pretty(&Json { value: self, depth: 0 }).unwrap_or_else(|_| "null".into())
    }

    /// Without fields that are missing, inside as well; a list keeps its places.
    pub fn without_missing(&self) -> Self {
        self.pruned(0)
    }

    fn pruned(&self, depth: usize) -> Self {
        match self {
            _ if depth > DEPTH => Self::Missing,
            Self::List(items) => Self::List(items.iter().map(|item| item.pruned(depth + 1)).collect()),
            Self::Map(fields) => {
                let known = fields.iter().filter(|(_, value)| !value.is_missing());
                Self::Map(known.map(|(name, value)| (Arc::clone(name), value.pruned(depth + 1))).collect())
            }
            other => other.clone(),
        }
    }
}

fn tree(json: &serde_json::Value, depth: usize) -> Value {
    use serde_json::Value as Tree;
    match json {
        _ if depth > DEPTH => Value::Missing,
        Tree::Null => Value::Missing,
        Tree::Bool(is) => Value::Bool(*is),
        Tree::Number(digits) => {
            let digits = digits.to_string();
            match number::parse(&digits) {
                Ok(number) => Value::Number(number.decimal()),
                Err(_) => Value::Text(digits.into()),
            }
        }
        Tree::String(text) => Value::Text(text.as_str().into()),
        Tree::Array(items) => Value::List(items.iter().map(|item| tree(item, depth + 1)).collect()),
        Tree::Object(fields) => {
            let field = |(name, value): (&String, &Tree)| (name.as_str().into(), tree(value, depth + 1));
            Value::Map(fields.iter().map(field).collect())
        }
    }
}

/// A value on its way to JSON.
struct Json<'v> {
    value: &'v Value,
    depth: usize,
}

impl<'v> Json<'v> {
    fn inner(&self, value: &'v Value) -> Self {
        Self { value, depth: self.depth + 1 }
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.value {
            _ if self.depth > DEPTH => to.serialize_unit(),
            Value::Missing => to.serialize_unit(),
            Value::Bool(is) => to.serialize_bool(*is),
            Value::Number(number) => {
                let digits = number.normalize().to_string();
                RawValue::from_string(digits).map_err(S::Error::custom)?.serialize(to)
            }
            Value::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(&self.inner(item)))?;
                list.end()
            }
            Value::Map(fields) => {
                let mut map = to.serialize_map(Some(fields.len()))?;
                fields
                    .iter()
                    .try_for_each(|(name, value)| map.serialize_entry(&**name, &self.inner(value)))?;
                map.end()
            }
            other => to.collect_str(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Value {
        Value::of_tree(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn any_json_comes_back_as_it_was() {
        for json in ["null", "true", "-12.5", r#""a\"b""#, "[1,[2,[]],{}]", r#"{"a":{"b":[null,"c"]},"d":0}"#]
        {
            assert_eq!(of(json).to_json_text(), json);
        }
    }

    #[test]
    fn fields_keep_their_order_and_numbers_their_digits() {
        let number = Value::Number("1234567890123456789.123".parse().unwrap());
        let map = Value::Map([("z".into(), number), ("a".into(), Value::Missing)].into());
        assert_eq!(map.to_json_text(), r#"{"z":1234567890123456789.123,"a":null}"#);
        assert_eq!(map.without_missing().to_json_text(), r#"{"z":1234567890123456789.123}"#);
    }

    #[test]
    fn a_path_leads_through_fields_and_items() {
        let value = of(r#"{"results":[{"id":"7"}]}"#);
        assert_eq!(value.get("results").get("0").get("id"), &Value::Text("7".into()));
        assert!(
            value.get("results").get("1").get("id").is_missing() && value.get("id").get("x").is_missing()
        );
    }

    #[test]
    fn a_number_without_place_is_a_text() {
        assert_eq!(of("1e300"), Value::Text("1e+300".into()));
    }
}
