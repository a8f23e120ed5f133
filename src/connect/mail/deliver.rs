//! One attempt to hand a message to a service that is not a declared action: Amazon SES, and drafts in Gmail.
//!
//! In: a composed message. Out: an [`Outcome`]. Not here: the requests and what their answers mean (`ses`, `gmail`),
//! order, limits of rate, trying again later.

use super::address::Address;
use super::compose::Composed;
use super::gmail::{self, Google, Grants};
use super::outcome::of_fault;
use super::ses::{self, Ses};
use crate::base::Instant;
use crate::connect::oauth::Token;
use crate::connect::{Client, Connections, Outcome, Request, Response};
use std::sync::Arc;

/// Hands a message to Amazon SES.
pub async fn through_ses(client: &Client, ses: &Ses, message: &Composed, key: &str, now: Instant) -> Outcome {
    let Some(request) = ses::request(ses, message, key, now) else {
        return Outcome::Fail {
            reason: "the address of Amazon SES can't be made of the settings".into(),
            response: None,
        };
    };
    let came = client.send(&request).await;
    ses::judge(came.as_ref().map_err(Clone::clone), &request.redactor)
}

/// A draft to be left in the sender's own mailbox.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// Whose mailbox.
    pub sender: &'a Address,
    /// The message.
    pub message: &'a Composed,
    /// Gmail's id of the thread that it goes on with.
    pub thread: Option<&'a str>,
    /// An earlier attempt may have left it: look for it first.
    pub perhaps_there: bool,
}

/// Leaves a draft. The secrets of the connections have to be [`Grants`].
pub async fn into_gmail(connections: &Connections, google: &Google, draft: Draft<'_>) -> Outcome {
    let name: Arc<str> = Grants::name(draft.sender).into();
    let oauth = google.oauth(&name);
    let mut stale = None;
    loop {
        let token = match connections.access(&name, &oauth, stale.as_ref()).await {
            Ok(token) => token,
            // Nobody gets a sender's permission back but the sender.
            Err(none) => {
                let reason = format!("{} (`wf connect gmail {}` lets Wayfare in)", none.reason, draft.sender);
                return Outcome::Retry { reason, after: None, response: None, maybe_delivered: false };
            }
        };
        match once(connections.client(), google, &token, draft).await {
            // A token that Google has had enough of: once more, with another.
            Outcome::Retry { response: Some(shown), .. } if shown.status == 401 && stale.is_none() => {
                stale = Some(token);
            }
            outcome => return outcome,
        }
    }
}

async fn once(client: &Client, google: &Google, token: &Token, draft: Draft<'_>) -> Outcome {
    if draft.perhaps_there {
        let Some(search) = gmail::search(&google.api, token, &draft.message.message_id) else {
            return nowhere();
        };
        match asked(client, &search).await {
            Ok(response) if response.status() == 200 => {
                if let Some(found) = gmail::found(&response, &search.redactor) {
                    return found;
                }
            }
            Ok(response) => return gmail::judge(Ok(&response), &search.redactor),
            // Nothing was written, so nothing more can be there than before.
            Err(outcome) => return outcome,
        }
    }
    let Some(request) = gmail::draft(&google.api, token, draft.message, draft.thread) else {
        return nowhere();
    };
    let came = client.send(&request).await;
    gmail::judge(came.as_ref().map_err(Clone::clone), &request.redactor)
}

async fn asked(client: &Client, request: &Request) -> Result<Response, Outcome> {
    client.send(request).await.map_err(of_fault)
}

fn nowhere() -> Outcome {
    Outcome::Fail { reason: "the address of Gmail can't be made of the settings".into(), response: None }
}
