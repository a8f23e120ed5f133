//! From the bytes of a request to the texts of its messages.

use super::super::accept::is_late;
use super::Problem;
use axum::body::Body;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::Read;

/// The longest body, packed or not, in bytes (source: Segment's limit for a batch).
const LIMIT: usize = 500 * 1024;

/// What a request holds.
pub(super) struct Found {
    pub write_key: Option<String>,
    /// The text of each message; or the text of what is none, and why.
    pub messages: Vec<Result<String, (String, String)>>,
}

/// The whole body, unpacked.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let too_long = || Problem::new(StatusCode::BAD_REQUEST, format!("the body has more than {LIMIT} bytes"));
    let bytes = axum::body::to_bytes(body, LIMIT).await.map_err(|error| match is_late(&error) {
        Some(late) => Problem::new(StatusCode::REQUEST_TIMEOUT, late),
        None => too_long(),
    })?;
    let is_packed = headers.get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
    if !is_packed && !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.to_vec());
    }
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(&*bytes).take(LIMIT as u64 + 1).read_to_end(&mut unpacked);
    read.map_err(|error| Problem::bad(format!("the body is no gzip: {error}")))?;
    if unpacked.len() > LIMIT { Err(too_long()) } else { Ok(unpacked) }
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(rename = "writeKey")]
    write_key: Option<String>,
    #[serde(borrow, rename = "batch")]
    messages: Vec<&'a RawValue>,
    #[serde(borrow)]
    context: Option<Fields<'a>>,
    #[serde(borrow, rename = "sentAt")]
    sent_at: Option<&'a RawValue>,
}

/// An object whose values stay as they were written: numbers keep their digits, and nothing is too deep to be looked at.
type Fields<'b> = BTreeMap<String, &'b RawValue>;

/// One message, of the kind that the path names.
pub(super) fn one(kind: &str, bytes: &[u8]) -> Result<Found, Problem> {
    let kind = raw(kind)?;
    let mut message: Fields<'_> = parse(bytes)?;
    let write_key = message.get("writeKey").and_then(|key| serde_json::from_str(key.get()).ok());
    message.insert("type".into(), &kind);
    Ok(Found { write_key, messages: vec![written(&message)] })
}

/// A batch: what stands beside the messages counts for each of them.
pub(super) fn batch(bytes: &[u8]) -> Result<Found, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::bad("the body is not UTF-8"))?;
    let batch: Batch<'_> =
        serde_json::from_str(text).map_err(|error| Problem::bad(format!("the body is no batch: {error}")))?;
    let shared = Shared { context: batch.context, sent_at: batch.sent_at };
    let messages = batch.messages.iter().map(|raw| match &shared {
        Shared { context: None, sent_at: None } => Ok(raw.get().to_owned()),
        shared => merged(raw.get(), shared),
    });
    Ok(Found { messages: messages.collect(), write_key: batch.write_key })
}

/// What counts for each message of a batch.
struct Shared<'b> {
    context: Option<Fields<'b>>,
    sent_at: Option<&'b RawValue>,
}

fn merged(text: &str, shared: &Shared<'_>) -> Result<String, (String, String)> {
    let wrong = |error: serde_json::Error| (text.to_owned(), format!("not a message: {error}"));
    let context;
    let mut message: Fields<'_> = serde_json::from_str(text).map_err(wrong)?;
    if let Some(sent_at) = shared.sent_at {
        message.entry("sentAt".into()).or_insert(sent_at);
    }
    if let Some(shared) = &shared.context {
        let own = message
            .get("context")
            .map_or(Ok(None), |own| serde_json::from_str::<Option<Fields<'_>>>(own.get()));
        // What is no object is told by whoever reads the message.
        if let Ok(own) = own {
            let mut fields: Fields<'_> = shared.clone();
            fields.extend(own.unwrap_or_default());
            context = serde_json::value::to_raw_value(&fields).map_err(wrong)?;
            message.insert("context".into(), &context);
        }
    }
    written(&message)
}

fn written(message: &Fields<'_>) -> Result<String, (String, String)> {
    serde_json::to_string(message).map_err(|error| (String::new(), format!("not a message: {error}")))
}

fn raw(text: &str) -> Result<Box<RawValue>, Problem> {
    serde_json::value::to_raw_value(text).map_err(|error| Problem::internal(error.to_string()))
}

fn parse<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::bad(format!("the body is no message: {error}")))
}
