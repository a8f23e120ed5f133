//! One account or contact as the engine keeps it.
//!
//! Slots, bits, facts and workflows are indices of the plan that the world runs; [`super::migrate`] moves an entity to
//! another plan. Words easily confused: an entity is *known* from its first mention and *created* at its first sight
//! (semantics S4.1); only a created one has facts.

use super::activity::Activity;
use super::effect::TakenArm;
use super::outbox::Outbox;
use super::passed::Passed;
use super::present::Stand;
use super::series::Series;
use super::world::Eid;
use crate::base::Instant;
use crate::plan::{MailEvent, Subject};
use crate::value::{Snapshot, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An account or a contact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entity {
    /// Which.
    pub subject: Subject,
    /// Its id.
    pub id: Arc<str>,
    /// When it was first mentioned.
    pub mentioned: Instant,
    /// Whether its first sight has been.
    pub created: bool,
    /// Its values.
    pub snapshot: Snapshot,
    /// Its logical facts.
    pub bits: Bits,
    /// Its events, by the plan's event, ascending.
    pub series: Vec<Series>,
    /// When it was active.
    pub activity: Activity,
    /// What it is linked with.
    pub links: Links,
    /// For each relation that it is the outer of: how many related entities meet it.
    pub counts: Vec<(u32, u32)>,
    /// Facts that time alone will change, and not before when: (fact, instant), by fact.
    pub nexts: Vec<(u32, Instant)>,
    /// `reaches` and clock triggers that wait for their instant.
    pub arms: Vec<Arm>,
    /// Enrolments, in the order in which they began.
    pub runs: Vec<Run>,
    /// For each workflow that it was ever in.
    pub past: Vec<Past>,
    /// For each limit: when something that counts was prepared for it.
    pub limited: Vec<(u32, Vec<Instant>)>,
    /// What its enrolments have prepared.
    pub outbox: Option<Box<Outbox>>,
    /// Traits that no attribute declares, by name.
    pub cold: BTreeMap<Arc<str>, (Arc<str>, Instant)>,
    /// The entry of this entity in the timer index ([`Instant::MAX`]: none).
    pub timer: Instant,
    /// The contact that this one turned out to be: its id leads there.
    pub merged: Option<Eid>,
    /// Its entries in the index of who is where.
    pub stands: Box<[Stand]>,
}

/// Logical facts of one entity.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// Whether that bit is on.
    pub fn get(&self, bit: impl Into<u32>) -> bool {
        let bit = bit.into();
        self.0.get(bit as usize / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// Turns the bit on or off; whether that changed it.
    pub fn set(&mut self, bit: impl Into<u32>, on: bool) -> bool {
        let bit = bit.into();
        let (word, mask) = (bit as usize / 64, 1u64 << (bit % 64));
        if word >= self.0.len() {
            if !on {
                return false;
            }
            self.0.resize(word + 1, 0);
        }
        let Some(word) = self.0.get_mut(word) else { return false };
        let changed = (*word & mask != 0) != on;
        *word = if on { *word | mask } else { *word & !mask };
        changed
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        self.0.capacity() * 8
    }
}

/// What an entity is linked with: an account with its contacts, a contact with its accounts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Links {
    /// Of an account.
    Account {
        /// Its contacts.
        contacts: std::collections::BTreeSet<Eid>,
        /// Contacts with an enrolment for this account: how many.
        enrolled: BTreeMap<Eid, u32>,
    },
    /// Of a contact, by (since, account's id): the first is *the* account (semantics S5.2).
    Contact(Vec<Link>),
}

/// A contact's membership of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Link {
    /// The account.
    pub account: Eid,
    /// Since.
    pub since: Instant,
    /// Relations (by index) whose condition this pair meets.
    pub met: Bits,
    /// Relations whose pair time alone will change: (relation's fact, not before when).
    pub nexts: Vec<(u32, Instant)>,
}

/// A trigger that waits for its instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Arm {
    /// (workflow, place in its triggers).
    pub trigger: (u32, u16),
    /// When.
    pub at: Instant,
}

/// What an entity did in a workflow before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Past {
    /// Which.
    pub workflow: u32,
    /// How many enrolments there have been.
    pub count: u32,
    /// When the last one began.
    pub started: Instant,
    /// In the shadow: what a draft did counts apart (semantics S8.4).
    pub shadow: bool,
}

/// An enrolment under way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// In which workflow.
    pub workflow: u32,
    /// In which text of it: 0 for the present one, else one that lives on ([`crate::plan::Plan::retired`], from 1).
    pub version: u16,
    /// The how-manieth of the entity in it, from 1.
    pub number: u32,
    /// The value of `in parallel by`.
    pub key: Option<Value>,
    /// For a contact: the account that it is for.
    pub account: Option<Eid>,
    /// When it began.
    pub started: Instant,
    /// The op at which it stands.
    pub pc: u32,
    /// The steps that it has behind it.
    pub passed: Passed,
    /// The arms that it took.
    pub arms: Box<[TakenArm]>,
    /// When the step at hand was entered.
    pub entered: Instant,
    /// What it is doing.
    pub state: RunState,
    /// The event that enrolled it.
    pub event: Option<Arc<Occurrence>>,
    /// Values kept from responses.
    pub kept: Vec<Value>,
    /// The wait directly before timed out.
    pub timed_out: bool,
    /// Its messages, with what has happened to each.
    pub mail: Vec<SentMail>,
    /// In the shadow (a draft).
    pub shadow: bool,
    /// When time alone may make an exit or a goal true, and not before.
    pub watch: Instant,
}

/// A message of an enrolment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SentMail {
    /// Its template.
    pub template: u32,
    /// Who got it.
    pub contact: Option<Eid>,
    /// The furthest that has happened to it.
    pub reached: Option<MailEvent>,
}

/// What an enrolment is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RunState {
    /// It is at an op to be run.
    Ready,
    /// A change of its own is under way; it goes on behind it.
    Yielded,
    /// Its wait ended while its workflow was disabled: it stands before its next step (semantics S8.5).
    Held,
    /// It is over, but something that it prepared is unsent: only its exits and goals are watched (semantics S4.4).
    Over,
    /// It waits for the answer that brings a value which its step reads (semantics S6.2).
    Asking,
    /// It waits.
    Waiting {
        /// The wait's end by time: its own, or its time-out.
        until: Instant,
        /// When time alone may make its condition true, and not before.
        next: Instant,
    },
}

/// An event as it is kept for an enrolment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Occurrence {
    /// Which.
    pub event: u32,
    /// Its properties, in the order of the declaration.
    pub properties: Vec<Value>,
    /// Who did it.
    pub contact: Option<Eid>,
    /// The account that it names.
    pub account: Option<Eid>,
    /// Its own time.
    pub time: Instant,
}

impl Entity {
    /// An entity that was only mentioned.
    pub fn new(subject: Subject, id: Arc<str>) -> Self {
        let links = match subject {
            Subject::Account => {
                Links::Account { contacts: std::collections::BTreeSet::new(), enrolled: BTreeMap::new() }
            }
            Subject::Contact => Links::Contact(Vec::new()),
        };
        Self {
            subject,
            id,
            mentioned: Instant::MIN,
            created: false,
            snapshot: Snapshot::default(),
            bits: Bits::default(),
            series: Vec::new(),
            activity: Activity::default(),
            links,
            counts: Vec::new(),
            nexts: Vec::new(),
            arms: Vec::new(),
            runs: Vec::new(),
            past: Vec::new(),
            limited: Vec::new(),
            outbox: None,
            cold: BTreeMap::new(),
            timer: Instant::MAX,
            merged: None,
            stands: Box::default(),
        }
    }

    /// About how many bytes it takes, all that it holds included.
    pub fn memory(&self) -> usize {
        let vec = |len: usize, each: usize| len * each;
        let links = match &self.links {
            Links::Account { contacts, enrolled } => vec(contacts.len(), 8) + vec(enrolled.len(), 16),
            Links::Contact(links) => {
                vec(links.capacity(), size_of::<Link>())
                    + links
                        .iter()
                        .map(|link| link.met.memory() + vec(link.nexts.capacity(), 16))
                        .sum::<usize>()
            }
        };
        let cold: usize = self.cold.iter().map(|(key, (json, _))| 80 + key.len() + json.len()).sum();
        let runs: usize = self.runs.iter().map(Run::memory).sum();
        let limited: usize = self.limited.iter().map(|(_, times)| 32 + vec(times.capacity(), 8)).sum();
        let small = vec(self.counts.capacity(), 8)
            + vec(self.nexts.capacity(), 16)
            + vec(self.arms.capacity(), size_of::<Arm>())
            + vec(self.past.capacity(), size_of::<Past>())
            + size_of_val(&*self.stands);
        let series: usize = self.series.iter().map(Series::memory).sum();
        let outbox = self.outbox.as_ref().map_or(0, |outbox| outbox.memory());
        size_of::<Self>()
            + 16
            + self.id.len()
            + self.snapshot.memory()
            + self.bits.memory()
            + self.activity.memory()
            + links
            + cold
            + runs
            + limited
            + small
            + outbox
            + series
    }

    /// A contact's memberships; empty for an account.
    pub fn accounts(&self) -> &[Link] {
        match &self.links {
            Links::Contact(links) => links,
            Links::Account { .. } => &[],
        }
    }

    /// The memberships, to change.
    pub fn accounts_mut(&mut self) -> &mut [Link] {
        match &mut self.links {
            Links::Contact(links) => links,
            Links::Account { .. } => &mut [],
        }
    }

    /// The first account of a contact.
    pub fn first_account(&self) -> Option<Eid> {
        self.accounts().first().map(|link| link.account)
    }

    /// The earliest instant at which time alone has something to do with it.
    pub fn next_timer(&self) -> Instant {
        let facts = self.nexts.iter().map(|(_, at)| *at);
        let pairs = self.accounts().iter().flat_map(|link| link.nexts.iter().map(|(_, at)| *at));
        let arms = self.arms.iter().map(|arm| arm.at);
        let runs = self.runs.iter().map(Run::next_timer);
        let outbox = self.outbox.iter().map(|outbox| outbox.next_timer());
        facts.chain(pairs).chain(arms).chain(runs).chain(outbox).min().unwrap_or(Instant::MAX)
    }

    /// Its enrolments, and those that are over but of which something is unsent.
    pub fn watched(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().chain(self.outbox.iter().flat_map(|outbox| &outbox.tails))
    }

    /// A row of its outbox.
    pub fn row(&self, number: u32) -> Option<&super::outbox::Row> {
        self.outbox.as_ref()?.row(number)
    }

    /// Whether something that its enrolments prepared is not over.
    pub fn has_open_rows(&self) -> bool {
        self.outbox.as_ref().is_some_and(|outbox| !outbox.is_idle())
    }

    /// Notes when time alone may change a fact, or forgets it.
    pub fn set_next(&mut self, fact: u32, at: Instant) {
        note(&mut self.nexts, fact, at);
    }

    /// When things that a limit counts were prepared for it.
    pub fn limited(&self, limit: u32) -> &[Instant] {
        self.limited.iter().find(|(at, _)| *at == limit).map_or(&[], |(_, times)| times)
    }

    /// How many related entities meet a relation.
    pub fn count(&self, relation: u32) -> u32 {
        self.counts
            .binary_search_by_key(&relation, |(at, _)| *at)
            .ok()
            .and_then(|at| self.counts.get(at))
            .map_or(0, |(_, n)| *n)
    }

    /// Moves the count of a relation.
    pub fn add_count(&mut self, relation: u32, by: i32) {
        match self.counts.binary_search_by_key(&relation, |(at, _)| *at) {
            Ok(at) => {
                if let Some((_, count)) = self.counts.get_mut(at) {
                    *count = count.saturating_add_signed(by);
                }
            }
            Err(at) => self.counts.insert(at, (relation, u32::try_from(by).unwrap_or(0))),
        }
    }
}

impl Run {
    /// About how many bytes it takes.
    pub fn memory(&self) -> usize {
        let event =
            self.event.as_ref().map_or(0, |event| size_of::<Occurrence>() + 16 + event.properties.len() * 48);
        size_of::<Self>()
            + event
            + self.passed.memory()
            + size_of_val(&*self.arms)
            + self.kept.len() * 48
            + self.mail.capacity() * size_of::<SentMail>()
    }

    /// The earliest instant at which time alone has something to do with it.
    pub fn next_timer(&self) -> Instant {
        match self.state {
            RunState::Waiting { until, next } => until.min(next).min(self.watch),
            _ => self.watch,
        }
    }
}

/// Keeps a sorted list of (what, when); [`Instant::MAX`] takes an entry out.
pub(super) fn note(list: &mut Vec<(u32, Instant)>, what: u32, at: Instant) {
    match (list.binary_search_by_key(&what, |(what, _)| *what), at == Instant::MAX) {
        (Ok(place), true) => {
            list.remove(place);
        }
        (Ok(place), false) => {
            if let Some(entry) = list.get_mut(place) {
                entry.1 = at;
            }
        }
        (Err(_), true) => {}
        (Err(place), false) => list.insert(place, (what, at)),
    }
}
