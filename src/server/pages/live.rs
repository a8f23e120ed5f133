//! Streams of events for pages that go on (source: the HTML standard, server-sent events).
//!
//! While nothing happens nothing is worked out and nothing is sent. A stream ends by itself after a while; the browser
//! opens it again, and is asked again who it is.

use super::fault::Fault;
use super::log::{Filter, row};
use super::visitor::Visitor;
use crate::engine::Line;
use crate::runtime::line_kind;
use crate::server::api::log::{shown, tokio_stream};
use crate::server::state::State;
use crate::store::log::Query as Wanted;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State as Shared};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::Sender;

/// How long a stream lasts.
const WHOLE: Duration = Duration::from_secs(600);
/// Lines that one event brings at most: the latest.
const MOST: usize = 100;
/// How long further changes are waited for before a page is told to look again.
const PAUSE: Duration = Duration::from_millis(1_500);

type Out = Sender<Result<Bytes, std::io::Error>>;

/// A stream, filled by a task that ends with it.
fn stream<F: Future<Output = ()> + Send + 'static>(fill: impl FnOnce(Out) -> F) -> Response {
    let (sender, receiver) = tokio::sync::mpsc::channel(16);
    let gone = sender.clone();
    let filling = fill(sender);
    tokio::spawn(async move {
        tokio::select! {
            () = filling => {}
            () = gone.closed() => {}
            () = tokio::time::sleep(WHOLE) => {}
        }
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(tokio_stream(receiver))).into_response()
}

/// An event; line ends in its data would end it, and are spaces in HTML as well.
async fn send(out: &Out, event: &str, data: &str) -> Option<()> {
    let data = data.replace(['\n', '\r'], " ");
    out.send(Ok(format!("event: {event}\ndata: {data}\n\n").into())).await.ok()
}

async fn begin(out: &Out) -> Option<()> {
    out.send(Ok(Bytes::from_static(b"retry: 3000\n\n"))).await.ok()
}

pub(super) async fn lines(
    Shared(state): Shared<State>,
    _: Visitor,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    follow(state, filter, None).await
}

pub(super) async fn lines_of(
    Shared(state): Shared<State>,
    _: Visitor,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    follow(state, filter, Some(name)).await
}

async fn follow(state: State, filter: Filter, of: Option<String>) -> Result<Response, Fault> {
    let query = filter.asked(of.as_deref()).query(&state).await?;
    let query =
        query.unwrap_or_else(|| Wanted { entity: Some(crate::engine::Eid(u32::MAX)), ..Wanted::default() });
    let mut coming = state.handle.follow();
    Ok(stream(move |out| async move {
        let mut open = begin(&out).await;
        while open.is_some() {
            open = match coming.recv().await {
                Ok(some) => tell(&state, &out, &query, &some, of.is_none()).await,
                // What was missed is on the page when it is loaded again.
                Err(RecvError::Lagged(_)) => Some(()),
                Err(RecvError::Closed) => None,
            };
        }
    }))
}

/// Sends those lines that are asked for, the latest first.
async fn tell(state: &State, out: &Out, query: &Wanted, some: &[Line], with_workflow: bool) -> Option<()> {
    let asked = some.iter().rev().filter(|line| query.admits(0, line, line_kind)).take(MOST);
    let asked: Vec<_> = asked.map(|line| (None, line.clone())).collect();
    if asked.is_empty() {
        return Some(());
    }
    let rows = shown(state, asked).await.ok()?;
    let rows = rows.iter().map(|line| row(line, with_workflow, true).into_string());
    send(out, "lines", &rows.collect::<String>()).await
}

/// Says that something happened in a workflow, not what: the page loads what it shows of it.
pub(super) async fn changes(Shared(state): Shared<State>, _: Visitor, Path(name): Path<String>) -> Response {
    let mut coming = state.handle.follow();
    let is_ours = move |line: &Line| line.workflow.as_deref() == Some(&*name);
    stream(move |out| async move {
        let mut open = begin(&out).await;
        while open.is_some() {
            open = match coming.recv().await {
                Ok(some) if !some.iter().any(&is_ours) => Some(()),
                Ok(_) | Err(RecvError::Lagged(_)) => {
                    tokio::time::sleep(PAUSE).await;
                    coming = coming.resubscribe();
                    send(&out, "changed", "").await
                }
                Err(RecvError::Closed) => None,
            };
        }
    })
}
