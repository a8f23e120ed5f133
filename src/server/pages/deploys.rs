//! What ran when, what a version changed, and going back to one.

use super::fault::Fault;
use super::forms::Form;
use super::shell::{self, Part, token};
use super::view::{at, nothing, workflow as address};
use super::visitor::Visitor;
use super::workflow;
use crate::format::diff;
use crate::runtime::Version;
use crate::server::api::deploys::rollback;
use crate::server::auth::Role;
use crate::server::problem::Problem;
use crate::server::state::State;
use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use std::collections::BTreeSet;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/deploys", get(list))
        .route("/deploys/{number}", get(one))
        .route("/deploys/{number}/rollback", post(back))
        .route("/w/{name}/versions", get(of_workflow))
}

/// Versions that a page looks at.
const SHOWN: usize = 100;

/// The latest versions, latest first.
async fn versions(state: &State) -> Result<Vec<Version>, Fault> {
    Ok(state.handle.ask(|core| core.versions.iter().rev().take(SHOWN + 1).cloned().collect()).await?)
}

async fn list(Shared(state): Shared<State>, visitor: Visitor) -> Result<Response, Fault> {
    let versions = versions(&state).await?;
    let body = html! {
        header.title { div { h1 { "Deploys" } p.quiet { "What ran when. A deploy is made with " code { "wf deploy" } ", which shows first what it would do." } } }
        @if versions.is_empty() { (nothing("Nothing was deployed yet.")) } @else {
            table.stack {
                thead { tr { th scope="col" { "Version" } th scope="col" { "When (UTC)" } th scope="col" { "Who" } th scope="col" { "Note" } th.n scope="col" { "Files changed" } } }
                tbody { @for (place, version) in versions.iter().take(SHOWN).enumerate() { tr {
                    td { a href={ "/deploys/" (version.number) } { "Version " (version.number) } @if place == 0 { " " span.badge.is-live { "runs" } } }
                    td data-label="When (UTC)" { (at(&version.at.to_string())) }
                    td data-label="Who" { (version.by) }
                    td data-label="Note" { @if version.note.is_empty() { span.quiet { "–" } } @else { (version.note) } }
                    td.n data-label="Files changed" { (changed(versions.get(place + 1), version).len()) }
                } } }
            }
        }
    };
    Ok(shell::page(&visitor, Part::Deploys, "Deploys", body))
}

/// Files that one version has otherwise than the one before.
fn changed(before: Option<&Version>, version: &Version) -> BTreeSet<String> {
    let old = before.map(|before| &before.bundle.files);
    let new = &version.bundle.files;
    let names = old.into_iter().flat_map(|files| files.keys()).chain(new.keys());
    names.filter(|name| old.and_then(|files| files.get(*name)) != new.get(*name)).cloned().collect()
}

/// A text against another, line by line.
fn lines(old: &str, new: &str, name: &str) -> Markup {
    let text = diff::diff(old, new, name);
    html! {
        h3 { code { (name) } }
        div.scroll { pre.diff tabindex="0" { @for line in text.lines().skip(2) {
            @let class = match line.chars().next() { Some('+') => "plus", Some('-') => "minus", Some('@') => "head", _ => "same" };
            span class=(class) { (line) "\n" }
        } } }
    }
}

fn differences(
    before: Option<&Version>,
    version: &Version,
    names: impl IntoIterator<Item = String>,
) -> Markup {
    let of = |version: Option<&Version>, name: &str| {
        version.and_then(|version| version.bundle.files.get(name).cloned()).unwrap_or_default()
    };
    html! { @for name in names { (lines(&of(before, &name), &of(Some(version), &name), &name)) } }
}

async fn one(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(number): Path<u32>,
) -> Result<Response, Fault> {
    let found = state.handle.ask(move |core| {
        let find = |number: u32| core.versions.iter().find(|version| version.number == number).cloned();
        (find(number), number.checked_sub(1).and_then(find), core.version().map(|version| version.number))
    });
    let (version, before, now) = found.await?;
    let version = version.ok_or_else(|| Problem::missing(format!("there is no version {number}")))?;
    let runs = now == Some(number);
    let body = html! {
        nav.crumbs aria-label="Where you are" { a href="/deploys" { "Deploys" } }
        header.title {
            div {
                h1 { "Version " (number) @if runs { " " span.badge.is-live { "runs" } } }
                p.quiet { "By " (version.by) ", " (at(&version.at.to_string())) @if !version.note.is_empty() { ": " (version.note) } }
            }
            @if !runs && visitor.can(Role::Admin) { div.actions {
                form.inline method="post" action={ "/deploys/" (number) "/rollback" } data-ask={ "Deploy version " (number) " again?" } { (token(&visitor)) button.danger { "Go back to this version" } }
            } }
        }
        @match &before {
            Some(old) => {
                h2 { "What it changed against version " (old.number) }
                @let names = changed(before.as_ref(), &version);
                @if names.is_empty() { (nothing("Nothing: the files are the same.")) }
                (differences(Some(old), &version, names))
            }
            None => {
                h2 { "Its files" }
                ul { @for name in version.bundle.files.keys() { li { code { (name) } } } }
            }
        }
    };
    Ok(shell::page(&visitor, Part::Deploys, &format!("Version {number}"), body))
}

async fn back(Shared(state): Shared<State>, Path(number): Path<u32>, form: Form) -> Result<Response, Fault> {
    let _ = rollback(Shared(state), form.visitor.actor, Path(number)).await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/deploys".to_owned())]).into_response())
}

/// The files of a version that declare a workflow.
fn declaring(version: &Version, name: &str) -> BTreeSet<String> {
    let declaration = format!("workflow \"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    let files = version.bundle.files.iter().filter(|(_, text)| text.contains(&declaration));
    files.map(|(name, _)| name.clone()).collect()
}

/// Versions in which the file of a workflow changed.
async fn of_workflow(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let known = workflow::known(&state, &visitor, &name).await?;
    let versions = versions(&state).await?;
    let body = html! {
        p.quiet { "Versions that changed the file in which " (name) " stands, latest first." }
        @for (place, version) in versions.iter().take(SHOWN).enumerate() {
            @let before = versions.get(place + 1);
            @let names: BTreeSet<String> = changed(before, version).into_iter().filter(|file| declaring(version, &name).contains(file)).collect();
            @if !names.is_empty() {
                section {
                    h2 { a href={ "/deploys/" (version.number) } { "Version " (version.number) } }
                    p.quiet { "By " (version.by) ", " (at(&version.at.to_string())) @if !version.note.is_empty() { ": " (version.note) } }
                    @if before.is_some() { (differences(before, version, names)) }
                    @else { p { "It came with this version: " a href={ (address(&name)) "/source" } { "its text" } "." } }
                }
            }
        }
    };
    Ok(workflow::page(&visitor, &known, "Versions", body))
}
