//! A workflow: what it is, what it did, its flow, its text; disabling and enabling.

mod draw;
mod source;
mod tables;

use super::fault::Fault;
use super::forms::Form;
use super::shell::{self, Part, act};
use super::view::{badge, count, encoded, grouped, percent, text, when, workflow};
use super::visitor::Visitor;
use super::workflows::tile;
use crate::graph::graph;
use crate::server::api::Paging;
use crate::server::api::workflows::{Enable, detail, disable, enable, enrolments, of};
use crate::server::auth::Role;
use crate::server::state::State;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::{Markup, html};
use serde_json::Value;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/w/{name}", get(show))
        .route("/w/{name}/source", get(source::show))
        .route("/w/{name}/disable", post(turn_off))
        .route("/w/{name}/enable", post(turn_on))
}

/// Pages of a workflow: (name, end of the address).
const TABS: [(&str, &str); 5] = [
    ("Overview", ""),
    ("Source", "/source"),
    ("Versions", "/versions"),
    ("Log", "/log"),
    ("Report", "/report"),
];

/// What is known of a workflow, as the API says it.
pub(super) async fn known(state: &State, visitor: &Visitor, name: &str) -> Result<Value, Fault> {
    Ok(detail(Shared(state.clone()), visitor.actor.clone(), Path(name.to_owned())).await?.0)
}

/// A page of a workflow: its name, its state, its tabs, and what else stands there.
pub(super) fn page(visitor: &Visitor, workflow: &Value, tab: &str, body: Markup) -> Response {
    let name = text(&workflow["name"]);
    let state = text(&workflow["state"]);
    let about = text(&workflow["about"]);
    let body = html! {
        nav.crumbs aria-label="Where you are" { a href="/" { "Workflows" } }
        header.title {
            div {
                h1 { (name) " " (badge(state)) @if workflow["drift"] == true { " " span.badge.is-drift { "by hand" } } }
                p.quiet { "About " @if about == "account" { "accounts" } @else { "contacts" } ". " (text(&workflow["description"])) }
            }
            div.actions { (switch(visitor, workflow)) }
        }
        nav.tabs aria-label="Of this workflow" {
            @for (title, end) in TABS {
                a href={ (super::view::workflow(name)) (end) } aria-current=[(title == tab).then_some("page")] { (title) }
            }
        }
        (body)
    };
    shell::page(visitor, Part::Workflows, &format!("{name}: {tab}"), body)
}

/// Disabling, or enabling in one of two ways.
fn switch(visitor: &Visitor, workflow: &Value) -> Markup {
    let to = super::view::workflow(text(&workflow["name"]));
    if !visitor.can(Role::Operate) {
        return html! {};
    }
    if workflow["drift"] == true {
        return html! {
            (act(visitor, &format!("{to}/enable"), "primary", "Enable"))
            (act(visitor, &format!("{to}/enable?resume=true"), "", "Enable, and let those in it go on"))
        };
    }
    if workflow["state"] == "disabled" {
        return html! { span.quiet { "Disabled in its text" } };
    }
    act(visitor, &format!("{to}/disable"), "danger", "Disable")
}

async fn show(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let workflow = known(&state, &visitor, &name).await?;
    let drawn = of(&state, name.clone(), |core, _, workflow| {
        let project = core.project.as_ref()?;
        let flow = project.checked.workflows.values().find(|known| known.name == workflow.name)?;
        Some(graph(flow, &project.sources))
    });
    let drawn = drawn.await?;
    let paging = Query(Paging { limit: Some(10), after: None });
    let inside = enrolments(Shared(state), visitor.actor.clone(), Path(name), paging).await?.0;
    let body = html! {
        (totals(&workflow))
        section #flow.card data-live={ (super::view::workflow(text(&workflow["name"]))) "/live" } {
            h2 { "How it runs" }
            @if let Some(graph) = &drawn { (draw::flow(graph, &workflow)) }
        }
        (tables::steps(&workflow))
        (tables::mail(&workflow))
        (tables::inside(&workflow, &inside))
        div.columns { (tables::reasons(&workflow)) }
    };
    Ok(page(&visitor, &workflow, "Overview", body))
}

fn totals(workflow: &Value) -> Markup {
    let of = |name: &str| grouped(count(&workflow[name]));
    let log = |kinds: &str| {
        format!("{}/log?kind={}", super::view::workflow(text(&workflow["name"])), encoded(kinds))
    };
    html! {
        div.tiles {
            (tile("In it now", &of("enrolled_now"), None))
            (tile("Enrolled", &of("enrolled"), Some(&log("enrolled"))))
            (tile("Finished", &of("finished"), Some(&log("finished"))))
            (tile("Goal reached", &format!("{} · {}", of("goals"), percent(&workflow["goal_rate_per_mille"])), Some(&log("goal"))))
            (tile("Left early", &of("exited"), Some(&log("exited"))))
            (tile("Failures", &of("failed"), Some(&log("failed"))))
        }
        p.quiet { "Last activity " (when(&workflow["last_activity"])) }
    }
}

/// Back to a workflow's page.
fn back(name: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, workflow(name))]).into_response()
}

async fn turn_off(
    Shared(state): Shared<State>,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let _ = disable(Shared(state), form.visitor.actor, Path(name.clone())).await?;
    Ok(back(&name))
}

async fn turn_on(
    Shared(state): Shared<State>,
    Path(name): Path<String>,
    Query(asked): Query<Enable>,
    form: Form,
) -> Result<Response, Fault> {
    let _ = enable(Shared(state), form.visitor.actor, Path(name.clone()), Some(Json(asked))).await?;
    Ok(back(&name))
}
