//! What was refused of messages, and how the server does.

use super::{Actor, Paging, Problem, State};
use axum::extract::{Query, State as Shared};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn routes() -> Router<State> {
    Router::new().route("/rejects", get(list))
}

pub(in crate::server) async fn list(
    Shared(state): Shared<State>,
    _: Actor,
    Query(paging): Query<Paging>,
) -> Result<Json<Value>, Problem> {
    let limit = paging.limit();
    let after = paging.after.as_deref().map(str::parse::<u64>);
    let after = after.transpose().map_err(|_| Problem::bad("`after` is no place in this list"))?;
    let found = state.handle.ask(move |core| {
        let older =
            core.rejects.iter().rev().filter(|reject| after.is_none_or(|after| reject.number < after));
        let rows: Vec<_> = older.take(limit + 1).cloned().collect();
        (core.rejected, rows)
    });
    let (count, mut rows) = found.await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|reject| reject.number.to_string());
    Ok(Json(json!({ "count": count, "rejects": rows, "next": next })))
}

pub(in crate::server) async fn status(
    Shared(state): Shared<State>,
    _: Actor,
) -> Result<Json<Value>, Problem> {
    let status = state.handle.status();
    let version = state.handle.ask(|core| core.version().map(|version| version.number)).await?;
    Ok(Json(json!({
        "now": state.handle.now().to_string(),
        "version": version,
        "records": { "durable": status.durable, "applied": status.applied, "checkpointed": status.checkpointed },
        "entities": status.entities,
        "resident_bytes": status.resident,
        "timers": status.timers,
        "open_rows": status.open_rows,
        "fault": status.fault,
    })))
}
