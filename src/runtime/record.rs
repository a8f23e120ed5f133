//! What a body of the journal says.
//!
//! The first byte is the version; the rest is postcard. `at` is the journal's and not in it.

use super::posted::Posted;
use crate::base::Instant;
use crate::engine::migrate::{Backfill, Options};
use crate::engine::{InputKind, RowInput};
use crate::project::Bundle;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The version of what a body says.
const VERSION: u8 = 2;

/// Something that changes the world.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Who wants it; empty: the machine.
    pub by: Arc<str>,
    /// The id of the message, if it has one: it is taken once.
    pub id: Option<Arc<str>>,
    /// What.
    pub what: What,
}

/// What a record says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum What {
    /// An input of the engine. Its own time is the sender's, and may be later than the record's.
    Input(InputKind),
    /// A message that is about to leave.
    Posted(Box<Posted>),
    /// Other workflows.
    Deploy(Box<Deploy>),
    /// A message that was refused for what it is: it changes nothing but the list of rejects.
    Refused(Box<RefusedMessage>),
}

/// A message that was refused, as far as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedMessage {
    /// Its id, if it could be read.
    pub message: Option<Arc<str>>,
    /// Its beginning: at most [`EXCERPT`] characters.
    pub text: Arc<str>,
    /// Why.
    pub reason: Arc<str>,
}

/// How much is kept of a message that was refused, in characters: enough to find who sent it, and no more, since nobody knows
/// what is in it.
pub const EXCERPT: usize = 500;

/// A deploy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deploy {
    /// The project's files.
    pub bundle: Bundle,
    /// Workflows whose triggers fire for present members.
    pub backfill: Vec<Arc<str>>,
    /// Workflows that are enabled, with those going on whose wait ended meanwhile.
    pub resume: Vec<Arc<str>>,
    /// Why, in the words of who deploys.
    pub note: String,
}

impl Deploy {
    /// What is asked of the engine.
    pub fn options(&self) -> Options {
        Options {
            backfill: self.backfill.iter().map(|name| (Arc::clone(name), Backfill::Now)).collect(),
            resume: self.resume.iter().cloned().collect(),
        }
    }
}

impl Record {
    /// Of the machine.
    pub fn machine(kind: InputKind) -> Self {
        Self { by: "".into(), id: None, what: What::Input(kind) }
    }

    /// A person's.
    pub fn person(by: impl Into<Arc<str>>, kind: InputKind) -> Self {
        Self { by: by.into(), id: None, what: What::Input(kind) }
    }

    /// A message that was refused. It has no id of its own: mended and sent again under the same it is taken.
    pub fn refused(message: Option<Arc<str>>, text: &str, reason: &str) -> Self {
        let text: String = text.chars().take(EXCERPT).collect();
        let refused = RefusedMessage { message, text: text.into(), reason: reason.into() };
        Self { by: "".into(), id: None, what: What::Refused(Box::new(refused)) }
    }

    /// A message of that id.
    pub fn message(id: Arc<str>, kind: InputKind) -> Self {
        Self { by: "".into(), id: Some(id), what: What::Input(kind) }
    }

    /// As it goes into the journal.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_extend(self, vec![VERSION])
    }

    /// As it was put there; the error says what is wrong with it.
    pub fn decode(body: &[u8]) -> Result<Self, String> {
        match body.split_first() {
            Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|error| error.to_string()),
            Some((version, _)) => Err(format!("it has version {version}, and this `wf` knows {VERSION}")),
            None => Err("it is empty".into()),
        }
    }
}

/// An input whose own time is at most that of its record (semantics S7.1).
pub(super) fn clamp(kind: InputKind, at: Instant) -> InputKind {
    match kind {
        InputKind::Group { account, contact, traits, time } => {
            InputKind::Group { account, contact, traits, time: time.min(at) }
        }
        InputKind::Identify { contact, account, traits, time } => {
            InputKind::Identify { contact, account, traits, time: time.min(at) }
        }
        InputKind::Track { contact, account, event, properties, time } => {
            InputKind::Track { contact, account, event, properties, time: time.min(at) }
        }
        InputKind::Row { row, what: RowInput::Report { what, time, detail }, by } => {
            InputKind::Row { row, what: RowInput::Report { what, time: time.min(at), detail }, by }
        }
        other => other,
    }
}
