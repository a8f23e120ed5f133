//! What comes back of e-mail: opens, clicks, unsubscribing, providers' webhooks, mail that comes in.
//!
//! In: requests of recipients, who show a signed token, and of services, which prove who they are. Out: inputs about
//! rows that have left. Invariants: nothing is taken without a token or a proof that holds; a link leads only to where
//! it led when the message left; only a POST unsubscribes. What was reported before is not journalled again.

mod report;
mod service;
mod track;

use super::state::State;
use crate::connect::Client;
use crate::connect::mail::Keys;
use crate::connect::mail::events::Seen;
use crate::connect::mail::settings::{BadSettings, MailSettings};
use crate::connect::secret::Secrets;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The longest message that is taken, in bytes: what mail servers take.
const LONGEST: usize = 25 << 20;

/// Its routes.
pub fn routes() -> Router<State> {
    Router::new()
        .route("/o/{token}", get(track::pixel))
        .route("/c/{token}", get(track::link))
        .route("/u/{token}", get(track::page).post(track::unsubscribe))
        .route("/hooks/mail/{service}", post(service::events))
        .route("/hooks/mail/inbound", post(service::message))
        .route("/hooks/mail/inbound/{service}", post(service::inbound))
        .layer(DefaultBodyLimit::max(LONGEST))
}

/// What all this needs besides the runtime.
pub struct Desk {
    settings: MailSettings,
    secrets: Arc<dyn Secrets>,
    client: Client,
    /// Tokens of Mailgun that were taken.
    seen: Mutex<Seen>,
    /// Certificates of SNS, by their addresses.
    certificates: Mutex<BTreeMap<String, Arc<[u8]>>>,
}

impl Desk {
    /// By the settings of mail.
    pub fn new(settings: MailSettings, secrets: Arc<dyn Secrets>, client: Client) -> Self {
        Self { settings, secrets, client, seen: Mutex::default(), certificates: Mutex::default() }
    }

    fn keys(&self) -> Result<Option<Keys>, BadSettings> {
        self.settings.keys(&*self.secrets)
    }
}
