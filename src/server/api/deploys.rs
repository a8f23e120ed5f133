//! Deploys: a comparison first, then all at once or not at all; versions, and going back to one.

use super::{Actor, Problem, Role, State};
use crate::engine::migrate::{self, Table};
use crate::project::{Bundle, Project};
use crate::runtime::{Deploy, Record, Version, What};
use crate::server::problem::Fault;
use axum::extract::{DefaultBodyLimit, Path, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route(
            "/deploys",
            get(list).post(deploy).layer(DefaultBodyLimit::max(crate::project::BUNDLE_LIMIT + 4096)),
        )
        .route("/backup", post(backup))
        .route("/deploys/{number}", get(show))
        .route("/deploys/{number}/rollback", post(rollback))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    files: BTreeMap<String, String>,
    #[serde(default)]
    backfill: Vec<Arc<str>>,
    #[serde(default)]
    resume: Vec<Arc<str>>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    dry_run: bool,
    /// The version that the comparison was made with: another one that came in between is a conflict.
    #[serde(default)]
    onto: Option<u32>,
}

fn line(version: &Version) -> Value {
    json!({
        "version": version.number, "by": version.by, "at": version.at.to_string(), "note": version.note,
        "files": version.bundle.files.len(),
    })
}

pub(in crate::server) async fn list(Shared(state): Shared<State>, _: Actor) -> Result<Json<Value>, Problem> {
    let rows = state.handle.ask(|core| core.versions.iter().rev().map(line).collect::<Vec<_>>()).await?;
    Ok(Json(json!({ "deploys": rows })))
}

pub(in crate::server) async fn version(state: &State, number: u32) -> Result<Version, Problem> {
    let found =
        state.handle.ask(move |core| core.versions.iter().find(|known| known.number == number).cloned());
    found.await?.ok_or_else(|| Problem::missing(format!("there is no version {number}")))
}

async fn show(
    Shared(state): Shared<State>,
    _: Actor,
    Path(number): Path<u32>,
) -> Result<Json<Value>, Problem> {
    let version = version(&state, number).await?;
    let mut body = line(&version);
    body["files"] = json!(version.bundle.files);
    Ok(Json(body))
}

async fn deploy(
    Shared(state): Shared<State>,
    actor: Actor,
    Json(asked): Json<Asked>,
) -> Result<Json<Value>, Problem> {
    actor.may(if asked.dry_run { Role::Read } else { Role::Admin })?;
    let deploy = Deploy {
        bundle: Bundle { files: asked.files },
        backfill: asked.backfill,
        resume: asked.resume,
        note: asked.note.chars().take(1_000).collect(),
    };
    let project = compile(&state, deploy.bundle.clone()).await?;
    check_names(&project, &deploy)?;
    if asked.dry_run {
        return compare(&state, &project, &deploy).await;
    }
    apply(&state, &actor, deploy, project, asked.onto).await
}

pub(in crate::server) async fn rollback(
    Shared(state): Shared<State>,
    actor: Actor,
    Path(number): Path<u32>,
) -> Result<Json<Value>, Problem> {
    actor.may(Role::Admin)?;
    let version = version(&state, number).await?;
    let bundle = (*version.bundle).clone();
    let project = compile(&state, bundle.clone()).await?;
    let note = format!("back to version {number}");
    let deploy = Deploy { bundle, backfill: Vec::new(), resume: Vec::new(), note };
    apply(&state, &actor, deploy, project, None).await
}

/// The project that the files make, if it has no mistakes.
async fn compile(state: &State, bundle: Bundle) -> Result<Arc<Project>, Problem> {
    let folder = state.data.join("projects").join(format!("try-{:016x}", fastrand(&bundle)));
    let loaded = tokio::task::spawn_blocking(move || {
        let project = bundle.load(&folder);
        let _ = std::fs::remove_dir_all(&folder);
        project
    });
    let loaded = loaded.await.map_err(|error| Problem::internal(error.to_string()))?;
    let project = loaded.map_err(|error| Problem::bad(error.to_string()))?;
    if project.plan.is_some() {
        return Ok(Arc::new(project));
    }
    let errors = project.diagnostics.iter().filter(|found| found.is_error()).map(|found| {
        let file = project.sources.get(found.primary.span.file).map(|file| file.name.to_string());
        Fault { pointer: format!("/files/{}", file.unwrap_or_default()), detail: found.message.clone() }
    });
    Err(Problem::unfit("the project has mistakes: `wf check` shows them", errors.collect()))
}

/// A name of its own for what is tried.
fn fastrand(bundle: &Bundle) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(&bundle.files, &mut hasher);
    std::hash::Hash::hash(&std::time::Instant::now(), &mut hasher);
    std::hash::Hasher::finish(&hasher)
}

fn check_names(project: &Project, deploy: &Deploy) -> Result<(), Problem> {
    let Some(plan) = &project.plan else { return Ok(()) };
    let wrong = deploy.backfill.iter().chain(&deploy.resume).find(|name| plan.workflow(name).is_none());
    match wrong {
        Some(name) => Err(Problem::bad(format!("the project has no workflow `{name}`"))),
        None => Ok(()),
    }
}

fn told(table: &Table, version: Option<u32>, applied: bool) -> Json<Value> {
    Json(json!({ "applied": applied, "version": version, "table": table, "text": table.to_string() }))
}

/// What a deploy would do, found out on a copy of the world.
async fn compare(state: &State, project: &Arc<Project>, deploy: &Deploy) -> Result<Json<Value>, Problem> {
    let (world, old, at, onto) = state
        .handle
        .ask(|core| {
            (core.world.clone(), Arc::clone(&core.plan), core.at, core.version().map(|one| one.number))
        })
        .await?;
    let (new, options) = (project.plan.clone(), deploy.options());
    let at = state.handle.now().max(at);
    let worked = tokio::task::spawn_blocking(move || {
        let mut world = world;
        new.map(|new| migrate::deploy(&mut world, &old, new, at, &options).table)
    });
    let table = worked.await.map_err(|error| Problem::internal(error.to_string()))?.unwrap_or_default();
    Ok(told(&table, onto, false))
}

async fn apply(
    state: &State,
    actor: &Actor,
    deploy: Deploy,
    project: Arc<Project>,
    onto: Option<u32>,
) -> Result<Json<Value>, Problem> {
    if let Some(onto) = onto {
        let now = state.handle.ask(|core| core.version().map(|version| version.number)).await?;
        if now != Some(onto) {
            return Err(Problem::conflict(
                "another version was deployed meanwhile: look at the comparison again",
            ));
        }
    }
    let record = Record { by: actor.name.clone(), id: None, what: What::Deploy(Box::new(deploy)) };
    let receipt = state.handle.submit_compiled(vec![record], BTreeMap::from([(0, project)])).await?;
    let position = receipt.positions.first().copied().flatten();
    let position = position.ok_or_else(|| Problem::internal("the deploy was lost"))?;
    let found =
        state.handle.ask(move |core| (core.table(position), core.version().map(|version| version.number)));
    let (table, version) = found.await?;
    let table = table.ok_or_else(|| Problem::internal("the deploy was not applied"))?;
    Ok(told(&table, version, true))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Backup {
    to: std::path::PathBuf,
}

/// Copies the journal into a folder of the server's machine, which must be empty or not there yet.
async fn backup(
    Shared(state): Shared<State>,
    actor: Actor,
    Json(Backup { to }): Json<Backup>,
) -> Result<Json<Value>, Problem> {
    actor.may(Role::Admin)?;
    if !to.is_absolute() {
        return Err(Problem::bad("`to` must be an absolute path on the server's machine"));
    }
    let handle = state.handle.clone();
    let shown = to.display().to_string();
    let done = tokio::task::spawn_blocking(move || handle.backup(&to));
    let last = done.await.map_err(|error| Problem::internal(error.to_string()))?;
    let last = last.map_err(|error| Problem::conflict(error.to_string()))?;
    Ok(Json(json!({ "to": shown, "records": last })))
}
