//! Accounts and contacts: finding one, what it is, what it is in, what happened to it, why it is not in a workflow.

mod why;

use super::fault::Fault;
use super::forms::Form;
use super::log::timeline;
use super::shell::{self, Part, token};
use super::view::{at, count, entity, entity_link, nothing, plain, text, when, workflow};
use super::visitor::Visitor;
use crate::engine::Eid;
use crate::plan::{Subject, subject_word};
use crate::server::api::entities::{Into, enrol, exit, show};
use crate::server::auth::Role;
use crate::server::state::State;
use crate::simulate::words;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/customers", get(search))
        .route("/e/{kind}/{id}", get(one))
        .route("/e/{kind}/{id}/enrol", post(take_in))
        .route("/e/{kind}/{id}/exit", post(take_out))
}

/// Hits that are shown.
const HITS: usize = 30;
/// Entities that one question looks at, so that nothing else waits for long.
const AT_ONCE: u32 = 2_000;
/// Entities that a search looks at.
const LOOKED_AT: u32 = 100_000;

#[derive(Deserialize)]
struct Sought {
    #[serde(default)]
    q: String,
}

async fn search(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Query(sought): Query<Sought>,
) -> Result<Response, Fault> {
    let wanted = sought.q.trim().to_owned();
    let (title, (hits, whole)) = if wanted.is_empty() {
        ("Active lately", (lately(&state).await?, true))
    } else {
        ("Found", found(&state, &wanted).await?)
    };
    let body = html! {
        header.title { div { h1 { "Customers" } p.quiet { "Accounts and contacts: by id, or by a part of an id, a name or an address." } } }
        form.filters method="get" action="/customers" role="search" {
            label { "Account or contact" input type="search" name="q" value=(wanted) autofocus; }
            button.primary { "Search" }
        }
        section {
            h2 { (title) }
            @if hits.is_empty() { (nothing("Nobody is called like that.")) } @else {
                table.stack {
                    thead { tr { th scope="col" { "Who" } th scope="col" { "Known as" } th scope="col" { "Known since" } } }
                    tbody { @for (name, known_as, since) in &hits { tr {
                        td { (entity_link(name)) } td data-label="Known as" { (known_as) } td data-label="Known since" { (at(since)) }
                    } } }
                }
            }
            @if !whole { p.quiet { "The first " (LOOKED_AT) " were looked through; an exact id is always found." } }
        }
    };
    Ok(shell::page(&visitor, Part::People, "Customers", body))
}

/// (name, what people call it, known since).
type Hit = (String, String, String);

fn hit(core: &crate::runtime::Core, eid: Eid) -> Hit {
    let entity = core.world.entity(eid);
    let fields = core.plan.layout.schema(entity.subject).fields();
    let called = (0u16..)
        .zip(fields)
        .filter(|(_, field)| matches!(&*field.name, "name" | "email" | "first_name" | "last_name"));
    let called = called.map(|(slot, _)| entity.snapshot.value(slot)).filter(|value| !value.is_missing());
    let called: Vec<String> = called.map(|value| value.to_string()).collect();
    (words::entity(&core.world, eid), called.join(", "), entity.mentioned.to_string())
}

/// Who has lines at the end of the log.
async fn lately(state: &State) -> Result<Vec<Hit>, Fault> {
    let query = crate::store::log::Query { limit: 200, ..Default::default() };
    let page = state.handle.log(query).await?;
    let mut seen = BTreeSet::new();
    let eids: Vec<Eid> =
        page.lines.iter().map(|(_, line)| line.entity).filter(|eid| seen.insert(*eid)).take(HITS).collect();
    Ok(state.handle.ask(move |core| eids.into_iter().map(|eid| hit(core, eid)).collect()).await?)
}

/// Whoever has that id, then whoever has it in an id, a name or an address; whether all were looked at.
async fn found(state: &State, wanted: &str) -> Result<(Vec<Hit>, bool), Fault> {
    let bare = wanted.trim_start_matches("account:").trim_start_matches("contact:").to_owned();
    let (mut hits, known) = {
        let id = bare.clone();
        let exact = state.handle.ask(move |core| {
            let both = [Subject::Account, Subject::Contact].map(|subject| core.world.find(subject, &id));
            let hits: Vec<Hit> = both.into_iter().flatten().map(|eid| hit(core, eid)).collect();
            (hits, core.world.len() as u32)
        });
        exact.await?
    };
    let exact: BTreeSet<String> = hits.iter().map(|(name, ..)| name.clone()).collect();
    let last = known.min(LOOKED_AT);
    for from in (0..last).step_by(AT_ONCE as usize) {
        let part = bare.to_lowercase();
        let to = (from + AT_ONCE).min(last);
        let some = state.handle.ask(move |core| {
            let all = (from..to).map(|at| hit(core, Eid(at)));
            all.filter(|(name, called, _)| {
                name.to_lowercase().contains(&part) || called.to_lowercase().contains(&part)
            })
            .take(HITS)
            .collect::<Vec<Hit>>()
        });
        hits.extend(some.await?.into_iter().filter(|(name, ..)| !exact.contains(name)));
        if hits.len() >= HITS {
            hits.truncate(HITS);
            break;
        }
    }
    Ok((hits, known <= LOOKED_AT))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    why: String,
    before: Option<u64>,
}

/// The workflows about a kind of entity.
async fn workflows(state: &State, kind: &str) -> Result<Vec<String>, Fault> {
    let kind = kind.to_owned();
    let names = state.handle.ask(move |core| {
        let own =
            core.plan.workflows.iter().filter(|known| !known.removed && subject_word(known.subject) == kind);
        own.map(|workflow| workflow.name.to_string()).collect()
    });
    Ok(names.await?)
}

async fn one(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path((kind, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let whom = Path((kind.clone(), id.clone()));
    let found = show(Shared(state.clone()), visitor.actor.clone(), whom).await?.0;
    let names = workflows(&state, &kind).await?;
    let answer = why::answer(&state, &visitor, (&kind, &id), &asked.why).await?;
    let name = text(&found["entity"]);
    let lines = timeline(&state, &visitor, name, asked.before).await?;
    let body = html! {
        nav.crumbs aria-label="Where you are" { a href="/customers" { "Customers" } }
        header.title { div {
            h1 { (id) }
            p.quiet { @if kind == "account" { "An account" } @else { "A contact" } ", known since " (when(&found["known_since"])) ". " }
            @let segments = list(&found["segments"]);
            @if !segments.is_empty() { p { @for segment in segments { span.badge { (text(segment)) } " " } } }
        } }
        (why::section(name, &names, &asked.why, answer.as_ref()))
        (enrolments(&visitor, &found, &names))
        div.columns { (facts(&found)) (related(&found)) }
        section #timeline { h2 { "Timeline" } (lines) }
    };
    Ok(shell::page(&visitor, Part::People, &id, body))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn facts(found: &Value) -> Markup {
    let undeclared = found["undeclared"].as_object().into_iter().flatten();
    html! {
        section {
            h2 { "Facts" }
            table.stack {
                thead { tr { th scope="col" { "Attribute" } th scope="col" { "Value" } th scope="col" { "Since" } } }
                tbody {
                    @for fact in list(&found["attributes"]) { tr {
                        td { (text(&fact["name"])) } td data-label="Value" { code { (plain(&fact["value"])) } } td data-label="Since" { (when(&fact["since"])) }
                    } }
                    @for (name, value) in undeclared { tr {
                        td { (name) " " span.badge { "undeclared" } } td data-label="Value" { code { (plain(value)) } } td data-label="Since" { span.quiet { "–" } }
                    } }
                }
            }
        }
    }
}

fn related(found: &Value) -> Markup {
    let related = list(&found["related"]);
    html! {
        section {
            h2 { "Belongs together " span.count { (related.len()) } }
            @if related.is_empty() { (nothing("Nobody.")) }
            ul.plain { @for other in related.iter().take(100) { li { (entity_link(text(other))) } } }
            @if related.len() > 100 { p.quiet { "The first 100." } }
        }
    }
}

fn enrolments(visitor: &Visitor, found: &Value, names: &[String]) -> Markup {
    let (now, past) = (list(&found["enrolments"]), list(&found["past"]));
    let to = entity(text(&found["entity"]));
    html! {
        section {
            h2 { "Workflows" }
            @if now.is_empty() && past.is_empty() { (nothing("It was never in one.")) } @else {
                table.stack {
                    thead { tr { th scope="col" { "Workflow" } th scope="col" { "Since" } th scope="col" { "How it stands" } th scope="col" { span.quiet { "By hand" } } } }
                    tbody {
                        @for run in now { tr {
                            td { a href=(workflow(text(&run["workflow"]))) { (text(&run["workflow"])) } @if run["draft"] == true { " " span.badge.is-draft { "draft" } } }
                            td data-label="Since" { (when(&run["started"])) }
                            td data-label="How it stands" { "At step " code { (text(&run["step"])) } ": " (text(&run["doing"])) @if let Some(until) = run["until"].as_str() { " until " (at(until)) } }
                            td { @if visitor.can(Role::Operate) { form.inline method="post" action={ (to) "/exit" } data-ask="Take it out of this workflow?" {
                                (token(visitor)) input type="hidden" name="workflow" value=(text(&run["workflow"])); button.danger { "Take out" }
                            } } }
                        } }
                        @for run in past { tr {
                            td { a href=(workflow(text(&run["workflow"]))) { (text(&run["workflow"])) } @if run["draft"] == true { " " span.badge.is-draft { "draft" } } }
                            td data-label="Since" { (when(&run["last_started"])) }
                            td data-label="How it stands" { span.quiet { "Over; it was in " @if count(&run["count"]) == 1 { "once" } @else { (run["count"]) " times" } } }
                            td {}
                        } }
                    }
                }
            }
            @if visitor.can(Role::Operate) && !names.is_empty() {
                details { summary { "Enrol by hand" } form.filters method="post" action={ (to) "/enrol" } {
                    (token(visitor))
                    label { "Workflow" select name="workflow" { @for name in names { option value=(name) { (name) } } } }
                    button { "Enrol" }
                } }
            }
        }
    }
}

fn back(kind: &str, id: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, entity(&format!("{kind}:{id}")))]).into_response()
}

async fn take_in(
    Shared(state): Shared<State>,
    Path((kind, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Fault> {
    let into = Json(Into { workflow: form.fields.get("workflow").into() });
    let _ = enrol(Shared(state), form.visitor.actor, Path((kind.clone(), id.clone())), into).await?;
    Ok(back(&kind, &id))
}

async fn take_out(
    Shared(state): Shared<State>,
    Path((kind, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Fault> {
    let of = Json(Into { workflow: form.fields.get("workflow").into() });
    let _ = exit(Shared(state), form.visitor.actor, Path((kind.clone(), id.clone())), of).await?;
    Ok(back(&kind, &id))
}
