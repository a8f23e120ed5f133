//! Segment-style messages to inputs: one JSON object of the HTTP Tracking API or of a history file.
//!
//! In: the text of one message. Out: [`Message`], or why not, in words that name the field. Accepted as the official
//! client libraries send them (source: Segment's HTTP Tracking API and common-fields specification): `group` = account
//! traits, `identify` = contact traits, `track` = an event, `page` and `screen` = the events `Page Viewed` and
//! `Screen Viewed` with their `name` as a property, `alias` = two ids of one contact; `context.groupId` names the account.
//! Not here: order, duplicates, the world.

mod history;

pub use history::{History, HistoryError, Line, Rejected};

use crate::base::Instant;
use crate::engine::InputKind;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// The longest message, in bytes (source: Segment's limit for one call).
pub const MESSAGE_LIMIT: usize = 32 * 1024;
/// The longest id, in bytes.
pub const ID_LIMIT: usize = 512;
/// How deep traits and properties may be nested: what reads them goes no deeper than 128.
pub const NESTING: usize = 100;

/// A message that can be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its id.
    pub id: Arc<str>,
    /// When it was taken in, by the sender's collector, if it says so.
    pub received: Option<Instant>,
    /// Its own time.
    pub time: Option<Instant>,
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Group { account: Arc<str>, contact: Option<Arc<str>>, traits: Arc<str> },
    Identify { contact: Arc<str>, account: Option<Arc<str>>, traits: Arc<str> },
    Track { contact: Option<Arc<str>>, account: Option<Arc<str>>, event: Arc<str>, properties: Arc<str> },
    Alias { previous: Arc<str>, contact: Arc<str> },
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "messageId")]
    message_id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "userId")]
    user: Option<Id<'a>>,
    #[serde(borrow, rename = "anonymousId")]
    anonymous: Option<Id<'a>>,
    #[serde(borrow, rename = "previousId")]
    previous: Option<Id<'a>>,
    #[serde(borrow, rename = "groupId")]
    group: Option<Id<'a>>,
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "originalTimestamp")]
    original: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "sentAt")]
    sent: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "receivedAt")]
    received: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    traits: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    context: Option<Context<'a>>,
}

#[derive(Deserialize, Default)]
struct Context<'a> {
    #[serde(borrow, rename = "groupId")]
    group: Option<Id<'a>>,
    #[serde(borrow)]
    traits: Option<&'a RawValue>,
}

/// An id: a text, or a number, which is taken as its text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Number(serde_json::Number),
}

impl Id<'_> {
    fn text(&self) -> Option<Arc<str>> {
        let text: Arc<str> = match self {
            Self::Text(text) => text.as_ref().into(),
            Self::Number(number) => number.to_string().into(),
        };
        (!text.is_empty()).then_some(text)
    }
}

impl Message {
    /// Reads one message; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let raw = raw(text)?;
        let id = raw.message_id.as_deref().filter(|id| !id.is_empty()).ok_or("`messageId` is missing")?;
        Ok(Self {
            id: short("messageId", id)?,
            received: instant("receivedAt", raw.received.as_deref())?,
            time: instant("timestamp", raw.timestamp.as_deref())?,
            kind: kind(&raw)?,
        })
    }

    /// Reads one message as a client sent it, which came in at `now`. Its time is put right by how far the client's
    /// clock is off: `now - (sentAt - originalTimestamp)` (source: Segment's common fields); one without an id gets
    /// `id`.
    pub fn receive(text: &str, now: Instant, id: impl FnOnce() -> Arc<str>) -> Result<Self, String> {
        let raw = raw(text)?;
        let known = raw.message_id.as_deref().filter(|id| !id.is_empty());
        let time = match &raw.original {
            Some(original) => instant("originalTimestamp", Some(original))?,
            None => instant("timestamp", raw.timestamp.as_deref())?,
        };
        let sent = instant("sentAt", raw.sent.as_deref())?;
        let corrected = time.zip(sent).map(|(time, sent)| now.minus(sent.0.saturating_sub(time.0)));
        Ok(Self {
            id: known.map_or_else(|| Ok(id()), |known| short("messageId", known))?,
            received: Some(now),
            time: corrected.or(time),
            kind: kind(&raw)?,
        })
    }

    /// The input at an instant; its own time is at most that.
    pub fn input(self, at: Instant) -> InputKind {
        let time = self.time.unwrap_or(at).min(at);
        match self.kind {
            Kind::Group { account, contact, traits } => InputKind::Group { account, contact, traits, time },
            Kind::Identify { contact, account, traits } => {
                InputKind::Identify { contact, account, traits, time }
            }
            Kind::Track { contact, account, event, properties } => {
                InputKind::Track { contact, account, event, properties, time }
            }
            Kind::Alias { previous, contact } => InputKind::Alias { previous, contact },
        }
    }
}

fn raw(text: &str) -> Result<Raw<'_>, String> {
    if text.len() > MESSAGE_LIMIT {
        return Err(format!("the message has {} bytes; {MESSAGE_LIMIT} are the limit", text.len()));
    }
    serde_json::from_str(text).map_err(|error| format!("not a message: {error}"))
}

fn kind(raw: &Raw<'_>) -> Result<Kind, String> {
    let contact = ident("userId", raw.user.as_ref())?.or(ident("anonymousId", raw.anonymous.as_ref())?);
    let account = match &raw.context {
        Some(context) => ident("context.groupId", context.group.as_ref())?,
        None => None,
    };
    match raw.kind.as_deref() {
        Some("group") => {
            let account = ident("groupId", raw.group.as_ref())?.ok_or("`groupId` is missing")?;
            Ok(Kind::Group { account, contact, traits: object("traits", raw.traits)? })
        }
        Some("identify") => {
            let contact = contact.ok_or("`userId` or `anonymousId` is missing")?;
            let traits = raw.traits.or(raw.context.as_ref().and_then(|context| context.traits));
            Ok(Kind::Identify { contact, account, traits: object("traits", traits)? })
        }
        Some("track") => {
            let event = raw.event.as_deref().filter(|event| !event.is_empty()).ok_or("`event` is missing")?;
            if contact.is_none() && account.is_none() {
                return Err("`userId`, `anonymousId` or `context.groupId` is missing".into());
            }
            let properties = object("properties", raw.properties)?;
            Ok(Kind::Track { contact, account, event: short("event", event)?, properties })
        }
        Some(view @ ("page" | "screen")) => {
            let contact = contact.ok_or("`userId` or `anonymousId` is missing")?;
            let event = if view == "page" { "Page Viewed" } else { "Screen Viewed" };
            let properties = named(object("properties", raw.properties)?, raw.name.as_deref())?;
            Ok(Kind::Track { contact: Some(contact), account, event: event.into(), properties })
        }
        // Some libraries leave `previousId` out and mean the anonymous id that they send with everything.
        Some("alias") => {
            let contact = ident("userId", raw.user.as_ref())?.ok_or("`userId` is missing")?;
            let anonymous = ident("anonymousId", raw.anonymous.as_ref())?;
            let previous = ident("previousId", raw.previous.as_ref())?.or(anonymous);
            Ok(Kind::Alias { previous: previous.ok_or("`previousId` is missing")?, contact })
        }
        Some(other) => Err(format!(
            "`type` is `{other}`; it can be `group`, `identify`, `track`, `page`, `screen` or `alias`"
        )),
        None => Err("`type` is missing".into()),
    }
}

/// The properties with the page's name among them, as they were written: a number keeps all its digits.
fn named(properties: Arc<str>, name: Option<&str>) -> Result<Arc<str>, String> {
    #[derive(Deserialize)]
    struct Named {
        name: Option<IgnoredAny>,
    }
    let Some(name) = name else { return Ok(properties) };
    let held: Named = serde_json::from_str(&properties).map_err(|error| format!("`properties`: {error}"))?;
    let rest = properties.strip_prefix('{').map(str::trim_start).filter(|_| held.name.is_none());
    let Some(rest) = rest else { return Ok(properties) };
    let comma = if rest.starts_with('}') { "" } else { "," };
    Ok(format!("{{\"name\":{}{comma}{rest}", serde_json::Value::from(name)).into())
}

fn ident(field: &str, id: Option<&Id<'_>>) -> Result<Option<Arc<str>>, String> {
    match id.and_then(Id::text) {
        Some(id) if id.len() > ID_LIMIT => {
            Err(format!("`{field}` has {} bytes; {ID_LIMIT} are the limit", id.len()))
        }
        id => Ok(id),
    }
}

fn short(field: &str, text: &str) -> Result<Arc<str>, String> {
    if text.len() > ID_LIMIT {
        return Err(format!("`{field}` has {} bytes; {ID_LIMIT} are the limit", text.len()));
    }
    Ok(text.into())
}

fn instant(field: &str, text: Option<&str>) -> Result<Option<Instant>, String> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || {
        format!(
            "`{field}` is `{}`, not a time such as `2026-01-05T09:00:00.000Z`",
            text.chars().take(64).collect::<String>()
        )
    };
    Instant::parse(text).map(Some).ok_or_else(wrong)
}

fn object(field: &str, raw: Option<&RawValue>) -> Result<Arc<str>, String> {
    match raw.map(RawValue::get).map(str::trim) {
        None | Some("null") => Ok("{}".into()),
        Some(text) if text.starts_with('{') && nesting(text) > NESTING => {
            Err(format!("`{field}` is nested more than {NESTING} deep"))
        }
        Some(text) if text.starts_with('{') => Ok(text.into()),
        Some(_) => Err(format!("`{field}` is not an object")),
    }
}

/// How deep a JSON text is nested.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut inside, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !inside => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_field() {
        let wrong = [
            (r#"{"type":"track","messageId":"1","userId":"u"}"#, "`event` is missing"),
            (r#"{"type":"group","messageId":"1"}"#, "`groupId` is missing"),
            (r#"{"type":"identify","messageId":"1","userId":"u","traits":[]}"#, "`traits` is not an object"),
            (r#"{"type":"identify","userId":"u"}"#, "`messageId` is missing"),
            (r#"{"type":"x","messageId":"1"}"#, "`type` is `x`; it can be"),
            (
                r#"{"type":"identify","messageId":"1","userId":"u","timestamp":"99999-01-01"}"#,
                "`timestamp` is",
            ),
        ];
        for (text, why) in wrong {
            let error = Message::parse(text).unwrap_err();
            assert!(error.starts_with(why), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_nested_too_deep_is_refused_and_brackets_in_texts_are_none() {
        let read = |value: &str| {
            Message::parse(&format!(
                r#"{{"type":"identify","messageId":"1","userId":"u","traits":{{"a":{value}}}}}"#
            ))
        };
        let deep = |n| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&deep(99)).is_ok());
        assert_eq!(read(&deep(100)).unwrap_err(), "`traits` is nested more than 100 deep");
        assert_eq!(read(&deep(10_000)).unwrap_err(), "`traits` is nested more than 100 deep");
        assert!(read(&format!(r#""\"{}""#, "[".repeat(1_000))).is_ok());
    }

    #[test]
    fn a_client_whose_clock_is_off_is_put_right() {
        let now = Instant::parse("2026-03-02T09:00:10.000Z").unwrap();
        let read = |fields: &str| {
            let text = format!(r#"{{"type":"track","userId":"u","event":"E",{fields}}}"#);
            Message::receive(&text, now, || "made".into()).unwrap()
        };
        // Five seconds before it was sent, by a clock that is a year ahead.
        let ahead = r#""timestamp":"2027-03-02T09:00:00Z","sentAt":"2027-03-02T09:00:05Z""#;
        assert_eq!(read(ahead).time, Instant::parse("2026-03-02T09:00:05.000Z"));
        let original = r#""originalTimestamp":"2026-03-02T08:59:59Z","sentAt":"2026-03-02T09:00:00Z","timestamp":"2000-01-01T00:00:00Z""#;
        assert_eq!(read(original).time, Instant::parse("2026-03-02T09:00:09.000Z"));
        let alone = r#""timestamp":"2025-01-01T00:00:00Z","messageId":"m""#;
        assert_eq!(read(alone).time, Instant::parse("2025-01-01T00:00:00.000Z"));
        assert_eq!((&*read(alone).id, &*read(ahead).id), ("m", "made"));
    }

    #[test]
    fn ids_may_be_numbers_and_pages_are_events() {
        let text = r#"{"type":"page","messageId":"1","userId":7,"name":"Docs","properties":{"a":1},"context":{"groupId":"g"}}"#;
        let input = Message::parse(text).unwrap().input(Instant(5));
        let InputKind::Track { contact, account, event, properties, time } = input else { panic!() };
        assert_eq!(
            (contact.as_deref(), account.as_deref(), &*event, time),
            (Some("7"), Some("g"), "Page Viewed", Instant(5))
        );
        assert_eq!(&*properties, r#"{"name":"Docs","a":1}"#);
    }

    #[test]
    fn the_name_of_a_page_leaves_the_other_properties_as_they_are() {
        let named = |properties: &str| named(properties.into(), Some("A \"b\"")).unwrap().to_string();
        assert_eq!(named("{}"), r#"{"name":"A \"b\""}"#);
        assert_eq!(named("{ }"), r#"{"name":"A \"b\""}"#);
        assert_eq!(named(r#"{"name":"own"}"#), r#"{"name":"own"}"#);
        let exact = r#"{"z":1.10,"a":12345678901234567890.12345678}"#;
        assert_eq!(named(exact), format!(r#"{{"name":"A \"b\"",{}"#, exact.trim_start_matches('{')));
    }
}
