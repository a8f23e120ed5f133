//! Who asks, and what they may.
//!
//! Keys are compared by their SHA-256, so the time that takes says nothing of the key.

use super::problem::Problem;
use super::state::State;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::Ordering;

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
        let refused = || {
            state.counts.unauthorized.fetch_add(1, Ordering::Relaxed);
            Problem::unauthorized("a bearer token is needed: `Authorization: Bearer TOKEN`")
        };
        let token = bearer(&parts.headers).ok_or_else(refused)?;
        if same(token, &state.keys.admin) {
            return Ok(Self { name: "admin".into(), role: Role::Admin });
        }
        let sum = HEXLOWER.encode(&Sha256::digest(token));
        let known = state.keys.tokens.iter().find(|known| same(&known.sha256, &sum));
        known.map(|known| Self { name: known.name.as_str().into(), role: known.role }).ok_or_else(refused)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The user name of Basic authorization: where client libraries put the write key.
pub fn basic_user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(rest.trim().as_bytes()).ok()?).ok()?;
    let user = decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user);
    Some(user.to_owned())
}
