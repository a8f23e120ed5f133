//! Why an entity is, was or is not in a workflow: the answer of `wf why`, drawn.

use crate::server::api::entities::{Why, why};
use crate::server::pages::fault::Fault;
use crate::server::pages::view::{at, badge, entity, text};
use crate::server::pages::visitor::Visitor;
use crate::server::state::State;
use axum::extract::{Path, Query, State as Shared};
use maud::{Markup, html};
use serde_json::Value;

/// The answer, if a workflow is asked about.
pub(super) async fn answer(
    state: &State,
    visitor: &Visitor,
    (kind, id): (&str, &str),
    workflow: &str,
) -> Result<Option<Value>, Fault> {
    if workflow.is_empty() {
        return Ok(None);
    }
    let whom = Path((kind.to_owned(), id.to_owned()));
    let asked = Query(Why { workflow: workflow.to_owned() });
    Ok(Some(why(Shared(state.clone()), visitor.actor.clone(), whom, asked).await?.0))
}

/// The question, and the answer behind it.
pub(super) fn section(name: &str, workflows: &[String], asked: &str, answer: Option<&Value>) -> Markup {
    html! {
        section.card #why {
            h2 { "Why, or why not?" }
            form.filters method="get" action={ (entity(name)) "#why" } {
                label { "Is it in" select name="why" data-submit {
                    option value="" { "choose a workflow" }
                    @for workflow in workflows { option value=(workflow) selected[workflow == asked] { (workflow) } }
                } }
                button { "Ask" }
            }
            @if let Some(answer) = answer { (said(answer)) }
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn said(answer: &Value) -> Markup {
    html! {
        p { (badge(text(&answer["state"]))) " " strong { (text(&answer["workflow"])) } " as of " (at(text(&answer["at"]))) }
        (headed("Enrolments", list(&answer["enrolments"]), enrolment))
        (headed("What would start it", list(&answer["triggers"]), |trigger| html! {
            code { (text(&trigger["text"])) }
            @if let Some(note) = trigger["note"].as_str() { br; span.quiet { (note) } }
            (parts(&trigger["failing"]))
        }))
        @if answer["guard"].is_object() { (headed("Its condition", std::slice::from_ref(&answer["guard"]), guard)) }
        (headed("What would keep a firing out now", list(&answer["kept_out"]), |why| html! { (text(why)) }))
        (headed("Firings that did not enrol", list(&answer["not_enrolled"]), |firing| html! {
            (at(text(&firing["at"]))) " " (text(&firing["reason"])) (parts(&firing["failing"]))
        }))
        @if answer["to_come"].is_object() { p { strong { "What time alone brings next: " } (at(text(&answer["to_come"]["at"]))) " " (text(&answer["to_come"]["what"])) } }
    }
}

fn headed(title: &str, rows: &[Value], row: impl Fn(&Value) -> Markup) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    html! { h3 { (title) } ul { @for one in rows { li { (row(one)) } } } }
}

fn enrolment(run: &Value) -> Markup {
    let stands = &run["stands"];
    html! {
        "From " (at(text(&run["from"]))) ", by " (text(&run["by"]))
        @if let Some(to) = run["to"].as_str() { ", to " (at(to)) ": " (text(&run["ended"])) }
        @if stands.is_object() {
            br; "At step " code { (text(&stands["step"])) } " since " (at(text(&stands["since"]))) ": " code { (text(&stands["text"])) }
            @if let Some(until) = stands["until"].as_str() { ", until " (at(until)) }
            (parts(&stands["failing"]))
        }
    }
}

fn guard(guard: &Value) -> Markup {
    let last = &guard["last_firing"];
    html! {
        code { (text(&guard["text"])) } " " @if guard["holds"] == true { "holds now" } @else { strong { "does not hold now" } }
        (parts(&guard["failing"]))
        @if last.is_array() { p.quiet { "It did not hold at the firing of " (at(text(&last[0]))) ":" } (parts(&last[1])) }
    }
}

/// Conditions that are not as they would have to be, with what they look at.
fn parts(failing: &Value) -> Markup {
    let failing = list(failing);
    if failing.is_empty() {
        return html! {};
    }
    html! { ul { @for part in failing { li {
        code { (text(&part["text"])) } " "
        strong.bad { @if part["wanted"] == true { "is not so" } @else { "is so" } }
        @if let Some(since) = part["since"].as_str() { " since " (at(since)) }
        @for (place, known) in list(&part["values"]).iter().enumerate() {
            @if place == 0 { ": " } @else { ", " }
            (text(&known["name"])) " is " code { (text(&known["shown"])) }
            @if let Some(since) = known["since"].as_str() { span.quiet { " (of " (at(since)) ")" } }
        }
        (parts(&part["because"]))
    } } } }
}
