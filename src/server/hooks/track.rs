//! What recipients ask for: the pixel, a link, the page for unsubscribing.

use super::super::problem::Problem;
use super::super::state::State;
use super::report::{posted, report, unsubscribe as no_more};
use crate::connect::mail::{Hit, PIXEL, Purpose, Visitor, classify};
use crate::engine::outbox::Report;
use crate::runtime::Posted;
use axum::extract::{Path, State as Shared};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The same to known and unknown tokens alike.
pub(super) async fn pixel(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    // Whoever reads a mail gets its picture, whatever becomes of the count.
    if let Ok(Some((Purpose::Open, posted))) = find(&state, &token).await {
        let _uncounted = hit(&state, &posted, (&method, &headers), None).await;
    }
    ([(CONTENT_TYPE, "image/gif"), (CACHE_CONTROL, "no-store, private")], PIXEL).into_response()
}

/// Leads to where the link led when the message left, and nowhere else.
pub(super) async fn link(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some((Purpose::Click(place), posted)) = find(&state, &token).await? else { return Err(unknown()) };
    let Some(target) = posted.links.get(usize::from(place)) else { return Err(unknown()) };
    let _uncounted = hit(&state, &posted, (&method, &headers), Some(target)).await;
    let headers =
        [(LOCATION, target.as_str()), (CACHE_CONTROL, "no-store, private"), (REFERRER_POLICY, "no-referrer")];
    Ok((StatusCode::FOUND, headers).into_response())
}

fn unknown() -> Problem {
    Problem::missing("this link is not known here")
}

async fn find(state: &State, token: &str) -> Result<Option<(Purpose, Arc<Posted>)>, Problem> {
    let mail = state.mail.get();
    let Some(desk) = &*mail else { return Ok(None) };
    let keys = desk.keys().map_err(|error| Problem::internal(error.to_string()))?;
    let Some((purpose, key)) = keys.and_then(|keys| keys.read(token)) else { return Ok(None) };
    Ok(posted(&state.handle, key.to_string()).await?.map(|posted| (purpose, posted)))
}

/// Counts an open, or a click on a link.
async fn hit(
    state: &State,
    posted: &Arc<Posted>,
    (method, headers): (&Method, &HeaderMap),
    target: Option<&str>,
) -> Result<(), Problem> {
    let named = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let (headers, now) = (named.collect::<Vec<_>>(), state.handle.now());
    let since = now.0.saturating_sub(posted.at.0);
    // Opening at once is what people do who are at their mail.
    let since_sent = target.map(|_| since);
    let seen = classify(&Hit { method: method.as_str(), headers: &headers, since_sent, other_links: 0 });
    let what = match (seen, target) {
        (Visitor::Probe, _) => return Ok(()),
        (Visitor::Person, None) => Report::Opened,
        (Visitor::Person, Some(_)) => Report::Clicked,
        (Visitor::Machine(_), None) => Report::OpenedByMachine,
        (Visitor::Machine(_), Some(_)) => Report::ClickedByMachine,
    };
    Ok(report(&state.handle, posted, (what, now), (target.unwrap_or_default(), None)).await?)
}

/// Asks: scanners open every address, so looking changes nothing.
pub(super) async fn page(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    match find(&state, &token).await? {
        Some((Purpose::Unsubscribe, _)) => Ok(html(
            "Unsubscribe",
            "<p>Do you want no more e-mails like this one?</p>\
             <form method=\"post\"><button name=\"List-Unsubscribe\" value=\"One-Click\">Unsubscribe</button></form>",
        )),
        _ => Err(unknown()),
    }
}

/// The one click of RFC 8058, and the button of the page. The token says whose message it was; nothing else is needed.
pub(super) async fn unsubscribe(
    Shared(state): Shared<State>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    match find(&state, &token).await? {
        Some((Purpose::Unsubscribe, posted)) => {
            no_more(&state.handle, &posted).await?;
            Ok(html("Unsubscribed", "<p>You will get no more e-mails like that one.</p>"))
        }
        _ => Err(unknown()),
    }
}

fn html(title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; form-action 'self'; frame-ancestors 'none'"),
        (CACHE_CONTROL, "no-store, private"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, page).into_response()
}
