//! What waits for a person: one message after another, looked at, changed, let go or thrown away; dead letters.

mod letter;

use super::fault::Fault;
use super::forms::Form;
use super::shell::{self, Part};
use super::view::{encoded, nothing, plain, text};
use super::visitor::Visitor;
use crate::server::api::outbox::{Edit, Send, Wanted, discard, edit, list, look, retry, row_id, send};
use crate::server::problem::Problem;
use crate::server::state::State;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/outbox", get(first))
        .route("/outbox/{row}", get(one))
        .route("/outbox/{row}/html", get(letter::html_part))
        .route("/outbox/{row}/edit", post(change))
        .route("/outbox/{row}/send", post(let_go))
        .route("/outbox/{row}/discard", post(throw_away))
        .route("/outbox/{row}/retry", post(again))
}

/// (state, name for people).
const STATES: [(&str, &str); 6] = [
    ("review", "Waiting for you"),
    ("held", "Held back"),
    ("dead", "Dead letters"),
    ("retrying", "Tried again later"),
    ("ready", "On their way"),
    ("", "All"),
];

#[derive(Clone, Debug, Deserialize)]
struct Asked {
    #[serde(default = "review")]
    state: String,
    #[serde(default)]
    workflow: String,
}

fn review() -> String {
    "review".into()
}

impl Asked {
    fn query(&self) -> String {
        format!("?state={}&workflow={}", encoded(&self.state), encoded(&self.workflow))
    }

    /// The address of a row in this list.
    fn row(&self, row: &str) -> String {
        format!("/outbox/{}{}", encoded(row), self.query())
    }
}

async fn rows(state: &State, visitor: &Visitor, asked: &Asked) -> Result<(Vec<Value>, bool), Fault> {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let wanted = Wanted {
        state: given(&asked.state),
        workflow: given(&asked.workflow),
        limit: Some(200),
        after: None,
    };
    let found = list(Shared(state.clone()), visitor.actor.clone(), Query(wanted)).await?.0;
    let more = found["next"].is_string();
    Ok((found["rows"].as_array().cloned().unwrap_or_default(), more))
}

async fn first(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let (rows, more) = rows(&state, &visitor, &asked).await?;
    let shown = match rows.first() {
        Some(row) => Some(look(&state, row_id(text(&row["row"]))?).await?),
        None => None,
    };
    Ok(desk(&visitor, &asked, (&rows, more), shown.as_ref()))
}

async fn one(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(row): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let shown = look(&state, row_id(&row)?).await?;
    let (rows, more) = rows(&state, &visitor, &asked).await?;
    Ok(desk(&visitor, &asked, (&rows, more), Some(&shown)))
}

/// The rows before and behind one in a list.
fn around<'r>(rows: &'r [Value], row: &str) -> (Option<&'r str>, Option<&'r str>) {
    let Some(at) = rows.iter().position(|known| known["row"] == row) else {
        return (None, rows.first().map(|row| text(&row["row"])));
    };
    let name = |at: usize| rows.get(at).map(|row| text(&row["row"]));
    (at.checked_sub(1).and_then(name), name(at + 1))
}

fn desk(visitor: &Visitor, asked: &Asked, (rows, more): (&[Value], bool), shown: Option<&Value>) -> Response {
    let current = shown.map_or("", |row| text(&row["row"]));
    let (before, behind) = around(rows, current);
    let body = html! {
        header.title { div { h1 { "Outbox" } p.quiet { "What workflows have prepared and nobody has sent yet. It goes when you let it go; a contact who leaves the workflow takes it back." } } }
        nav.tabs aria-label="States" { @for (state, name) in STATES {
            a href={ "/outbox?state=" (state) } aria-current=[(state == asked.state).then_some("page")] { (name) }
        } }
        @if rows.is_empty() && shown.is_none() { (nothing("Nothing is here. That is good news.")) } @else {
            div.desk {
                div {
                    ol aria-label="Messages" { @for row in rows { (item(asked, row, current)) } }
                    @if more { p.quiet { "These are the first " (rows.len()) "." } }
                    p.keys { kbd { "j" } " next " kbd { "k" } " back " kbd { "e" } " edit " kbd { "s" } " send " kbd { "d" } " discard" }
                    @if let Some(to) = before { a href=(asked.row(to)) data-key="k" hidden { "Back" } }
                    @if let Some(to) = behind { a href=(asked.row(to)) data-key="j" hidden { "Next" } }
                }
                @if let Some(row) = shown { (letter::show(visitor, row, &asked.query(), behind.or(before))) }
            }
        }
    };
    shell::page(visitor, Part::Outbox, "Outbox", body)
}

fn item(asked: &Asked, row: &Value, current: &str) -> Markup {
    let name = text(&row["row"]);
    let what = row["template"].as_str().unwrap_or_else(|| text(&row["action"]));
    html! {
        li { a href=(asked.row(name)) aria-current=[(name == current).then_some("true")] {
            strong { (what) }
            span.line { @if row["to"].is_string() { "to " (text(&row["to"])) } @else { (text(&row["entity"])) } }
            span.line { (text(&row["workflow"])) " · " (super::view::at(text(&row["prepared"]))) }
        } }
    }
}

/// To where a form says that it goes on: a row of the same list, or the list.
fn onwards(form: &Form, stay: Option<&str>) -> Response {
    let asked = Asked {
        state: form.fields.get("state").to_owned(),
        workflow: form.fields.get("workflow").to_owned(),
    };
    let next = stay.unwrap_or_else(|| form.fields.get("next"));
    let to = if next.is_empty() { format!("/outbox{}", asked.query()) } else { asked.row(next) };
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

/// What comes of a form: on, or the message again with what speaks against it.
async fn done(
    state: &State,
    form: &Form,
    row: &str,
    did: Result<Json<Value>, Problem>,
) -> Result<Response, Fault> {
    let why = match did {
        Ok(_) => return Ok(onwards(form, None)),
        Err(problem) if problem.status() == StatusCode::CONFLICT => problem.detail,
        Err(problem) => return Err(problem.into()),
    };
    let asked = Asked {
        state: form.fields.get("state").to_owned(),
        workflow: form.fields.get("workflow").to_owned(),
    };
    let mut shown = look(state, row_id(row)?).await?;
    shown["refused"] = why.into();
    let (rows, more) = rows(state, &form.visitor, &asked).await?;
    let page = desk(&form.visitor, &asked, (&rows, more), Some(&shown));
    Ok((StatusCode::CONFLICT, page).into_response())
}

async fn let_go(
    Shared(state): Shared<State>,
    Path(row): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let anyway = Some(Json(Send { anyway: form.fields.get("anyway") == "yes" }));
    let did = send(Shared(state.clone()), form.visitor.actor.clone(), Path(row.clone()), anyway).await;
    done(&state, &form, &row, did).await
}

async fn throw_away(
    Shared(state): Shared<State>,
    Path(row): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let did = discard(Shared(state.clone()), form.visitor.actor.clone(), Path(row.clone())).await;
    done(&state, &form, &row, did).await
}

async fn again(Shared(state): Shared<State>, Path(row): Path<String>, form: Form) -> Result<Response, Fault> {
    let did = retry(Shared(state.clone()), form.visitor.actor.clone(), Path(row.clone())).await;
    done(&state, &form, &row, did).await
}

/// Changes those parts that say something else than before.
async fn change(
    Shared(state): Shared<State>,
    Path(row): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let known = look(&state, row_id(&row)?).await?;
    let mut parts = BTreeMap::new();
    for (name, value) in form.fields.below("part.") {
        // Browsers send CRLF, whatever was there.
        let value = value.replace("\r\n", "\n");
        if plain(&known["content"]["parts"][name]) != value {
            parts.insert(name.into(), value);
        }
    }
    if !parts.is_empty() {
        let edit =
            edit(Shared(state.clone()), form.visitor.actor.clone(), Path(row.clone()), Json(Edit { parts }));
        if let Err(problem) = edit.await {
            return done(&state, &form, &row, Err(problem)).await;
        }
    }
    Ok(onwards(&form, Some(&row)))
}
