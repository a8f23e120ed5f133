//! The model's world: plain maps, everything that ever happened, nothing worked out ahead.

use super::log::Line;
use super::time;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use wayfare::base::{Idx, Instant, SourceMap, Span};
use wayfare::check::Checked;
use wayfare::check::checked::{
    ActionRef, Attribute, Event, MailEvent, MessageTemplate, Segment, Step, Subject, Wait, Workflow,
};
use wayfare::value::Value;

/// An account or a contact; accounts stand before contacts.
pub type Id = (Subject, Arc<str>);

/// Something worked out, or given, that triggers and logs watch for changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fact {
    CreatedAt,
    Attribute(Idx<Attribute>),
    Segment(Idx<Segment>),
    Stage,
    Health,
    /// A trigger `matches`: the workflow and the place of the trigger.
    Matches(Idx<Workflow>, usize),
}

/// All facts of all created entities at one instant.
pub type Facts = BTreeMap<(Id, Fact), Value>;

/// An event that happened.
#[derive(Debug)]
pub struct Happening {
    /// `None`: of a name that no file declares.
    pub event: Option<Idx<Event>>,
    pub properties: Vec<Value>,
    pub contact: Option<Arc<str>>,
    pub account: Option<Arc<str>>,
    pub time: Instant,
    /// S2.6: what workflows record is no activity.
    pub activity: bool,
}

/// What is known of an entity.
#[derive(Clone, Debug)]
pub struct Entity {
    /// S4.1: facts and firings are for created entities only.
    pub created: bool,
    pub first_sight: Instant,
    /// The trait `created_at`, with its time.
    pub created_at: (Value, Instant),
    /// Values as given, each with its time (S1.1).
    pub given: BTreeMap<Idx<Attribute>, (Value, Instant)>,
    /// All events ever, in the order of arrival.
    pub events: Vec<Rc<Happening>>,
    /// `reaches` triggers that still wait for their instant (S2.7).
    pub armed: BTreeSet<(Idx<Workflow>, usize)>,
}

impl Default for Entity {
    fn default() -> Self {
        Self {
            created: false,
            first_sight: Instant::MIN,
            created_at: (Value::Missing, Instant::MIN),
            given: BTreeMap::new(),
            events: Vec::new(),
            armed: BTreeSet::new(),
        }
    }
}

/// Where an enrolment stands.
#[derive(Clone, Copy, Debug)]
pub enum State<'a> {
    /// At its next step.
    Ready,
    /// A change of its own is under way (S3.2).
    Yielded,
    /// In a wait, entered then.
    Waiting(&'a Wait, Instant),
}

/// A message: its template, its contact, the furthest that has happened to it.
pub type Sent = (Idx<MessageTemplate>, Option<Arc<str>>, Option<MailEvent>);

/// An enrolment under way.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub key: RunKey,
    /// The value of `in parallel by`.
    pub parallel: Option<Value>,
    /// S5.2: fixed for the enrolment.
    pub account: Option<Arc<str>>,
    pub event: Option<Rc<Happening>>,
    /// What is left to do, the next step last, each with its place in the text.
    pub todo: Vec<(String, &'a Step)>,
    pub state: State<'a>,
    /// The place of the step at hand.
    pub place: String,
    pub timed_out: bool,
    /// The zone that the wait at hand was entered in.
    pub zone: Option<Tz>,
    /// Messages sent, by template and contact, with what happened to them.
    pub mail: Vec<Sent>,
}

/// Names an enrolment; the order is that of S3.1, workflows being in the order of their names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RunKey {
    pub workflow: Idx<Workflow>,
    pub id: Id,
    pub number: u32,
    pub shadow: bool,
}

/// A change that a step makes (S3.2).
#[derive(Clone, Debug)]
pub enum Change {
    Set(Id, Vec<(Idx<Attribute>, Value)>),
    Tag(Id, Idx<Attribute>, Arc<str>, bool),
    Record(Rc<Happening>),
    Start(Idx<Workflow>, Vec<Id>),
    Stop(Idx<Workflow>, Vec<Id>, Arc<str>),
}

/// A change in its queue.
#[derive(Clone, Debug)]
pub struct Queued {
    pub change: Change,
    pub depth: u32,
    pub behind: Option<RunKey>,
}

/// A firing of a trigger (or `start`, or by hand).
#[derive(Clone, Debug)]
pub struct Firing {
    pub workflow: Idx<Workflow>,
    pub id: Id,
    pub event: Option<Rc<Happening>>,
}

/// A message or call that was prepared, for limits.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub at: Instant,
    pub action: ActionRef,
    pub contact: Option<Id>,
    pub account: Option<Id>,
}

/// The model.
#[expect(clippy::struct_excessive_bools, reason = "two are settings, two are marks of the instant at work")]
pub struct Model<'a> {
    pub checked: &'a Checked,
    pub sources: &'a SourceMap,
    pub now: Instant,
    /// Drafts run as live (in tests, S4.3).
    pub all_live: bool,
    /// Also looks at instants at which nothing should happen.
    pub brute: bool,
    pub entities: BTreeMap<Id, Entity>,
    /// (contact, account) -> since.
    pub members: BTreeMap<(Arc<str>, Arc<str>), Instant>,
    pub runs: BTreeMap<RunKey, Run<'a>>,
    /// How often and when last an entity came into a workflow, live or in the shadow.
    pub past: BTreeMap<(Idx<Workflow>, Id, bool), (u32, Instant)>,
    /// How many a team has been given in turn.
    pub turns: BTreeMap<Arc<str>, usize>,
    pub prepared: Vec<Prepared>,
    pub facts: Facts,
    pub log: Vec<Line>,
    /// Of the round at work: events with whose they are, entities first seen, firings asked for.
    pub happened: Vec<(Id, Rc<Happening>)>,
    pub fresh: BTreeSet<Id>,
    pub asked: Vec<Firing>,
    /// Of the instant at work.
    pub queue: VecDeque<Queued>,
    pub depth: u32,
    /// An instant took more rounds than a test has time for: depth is bounded, breadth is not (S3.3).
    pub exhausted: bool,
    /// Somebody came into or left a workflow since facts were last worked out.
    pub flowed: bool,
    /// Clock triggers that fired in the instant at work.
    pub ticked: BTreeSet<(Instant, Idx<Workflow>, usize, Id)>,
}

impl<'a> Model<'a> {
    pub fn new(checked: &'a Checked, sources: &'a SourceMap) -> Self {
        Self {
            checked,
            sources,
            now: Instant::MIN,
            all_live: false,
            brute: false,
            entities: BTreeMap::new(),
            members: BTreeMap::new(),
            runs: BTreeMap::new(),
            past: BTreeMap::new(),
            turns: BTreeMap::new(),
            prepared: Vec::new(),
            facts: Facts::new(),
            log: Vec::new(),
            happened: Vec::new(),
            fresh: BTreeSet::new(),
            asked: Vec::new(),
            queue: VecDeque::new(),
            depth: 0,
            exhausted: false,
            flowed: false,
            ticked: BTreeSet::new(),
        }
    }

    /// The entity, made known if it is not (S4.1).
    pub fn mention(&mut self, subject: Subject, id: &Arc<str>) -> Id {
        let id = (subject, Arc::clone(id));
        self.entities.entry(id.clone()).or_default();
        id
    }

    pub fn is_created(&self, id: &Id) -> bool {
        self.entities.get(id).is_some_and(|entity| entity.created)
    }

    pub fn created(&self, subject: Subject) -> Vec<Id> {
        self.entities
            .iter()
            .filter(|((of, _), entity)| *of == subject && entity.created)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// The accounts of a contact, the first of them first (S5.2).
    pub fn accounts(&self, contact: &str) -> Vec<Arc<str>> {
        let own = self.members.iter().filter(|((who, _), _)| &**who == contact);
        let mut list: Vec<(Instant, Arc<str>)> =
            own.map(|((_, account), since)| (*since, Arc::clone(account))).collect();
        list.sort();
        list.into_iter().map(|(_, account)| account).collect()
    }

    /// The contacts of an account, by id.
    pub fn contacts(&self, account: &str) -> Vec<Id> {
        let own = self.members.keys().filter(|(_, of)| &**of == account);
        own.map(|(contact, _)| (Subject::Contact, Arc::clone(contact))).collect()
    }

    /// The attribute of that name.
    pub fn attribute(&self, subject: Subject, name: &str) -> Option<Idx<Attribute>> {
        self.checked
            .attributes
            .iter()
            .find(|(_, it)| it.subject == subject && &*it.name == name)
            .map(|(at, _)| at)
    }

    /// The zone of an entity (S2.5).
    pub fn zone(&self, facts: &Facts, id: &Id) -> Tz {
        let own =
            self.attribute(id.0, "timezone").and_then(|at| facts.get(&(id.clone(), Fact::Attribute(at))));
        let named = if let Some(Value::Text(name)) = own { time::zone(Some(name)) } else { None };
        named.or_else(|| time::zone(Some(&self.checked.settings.timezone))).unwrap_or(Tz::UTC)
    }

    pub fn workflow(&self, at: Idx<Workflow>) -> &'a Workflow {
        &self.checked.workflows[at]
    }

    /// The source text at a place, on one line.
    pub fn text(&self, span: Span) -> String {
        self.sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
