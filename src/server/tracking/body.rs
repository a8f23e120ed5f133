//! From the bytes of a request to the texts of its messages.

use super::super::accept::is_late;
use super::Problem;
use axum::body::Body;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::io::Read;

/// The longest body, packed or not, in bytes (source: Segment's limit for a batch).
const LIMIT: usize = 500 * 1024;

/// What a request holds.
pub(super) struct Found {
    pub write_key: Option<String>,
    /// The text of each message, or why it is none.
    pub messages: Vec<Result<String, String>>,
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
    context: Option<Map<String, Value>>,
    #[serde(rename = "sentAt")]
    sent_at: Option<Value>,
}

/// One message, of the kind that the path names.
pub(super) fn one(kind: &str, bytes: &[u8]) -> Result<Found, Problem> {
    let mut message: Map<String, Value> = parse(bytes)?;
    let write_key = message.get("writeKey").and_then(|key| key.as_str().map(str::to_owned));
    message.insert("type".into(), kind.into());
    Ok(Found { write_key, messages: vec![Ok(Value::Object(message).to_string())] })
}

/// A batch: what stands beside the messages counts for each of them.
pub(super) fn batch(bytes: &[u8]) -> Result<Found, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::bad("the body is not UTF-8"))?;
    let batch: Batch<'_> =
        serde_json::from_str(text).map_err(|error| Problem::bad(format!("the body is no batch: {error}")))?;
    let shared = batch.context.is_some() || batch.sent_at.is_some();
    let messages = batch.messages.iter().map(|raw| {
        if shared {
            merged(raw.get(), batch.context.as_ref(), batch.sent_at.as_ref())
        } else {
            Ok(raw.get().to_owned())
        }
    });
    Ok(Found { messages: messages.collect(), write_key: batch.write_key })
}

fn merged(
    text: &str,
    context: Option<&Map<String, Value>>,
    sent_at: Option<&Value>,
) -> Result<String, String> {
    let parsed = serde_json::from_str(text);
    let mut message: Map<String, Value> = parsed.map_err(|error| format!("not a message: {error}"))?;
    if let Some(sent_at) = sent_at {
        message.entry("sentAt").or_insert_with(|| sent_at.clone());
    }
    if let Some(shared) = context {
        let own = message.entry("context").or_insert_with(|| Map::new().into());
        if let Value::Object(own) = own {
            for (name, value) in shared {
                own.entry(name).or_insert_with(|| value.clone());
            }
        }
    }
    Ok(Value::Object(message).to_string())
}

fn parse<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::bad(format!("the body is no message: {error}")))
}
