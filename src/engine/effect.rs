//! What comes out: the log of what happened, in order, and prepared actions.
//!
//! Both are plain data that name entities and workflows by index; `simulate` and the server put them into words.

use super::outbox::{Report, RowId, Suppression};
use super::world::Eid;
use crate::base::Instant;
use crate::plan::{ActionId, Subject};
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
    /// Of the lines with which an enrolment begins, takes an arm and ends: what statistics ask of it.
    pub course: Option<Box<Course>>,
}

/// The course of an enrolment so far.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Course {
    /// When it began; before its line where it was taken in as of the past.
    pub started: Instant,
    /// The arms that it took.
    pub arms: Box<[TakenArm]>,
}

/// An arm of a split, taken: by names, so that it outlives the plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TakenArm {
    /// The split: its label, or its place.
    pub split: Arc<str>,
    /// The arm.
    pub arm: Arc<str>,
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
    /// Something became of what it had prepared.
    Row(Box<RowChange>),
    /// An entity's data are not what somebody may take them for.
    Noted(Noted),
    /// It took this arm of a split.
    Arm(Arc<str>),
}

/// What the law wants to be seen, though nothing stops for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Noted {
    /// An event of this name names no account, and the contact has several: it counts for the contact alone (S5.1).
    NoAccount(Arc<str>),
    /// Its `timezone` names no zone: the next in line counts (S2.5).
    UnknownZone(Arc<str>),
    /// More events of this name than are kept: what reaches back to those that are gone is missing (S7.5).
    TooManyEvents(Arc<str>),
    /// This derived attribute has no value, because of an overflow or a division by zero (S1.2).
    NoResult(Arc<str>),
}

/// What became of a row of the outbox.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RowChange {
    /// The row's number.
    pub row: u32,
    /// The action.
    pub action: Arc<str>,
    /// What.
    pub event: RowEvent,
    /// Who did it; empty: the machine.
    pub by: Arc<str>,
    /// The template, of a message.
    pub template: Option<Arc<str>>,
    /// What the service answered, where this is what came of an attempt.
    pub answer: Option<Arc<Answer>>,
}

/// What a service answered, as it is kept: no secret is in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Its status in HTTP.
    pub status: u16,
    /// Its first 4 KB.
    pub text: Arc<str>,
    /// Whether that is all of it.
    pub whole: bool,
}

/// Something that becomes of a row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum RowEvent {
    /// It must not go as it is.
    Held(Arc<str>),
    /// It has left; the receiver calls it so.
    Sent(Option<Arc<str>>),
    /// An attempt failed, for this reason; the next is then.
    Retrying(Arc<str>, Instant),
    /// It is given up, for this reason.
    Dead(Arc<str>),
    /// It was taken back; `perhaps`: an attempt had begun, so it may have arrived.
    Withdrawn {
        /// Why.
        why: Gone,
        /// It may have arrived.
        perhaps: bool,
    },
    /// It should have been taken back, but is on its way.
    TooLate(Gone),
    /// A person changed it.
    Edited,
    /// A person let it go.
    Approved,
    /// A person has to look again, for this reason.
    Asked(Arc<str>),
    /// A person threw it away.
    Discarded,
    /// A person wants it to be tried again.
    Retried,
    /// Nobody let it go in time.
    Expired,
    /// Its template has changed since a person edited it.
    Stale,
    /// Its template has changed: it was prepared anew.
    Renewed,
    /// This was reported of it, with what more is known (the link that was followed, the reason of a bounce).
    Reported(Report, Arc<str>),
}

/// Why something prepared is taken back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Gone {
    /// Its enrolment ended.
    Exited(Exited),
    /// A goal was reached.
    Goal(Arc<str>),
    /// The contact belongs to the account no more, or is gone.
    NotAContact,
    /// The contact no longer meets the `where` of the step's `to`.
    NoMatch,
    /// Nothing more goes to that address.
    Suppressed(Suppression),
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
    /// Nothing goes to this address any more.
    Suppressed(Arc<str>, Suppression),
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
    /// The contact is another one from now on.
    Merged,
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

impl Prepared {
    /// Whether it goes without a person.
    pub fn is_automatic(&self) -> bool {
        self.args.iter().any(|(name, value)| {
            &**name == "send" && matches!(value, Value::Text(word) if &**word == "automatic")
        })
    }
}

/// Everything that an input caused.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Effects {
    /// The log, in order.
    pub log: Vec<LogEntry>,
    /// What was in the input but could not be taken: (what, why).
    pub rejects: Vec<Reject>,
    /// What concerns rows of the outbox, in order.
    pub rows: Vec<(RowId, RowEffect)>,
}

/// What is to be done about a row.
#[derive(Clone, PartialEq, Debug)]
pub enum RowEffect {
    /// This is what would be sent: keep it.
    Body(Box<Prepared>),
    /// A person changed these parts of it: keep them.
    Edited(Vec<(Arc<str>, Value)>),
    /// Its turn has come: begin an attempt with an input.
    Offered,
    /// The attempt of this number has begun: send it.
    Send(u32),
    /// Nothing more will become of it.
    Over,
}

/// A value that its declared type refuses; the rest of the input was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reject {
    /// The trait or property.
    pub name: Arc<str>,
    /// Why.
    pub reason: Arc<str>,
}
