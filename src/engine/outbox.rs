//! What enrolments have prepared and what has become of it: rows, from prepared to done, dead or withdrawn (semantics S6).
//!
//! A row belongs to the entity whose enrolment prepared it. What is to be sent (its *body*, a [`super::effect::Prepared`])
//! is handed out once, when it is prepared or edited, and kept outside: nothing here needs it. Words easily confused: a
//! row is *ready* when nobody needs to look at it any more, *offered* when its turn has come, and *sending* from the
//! input on that begins its first attempt; from then on it can't be withdrawn (S6.3).
//! Deliberately not here: requests, clocks, retries as they happen; they are inputs.

use super::entity::Run;
use super::world::Eid;
use crate::base::Instant;
use crate::base::hash::digest;
use crate::plan::{Act, CallPlan, MailEvent, Op, Plan};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Names a row of the outbox.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RowId {
    /// Whose enrolment prepared it.
    pub entity: Eid,
    /// The how-manieth of that entity, from 1.
    pub number: u32,
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.entity.0, self.number)
    }
}

impl std::str::FromStr for RowId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no row of the outbox, such as `12-1`");
        let (entity, number) = text.split_once('-').ok_or_else(wrong)?;
        let entity = Eid(entity.parse().map_err(|_| wrong())?);
        Ok(Self { entity, number: number.parse().map_err(|_| wrong())? })
    }
}

/// What an entity's enrolments have prepared.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Outbox {
    /// How many rows there have been: the number of the last.
    pub count: u32,
    /// Rows that are not over, by number.
    pub rows: Vec<Row>,
    /// Messages that have left, by number: something may still happen to them.
    pub sent: Vec<Sent>,
    /// Enrolments that came to their end while something of theirs was unsent: their exits and goals are still watched
    /// (semantics S4.4).
    pub tails: Vec<Run>,
}

/// Something prepared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// See [`RowId::number`].
    pub number: u32,
    /// The workflow that prepared it.
    pub workflow: u32,
    /// In which text of it: see [`super::entity::Run::version`].
    pub version: u16,
    /// The number of the enrolment in it.
    pub enrolment: u32,
    /// The step: its label, or its place.
    pub step: Arc<str>,
    /// The action, as the text names it.
    pub action: Arc<str>,
    /// Rows of one enrolment in one lane go one behind the other: the connector's name, or the action's.
    pub lane: Arc<str>,
    /// The idempotency key (semantics S6.1).
    pub key: Arc<str>,
    /// Who gets it.
    pub contact: Option<Eid>,
    /// Its address.
    pub address: Option<Arc<str>>,
    /// The template, of a message.
    pub template: Option<Arc<str>>,
    /// Names of values that its answer brings.
    pub keep: Vec<Arc<str>>,
    /// `on failure exit`
    pub exits: bool,
    /// Whether a person has let it go.
    pub approval: Approval,
    /// Who changed it last.
    pub edited: Option<Arc<str>>,
    /// Its template has changed since a person edited it.
    pub stale: bool,
    /// Its turn has come, and that was said.
    pub offered: bool,
    /// What it is doing.
    pub state: RowState,
    /// When it was prepared.
    pub prepared: Instant,
    /// When it is given up by itself ([`Instant::MAX`]: never): a draft that nobody sends, or a dead letter.
    pub expires: Instant,
    /// How many attempts have begun.
    pub attempts: u32,
    /// When the first of them did; after a retry by hand, the first since then.
    pub first_attempt: Instant,
}

/// Whether a person has let a row go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Approval {
    /// Nobody had to, or nobody did yet.
    None,
    /// It may go if nothing has come to speak against it.
    Given,
    /// It may go whatever speaks against it.
    Insisted,
}

/// What a row is doing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RowState {
    /// It must not go as it is, for this reason.
    Held(Arc<str>),
    /// It waits for a person.
    Review,
    /// It may go when its turn comes.
    Ready,
    /// An attempt is under way.
    Sending,
    /// The next attempt is then.
    Backoff(Instant),
    /// It is given up, for this reason; a person can send it again.
    Dead(Arc<str>),
}

impl RowState {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Held(_) => "held",
            Self::Review => "review",
            Self::Ready => "ready",
            Self::Sending => "sending",
            Self::Backoff(_) => "retrying",
            Self::Dead(_) => "dead",
        }
    }

    /// Whether it stands in the way of the rows behind it in its lane.
    fn blocks(&self) -> bool {
        matches!(self, Self::Ready | Self::Sending | Self::Backoff(_))
    }

    /// Whether it can be withdrawn.
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::Held(_) | Self::Review | Self::Ready | Self::Backoff(_))
    }
}

/// A message that has left.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sent {
    /// The number of its row.
    pub number: u32,
    /// The workflow.
    pub workflow: u32,
    /// In which text of it.
    pub version: u16,
    /// The number of the enrolment in it.
    pub enrolment: u32,
    /// The step.
    pub step: Arc<str>,
    /// The template.
    pub template: Arc<str>,
    /// Who got it.
    pub contact: Option<Eid>,
    /// Its address.
    pub address: Option<Arc<str>>,
    /// When it left.
    pub at: Instant,
    /// Everything that has happened to it, once each.
    pub known: Vec<Report>,
}

/// What can be reported of a message that has left. The words are those that the field uses (Anymail's).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Report {
    /// The receiving server has it.
    Delivered,
    /// Opened by a person.
    Opened,
    /// Opened by a machine: no more than a sign that it arrived.
    OpenedByMachine,
    /// A link was followed by a person.
    Clicked,
    /// A link was followed by a machine.
    ClickedByMachine,
    /// Answered.
    Replied,
    /// Refused by the receiving server for good.
    Bounced,
    /// Refused by the provider before it was sent.
    Rejected,
    /// Marked as spam.
    Complained,
    /// The recipient wants no more of them.
    Unsubscribed,
}

impl Report {
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Opened => "opened",
            Self::OpenedByMachine => "opened by a machine",
            Self::Clicked => "clicked",
            Self::ClickedByMachine => "clicked by a machine",
            Self::Replied => "replied",
            Self::Bounced => "bounced",
            Self::Rejected => "rejected",
            Self::Complained => "complained",
            Self::Unsubscribed => "unsubscribed",
        }
    }

    /// How far it takes a message, for `wait until opened …`.
    pub fn reaches(self) -> Option<MailEvent> {
        match self {
            Self::Opened => Some(MailEvent::Opened),
            Self::Clicked => Some(MailEvent::Clicked),
            Self::Replied => Some(MailEvent::Replied),
            _ => None,
        }
    }

    /// The event that it is for the contact (source: Segment's specification of e-mail events; `Email Replied` is ours).
    pub fn event(self) -> Option<&'static str> {
        Some(match self {
            Self::Delivered => "Email Delivered",
            Self::Opened => "Email Opened",
            Self::Clicked => "Email Link Clicked",
            Self::Replied => "Email Replied",
            Self::Bounced | Self::Rejected => "Email Bounced",
            Self::Complained => "Email Marked as Spam",
            Self::Unsubscribed => "Unsubscribed",
            Self::OpenedByMachine | Self::ClickedByMachine => return None,
        })
    }

    /// Why nothing more goes to that address.
    pub fn suppresses(self) -> Option<Suppression> {
        match self {
            Self::Bounced => Some(Suppression::Bounced),
            Self::Complained => Some(Suppression::Complained),
            Self::Unsubscribed => Some(Suppression::Unsubscribed),
            _ => None,
        }
    }
}

/// Why nothing goes to an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suppression {
    /// The recipient wants no more.
    Unsubscribed,
    /// It does not exist.
    Bounced,
    /// The recipient called it spam.
    Complained,
    /// A person said so.
    ByHand,
}

impl Suppression {
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::ByHand => "suppressed by hand",
        }
    }
}

/// The call that prepared a row, with the place of its step, if that step is still there.
pub fn call_of<'p>(plan: &'p Plan, row: &Row) -> Option<(u32, &'p CallPlan)> {
    let workflow = plan.version(row.workflow, row.version)?;
    workflow.ops.iter().find_map(|op| match op {
        Op::Do { step, act, .. } => match &**act {
            Act::Call(call) if workflow.steps.get(*step as usize)?.name() == &row.step => Some((*step, call)),
            _ => None,
        },
        _ => None,
    })
}

/// Messages that have left are remembered so many for an entity, the newest.
const REMEMBERED: usize = 100;
/// A dead letter is kept so long for a person, in milliseconds: 30 days.
pub(super) const DEAD_KEPT: i64 = 30 * 86_400_000;
/// The first pause between attempts is at most this long, in milliseconds.
const BASE: i64 = 2_000;
/// No pause between attempts is longer, in milliseconds: an hour.
const LONGEST: i64 = 3_600_000;
/// What a receiver asks for is heeded up to so long, in milliseconds: a day.
const LONGEST_ASKED: i64 = 86_400_000;

/// How long to wait behind an attempt: exponential with full jitter, which the key decides, and not less than the
/// receiver asked for. In milliseconds.
pub(super) fn pause(key: &str, attempt: u32, asked: Option<i64>) -> i64 {
    let most = BASE.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(LONGEST);
    let jitter = |most: i64| (digest(&[key, &attempt.to_string()]) % most.max(1).unsigned_abs()) as i64;
    match asked {
        None => BASE / 4 + jitter(most),
        Some(asked) => {
            let asked = asked.clamp(0, LONGEST_ASKED);
            asked + jitter(asked / 10 + BASE / 4)
        }
    }
}

impl Outbox {
    /// A row.
    pub fn row(&self, number: u32) -> Option<&Row> {
        self.rows.iter().find(|row| row.number == number)
    }

    /// A row, to change.
    pub(super) fn row_mut(&mut self, number: u32) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.number == number)
    }

    /// Takes a row out.
    pub(super) fn close(&mut self, number: u32) -> Option<Row> {
        let place = self.rows.iter().position(|row| row.number == number)?;
        let row = self.rows.remove(place);
        let open = |tail: &Run| {
            self.rows.iter().any(|row| (row.workflow, row.enrolment) == (tail.workflow, tail.number))
        };
        let kept: Vec<Run> = self.tails.iter().filter(|tail| open(tail)).cloned().collect();
        self.tails = kept;
        Some(row)
    }

    /// Remembers a message that has left.
    pub(super) fn remember(&mut self, sent: Sent) {
        self.sent.push(sent);
        let surplus = self.sent.len().saturating_sub(REMEMBERED);
        self.sent.drain(..surplus);
    }

    /// The rows of an enrolment.
    pub fn of(&self, workflow: u32, enrolment: u32) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| (row.workflow, row.enrolment) == (workflow, enrolment))
    }

    /// The rows whose turn has come and of which that was not said yet.
    pub(super) fn next_in_lanes(&self) -> Vec<u32> {
        let first = |row: &&Row| {
            row.state == RowState::Ready
                && !row.offered
                && !self
                    .of(row.workflow, row.enrolment)
                    .any(|other| other.number < row.number && other.lane == row.lane && other.state.blocks())
        };
        self.rows.iter().filter(first).map(|row| row.number).collect()
    }

    /// The next instant at which a row does something by itself.
    pub fn next_timer(&self) -> Instant {
        let of = |row: &Row| match row.state {
            RowState::Backoff(at) => at.min(row.expires),
            RowState::Sending => Instant::MAX,
            _ => row.expires,
        };
        let rows = self.rows.iter().map(of);
        rows.chain(self.tails.iter().map(|tail| tail.watch)).min().unwrap_or(Instant::MAX)
    }

    /// Whether nothing is in it and nothing is remembered.
    pub fn is_idle(&self) -> bool {
        self.rows.is_empty()
    }

    /// About how many bytes it takes.
    pub fn memory(&self) -> usize {
        let row = size_of::<Row>() + 160;
        let tails: usize = self.tails.iter().map(Run::memory).sum();
        size_of::<Self>() + self.rows.len() * row + self.sent.len() * (size_of::<Sent>() + 96) + tails
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_the_same_everywhere() {
        let most: Vec<i64> = (1..20).map(|attempt| pause("wf_1", attempt, None)).collect();
        assert_eq!(most, (1..20).map(|attempt| pause("wf_1", attempt, None)).collect::<Vec<_>>());
        for (attempt, length) in (1u32..).zip(&most) {
            let bound = BASE * (1 << (attempt - 1).min(20));
            assert!((BASE / 4..BASE / 4 + bound.min(LONGEST)).contains(length), "{attempt}: {length}");
        }
        assert!(pause("wf_1", 1, Some(30_000)) >= 30_000);
        assert!(pause("wf_1", 1, Some(i64::MAX)) < 2 * LONGEST_ASKED);
        assert!(pause("wf_1", 1, Some(-5)) >= 0);
    }

    #[test]
    fn the_names_of_rows_are_read_as_they_are_written() {
        let id = RowId { entity: Eid(12), number: 3 };
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "12", "a-1", "1-b", "1-2-3", "-1"] {
            assert!(wrong.parse::<RowId>().is_err(), "{wrong}");
        }
    }
}
