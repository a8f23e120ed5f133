//! Pieces of pages: values of answers as text, numbers, instants, addresses.

use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What stands in a part of a path or in a query as it is (source: RFC 3986, unreserved).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one part of a path, or as a value of a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The address of a workflow's page.
pub(super) fn workflow(name: &str) -> String {
    format!("/w/{}", encoded(name))
}

/// The address of an entity's page, by its name: `account:acme`.
pub(super) fn entity(name: &str) -> String {
    let (kind, id) = name.split_once(':').unwrap_or(("contact", name));
    format!("/e/{kind}/{}", encoded(id))
}

/// A link to an entity.
pub(super) fn entity_link(name: &str) -> Markup {
    html! { a.entity href=(entity(name)) { (name) } }
}

/// A text of an answer; empty, if it is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A number of an answer.
pub(super) fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// `12345` as `12,345`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of an answer for people.
pub(super) fn number(value: &Value) -> String {
    value.as_u64().map_or_else(|| "–".into(), grouped)
}

/// Thousandths as a percentage.
pub(super) fn percent(value: &Value) -> String {
    value.as_u64().map_or_else(|| "–".into(), |rate| format!("{}.{} %", rate / 10, rate % 10))
}

/// `2026-01-05T09:00:00.000Z` as `2026-01-05 09:00`.
pub(super) fn short(instant: &str) -> String {
    match (instant.get(..10), instant.get(11..16)) {
        (Some(day), Some(minute)) if instant.get(10..11) == Some("T") => format!("{day} {minute}"),
        _ => instant.to_owned(),
    }
}

/// An instant, to the minute; all of it stands in its `datetime`.
pub(super) fn when(value: &Value) -> Markup {
    match value.as_str() {
        // What was there from the beginning has no instant.
        None | Some("before all time") => html! { span.quiet { "–" } },
        Some(instant) => at(instant),
    }
}

/// The same of a text.
pub(super) fn at(instant: &str) -> Markup {
    html! { time datetime=(instant) title=(instant) { (short(instant)) } }
}

/// A value as JSON would write it, but texts as they are.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".into(),
        other => other.to_string(),
    }
}

/// A word on a coloured ground: the class is the word's.
pub(super) fn badge(word: &str) -> Markup {
    let class: String = word.chars().map(|c| if c.is_ascii_lowercase() { c } else { '-' }).collect();
    html! { span class={ "badge is-" (class) } { (word) } }
}

/// What to say where a list is empty.
pub(super) fn nothing(words: &str) -> Markup {
    html! { p.nothing { (words) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_instants_are_for_people_and_names_are_safe_in_addresses() {
        assert_eq!(
            ["0", "999", "1,000", "12,345,678"].map(str::to_owned),
            [0, 999, 1000, 12_345_678].map(grouped)
        );
        assert_eq!(short("2026-01-05T09:00:00.000Z"), "2026-01-05 09:00");
        assert_eq!(short("never"), "never");
        assert_eq!(workflow("a/b?c \"<"), "/w/a%2Fb%3Fc%20%22%3C");
        assert_eq!(entity("account:a:b"), "/e/account/a%3Ab");
    }
}
