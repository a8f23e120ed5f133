//! The log: of one workflow or of all, with filters, in pages, and as it goes on.

use super::fault::Fault;
use super::shell::{self, Part};
use super::view::{at, badge, encoded, entity_link, nothing, text, workflow as address};
use super::visitor::Visitor;
use super::workflow;
use crate::server::api::log::{Asked, page};
use crate::server::state::State;
use axum::Router;
use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/log", get(whole))
        .route("/log/live", get(super::live::lines))
        .route("/w/{name}/log", get(of_workflow))
        .route("/w/{name}/log/live", get(super::live::lines_of))
        .route("/w/{name}/live", get(super::live::changes))
}

/// Kinds of lines, with their names for people.
const KINDS: [(&str, &str); 12] = [
    ("enrolled", "enrolled"),
    ("not-enrolled", "not enrolled"),
    ("waiting", "waiting"),
    ("action", "action"),
    ("skipped", "skipped"),
    ("failed", "failed"),
    ("exited", "exited"),
    ("finished", "finished"),
    ("goal", "goal"),
    ("fact", "fact"),
    ("outbox", "outbox"),
    ("noted", "noted"),
];

/// What a page of the log is asked for: fields that are left empty ask for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    entity: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    before: Option<u64>,
}

impl Filter {
    /// For the API.
    pub fn asked(&self, workflow: Option<&str>) -> Asked {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        // A date alone, as browsers send it, is its midnight.
        let instant =
            |text: &str| given(text).map(|text| if text.len() == 10 { text + "T00:00:00Z" } else { text });
        Asked {
            workflow: workflow.map(str::to_owned),
            entity: given(&self.entity),
            kind: given(&self.kind),
            since: instant(&self.since),
            until: instant(&self.until),
            before: self.before,
            limit: Some(50),
        }
    }

    /// As a query, without the place in the list.
    fn query(&self) -> String {
        let fields =
            [("entity", &self.entity), ("kind", &self.kind), ("since", &self.since), ("until", &self.until)];
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
    }
}

/// A line as a row; in a workflow's own log without its name.
pub(super) fn row(line: &Value, with_workflow: bool, fresh: bool) -> Markup {
    let kind = text(&line["kind"]);
    html! {
        tr.fresh[fresh] {
            td { (at(text(&line["at"]))) }
            td { (badge(kind)) }
            td.wide { (entity_link(text(&line["entity"]))) }
            @if with_workflow { td.wide { @if let Some(name) = line["workflow"].as_str() { a href=(address(name)) { (name) } } } }
            td.wide {
                @if let Some(step) = line["step"].as_str() { span.quiet { (step) " " } }
                (text(&line["text"]))
            }
        }
    }
}

/// Lines as a table.
fn table(lines: &[Value], with_workflow: bool) -> Markup {
    html! {
        table.stack.feed {
            thead { tr {
                th scope="col" { "When (UTC)" } th scope="col" { "Kind" } th scope="col" { "Who" }
                @if with_workflow { th scope="col" { "Workflow" } }
                th scope="col" { "What" }
            } }
            tbody { @for line in lines { (row(line, with_workflow, false)) } }
        }
    }
}

fn filters(filter: &Filter, here: &str) -> Markup {
    html! {
        form.filters method="get" action=(here) hx-get=(here) hx-target="#lines" hx-select="#lines" hx-swap="outerHTML" hx-push-url="true" {
            label { "Who" input name="entity" value=(filter.entity) placeholder="account:acme"; }
            label { "Kind" select name="kind" {
                option value="" { "every kind" }
                @for (kind, shown) in KINDS { option value=(kind) selected[kind == filter.kind] { (shown) } }
            } }
            label { "From" input type="date" name="since" value=(filter.since.get(..10).unwrap_or_default()); }
            label { "Before" input type="date" name="until" value=(filter.until.get(..10).unwrap_or_default()); }
            button { "Show" }
        }
    }
}

async fn lines(state: &State, visitor: &Visitor, filter: &Filter, of: Option<&str>) -> Result<Markup, Fault> {
    let found = page(Shared(state.clone()), visitor.actor.clone(), Query(filter.asked(of))).await?.0;
    let lines = found["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    let here = of.map_or_else(|| "/log".into(), |name| format!("{}/log", address(name)));
    let query = filter.query();
    // Only the newest page goes on by itself.
    let live = filter.before.is_none() && filter.until.is_empty();
    let stream = live.then(|| format!("{here}/live?{query}"));
    Ok(html! {
        (filters(filter, &here))
        div #lines data-live=[stream] {
            @if live { p.live role="status" { "Connecting…" } }
            @if lines.is_empty() { p.nothing data-none { "Nothing of this is in the log." } }
            (table(lines, of.is_none()))
            nav.pages aria-label="Pages of the log" {
                @if filter.before.is_some() { a.button href={ (here) "?" (query) } { "Latest" } " " }
                @if let Some(next) = found["next"].as_u64() { a.button href={ (here) "?" (query) "&before=" (next) } { "Older" } }
            }
        }
    })
}

async fn whole(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let body = html! {
        header.title { div { h1 { "Log" } p.quiet { "What happened, in every workflow, latest first." } } }
        (lines(&state, &visitor, &filter, None).await?)
    };
    Ok(shell::page(&visitor, Part::Log, "Log", body))
}

async fn of_workflow(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let known = workflow::known(&state, &visitor, &name).await?;
    let lines = lines(&state, &visitor, &filter, Some(&name)).await?;
    Ok(workflow::page(&visitor, &known, "Log", lines))
}

/// What happened to an entity, latest first.
pub(super) async fn timeline(
    state: &State,
    visitor: &Visitor,
    entity: &str,
    before: Option<u64>,
) -> Result<Markup, Fault> {
    let filter = Filter { entity: entity.to_owned(), before, ..Filter::default() };
    let found = page(Shared(state.clone()), visitor.actor.clone(), Query(filter.asked(None))).await?.0;
    let lines = found["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    if lines.is_empty() {
        return Ok(nothing("Nothing has happened yet."));
    }
    Ok(html! {
        ol.timeline { @for line in lines { li {
            p { (at(text(&line["at"]))) " " (badge(text(&line["kind"]))) @if let Some(name) = line["workflow"].as_str() { " " a href=(address(name)) { (name) } } }
            p { (text(&line["text"])) }
        } } }
        @if let Some(next) = found["next"].as_u64() { a.button href={ "?before=" (next) "#timeline" } { "Older" } }
    })
}
