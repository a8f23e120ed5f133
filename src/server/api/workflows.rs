//! Workflows: which there are, how they do, who is in them; disabling and enabling.

use super::{Actor, Paging, Problem, State, change};
use crate::engine::entity::{Run, RunState};
use crate::engine::present::Stand;
use crate::engine::{Eid, InputKind};
use crate::plan::{Plan, WorkflowPlan, subject_word};
use crate::runtime::Core;
use crate::simulate::words;
use crate::stats::Counts;
use axum::extract::{Path, Query, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/workflows", get(list))
        .route("/workflows/{name}", get(detail))
        .route("/workflows/{name}/enrolments", get(enrolments))
        .route("/workflows/{name}/report", get(super::report::report))
        .route("/workflows/{name}/disable", post(disable))
        .route("/workflows/{name}/enable", post(enable))
}

/// `live`, `draft`, `disabled`, as a workflow runs now.
fn state_word(core: &Core, workflow: &WorkflowPlan) -> &'static str {
    if core.world.life.disabled.contains(&workflow.name) {
        return "disabled";
    }
    match workflow.state {
        crate::plan::State::Live => "live",
        crate::plan::State::Draft => "draft",
        crate::plan::State::Disabled => "disabled",
    }
}

/// How many are at each step of a workflow now; of a draft, how many would be.
pub(super) fn present(core: &Core, at: u32, workflow: &WorkflowPlan) -> BTreeMap<Arc<str>, u64> {
    let mut found: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    let is_draft = workflow.state == crate::plan::State::Draft;
    for (stand, count) in core.world.present().counts(at, is_draft) {
        let step = step_name(&core.plan, stand).unwrap_or_else(|| "".into());
        *found.entry(step).or_default() += count;
    }
    found
}

/// The step at which an enrolment stands.
fn step_name(plan: &Plan, stand: Stand) -> Option<Arc<str>> {
    let text = plan.version(stand.workflow, stand.version)?;
    let step = text.steps.iter().rev().find(|step| step.entry <= stand.pc && stand.pc < step.behind)?;
    Some(Arc::clone(step.name()))
}

fn summary(core: &Core, workflow: &WorkflowPlan, counts: &Counts) -> Value {
    json!({
        "name": workflow.name,
        "state": state_word(core, workflow),
        "drift": core.world.life.disabled.contains(&workflow.name),
        "about": subject_word(workflow.subject),
        "description": workflow.description,
        "enrolled": counts.enrolled,
        "enrolled_now": counts.enrolled.saturating_sub(counts.ended()),
        "finished": counts.finished,
        "goals": counts.goals,
        "goal_rate_per_mille": counts.goal_rate(),
        "exited": counts.exited.values().sum::<u64>(),
        "not_enrolled": counts.not_enrolled.values().sum::<u64>(),
        "failed": counts.failures(),
        "actions": counts.actions.values().sum::<u64>(),
        "last_activity": counts.last.map(|at| at.to_string()),
    })
}

/// What is counted of a workflow that did nothing yet.
static NOTHING: LazyLock<Counts> = LazyLock::new(Counts::default);

pub(super) fn counts<'c>(core: &'c Core, workflow: &WorkflowPlan) -> &'c Counts {
    let is_draft = workflow.state == crate::plan::State::Draft;
    let side = if is_draft { &core.stats.shadow } else { &core.stats.live };
    side.get(&workflow.name).unwrap_or(&NOTHING)
}

#[derive(Deserialize)]
pub(in crate::server) struct Wanted {
    pub state: Option<String>,
}

pub(in crate::server) async fn list(
    Shared(state): Shared<State>,
    _: Actor,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Problem> {
    let rows = state.handle.ask(move |core| {
        let plan = Arc::clone(&core.plan);
        let shown = plan.workflows.iter().filter(|workflow| !workflow.removed);
        let rows = shown.map(|workflow| summary(core, workflow, counts(core, workflow)));
        let is_wanted = |row: &Value| wanted.state.as_deref().is_none_or(|word| row["state"] == word);
        rows.filter(is_wanted).collect::<Vec<_>>()
    });
    let rows = rows.await?;
    let by_state = |word: &str| rows.iter().filter(|row| row["state"] == word).count();
    Ok(Json(json!({
        "counts": { "live": by_state("live"), "draft": by_state("draft"), "disabled": by_state("disabled") },
        "workflows": rows,
    })))
}

/// What is asked of the workflow of a name.
pub(in crate::server) async fn of<T: Send + 'static>(
    state: &State,
    name: String,
    question: impl FnOnce(&Core, u32, &WorkflowPlan) -> T + Send + 'static,
) -> Result<T, Problem> {
    let found = state.handle.ask(move |core| {
        let plan = Arc::clone(&core.plan);
        let known = plan.workflow(&name).map(|(at, workflow)| question(core, at, workflow));
        known.ok_or_else(|| {
            let names = plan.workflows.iter().map(|workflow| &*workflow.name);
            let near = crate::diag::suggest::did_you_mean(&name, names);
            let name: String = name.chars().take(100).collect();
            let near = near.map(|near| format!("; {near}")).unwrap_or_default();
            Problem::missing(format!("there is no workflow `{name}`{near}"))
        })
    });
    found.await?
}

pub(in crate::server) async fn detail(
    Shared(state): Shared<State>,
    _: Actor,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    let found = of(&state, name, |core, at, workflow| {
        let counts = counts(core, workflow);
        let now = present(core, at, workflow);
        let steps = workflow.steps.iter().map(|step| {
            let name = step.name();
            json!({
                "step": name, "text": step.text, "at_now": now.get(name).copied().unwrap_or_default(),
                "counts": counts.steps.get(name),
            })
        });
        let steps: Vec<_> = steps.collect();
        let mut body = summary(core, workflow, counts);
        body["steps"] = steps.into();
        body["exits"] = json!(counts.exited);
        body["reasons_not_enrolled"] = json!(counts.not_enrolled);
        body["skipped"] = json!(counts.skipped);
        body["actions_by_kind"] = json!(counts.actions);
        body["outbox"] = json!(counts.rows);
        body["failures"] = json!(counts.failures);
        body["mail"] = json!(super::report::mail(workflow, counts, None));
        body["days"] = json!(counts.days.iter().collect::<Vec<_>>());
        body["source"] = json!(source(core, &workflow.name));
        body["version"] = json!(core.version().map(|version| version.number));
        body
    });
    Ok(Json(found.await?))
}

/// The text of a workflow, as it was deployed.
fn source(core: &Core, name: &str) -> Option<String> {
    let project = core.project.as_ref()?;
    let flow = project.checked.workflows.values().find(|known| &*known.name == name)?;
    // The span is that of the name.
    let file = &project.sources.get(flow.span.file)?.text;
    let named = flow.span.start as usize;
    let start = file.get(..named)?.rfind("workflow")?;
    let end = crate::format::token::block_end(file, named)?;
    file.get(start..end).map(str::to_owned)
}

pub(in crate::server) async fn enrolments(
    Shared(state): Shared<State>,
    _: Actor,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<Value>, Problem> {
    let limit = paging.limit();
    let after = paging.after.as_deref().map(str::parse::<u32>);
    let after = after.transpose().map_err(|_| Problem::bad("`after` is no place in this list"))?;
    let found = of(&state, name, move |core, at, _| {
        let from = after.map_or(0, |after| after.saturating_add(1));
        let mut rows = Vec::new();
        for eid in core.world.present().entities(at, Eid(from)) {
            if rows.len() >= limit {
                return (rows, eid.0.checked_sub(1).map(|before| before.to_string()));
            }
            let entity = core.world.entity(eid);
            for run in entity.runs.iter().filter(|run| run.workflow == at) {
                rows.push(enrolment(core, eid, run));
            }
        }
        (rows, None)
    });
    let (rows, next) = found.await?;
    Ok(Json(json!({ "enrolments": rows, "next": next })))
}

/// An enrolment under way.
pub(super) fn enrolment(core: &Core, eid: Eid, run: &Run) -> Value {
    let until = match run.state {
        RunState::Waiting { until, .. } if until < crate::base::Instant::MAX => Some(until.to_string()),
        _ => None,
    };
    let doing = match run.state {
        RunState::Waiting { .. } => "waiting",
        RunState::Held => "held: the workflow is disabled",
        RunState::Asking => "waiting for an answer",
        RunState::Over => "over, with something unsent",
        RunState::Ready | RunState::Yielded => "going on",
    };
    json!({
        "entity": words::entity(&core.world, eid),
        "workflow": core.plan.workflows.get(run.workflow as usize).map(|workflow| &workflow.name),
        "number": run.number,
        "started": run.started.to_string(),
        "step": step_name(&core.plan, Stand::of(run)),
        "since": run.entered.to_string(),
        "doing": doing,
        "until": until,
        "draft": run.shadow,
    })
}

pub(in crate::server) async fn disable(
    Shared(state): Shared<State>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    let workflow = of(&state, name, |_, _, workflow| Arc::clone(&workflow.name)).await?;
    change(&state, &actor, InputKind::Disable { workflow: Arc::clone(&workflow) }).await?;
    Ok(Json(json!({ "workflow": workflow, "state": "disabled" })))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Enable {
    #[serde(default)]
    pub resume: bool,
}

pub(in crate::server) async fn enable(
    Shared(state): Shared<State>,
    actor: Actor,
    Path(name): Path<String>,
    body: Option<Json<Enable>>,
) -> Result<Json<Value>, Problem> {
    let workflow = of(&state, name, |_, _, workflow| Arc::clone(&workflow.name)).await?;
    let resume = body.is_some_and(|Json(body)| body.resume);
    change(&state, &actor, InputKind::Enable { workflow: Arc::clone(&workflow), resume }).await?;
    let word = of(&state, workflow.to_string(), |core, _, workflow| state_word(core, workflow)).await?;
    Ok(Json(json!({ "workflow": workflow, "state": word })))
}
