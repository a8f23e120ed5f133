//! Headers: declared ones and those that the machine sets. A value is one line, whatever it was made of.

use super::super::call::{Sight, Unready};
use super::address::plain;
use super::args;
use crate::plan::{ConnectorPlan, RequestPlan, expr};
use crate::value::Value;

/// Headers that frame a message: nobody declares them.
const FRAMING: [&str; 8] =
    ["connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"];

/// The most headers of one request, and the longest value in bytes.
const MOST: usize = 100;
const LONGEST: usize = 8 << 10;

/// The headers of a request; of one name the last that was put.
#[derive(Default)]
pub(super) struct Headers(Vec<(String, String)>);

impl Headers {
    /// Puts a header in the place of one of the same name.
    pub fn put(&mut self, name: &str, value: String) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value));
    }

    /// Those of the connector, then those of the request, then those of a parameter.
    pub fn declared(
        &mut self,
        sight: &Sight<'_>,
        connector: Option<&ConnectorPlan>,
        request: &RequestPlan,
    ) -> Result<(), Unready> {
        for (name, value) in connector.into_iter().flat_map(|connector| &connector.headers) {
            self.given(name, &expr::value(&sight.call.plan.pool, *value, sight));
        }
        for (name, arg) in &request.headers {
            self.given(name, &args::value(sight, arg)?);
        }
        if let Some(place) = request.more_headers {
            let more = sight.call.param(usize::from(place), sight.found);
            let Value::Map(fields) = more else {
                return if more.is_missing() { Ok(()) } else { Err(unfit("headers are fields with names")) };
            };
            fields.iter().for_each(|(name, value)| self.given(name, value));
        }
        Ok(())
    }

    fn given(&mut self, name: &str, value: &Value) {
        if !value.is_missing() {
            self.put(name, plain(value));
        }
    }

    /// All of them, once each of them is known to be one header.
    pub fn checked(self) -> Result<Vec<(String, String)>, Unready> {
        if self.0.len() > MOST {
            return Err(unfit("there are more than 100 headers"));
        }
        self.0.iter().try_for_each(|(name, value)| check(name, value))?;
        Ok(self.0)
    }
}

fn unfit(why: impl Into<String>) -> Unready {
    Unready::Unfit(why.into())
}

fn check(name: &str, value: &str) -> Result<(), Unready> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || name.len() > 100 || !name.chars().all(fits) {
        return Err(unfit("a header has a name that no header can have"));
    }
    if FRAMING.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(unfit(format!("the header `{name}` can't be set: it frames the request")));
    }
    if value.chars().any(char::is_control) {
        return Err(unfit(format!(
            "the value of the header `{name}` has a line break or a control character"
        )));
    }
    if value.len() > LONGEST {
        return Err(unfit(format!("the value of the header `{name}` is longer than 8 KB")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_adds_a_header() {
        for value in ["a\r\nX: b", "a\nb", "a\rb", "a\0b", "a\u{85}b", "a\tb"] {
            assert!(check("X", value).is_err(), "{value:?}");
        }
        assert!(check("X", "späti — 1").is_ok());
    }

    #[test]
    fn no_name_breaks_out_or_frames() {
        for name in ["", "a b", "a:b", "a\r\n", "ä", "Host", "content-length", "Transfer-Encoding"] {
            assert!(check(name, "x").is_err(), "{name:?}");
        }
    }

    #[test]
    fn of_one_name_the_last_stays() {
        let mut headers = Headers::default();
        headers.put("content-type", "a".into());
        headers.put("Content-Type", "b".into());
        assert_eq!(headers.checked().unwrap(), [("Content-Type".to_owned(), "b".to_owned())]);
    }
}
