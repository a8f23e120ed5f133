//! Accounts and contacts: what they are, what they are in, why (not); enrolling and taking out by hand.

use super::workflows::enrolment;
use super::{Actor, Problem, State, change, subject};
use crate::engine::entity::Links;
use crate::engine::{Eid, InputKind, World};
use crate::plan::Plan;
use crate::runtime::{Core, What};
use crate::simulate::why::{Asked, Play, words as why_words};
use crate::simulate::words;
use axum::extract::{Path, Query, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/entities/{kind}/{id}", get(show))
        .route("/entities/{kind}/{id}/why", get(why))
        .route("/entities/{kind}/{id}/enrol", post(enrol))
        .route("/entities/{kind}/{id}/exit", post(exit))
}

/// What is asked of the entity of an id.
async fn of<T: Send + 'static>(
    state: &State,
    (kind, id): (String, String),
    question: impl FnOnce(&Core, Eid) -> T + Send + 'static,
) -> Result<T, Problem> {
    let subject = subject(&kind)?;
    let found = state.handle.ask(move |core| {
        let known = core.world.find(subject, &id).map(|eid| question(core, eid));
        let id: String = id.chars().take(100).collect();
        known.ok_or_else(|| Problem::missing(format!("there is no {kind} `{id}`")))
    });
    found.await?
}

pub(in crate::server) async fn show(
    Shared(state): Shared<State>,
    _: Actor,
    Path(of_whom): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(of(&state, of_whom, describe).await?))
}

fn describe(core: &Core, eid: Eid) -> Value {
    let entity = core.world.entity(eid);
    let enrolments: Vec<_> = entity.runs.iter().map(|run| enrolment(core, eid, run)).collect();
    let past = entity.past.iter().map(|past| {
        let workflow = core.plan.workflows.get(past.workflow as usize).map(|workflow| &workflow.name);
        json!({ "workflow": workflow, "count": past.count, "last_started": past.started.to_string(), "draft": past.shadow })
    });
    let cold: Map<String, Value> = entity
        .cold
        .iter()
        .map(|(name, (json, _))| (name.to_string(), serde_json::from_str(json).unwrap_or(Value::Null)))
        .collect();
    json!({
        "entity": words::entity(&core.world, eid),
        "known_since": entity.mentioned.to_string(),
        "attributes": attributes(&core.plan, &core.world, eid),
        "undeclared": cold,
        "segments": segments(&core.plan, &core.world, eid),
        "related": related(&core.world, eid),
        "enrolments": enrolments,
        "past": past.collect::<Vec<_>>(),
    })
}

fn attributes(plan: &Plan, world: &World, eid: Eid) -> Vec<Value> {
    let entity = world.entity(eid);
    let fields = plan.layout.schema(entity.subject).fields();
    let held = (0u16..).zip(fields).map(|(slot, field)| (slot, field, entity.snapshot.value(slot)));
    let held = held.filter(|(_, _, value)| !value.is_missing());
    let rows = held.map(|(slot, field, value)| {
        let time = entity.snapshot.time(slot);
        json!({ "name": field.name, "value": value.to_json(), "since": time.to_string() })
    });
    rows.collect()
}

fn segments(plan: &Plan, world: &World, eid: Eid) -> Vec<Arc<str>> {
    let entity = world.entity(eid);
    let subject = plan.subjects.get(entity.subject.index());
    let bits = subject.into_iter().flat_map(|subject| (0u32..).zip(&subject.bits));
    let inside = bits.filter(|(at, bit)| bit.segment && entity.bits.get(*at));
    inside.map(|(_, bit)| Arc::clone(&bit.name)).collect()
}

fn related(world: &World, eid: Eid) -> Vec<String> {
    let entity = world.entity(eid);
    match &entity.links {
        Links::Contact(links) => links.iter().map(|link| words::entity(world, link.account)).collect(),
        Links::Account { contacts, .. } => {
            contacts.iter().take(1_000).map(|contact| words::entity(world, *contact)).collect()
        }
    }
}

#[derive(Deserialize)]
pub(in crate::server) struct Why {
    pub workflow: String,
}

/// Plays the journal under the present project, and says what it came to.
pub(in crate::server) async fn why(
    Shared(state): Shared<State>,
    _: Actor,
    Path((kind, id)): Path<(String, String)>,
    Query(Why { workflow }): Query<Why>,
) -> Result<Json<Value>, Problem> {
    subject(&kind)?;
    let (project, now) = state.handle.ask(|core| (core.project.clone(), core.at)).await?;
    let project = project.ok_or_else(|| Problem::conflict("no project runs"))?;
    let handle = state.handle.clone();
    let worked = tokio::task::spawn_blocking(move || {
        let Some(plan) = &project.plan else { return Err(Problem::conflict("no project runs")) };
        let asked = Asked::new((&project.checked, &project.sources, plan), &workflow, &id)
            .ok_or_else(|| Problem::missing(format!("there is no workflow `{workflow}`")))?;
        let word = crate::plan::subject_word(asked.subject());
        if word != kind {
            return Err(Problem::bad(format!("the workflow `{workflow}` is about an {word}, not a {kind}")));
        }
        let mut play = Play::new(asked);
        handle.history(|at, record| {
            if let What::Input(input) = record.what {
                play.input(at, &input);
            }
        })?;
        play.until(now);
        let answer = play.answer().ok_or_else(|| Problem::missing(format!("there is no {kind} `{id}`")))?;
        let text = why_words::sentences(&answer);
        let mut body = serde_json::to_value(&answer).map_err(|error| Problem::internal(error.to_string()))?;
        body["text"] = text.into();
        Ok(body)
    });
    let body = worked.await.map_err(|error| Problem::internal(error.to_string()))??;
    Ok(Json(body))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Into {
    pub workflow: Arc<str>,
}

async fn known(state: &State, workflow: &Arc<str>) -> Result<(), Problem> {
    let name = Arc::clone(workflow);
    let is_known = state.handle.ask(move |core| core.plan.workflow(&name).is_some()).await?;
    if is_known { Ok(()) } else { Err(Problem::missing(format!("there is no workflow `{workflow}`"))) }
}

pub(in crate::server) async fn enrol(
    Shared(state): Shared<State>,
    actor: Actor,
    Path((kind, id)): Path<(String, String)>,
    Json(Into { workflow }): Json<Into>,
) -> Result<Json<Value>, Problem> {
    known(&state, &workflow).await?;
    let subject = subject(&kind)?;
    let whom: Arc<str> = id.as_str().into();
    change(&state, &actor, InputKind::Enrol { subject, id: whom, workflow }).await?;
    Ok(Json(of(&state, (kind, id), describe).await?))
}

pub(in crate::server) async fn exit(
    Shared(state): Shared<State>,
    actor: Actor,
    Path((kind, id)): Path<(String, String)>,
    Json(Into { workflow }): Json<Into>,
) -> Result<Json<Value>, Problem> {
    known(&state, &workflow).await?;
    let subject = subject(&kind)?;
    of(&state, (kind.clone(), id.clone()), |_, _| ()).await?;
    let whom: Arc<str> = id.as_str().into();
    change(&state, &actor, InputKind::TakeOut { subject, id: whom, workflow }).await?;
    Ok(Json(of(&state, (kind, id), describe).await?))
}
