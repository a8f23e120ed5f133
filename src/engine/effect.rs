//! What comes out: the log of what happened, in order, and prepared actions.
//!
//! Both are plain data that name entities and workflows by index; `simulate` and the server put them into words.

use super::world::Eid;
use crate::base::Instant;
use crate::check::checked::Subject;
use crate::plan::ActionId;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One line of the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LogEntry {
    /// When.
    pub at: Instant,
    /// Of which workflow, if of one.
    pub workflow: Option<u32>,
    /// Of whom.
    pub entity: Eid,
    /// The number of the enrolment, from 1; 0: of none.
    pub number: u32,
    /// In which text of the workflow: see [`super::entity::Run::version`].
    pub version: u16,
    /// The step (an index of the steps of that text), if at one.
    pub step: Option<u32>,
    /// What happened.
    pub kind: LogKind,
    /// In the shadow: it would have happened (a draft).
    pub shadow: bool,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum LogKind {
    /// It came in, by this.
    Enrolled(Arc<str>),
    /// A firing did not enrol.
    NotEnrolled(NotEnrolled),
    /// It waits, until then at the latest ([`Instant::MAX`]: until something happens).
    Waiting(Instant),
    /// It did something.
    Action(Box<Prepared>),
    /// A step was passed over.
    Skipped(Skipped),
    /// Something could not be done.
    Failed(Arc<str>),
    /// It left before its end.
    Exited(Exited),
    /// It came to its end.
    Finished,
    /// It left as converted, by this condition.
    Goal(Arc<str>),
    /// A fact changed.
    Fact(Box<FactChange>),
}

/// Why a firing did not enrol (semantics S4.2 to S4.4).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum NotEnrolled {
    /// The workflow's `if` did not hold.
    OnlyIf,
    /// `once`, and it was in before.
    Once,
    /// It is in.
    AlreadyIn,
    /// The pause since its last start is not over.
    Pause(Instant),
    /// This exit holds already.
    ExitTrue(Arc<str>),
    /// This goal holds already.
    GoalTrue(Arc<str>),
    /// `in parallel by` had no value.
    NoKey,
    /// The workflow is disabled.
    Disabled,
    /// The workflow was removed.
    Removed,
}

/// Why a step was passed over.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Skipped {
    /// Its guard did not hold.
    Guard,
    /// Nobody to send to.
    NoRecipient,
    /// A limit was reached, for this contact or account.
    Limit(Arc<str>),
    /// Nobody is in the team.
    EmptyTeam,
    /// The date is past.
    Past,
    /// A chain of changes was too long: the names of the workflows in it.
    TooDeep(Arc<str>),
    /// It was passed before, in an earlier text of the workflow.
    Passed,
    /// It would have been done before the deploy that took the entity in.
    Backfill,
}

/// Why an enrolment ended before its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Exited {
    /// `exit when` of this text.
    When(Arc<str>),
    /// The step `exit`.
    Step,
    /// `else exit` of a wait.
    WaitElse,
    /// A new run took its place.
    Restarted,
    /// `stop "…"` of this workflow.
    Stopped(Arc<str>),
    /// By hand.
    ByHand,
    /// The entity was deleted.
    Deleted,
    /// The workflow's text changed.
    EditedAway,
    /// Its wait ended while the workflow was disabled.
    Disabled,
    /// It was in the shadow, and the workflow went live.
    WentLive,
    /// An action failed, and `on failure exit` stands there.
    Failed,
}

/// A fact that changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FactChange {
    /// `segment`, `stage`, `health`, or an attribute's name.
    pub name: Arc<str>,
    /// Before.
    pub from: Value,
    /// After.
    pub to: Value,
}

/// An action as prepared: everything that its delivery needs, and nothing that may still change.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Prepared {
    /// Its name, as in the text.
    pub name: Arc<str>,
    /// What delivers it; `None`: it changed the world and is done.
    pub action: Option<ActionId>,
    /// Who gets it: a contact, or an address.
    pub to: Option<Arc<str>>,
    /// The contact that gets it.
    pub contact: Option<Eid>,
    /// (parameter, value), rendered.
    pub args: Vec<(Arc<str>, Value)>,
    /// Attributes that were missing where a template printed them: the message is held.
    pub missing: Vec<Arc<str>>,
    /// The idempotency key (semantics S6.1).
    pub key: Arc<str>,
    /// What the declared request reads besides its arguments; `None` where nothing is declared.
    pub about: Option<Box<About>>,
}

/// What a declared request reads besides its arguments, as it was when the action was prepared: every attempt, and
/// every look at it, reads the same. By names, so that it outlives the plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct About {
    /// The instant of preparation: `now` in the request.
    pub at: Instant,
    /// The zone of the entity: where its dates begin.
    pub zone: chrono_tz::Tz,
    /// What the workflow is about.
    pub subject: Subject,
    /// (attribute, value) of the account, what is missing left out.
    pub account: Vec<(Arc<str>, Value)>,
    /// The same of the contact: who gets it, else whom the workflow is about.
    pub contact: Vec<(Arc<str>, Value)>,
    /// The entity that the workflow is about, whole, where the request sends it.
    pub entity: Value,
}

/// Everything that an input caused.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Effects {
    /// The log, in order.
    pub log: Vec<LogEntry>,
    /// What was in the input but could not be taken: (what, why).
    pub rejects: Vec<Reject>,
}

/// A value that its declared type refuses; the rest of the input was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reject {
    /// The trait or property.
    pub name: Arc<str>,
    /// Why.
    pub reason: Arc<str>,
}
