//! One row of the outbox: the message as it would go out, and what a person may do with it.
//!
//! The HTML of a message is a page of its own in a frame that may do nothing: no script, no form, nothing from
//! elsewhere, so looking at a message counts as no opening of it.

use crate::connect::mail::{Body, Form, Parts, body, is_mjml};
use crate::server::api::outbox::{look, row_id};
use crate::server::auth::Role;
use crate::server::pages::fault::Fault;
use crate::server::pages::shell::token;
use crate::server::pages::view::{badge, encoded, entity_link, plain, text, when, workflow};
use crate::server::pages::visitor::Visitor;
use crate::server::problem::Problem;
use crate::server::state::State;
use axum::extract::{Path, State as Shared};
use axum::http::header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde_json::Value;

/// The policy of a message: its own styles and pictures that are in it, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox";

/// Parts that are texts of several lines.
const LONG: [&str; 5] = ["text", "html", "markdown", "message", "body"];
/// Parts of messages that a person does not write.
const FIXED: [&str; 3] = ["send", "reply", "track"];

/// The texts of a message, if the action makes one.
fn texts(row: &Value) -> Option<Result<Body, String>> {
    let form = match text(&row["action"]) {
        "email" => Form::Text,
        "html" => Form::Html,
        "gmail" => Form::Draft,
        _ => return None,
    };
    let part = |name: &str| row["content"]["parts"][name].as_str();
    let parts = Parts { text: part("text"), html: part("html"), markdown: part("markdown") };
    Some(body(form, &parts).map_err(|why| why.to_string()))
}

/// The HTML of a message as a page.
pub(super) async fn html_part(
    Shared(state): Shared<State>,
    _: Visitor,
    Path(row): Path<String>,
) -> Result<Response, Fault> {
    let shown = look(&state, row_id(&row)?).await?;
    let found = texts(&shown).and_then(Result::ok).and_then(|body| body.html);
    let page = found.ok_or_else(|| Problem::missing("this row has no HTML"))?;
    Ok(([(CONTENT_SECURITY_POLICY, POLICY), (X_FRAME_OPTIONS, "SAMEORIGIN")], Html(page)).into_response())
}

/// The message, and what may be done with it.
pub(super) fn show(visitor: &Visitor, row: &Value, query: &str, next: Option<&str>) -> Markup {
    let parts = &row["content"]["parts"];
    let subject = parts["subject"].as_str();
    let heading = subject.or(row["template"].as_str()).unwrap_or_else(|| text(&row["action"]));
    html! {
        article.letter.card {
            header {
                h2 { (heading) " " (badge(text(&row["state"]))) @if row["stale"] == true { " " (badge("stale")) } }
                (facts(row))
            }
            @if let Some(why) = row["refused"].as_str() { p.flash.is-bad role="alert" { "Not done: " (why) "." } }
            @if let Some(why) = row["reason"].as_str() { p.flash.is-bad { (why) } }
            @let missing: Vec<&str> = row["content"]["missing"].as_array().into_iter().flatten().map(text).collect();
            @if !missing.is_empty() { p.flash.is-bad { "Missing where the text prints it: " @for name in missing { code { (name) } " " } } }
            (preview(row))
            @if visitor.can(Role::Operate) { (actions(visitor, row, query, next)) (editor(visitor, row, query)) }
        }
    }
}

fn facts(row: &Value) -> Markup {
    html! {
        dl.facts {
            dt { "To" } dd { @if row["to"].is_string() { (text(&row["to"])) } @else { "–" } @if let Some(contact) = row["contact"].as_str() { " · " (entity_link(contact)) } }
            dt { "About" } dd { (entity_link(text(&row["entity"]))) }
            dt { "From" } dd { @if let Some(name) = row["workflow"].as_str() { a href=(workflow(name)) { (name) } } ", step " code { (text(&row["step"])) } ", prepared " (when(&row["prepared"])) }
            @if row["attempts"] != 0 { dt { "Attempts" } dd { (row["attempts"]) @if row["next_attempt"].is_string() { ", next " (when(&row["next_attempt"])) } } }
            @if let Some(by) = row["edited_by"].as_str() { dt { "Edited by" } dd { (by) } }
            @if row["expires"].is_string() { dt { "Given up" } dd { (when(&row["expires"])) } }
        }
    }
}

fn preview(row: &Value) -> Markup {
    match texts(row) {
        Some(Ok(Body { text, html })) => html! {
            @if html.is_some() {
                iframe sandbox="" title="The message as HTML" src={ "/outbox/" (encoded(self::text(&row["row"]))) "/html" } loading="lazy" {}
                details { summary { "As plain text" } pre tabindex="0" { (text) } }
            } @else { pre tabindex="0" { (text) } }
        },
        Some(Err(why)) => html! { p.flash.is-bad { "No message can be made of it: " (why) } },
        None => html! {
            dl.facts { @for (name, value) in row["content"]["parts"].as_object().into_iter().flatten() {
                dt { (name) } dd { code { (plain(value)) } }
            } }
        },
    }
}

/// What every form about a row repeats: whose it is, from which list, what comes next.
fn hidden(visitor: &Visitor, query: &str, next: Option<&str>) -> Markup {
    let fields = url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).into_owned();
    html! {
        (token(visitor))
        @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
        input type="hidden" name="next" value=(next.unwrap_or_default());
    }
}

fn actions(visitor: &Visitor, row: &Value, query: &str, next: Option<&str>) -> Markup {
    let to = format!("/outbox/{}", encoded(text(&row["row"])));
    let state = text(&row["state"]);
    let waits = matches!(state, "review" | "held");
    let refused = row["refused"].is_string() || state == "held";
    html! {
        div.actions {
            @if waits && !refused { form.inline method="post" action={ (to) "/send" } data-key="s" {
                (hidden(visitor, query, next)) button.primary { "Send" }
            } }
            @if waits && refused { form.inline method="post" action={ (to) "/send" } {
                (hidden(visitor, query, next)) input type="hidden" name="anyway" value="yes"; button { "Send all the same" }
            } }
            @if matches!(state, "dead" | "retrying") { form.inline method="post" action={ (to) "/retry" } data-key="s" {
                (hidden(visitor, query, next)) button.primary { "Try again now" }
            } }
            @if state != "sending" { form.inline method="post" action={ (to) "/discard" } data-key="d" data-ask="Discard this message? It will not be sent." {
                (hidden(visitor, query, next)) button.danger { "Discard" }
            } }
        }
    }
}

fn editor(visitor: &Visitor, row: &Value, query: &str) -> Markup {
    if !matches!(text(&row["state"]), "review" | "held" | "dead") {
        return html! {};
    }
    let parts = row["content"]["parts"].as_object();
    let texts =
        parts.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let texts: Vec<_> = texts.filter(|(name, _)| !FIXED.contains(name)).collect();
    html! {
        details data-key="e" {
            summary { "Edit" }
            form method="post" action={ "/outbox/" (encoded(text(&row["row"]))) "/edit" } {
                (hidden(visitor, query, None))
                @for (name, value) in texts {
                    label { (name) @if name == "html" && is_mjml(value) { " (MJML)" }
                        // The first line end behind the tag is not part of the text.
                        @if LONG.contains(&name) || value.contains('\n') { textarea name={ "part." (name) } rows="12" { "\n" (value) } }
                        @else { input name={ "part." (name) } value=(value); }
                    }
                }
                button.primary { "Keep the changes" }
            }
        }
    }
}
