//! What a service answered, as rules and logs read it.
//!
//! In: status, headers, the first part of the body. Out: its parts by path (`response.json.a.b`), and the little that
//! is kept for people ([`Shown`]). Not here: what it means (`judge`).

use super::redact::Redactor;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// How much of a body is kept for the log, in bytes.
pub const KEPT: usize = 4 << 10;

/// An answer.
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    whole: bool,
    json: OnceLock<Value>,
}

impl fmt::Debug for Response {
    /// Without headers and body: either may echo a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

impl Response {
    /// An answer with a body that was read `whole`, or only as far as a limit allows.
    pub fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>, whole: bool) -> Self {
        Self { status, headers, body, whole, json: OnceLock::new() }
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether its body was read to the end.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The first header of that name; `_` stands for `-` in what `.wf` can write as a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |known: &str| {
            known.len() == name.len()
                && known
                    .bytes()
                    .zip(name.bytes())
                    .all(|(a, b)| a.eq_ignore_ascii_case(&b) || (a == b'-' && b == b'_'))
        };
        self.headers.iter().find(|(known, _)| same(known)).map(|(_, value)| value.as_str())
    }

    /// Its body as a text.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Its body as JSON; missing if it is none, or was not read to its end.
    pub fn json(&self) -> &Value {
        self.json.get_or_init(|| match serde_json::from_slice(&self.body) {
            Ok(json) if self.whole => Value::of_tree(&json),
            _ => Value::Missing,
        })
    }

    /// A part by its path: `status`, `text`, `headers.x`, `json.a.b`.
    pub(super) fn part(&self, path: &[Arc<str>]) -> Value {
        let Some((first, rest)) = path.split_first() else { return Value::Missing };
        match (&**first, rest) {
            ("status", []) => Value::Number(self.status.into()),
            ("text", []) => Value::Text(self.text().into()),
            ("headers", [name]) => {
                self.header(name).map_or(Value::Missing, |value| Value::Text(value.into()))
            }
            ("json", rest) => rest.iter().fold(self.json(), |value, name| value.get(name)).clone(),
            _ => Value::Missing,
        }
    }

    /// What is kept of it.
    pub fn shown(&self, redactor: &Redactor) -> Shown {
        Shown {
            status: self.status,
            text: redactor.head(&self.body, KEPT),
            whole: self.whole && self.body.len() <= KEPT,
        }
    }
}

/// What is kept of an answer: no secret is in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// Its status.
    pub status: u16,
    /// The first 4 KB of its body, masked.
    pub text: String,
    /// Whether that is all of it.
    pub whole: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(response: &Response, path: &str) -> String {
        let path: Vec<Arc<str>> = path.split('.').map(Arc::from).collect();
        response.part(&path).to_string()
    }

    #[test]
    fn parts_are_found_by_their_paths() {
        let headers = vec![("X-Request-Id".into(), "r1".into())];
        let body = br#"{"id":7,"results":[{"id":"a"}]}"#.to_vec();
        let response = Response::new(201, headers, body.clone(), true);
        let found =
            ["status", "headers.x_request_id", "json.id", "json.results.0.id", "json.none.id", "json"];
        let found: Vec<String> = found.iter().map(|path| part(&response, path)).collect();
        assert_eq!(found, ["201", "r1", "7", "a", "", "{ id: 7, results: { id: a } }"]);
        assert!(Response::new(200, Vec::new(), body, false).json().is_missing());
    }
}
