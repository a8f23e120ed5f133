//! The log: pages of it, latest first, and its lines as they come.

use super::{Actor, MOST, Problem, State};
use crate::base::Instant;
use crate::engine::Line;
use crate::plan::Subject;
use crate::simulate::words;
use crate::store::log::Query as Wanted;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State as Shared};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

pub(super) fn routes() -> Router<State> {
    Router::new().route("/log", get(page)).route("/log/follow", get(follow))
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Asked {
    pub workflow: Option<String>,
    pub entity: Option<String>,
    /// With commas between them.
    pub kind: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    pub before: Option<u64>,
    pub limit: Option<usize>,
}

impl Asked {
    pub(in crate::server) async fn query(self, state: &State) -> Result<Option<Wanted>, Problem> {
        let entity = match &self.entity {
            Some(name) => {
                let Some(eid) = entity(state, name).await? else { return Ok(None) };
                Some(eid)
            }
            None => None,
        };
        let kinds = self.kind.iter().flat_map(|kinds| kinds.split(',')).map(str::to_owned);
        Ok(Some(Wanted {
            workflow: self.workflow.map(Into::into),
            entity,
            kinds: kinds.collect(),
            since: instant("since", self.since.as_deref())?,
            until: instant("until", self.until.as_deref())?,
            before: self.before,
            limit: self.limit.unwrap_or(100).clamp(1, MOST),
        }))
    }
}

pub(super) fn instant(field: &str, text: Option<&str>) -> Result<Option<Instant>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || Problem::bad(format!("`{field}` is no instant such as `2026-01-05T09:00:00Z`"));
    Instant::parse(text).map(Some).ok_or_else(wrong)
}

async fn entity(state: &State, name: &str) -> Result<Option<crate::engine::Eid>, Problem> {
    let wrong = || Problem::bad("`entity` is no name such as `account:acme`");
    let (kind, id) = name.split_once(':').ok_or_else(wrong)?;
    let subject: Subject = super::subject(kind)?;
    let id = id.to_owned();
    Ok(state.handle.ask(move |core| core.world.find(subject, &id)).await?)
}

/// Lines as JSON, with the names of whom they are about.
pub(in crate::server) async fn shown(
    state: &State,
    lines: Vec<(Option<u64>, Line)>,
) -> Result<Vec<Value>, Problem> {
    let shown = state.handle.ask(move |core| {
        let rows = lines.iter().map(|(number, line)| {
            let mut row = words::line_json(line, &words::entity(&core.world, line.entity));
            row["number"] = json!(number);
            row
        });
        rows.collect::<Vec<_>>()
    });
    Ok(shown.await?)
}

pub(in crate::server) async fn page(
    Shared(state): Shared<State>,
    _: Actor,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let Some(query) = asked.query(&state).await? else {
        return Ok(Json(json!({ "lines": [], "next": null })));
    };
    let page = state.handle.log(query).await?;
    let lines = page.lines.into_iter().map(|(number, line)| (Some(number), line));
    let lines = shown(&state, lines.collect()).await?;
    Ok(Json(json!({ "lines": lines, "next": page.next })))
}

/// One JSON object a line, as they come, until the client goes away.
async fn follow(
    Shared(state): Shared<State>,
    _: Actor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let query = asked
        .query(&state)
        .await?
        .unwrap_or_else(|| Wanted { entity: Some(crate::engine::Eid(u32::MAX)), ..Wanted::default() });
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(16);
    let mut lines = state.handle.follow();
    tokio::spawn(async move {
        loop {
            let text = match lines.recv().await {
                Ok(some) => {
                    let asked = some.iter().filter(|line| query.admits(0, line, crate::runtime::line_kind));
                    let asked = asked.map(|line| (None, line.clone())).collect();
                    let Ok(rows) = shown(&state, asked).await else { return };
                    rows.iter().map(|row| format!("{row}\n")).collect::<String>()
                }
                Err(RecvError::Lagged(missed)) => format!("{}\n", json!({ "missed": missed })),
                Err(RecvError::Closed) => return,
            };
            if !text.is_empty() && sender.send(Ok(text.into())).await.is_err() {
                return;
            }
        }
    });
    let stream = tokio_stream(receiver);
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(stream)).into_response())
}

/// A receiver as a stream.
pub(in crate::server) fn tokio_stream<T>(
    receiver: tokio::sync::mpsc::Receiver<T>,
) -> impl futures_core::Stream<Item = T> {
    struct Received<T>(tokio::sync::mpsc::Receiver<T>);
    impl<T> futures_core::Stream for Received<T> {
        type Item = T;

        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<T>> {
            self.0.poll_recv(context)
        }
    }
    Received(receiver)
}
