//! Pages for people: what the management API answers, drawn, and its changes behind forms.
//!
//! In: requests of browsers with a session. Out: HTML that is complete without scripts. Invariants: whatever comes from a
//! project, a message or a person is inert text; no page has a script or a style of its own, so the policy needs no
//! `unsafe-inline`; whatever changes something is a POST with the session's token. Not here: what the numbers mean
//! (`stats`), what is allowed (each call of the API asks its `Actor` again).
//! Tests: tests/it/pages, and in a browser tests/it/browser (feature `browser`).

#![allow(
    clippy::indexing_slicing,
    reason = "what is indexed is a value of JSON, which gives null for what it has not"
)]

mod assets;
mod code;
mod customers;
mod deploys;
mod fault;
mod forms;
mod live;
mod log;
mod outbox;
mod people;
mod rejects;
mod report;
mod sessions;
mod settings;
mod shell;
mod sign;
mod throttle;
mod users;
mod view;
mod visitor;
mod workflow;
mod workflows;

pub use people::People;
pub use users::UsersError;

use super::state::State;
use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::Response;

/// What a page may load and where it may send: nothing but what this server has, and nothing inside the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Its routes.
pub fn routes() -> Router<State> {
    Router::new()
        .merge(sign::routes())
        .merge(workflows::routes())
        .merge(workflow::routes())
        .merge(log::routes())
        .merge(outbox::routes())
        .merge(customers::routes())
        .merge(deploys::routes())
        .merge(rejects::routes())
        .merge(report::routes())
        .merge(settings::routes())
        .merge(assets::routes())
        .layer(middleware::from_fn(guarded))
}

/// Adds what keeps a browser from doing more than it is told; a response that says more of itself keeps that.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "same-origin");
    set(CACHE_CONTROL, "no-store");
    response
}
