//! The outbox: what waits for a person, what is on its way, what is dead.

use super::{Actor, Paging, Problem, State, change};
use crate::base::Instant;
use crate::engine::effect::Prepared;
use crate::engine::outbox::{Approval, Row, RowState};
use crate::engine::{InputKind, RowId, RowInput};
use crate::runtime::Core;
use crate::simulate::words;
use crate::value::Value as Own;
use axum::extract::{Path, Query, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/outbox", get(list))
        .route("/outbox/{row}", get(show))
        .route("/outbox/{row}/edit", post(edit))
        .route("/outbox/{row}/send", post(send))
        .route("/outbox/{row}/discard", post(discard))
        .route("/outbox/{row}/retry", post(retry))
}

pub(in crate::server) fn row_id(text: &str) -> Result<RowId, Problem> {
    text.parse().map_err(|_| {
        let text: String = text.chars().take(40).collect();
        Problem::missing(format!("`{text}` is no row of the outbox, such as `12-1`"))
    })
}

fn shown(core: &Core, id: RowId, row: &Row) -> Value {
    let reason = match &row.state {
        RowState::Held(why) | RowState::Dead(why) => Some(Arc::clone(why)),
        _ => None,
    };
    let next = match row.state {
        RowState::Backoff(at) => Some(at.to_string()),
        _ => None,
    };
    json!({
        "row": id.to_string(),
        "state": row.state.word(),
        "reason": reason,
        "workflow": core.plan.workflows.get(row.workflow as usize).map(|workflow| &workflow.name),
        "step": row.step,
        "action": row.action,
        "entity": words::entity(&core.world, id.entity),
        "to": row.address,
        "contact": row.contact.map(|eid| words::entity(&core.world, eid)),
        "template": row.template,
        "key": row.key,
        "prepared": row.prepared.to_string(),
        "expires": (row.expires < Instant::MAX).then(|| row.expires.to_string()),
        "approved": row.approval != Approval::None,
        "edited_by": row.edited,
        "stale": row.stale,
        "attempts": row.attempts,
        "next_attempt": next,
    })
}

#[derive(Deserialize)]
pub(in crate::server) struct Wanted {
    pub state: Option<String>,
    pub workflow: Option<String>,
    pub limit: Option<usize>,
    pub after: Option<String>,
}

pub(in crate::server) async fn list(
    Shared(state): Shared<State>,
    _: Actor,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Problem> {
    let Wanted { state: word, workflow, limit, after } = wanted;
    let limit = Paging { limit, after: None }.limit();
    let after = after.as_deref().map(row_id).transpose()?;
    let found = state.handle.ask(move |core| {
        let mut rows = Vec::new();
        for entity in core.world.open_rows().filter(|eid| after.is_none_or(|after| *eid >= after.entity)) {
            let Some(outbox) = &core.world.entity(entity).outbox else { continue };
            for row in &outbox.rows {
                let id = RowId { entity, number: row.number };
                if after.is_some_and(|after| id <= after)
                    || word.as_deref().is_some_and(|word| row.state.word() != word)
                {
                    continue;
                }
                let shown = shown(core, id, row);
                if workflow.as_deref().is_none_or(|name| shown["workflow"] == name) {
                    rows.push(shown);
                }
                if rows.len() == limit {
                    return (rows, Some(id.to_string()));
                }
            }
        }
        (rows, None)
    });
    let (rows, next) = found.await?;
    Ok(Json(json!({ "rows": rows, "next": next })))
}

fn content(prepared: &Prepared) -> Value {
    let parts: Map<String, Value> =
        prepared.args.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect();
    json!({ "action": prepared.name, "to": prepared.to, "parts": parts, "missing": prepared.missing })
}

pub(in crate::server) async fn look(state: &State, id: RowId) -> Result<Value, Problem> {
    let found = state.handle.ask(move |core| {
        let known = core.world.len() as u32 > id.entity.0;
        let row = known.then(|| core.world.entity(id.entity).row(id.number).cloned()).flatten();
        let row =
            row.ok_or_else(|| Problem::missing(format!("there is no open row `{id}` in the outbox")))?;
        let mut body = shown(core, id, &row);
        body["content"] = core.body(id)?.map(|prepared| content(&prepared)).unwrap_or_default();
        Ok(body)
    });
    found.await?
}

async fn show(
    Shared(state): Shared<State>,
    _: Actor,
    Path(row): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(look(&state, row_id(&row)?).await?))
}

/// Journals what a person does with a row, and says what became of it.
async fn act(state: &State, actor: &Actor, row: &str, what: RowInput) -> Result<Json<Value>, Problem> {
    let row = row_id(row)?;
    look(state, row).await?;
    let before = state.handle.ask(|core| core.rejected).await?;
    let by = Arc::clone(&actor.name);
    change(state, actor, InputKind::Row { row, what, by }).await?;
    let refused = state.handle.ask(move |core| {
        (core.rejected > before)
            .then(|| core.rejects.back().map(|reject| reject.reason.to_string()))
            .flatten()
    });
    if let Some(why) = refused.await? {
        return Err(Problem::conflict(why));
    }
    let now = look(state, row).await;
    Ok(Json(now.unwrap_or_else(|_| json!({ "row": row.to_string(), "state": "over" }))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Edit {
    pub parts: BTreeMap<Arc<str>, String>,
}

pub(in crate::server) async fn edit(
    Shared(state): Shared<State>,
    actor: Actor,
    Path(row): Path<String>,
    Json(Edit { parts }): Json<Edit>,
) -> Result<Json<Value>, Problem> {
    let id = row_id(&row)?;
    let known = state.handle.ask(move |core| core.body(id)).await??;
    let known =
        known.ok_or_else(|| Problem::missing(format!("there is no open row `{id}` in the outbox")))?;
    if let Some(name) = parts.keys().find(|name| !known.args.iter().any(|(part, _)| part == *name)) {
        return Err(Problem::bad(format!("`{name}` is no part of it")));
    }
    let parts = parts.into_iter().map(|(name, text)| (name, Own::Text(text.into()))).collect();
    act(&state, &actor, &row, RowInput::Edit(parts)).await
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Send {
    #[serde(default)]
    pub anyway: bool,
}

pub(in crate::server) async fn send(
    Shared(state): Shared<State>,
    actor: Actor,
    Path(row): Path<String>,
    body: Option<Json<Send>>,
) -> Result<Json<Value>, Problem> {
    let anyway = body.is_some_and(|Json(body)| body.anyway);
    act(&state, &actor, &row, RowInput::Send { anyway }).await
}

pub(in crate::server) async fn discard(
    Shared(state): Shared<State>,
    actor: Actor,
    Path(row): Path<String>,
) -> Result<Json<Value>, Problem> {
    act(&state, &actor, &row, RowInput::Discard).await
}

pub(in crate::server) async fn retry(
    Shared(state): Shared<State>,
    actor: Actor,
    Path(row): Path<String>,
) -> Result<Json<Value>, Problem> {
    act(&state, &actor, &row, RowInput::Retry).await
}
