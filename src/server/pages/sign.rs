//! Signing in and out, and the first user.

use super::fault::Fault;
use super::forms::{Fields, Form, fields};
use super::people::Refusal;
use super::shell;
use super::visitor::{GUEST, cookie, guest_cookie, is_ours, session, session_cookie};
use crate::server::accept::Peer;
use crate::server::auth::same;
use crate::server::keys::random;
use crate::server::problem::Problem;
use crate::server::state::State;
use axum::Router;
use axum::extract::{Query, Request, State as Shared};
use axum::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use std::time::Instant;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/signin", get(ask).post(take))
        .route("/signout", post(leave))
        .route("/setup", get(welcome).post(set_up))
}

#[derive(Deserialize)]
struct Back {
    to: Option<String>,
}

/// A page of this server; anything else leads to the first.
fn inside(to: &str) -> &str {
    let is_path = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n', '\t']);
    if is_path { to } else { "/" }
}

async fn ask(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Fault> {
    let to = back.to.unwrap_or_default();
    if session(&state, &headers).is_some() {
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, inside(&to).to_owned())]).into_response());
    }
    if state.people.setup().is_some() {
        return Ok(shell::bare("No one is here yet", nobody()).into_response());
    }
    guest(&headers, StatusCode::OK, |token| form(token, &to, "", None))
}

fn nobody() -> Markup {
    html! {
        div.alone {
            h1 { "No one is here yet" }
            p { "The first person comes in by the link that " code { "wf serve" } " printed when it started." }
        }
    }
}

/// A page with a form for those who have no session yet: its token is in a cookie too.
fn guest(
    headers: &HeaderMap,
    status: StatusCode,
    draw: impl FnOnce(&str) -> Markup,
) -> Result<Response, Fault> {
    let fine = |known: &&str| {
        known.len() == 43 && known.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let token = match cookie(headers, GUEST).filter(fine) {
        Some(known) => known.to_owned(),
        None => random().map_err(|error| Problem::internal(error.to_string()))?,
    };
    let page = shell::bare("Sign in", draw(&token));
    Ok((status, [(SET_COOKIE, guest_cookie(headers, &token))], page).into_response())
}

fn form(token: &str, to: &str, name: &str, wrong: Option<&str>) -> Markup {
    html! {
        form.alone.card method="post" action="/signin" {
            (shell::logo())
            h1 { "Sign in" }
            @if let Some(wrong) = wrong { p.flash.is-bad role="alert" { (wrong) } }
            input type="hidden" name="token" value=(token);
            input type="hidden" name="to" value=(to);
            label { "Name" input name="name" value=(name) autocomplete="username" required autofocus[name.is_empty()]; }
            label { "Password" input type="password" name="password" autocomplete="current-password" required autofocus[!name.is_empty()]; }
            button.primary { "Sign in" }
        }
    }
}

/// Whether a form of someone without a session is from a page of ours.
fn checked(headers: &HeaderMap, fields: &Fields) -> Result<(), Fault> {
    let known = cookie(headers, GUEST).filter(|known| !known.is_empty());
    if is_ours(headers) && known.is_some_and(|known| same(known, fields.get("token"))) {
        return Ok(());
    }
    Err(Problem::forbidden("this form is not of this browser: load the page again, and allow cookies").into())
}

async fn take(Shared(state): Shared<State>, headers: HeaderMap, request: Request) -> Result<Response, Fault> {
    let client = request.extensions().get::<Peer>().map(|peer| peer.client(&headers));
    let fields = fields(request).await?;
    checked(&headers, &fields)?;
    let (name, to) = (fields.get("name"), fields.get("to"));
    // Who guesses keys and who guesses passwords is one: an address that did so too often is not heard.
    let most = state.limits.borrow().wrong_keys;
    let wait = client.and_then(|client| state.wrong_keys.wait(client, most, Instant::now()));
    let signed_in = match wait {
        Some(wait) => Err(Refusal::Wait(wait.as_secs() + 1)),
        None => state.people.sign_in(name, fields.get("password")).await,
    };
    if let (Err(Refusal::Unfit(_)), Some(client)) = (&signed_in, client) {
        state.wrong_keys.add(client, Instant::now());
    }
    match signed_in {
        Ok(id) => Ok(entered(&headers, &id, inside(to))),
        Err(refusal) => refused(&headers, refusal, |token, why| form(token, to, name, Some(why))),
    }
}

/// Into the pages, with a new session; what was before is over.
fn entered(headers: &HeaderMap, id: &str, to: &str) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, to.to_owned())]).into_response();
    for cookie in [session_cookie(headers, id), guest_cookie(headers, "")] {
        if let Ok(value) = cookie.parse() {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}

fn refused(
    headers: &HeaderMap,
    refusal: Refusal,
    draw: impl FnOnce(&str, &str) -> Markup,
) -> Result<Response, Fault> {
    match refusal {
        Refusal::Fault(why) => Err(Problem::internal(why).into()),
        Refusal::Unfit(why) => guest(headers, StatusCode::UNPROCESSABLE_ENTITY, |token| draw(token, &why)),
        Refusal::Wait(seconds) => {
            let why = format!("too many wrong tries: try again in {seconds} s");
            let mut page = guest(headers, StatusCode::TOO_MANY_REQUESTS, |token| draw(token, &why))?;
            page.headers_mut().insert(RETRY_AFTER, seconds.into());
            Ok(page)
        }
    }
}

async fn leave(Shared(state): Shared<State>, headers: HeaderMap, form: Form) -> Response {
    state.people.sign_out(&form.visitor.id);
    let gone = session_cookie(&headers, "");
    (StatusCode::SEE_OTHER, [(LOCATION, "/signin".to_owned()), (SET_COOKIE, gone)]).into_response()
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    token: String,
}

async fn welcome(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Query(link): Query<Link>,
) -> Result<Response, Fault> {
    if !state.people.may_set_up(&link.token) {
        return Err(
            Problem::missing("this link has been used, or is not the one that `wf serve` printed").into()
        );
    }
    guest(&headers, StatusCode::OK, |token| first(token, &link.token, "", None))
}

fn first(token: &str, link: &str, name: &str, wrong: Option<&str>) -> Markup {
    let shortest = super::users::SHORTEST;
    html! {
        form.alone.card method="post" action="/setup" {
            (shell::logo())
            h1 { "Welcome to Wayfare" }
            p.quiet { "You are the first: you will be able to do everything, and to let others in." }
            @if let Some(wrong) = wrong { p.flash.is-bad role="alert" { (wrong) } }
            input type="hidden" name="token" value=(token);
            input type="hidden" name="link" value=(link);
            label { "Your name" input name="name" value=(name) autocomplete="username" required autofocus; }
            label { "A password, at least " (shortest) " characters" input type="password" name="password" minlength=(shortest) autocomplete="new-password" required; }
            button.primary { "Begin" }
        }
    }
}

async fn set_up(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let fields = fields(request).await?;
    checked(&headers, &fields)?;
    let (link, name) = (fields.get("link"), fields.get("name"));
    match state.people.set_up(link, name, fields.get("password")).await {
        Ok(id) => Ok(entered(&headers, &id, "/")),
        Err(refusal) => refused(&headers, refusal, |token, why| first(token, link, name, Some(why))),
    }
}
