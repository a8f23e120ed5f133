//! Sending: one attempt at a call, with tokens, lookups and the request itself.
//!
//! In: a [`Call`] and the instant. Out: an [`Outcome`]. Safe to drop at any moment. Not here: what is sent (`request`),
//! what an answer means (`judge`), order, rates, trying again later (the runtime's).

mod client;
mod fault;
pub mod guard;
mod resolve;
mod tokens;

pub use client::{Client, MOST, NoClient, Settings, to_our_own};

use super::attempt::{Attempt, Step};
use super::call::Call;
use super::judge::Outcome;
use super::oauth::{NoToken, Token};
use super::request::{Request, With};
use super::secret::Secrets;
use crate::base::Instant;
use crate::plan::OAuth;
use std::sync::Arc;
use tokens::{Asking, Tokens};

/// Sends the calls of all connectors. Cheap to clone; connections and tokens are shared.
#[derive(Clone)]
pub struct Connections {
    client: Client,
    tokens: Tokens,
    secrets: Arc<dyn Secrets>,
}

impl Connections {
    /// Over a client, with secrets.
    pub fn new(client: Client, secrets: Arc<dyn Secrets>) -> Self {
        Self { client, tokens: Tokens::default(), secrets }
    }

    /// Makes one attempt at a call.
    pub async fn attempt(&self, call: Call<'_>, now: Instant) -> Outcome {
        self.attempt_seen(call, now, &mut |_| {}).await
    }

    /// The same; every request is shown before it is sent.
    pub async fn attempt_seen(
        &self,
        call: Call<'_>,
        now: Instant,
        see: &mut (dyn FnMut(&Request) + Send),
    ) -> Outcome {
        let mut attempt = Attempt::new(call);
        let mut token = match self.token(&attempt, call, None).await {
            Ok(token) => token,
            Err(none) => return no_token(none),
        };
        let mut renewed = false;
        loop {
            let with = With {
                secrets: &*self.secrets,
                token: token.as_deref(),
                at: now,
                bases: Some(self.client.bases()),
            };
            let request = match attempt.next(with) {
                Step::Send(request) => request,
                Step::Done(outcome) => return outcome,
            };
            see(&request);
            let came = self.client.send(&request).await;
            if token.is_some() && !renewed && came.as_ref().is_ok_and(|response| response.status() == 401) {
                renewed = true;
                token = match self.token(&attempt, call, token.as_ref()).await {
                    Ok(token) => token,
                    Err(none) => return no_token(none),
                };
                continue;
            }
            if let Some(outcome) =
                attempt.answered(came.as_ref().map_err(Clone::clone), &request.redactor, now)
            {
                return outcome;
            }
        }
    }

    /// What requests are sent over.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// An access token that holds, for whoever sends requests that are not declared; not `stale`, which a service has
    /// just refused.
    pub async fn access(
        &self,
        name: &Arc<str>,
        oauth: &OAuth,
        stale: Option<&Arc<Token>>,
    ) -> Result<Arc<Token>, NoToken> {
        let ask = Asking { connector: name, oauth, secrets: &*self.secrets, client: &self.client };
        self.tokens.token(ask, stale).await
    }

    /// What people have to know of refresh tokens that could not be kept, once.
    pub fn warnings(&self) -> Vec<String> {
        self.tokens.warnings()
    }

    async fn token(
        &self,
        attempt: &Attempt<'_>,
        call: Call<'_>,
        stale: Option<&Arc<Token>>,
    ) -> Result<Option<Arc<Token>>, NoToken> {
        let (Some(oauth), Some(connector)) = (attempt.oauth(), call.connector()) else { return Ok(None) };
        let (client, secrets) = (&self.client, &*self.secrets);
        let ask = Asking { connector: &connector.name, oauth, secrets, client };
        self.tokens.token(ask, stale).await.map(Some)
    }
}

fn no_token(none: NoToken) -> Outcome {
    let NoToken { reason, passing } = none;
    if passing {
        Outcome::Retry { reason, after: None, response: None, maybe_delivered: false }
    } else {
        Outcome::Fail { reason, response: None }
    }
}
