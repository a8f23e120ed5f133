//! Access tokens: one for each connector, asked for once however many wait, renewed before they end.
//!
//! In: a connector's OAuth, secrets. Out: a [`Token`] that holds, or why there is none. Invariant: of several attempts
//! that need a token at the same time one asks; a refresh token that takes another's place is handed out to be kept
//! before it is used, and is used from memory where it could not be kept.

use super::super::attempt::Fault;
use super::super::call::Unready;
use super::super::oauth::{self, NoToken, Token};
use super::super::secret::{NoSecret, Secret, Secrets};
use super::Client;
use crate::plan::OAuth;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Shared};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A token is renewed so long before its end.
const AHEAD: Duration = Duration::from_secs(60);

/// A token in use.
#[derive(Debug)]
struct Held {
    token: Arc<Token>,
    until: Option<Instant>,
}

/// The token of one connector; locked while one is asked for.
type Place = Arc<Mutex<Option<Held>>>;

/// The tokens of all connectors.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    held: Arc<Shared<BTreeMap<Arc<str>, Place>>>,
    rotated: Arc<Rotated>,
}

/// Refresh tokens that services put in the place of those that were set.
#[derive(Debug, Default)]
struct Rotated {
    /// By the name of the secret: (the one that was set, the one that holds).
    tokens: Shared<BTreeMap<Arc<str>, (Secret, Secret)>>,
    warnings: Shared<Vec<String>>,
}

/// Secrets as they are set, but for those that were replaced since.
struct Current<'a> {
    set: &'a dyn Secrets,
    rotated: &'a Rotated,
}

impl Secrets for Current<'_> {
    fn secret(&self, name: &str) -> Result<Secret, NoSecret> {
        let set = self.set.secret(name)?;
        // Once somebody sets another one, that one holds.
        let known = locked(&self.rotated.tokens).get(name).filter(|(old, _)| *old == set).cloned();
        Ok(known.map_or(set, |(_, new)| new))
    }

    fn rotated(&self, name: &str, new: &Secret) -> Result<(), String> {
        let kept = self.set.rotated(name, new);
        if let Ok(set) = self.set.secret(name) {
            locked(&self.rotated.tokens).insert(name.into(), (set, new.clone()));
        }
        kept
    }
}

fn locked<T>(of: &Shared<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What a token is asked for with.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub connector: &'a Arc<str>,
    pub oauth: &'a OAuth,
    pub secrets: &'a dyn Secrets,
    pub client: &'a Client,
}

impl Tokens {
    fn place(&self, connector: &Arc<str>) -> Place {
        Arc::clone(locked(&self.held).entry(Arc::clone(connector)).or_default())
    }

    /// What people have to know of tokens that could not be kept, once.
    pub fn warnings(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.rotated.warnings))
    }

    /// A token that holds; not `stale`, which a service has just refused.
    pub async fn token(&self, ask: Asking<'_>, stale: Option<&Arc<Token>>) -> Result<Arc<Token>, NoToken> {
        let place = self.place(ask.connector);
        let mut held = place.lock().await;
        let refused = |token: &Arc<Token>| stale.is_some_and(|stale| Arc::ptr_eq(stale, token));
        let fresh =
            |held: &Held| held.until.is_none_or(|until| Instant::now() < until) && !refused(&held.token);
        if let Some(held) = held.as_ref().filter(|held| fresh(held)) {
            return Ok(Arc::clone(&held.token));
        }
        *held = None;
        let asked = Instant::now();
        let token = Arc::new(ask_for(ask, &self.rotated).await?);
        let until = token.lasts.map(|lasts| asked + lasts.saturating_sub(AHEAD.min(lasts / 2)));
        *held = Some(Held { token: Arc::clone(&token), until });
        Ok(token)
    }
}

async fn ask_for(ask: Asking<'_>, rotated: &Rotated) -> Result<Token, NoToken> {
    let none = |reason: String, passing| NoToken { reason: format!("no access token: {reason}"), passing };
    let secrets = Current { set: ask.secrets, rotated };
    let request = oauth::request(ask.oauth, ask.connector, &secrets);
    let request = request.map_err(|why: Unready| none(why.to_string(), true))?;
    let response = ask.client.send(&request).await.map_err(|fault| match fault {
        Fault::Refused(reason) => none(reason, false),
        Fault::Unreachable(reason) | Fault::Broken(reason) => none(reason, true),
    })?;
    let token = oauth::read(&response, &request.redactor)?;
    if let (Some(name), Some(new)) = (&ask.oauth.refresh_secret, &token.refresh)
        && secrets.secret(name).is_ok_and(|old| old != *new)
        && let Err(warning) = secrets.rotated(name, new)
    {
        locked(&rotated.warnings).push(warning);
    }
    Ok(token)
}
