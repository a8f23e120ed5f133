//! What mail services tell: events, and mail that they receive for us.

use super::super::problem::Problem;
use super::super::state::State;
use super::Desk;
use super::report::take;
use crate::base::Instant;
use crate::connect::mail::events::{self, Envelope, Hook, Notice, Refused, has_credentials};
use crate::connect::mail::inbound::{Received, mail_of_hook, received};
use crate::connect::redact::Redactor;
use crate::connect::{Request, Response};
use crate::plan::Method;
use crate::runtime::{Clock, RealClock};
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use url::Url;

type Answer = Result<StatusCode, Problem>;

/// Certificates that are kept at most.
const CERTIFICATES: usize = 16;

fn refused(why: Refused) -> Problem {
    match why {
        Refused::Unproven(_) | Refused::Stale => Problem::unauthorized(why.to_string()),
        Refused::Replayed | Refused::Malformed(_) => Problem::bad(why.to_string()),
    }
}

fn desk(state: &State) -> Result<Arc<Desk>, Problem> {
    let desk = Option::clone(&*state.mail.get());
    desk.ok_or_else(|| Problem::missing("server.toml has no `[mail]`"))
}

fn named(headers: &HeaderMap) -> Vec<(&str, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

fn internal(error: impl ToString) -> Problem {
    Problem::internal(error.to_string())
}

/// What proves that something comes from a service.
fn proof(desk: &Desk, service: &str) -> Result<events::Proof, Problem> {
    desk.settings.proof(service, &*desk.secrets).map_err(internal)?.ok_or_else(|| {
        let why = "`mail.webhooks` in server.toml has nothing that proves what comes from";
        Problem::missing(format!("{why} `{service}`"))
    })
}

/// `POST /hooks/mail/SERVICE`
pub(super) async fn events(
    Shared(state): Shared<State>,
    Path(service): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let desk = &desk(&state)?;
    let named = named(&headers);
    let hook = Hook { headers: &named, body: &body };
    if service == "ses" {
        return ses(&state, desk, &hook).await;
    }
    let proof = proof(desk, &service)?;
    // Signatures are as old as real clocks say, also where time passes faster.
    let now = RealClock.now();
    let found = {
        let mut seen = desk.seen.lock().unwrap_or_else(PoisonError::into_inner);
        events::events(&proof, &hook, now, &mut seen)
    };
    let found = match found {
        Err(Refused::Replayed) => return Ok(StatusCode::OK),
        found => found.map_err(refused)?,
    };
    let tokens: Vec<String> = found.iter().filter_map(|event| event.id.clone()).collect();
    take(&state.handle, &service, found).await?;
    if service == "mailgun" {
        let mut seen = desk.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for token in &tokens {
            seen.take(token, now);
        }
    }
    Ok(StatusCode::OK)
}

/// SES speaks through SNS: its certificate is fetched from Amazon, and its subscriptions are confirmed.
async fn ses(state: &State, desk: &Arc<Desk>, hook: &Hook<'_>) -> Answer {
    let envelope = Envelope::read(hook, &desk.settings.webhooks.sns_topics).map_err(refused)?;
    let url = envelope.certificate_url().map_err(refused)?;
    let certificate = certificate(desk, url).await?;
    let now = RealClock.now();
    envelope.verify(&certificate, now).map_err(refused)?;
    match envelope.notice().map_err(refused)? {
        Notice::Events(events) => take(&state.handle, "ses", events).await?,
        Notice::Mail(raw) => came(state, desk, (&raw, &[], None), now).await?,
        Notice::Confirm(url) => drop(fetch(desk, &url).await?),
        Notice::Nothing => {}
    }
    Ok(StatusCode::OK)
}

async fn certificate(desk: &Desk, url: String) -> Result<Arc<[u8]>, Problem> {
    let known = desk.certificates.lock().unwrap_or_else(PoisonError::into_inner).get(&url).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let fetched: Arc<[u8]> = fetch(desk, &url).await?.text().as_bytes().into();
    let mut kept = desk.certificates.lock().unwrap_or_else(PoisonError::into_inner);
    while kept.len() >= CERTIFICATES {
        kept.pop_first();
    }
    kept.insert(url, Arc::clone(&fetched));
    Ok(fetched)
}

/// A page of Amazon's. What can't be fetched now is asked for again when the service sends again.
async fn fetch(desk: &Desk, url: &str) -> Result<Response, Problem> {
    let again = |why: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("Amazon's page: {why}"));
    let request = Request {
        method: Method::Get,
        url: Url::parse(url).map_err(|_| again("it has no address"))?,
        headers: Vec::new(),
        body: None,
        connector: "ses".into(),
        timeout: Duration::from_secs(10),
        confidential: false,
        redactor: Redactor::default(),
    };
    match desk.client.send(&request).await {
        Ok(response) if response.status() == 200 => Ok(response),
        Ok(response) => Err(again(&format!("it answered {}", response.status()))),
        Err(_) => Err(again("it can't be fetched")),
    }
}

/// `POST /hooks/mail/inbound/SERVICE`: mail that a service receives for us.
pub(super) async fn inbound(
    Shared(state): Shared<State>,
    Path(service): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let desk = &desk(&state)?;
    let named = named(&headers);
    let hook = Hook { headers: &named, body: &body };
    let credentials = desk.settings.webhooks.inbound_credentials.as_deref();
    let credentials = credentials.map(|name| desk.secrets.secret(name)).transpose().map_err(internal)?;
    let proof = proof(desk, &service)?;
    let now = RealClock.now();
    let seen = desk.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mail = match mail_of_hook(&proof, credentials.as_ref(), &hook, now, &seen) {
        Err(Refused::Replayed) => return Ok(StatusCode::OK),
        mail => mail.map_err(refused)?,
    };
    let to: Vec<&str> = mail.to.iter().map(String::as_str).collect();
    came(&state, desk, (&mail.raw, &to, mail.from.as_deref()), now).await?;
    Ok(StatusCode::OK)
}

/// The envelope of a message that our own mail server hands on.
#[derive(Deserialize)]
pub(super) struct Envelopes {
    to: Option<String>,
    from: Option<String>,
}

/// `POST /hooks/mail/inbound?to=…&from=…`: a whole message (RFC 5322) from our own mail server, with Basic credentials.
pub(super) async fn message(
    Shared(state): Shared<State>,
    Query(envelope): Query<Envelopes>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let desk = &desk(&state)?;
    let Some(name) = desk.settings.webhooks.inbound_credentials.as_deref() else {
        return Err(Problem::missing("`mail.webhooks.inbound_credentials` is not set in server.toml"));
    };
    let credentials = desk.secrets.secret(name).map_err(internal)?;
    let named = named(&headers);
    if !has_credentials(&Hook { headers: &named, body: &body }, &credentials) {
        return Err(Problem::unauthorized("user and password are not those of the settings"));
    }
    let to: Vec<&str> = envelope.to.iter().flat_map(|to| to.split(',')).collect();
    came(&state, desk, (&body, &to, envelope.from.as_deref()), RealClock.now()).await?;
    Ok(StatusCode::OK)
}

async fn came(
    state: &State,
    desk: &Desk,
    (raw, to, from): (&[u8], &[&str], Option<&str>),
    now: Instant,
) -> Result<(), Problem> {
    let Some(keys) = desk.keys().map_err(internal)? else {
        return Err(Problem::missing("`mail.signing_keys` in server.toml names no key"));
    };
    match received(raw, to, from, &keys, now) {
        Received::Events(events) => Ok(take(&state.handle, "inbound", events).await?),
        Received::Ignored(why) => {
            tracing::debug!(why, "mail that came in was passed over");
            Ok(())
        }
    }
}
