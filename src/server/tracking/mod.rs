//! Segment's HTTP Tracking API (source: its specification, and what its clients send).
//!
//! In: one message or a batch, whatever the content type says. Out: `{"success": true}` once all that can be taken is
//! durable. A message that can't be taken is said in the answer and its beginning is kept with the rejects, and the rest
//! goes on: clients never send again what was answered with a 4xx.

mod body;

use super::accept::Peer;
use super::auth::{WriteKey, write_key, write_key_in_body};
use super::problem::Problem;
use super::state::State;
use crate::base::Instant;
use crate::ingest::{ID_LIMIT, Message};
use crate::runtime::Record;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Messages in one batch at most; what is over is refused (source: Segment's limits).
const BATCH: usize = 2_500;
/// Refused messages of one request that are kept each; the others are kept as their number.
const KEPT: usize = 100;

/// Its routes: the long paths, and the short ones of browsers.
pub fn routes() -> Router<State> {
    let kinds =
        [("identify", "i"), ("group", "g"), ("track", "t"), ("page", "p"), ("screen", "s"), ("alias", "a")];
    let mut router = Router::new();
    for (kind, short) in kinds {
        let one = move |state, peer, headers, body| single(kind, state, peer, headers, body);
        let (long, short) = (format!("/v1/{kind}"), format!("/v1/{short}"));
        router =
            router.route(&long, post(one).options(preflight)).route(&short, post(one).options(preflight));
    }
    for path in ["/v1/batch", "/v1/b", "/v1/import"] {
        router = router.route(path, post(batch).options(preflight));
    }
    router.layer(DefaultBodyLimit::disable())
}

/// What browsers ask before they send (source: the Fetch standard).
async fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn single(
    kind: &'static str,
    Shared(state): Shared<State>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let taken = admitted(&state, &peer, &headers, body, |bytes| body::one(kind, bytes));
    answer(taken.await)
}

async fn batch(
    Shared(state): Shared<State>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answer(admitted(&state, &peer, &headers, body, body::batch).await)
}

/// Takes what a body holds, if the key is right: one in the head is looked at before the body is read.
async fn admitted(
    state: &State,
    peer: &Peer,
    headers: &HeaderMap,
    body: Body,
    parse: impl Fn(&[u8]) -> Result<body::Found, Problem>,
) -> Result<Vec<(usize, String)>, Problem> {
    let shown = write_key(state, peer, headers)?;
    let found = parse(&body::read(headers, body).await?)?;
    if shown == WriteKey::InBody {
        write_key_in_body(state, peer, headers, found.write_key.as_deref())?;
    }
    take(state, found).await
}

fn answer(taken: Result<Vec<(usize, String)>, Problem>) -> Response {
    let mut response = match taken {
        Ok(rejected) if rejected.is_empty() => Json(json!({ "success": true })).into_response(),
        Ok(rejected) => {
            let rejected: Vec<_> = rejected
                .into_iter()
                .map(|(index, reason)| json!({ "index": index, "reason": reason }))
                .collect();
            Json(json!({ "success": true, "rejected": rejected })).into_response()
        }
        Err(problem) => problem.into_response(),
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, axum::http::HeaderValue::from_static("*"));
    response
}

/// Makes messages durable; the error is why none of them is. Gives what can't be taken: (index, why).
async fn take(state: &State, found: body::Found) -> Result<Vec<(usize, String)>, Problem> {
    let now = state.handle.now();
    let mut records = Vec::with_capacity(found.messages.len());
    let mut refused = Refused::default();
    for (index, message) in found.messages.into_iter().enumerate() {
        if index >= BATCH {
            let text = message.unwrap_or_else(|(text, _)| text);
            refused.add(index, &text, format!("a batch holds at most {BATCH} messages"));
            continue;
        }
        let read = message
            .and_then(|text| Message::receive(&text, now, || fresh_id(state)).map_err(|why| (text, why)));
        match read {
            Ok(message) => records.push(Record::message(message.id.clone(), message.input(Instant::MAX))),
            Err((text, why)) => refused.add(index, &text, why),
        }
    }
    let count = records.len() as u64;
    records.extend(refused.records());
    if !records.is_empty() {
        state.handle.submit(records).await?;
    }
    state.counts.messages.fetch_add(count, Ordering::Relaxed);
    state.counts.rejected.fetch_add(refused.answer.len() as u64, Ordering::Relaxed);
    Ok(refused.answer)
}

/// Messages of one request that are refused: said in the answer, and kept to be looked at.
#[derive(Default)]
struct Refused {
    answer: Vec<(usize, String)>,
    kept: Vec<Record>,
}

impl Refused {
    fn add(&mut self, index: usize, text: &str, why: String) {
        if self.kept.len() < KEPT {
            self.kept.push(Record::refused(message_id(text), text, &why));
        }
        self.answer.push((index, why));
    }

    /// What is journalled of them; those that are too many as one.
    fn records(&mut self) -> Vec<Record> {
        let more = self.answer.len() - self.kept.len();
        let mut records = std::mem::take(&mut self.kept);
        if more > 0 {
            let why = format!("{more} more messages of the same request were refused");
            records.push(Record::refused(None, "", &why));
        }
        records
    }
}

/// The id of a message that can't be taken, if it can be read.
fn message_id(text: &str) -> Option<Arc<str>> {
    #[derive(serde::Deserialize)]
    struct Named {
        #[serde(rename = "messageId")]
        id: Option<String>,
    }
    let named: Named = serde_json::from_str(text).ok()?;
    named.id.filter(|id| id.len() <= ID_LIMIT).map(Into::into)
}

/// An id for a message that has none: unlike any other, so it is taken whenever it comes.
fn fresh_id(state: &State) -> Arc<str> {
    let number = state.counts.unnamed.fetch_add(1, Ordering::Relaxed);
    format!("wayfare-{}-{}-{number}", state.handle.now().0, std::process::id()).into()
}
