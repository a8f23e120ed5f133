//! Who asks, and what they may.
//!
//! Keys are compared by their SHA-256, so the time that takes says nothing of the key.

use super::accept::Peer;
use super::problem::Problem;
use super::state::State;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// What a token allows; each allows what stands before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// To look.
    Read,
    /// To work with what waits, to enrol and take out, to disable and enable.
    Operate,
    /// To deploy, and to see to keys and users.
    Admin,
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// As it stands in the journal.
    pub name: Arc<str>,
    /// What they may.
    pub role: Role,
}

impl Actor {
    /// Whether they may that.
    pub fn may(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        let word = serde_json::to_value(role).ok().and_then(|word| word.as_str().map(str::to_owned));
        Err(Problem::forbidden(format!("this needs the role `{}`", word.unwrap_or_default())))
    }
}

/// Whether two keys are the same.
pub fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

impl FromRequestParts<State> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        if let Some(actor) = parts.extensions.get::<Self>() {
            return Ok(actor.clone());
        }
        let client = parts.extensions.get::<Peer>().map(|peer| peer.client(&parts.headers));
        let guess = Guess::new(state, client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))?;
        let needed = "a bearer token is needed: `Authorization: Bearer TOKEN`";
        let Some(token) = bearer(&parts.headers) else { return Err(guess.missing(needed)) };
        let keys = state.keys.get();
        if same(token, &keys.admin) {
            return Ok(Self { name: "admin".into(), role: Role::Admin });
        }
        let sum = HEXLOWER.encode(&Sha256::digest(token));
        let known = keys.tokens.iter().find(|known| same(&known.sha256, &sum));
        let known = known.map(|known| Self { name: known.name.as_str().into(), role: known.role });
        known.ok_or_else(|| guess.wrong(needed))
    }
}

/// A key that somebody shows: right, or counted.
struct Guess<'s> {
    state: &'s State,
    client: IpAddr,
}

impl<'s> Guess<'s> {
    /// The error: that address showed too many wrong ones, and is not told whether this one is right.
    fn new(state: &'s State, client: IpAddr) -> Result<Self, Problem> {
        let most = state.limits.borrow().wrong_keys;
        match state.wrong_keys.wait(client, most, Instant::now()) {
            None => Ok(Self { state, client }),
            Some(wait) => Err(Problem::too_many("too many wrong keys came from here", wait.as_secs() + 1)),
        }
    }

    fn missing(&self, detail: &str) -> Problem {
        self.state.counts.unauthorized.fetch_add(1, Ordering::Relaxed);
        Problem::unauthorized(detail)
    }

    fn wrong(&self, detail: &str) -> Problem {
        self.state.wrong_keys.add(self.client, Instant::now());
        self.missing(detail)
    }
}

/// What the head of a request says of the write key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteKey {
    /// It is there and right.
    Shown,
    /// It is to be found in the body.
    InBody,
}

const WRITE_KEY: &str = "the write key is wrong or missing";

/// Looks for the write key before the body is read.
pub fn write_key(state: &State, peer: &Peer, headers: &HeaderMap) -> Result<WriteKey, Problem> {
    let guess = Guess::new(state, peer.client(headers))?;
    match basic_user(headers).filter(|key| !key.is_empty()) {
        None => Ok(WriteKey::InBody),
        Some(key) if same(&key, &state.keys.get().write) => Ok(WriteKey::Shown),
        Some(_) => Err(guess.wrong(WRITE_KEY)),
    }
}

/// Looks at the write key that a body holds.
pub fn write_key_in_body(
    state: &State,
    peer: &Peer,
    headers: &HeaderMap,
    key: Option<&str>,
) -> Result<(), Problem> {
    let guess = Guess::new(state, peer.client(headers))?;
    match key {
        Some(key) if same(key, &state.keys.get().write) => Ok(()),
        Some(_) => Err(guess.wrong(WRITE_KEY)),
        None => Err(guess.missing(WRITE_KEY)),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The user name of Basic authorization: where client libraries put the write key.
fn basic_user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(rest.trim().as_bytes()).ok()?).ok()?;
    let user = decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user);
    Some(user.to_owned())
}
