//! JSON to values of a declared type, and back.

use super::{Type, Value};
use std::fmt;

/// A JSON value that the declared type refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongValue {
    /// Why, in words: ``expected a number, found text``.
    pub reason: String,
}

impl fmt::Display for WrongValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for WrongValue {}

impl Value {
    /// Reads a JSON value as the declared type says.
    pub fn from_json(_json: &serde_json::Value, _ty: &Type) -> Result<Self, WrongValue> {
        todo!()
    }

    /// The value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }
}
