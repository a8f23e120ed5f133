//! What comes in: everything that can change the world, in the order in which it was taken.
//!
//! An input is independent of any plan: traits and properties are JSON as received, so that a journal of inputs can be
//! replayed through another version of the workflows. Made by `ingest`, by tests, by people and by delivery.

use super::effect::Answer;
use super::outbox::{Report, RowId, Suppression};
use crate::base::Instant;
use crate::plan::{MailEvent, Subject};
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One input. `at` never goes back (semantics S7.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Input {
    /// Its place in time.
    pub at: Instant,
    /// What it is.
    pub kind: InputKind,
}

/// A JSON object as received, checked to be one.
pub type Json = Arc<str>;

/// What an input is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum InputKind {
    /// Time passes.
    Tick,
    /// Traits of an account; `contact` becomes a member.
    Group {
        /// Its id.
        account: Arc<str>,
        /// Who is in it.
        contact: Option<Arc<str>>,
        /// An object.
        traits: Json,
        /// The message's own time, at most `at`.
        time: Instant,
    },
    /// Traits of a contact; it becomes a member of `account`.
    Identify {
        /// Its id.
        contact: Arc<str>,
        /// What it is in.
        account: Option<Arc<str>>,
        /// An object.
        traits: Json,
        /// The message's own time, at most `at`.
        time: Instant,
    },
    /// An event of a contact, of an account, or of both.
    Track {
        /// Who did it.
        contact: Option<Arc<str>>,
        /// In which account.
        account: Option<Arc<str>>,
        /// Its name.
        event: Arc<str>,
        /// An object.
        properties: Json,
        /// The message's own time, at most `at`.
        time: Instant,
    },
    /// A person enrols an entity.
    Enrol {
        /// Account or contact.
        subject: Subject,
        /// Its id; it is created if it is not known.
        id: Arc<str>,
        /// The workflow's name.
        workflow: Arc<str>,
    },
    /// A person takes an entity out.
    TakeOut {
        /// Account or contact.
        subject: Subject,
        /// Its id.
        id: Arc<str>,
        /// The workflow's name.
        workflow: Arc<str>,
    },
    /// Something happened to a message.
    Mail {
        /// The contact that it went to.
        contact: Arc<str>,
        /// The template's name.
        template: Arc<str>,
        /// What.
        what: MailEvent,
    },
    /// A person disables a workflow, until it is enabled by hand.
    Disable {
        /// Its name.
        workflow: Arc<str>,
    },
    /// A person enables a workflow again that was disabled by hand.
    Enable {
        /// Its name.
        workflow: Arc<str>,
        /// Whether those whose wait ended meanwhile go on; else they leave.
        resume: bool,
    },
    /// Something about a row of the outbox.
    Row {
        /// Which.
        row: RowId,
        /// What.
        what: RowInput,
        /// Who; empty: the machine.
        by: Arc<str>,
    },
    /// Nothing more goes to an address, or (without a reason) it may again.
    Suppress {
        /// The e-mail address.
        address: Arc<str>,
        /// Why.
        why: Option<Suppression>,
        /// Who said so; empty: the machine.
        by: Arc<str>,
    },
    /// An entity is gone (`Account Deleted`).
    Delete {
        /// Account or contact.
        subject: Subject,
        /// Its id.
        id: Arc<str>,
    },
    /// Two ids are one person: what is known of the former is the contact's from now on.
    Alias {
        /// The former id; from now on it leads to the contact.
        previous: Arc<str>,
        /// The contact.
        contact: Arc<str>,
    },
}

/// What people and delivery do with a row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RowInput {
    /// An attempt begins, if nothing speaks against it.
    Attempt,
    /// The attempt succeeded.
    Succeeded {
        /// What the receiver calls it.
        reference: Option<Arc<str>>,
        /// Values kept from the answer, by name.
        kept: Vec<(Arc<str>, Value)>,
        /// The answer.
        answer: Option<Arc<Answer>>,
    },
    /// The attempt failed.
    Failed {
        /// Why.
        reason: Arc<str>,
        /// Whether trying again may help.
        again: bool,
        /// How long the receiver asks to wait, in milliseconds.
        after: Option<i64>,
        /// The answer, if there was one.
        answer: Option<Arc<Answer>>,
    },
    /// Other content.
    Edit(Vec<(Arc<str>, Value)>),
    /// Let it go; `anyway`: whatever speaks against it.
    Send {
        /// Whatever speaks against it.
        anyway: bool,
    },
    /// Throw it away.
    Discard,
    /// Try a dead letter again.
    Retry,
    /// Something is reported of a message that has left.
    Report {
        /// What.
        what: Report,
        /// When it happened, at most `at`.
        time: Instant,
        /// What more is known: the link that was followed, the reason of a bounce.
        detail: Arc<str>,
    },
}
