//! The model's world: plain maps, everything that ever happened, nothing worked out ahead.

use super::log::Line;
use super::time;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use wayfare::base::{Idx, Instant, SourceMap, Span};
use wayfare::check::Checked;
use wayfare::check::checked::{Calendar, MailEvent, MessageTemplate, Step, Subject, Team, Wait, Workflow};
use wayfare::value::Value;

/// Everything is known by its name, so that it is the same in every text of a project.
pub type Name = Arc<str>;

/// One text of a project.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    pub checked: &'a Checked,
    pub sources: &'a SourceMap,
}

impl<'a> Text<'a> {
    pub fn workflow(self, name: &str) -> Option<&'a Workflow> {
        self.checked.workflows.values().find(|it| &*it.name == name)
    }

    /// The source text at a place, on one line.
    pub fn words(self, span: Span) -> String {
        self.sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// An account or a contact; accounts stand before contacts.
pub type Id = (Subject, Arc<str>);

/// Something worked out, or given, that triggers and logs watch for changes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fact {
    CreatedAt,
    Attribute(Name),
    Segment(Name),
    Stage,
    Health,
    /// A trigger `matches`: the workflow and the place of the trigger.
    Matches(Name, usize),
}

/// All facts of all created entities at one instant.
pub type Facts = BTreeMap<(Id, Fact), Value>;

/// An event that happened.
#[derive(Debug)]
pub struct Happening {
    pub event: Name,
    pub properties: BTreeMap<Name, Value>,
    pub contact: Option<Arc<str>>,
    pub account: Option<Arc<str>>,
    pub time: Instant,
    /// S2.6: what workflows record is no activity.
    pub activity: bool,
}

/// What is known of an entity.
#[derive(Clone, Debug)]
pub struct Entity {
    /// When it was first mentioned.
    pub mentioned: Instant,
    /// S4.1: facts and firings are for created entities only.
    pub created: bool,
    pub first_sight: Instant,
    /// The trait `created_at`, with its time.
    pub created_at: (Value, Instant),
    /// Values as given, each with its time (S1.1).
    pub given: BTreeMap<Name, (Value, Instant)>,
    /// All events ever, in the order of arrival.
    pub events: Vec<Rc<Happening>>,
    /// Traits that no attribute declares, as they came.
    pub cold: BTreeMap<Name, (serde_json::Value, Instant)>,
    /// `reaches` triggers that still wait for their instant (S2.7).
    pub armed: BTreeSet<(Name, usize)>,
}

impl Default for Entity {
    fn default() -> Self {
        Self {
            mentioned: Instant::MIN,
            created: false,
            first_sight: Instant::MIN,
            created_at: (Value::Missing, Instant::MIN),
            given: BTreeMap::new(),
            events: Vec::new(),
            cold: BTreeMap::new(),
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
    /// Before its next step, as its wait ended while its workflow was disabled (S8.5).
    Held,
}

/// A message: its template, its contact, the furthest that has happened to it.
pub type Sent = (Name, Option<Arc<str>>, Option<MailEvent>);

/// An enrolment under way.
#[derive(Clone)]
pub struct Run<'a> {
    pub key: RunKey,
    /// The text that it runs.
    pub text: Text<'a>,
    pub flow: &'a Workflow,
    /// The value of `in parallel by`.
    pub parallel: Option<Value>,
    /// S5.2: fixed for the enrolment.
    pub account: Option<Arc<str>>,
    pub event: Option<Rc<Happening>>,
    /// What is left to do, the next step last, each with its place in the text.
    pub todo: Vec<(String, &'a Step)>,
    pub state: State<'a>,
    /// What logs call the step at hand, and its place in the text.
    pub place: String,
    pub path: String,
    /// The steps that it has behind it, by their place (S8.3).
    pub passed: BTreeSet<String>,
    pub timed_out: bool,
    /// The zone that the wait at hand was entered in.
    pub zone: Option<Tz>,
    /// Messages sent, by template and contact, with what happened to them.
    pub mail: Vec<Sent>,
}

/// Names an enrolment; the order is that of S3.1.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RunKey {
    pub workflow: Name,
    pub id: Id,
    pub number: u32,
    pub shadow: bool,
}

/// A change that a step makes (S3.2).
#[derive(Clone, Debug)]
pub enum Change {
    Set(Id, Vec<(Name, Value)>),
    Tag(Id, Name, Arc<str>, bool),
    Record(Rc<Happening>),
    Start(Name, Vec<Id>),
    Stop(Name, Vec<Id>, Arc<str>),
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
    pub workflow: Name,
    pub id: Id,
    pub event: Option<Rc<Happening>>,
}

/// A message or call that was prepared, for limits.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub at: Instant,
    /// The action's name.
    pub action: String,
    pub contact: Option<Id>,
    pub account: Option<Id>,
}

/// The model.
#[expect(clippy::struct_excessive_bools, reason = "two are settings, two are marks of the instant at work")]
pub struct Model<'a> {
    /// The present text.
    pub text: Text<'a>,
    pub now: Instant,
    /// Drafts run as live (in tests, S4.3).
    pub all_live: bool,
    /// Also looks at instants at which nothing should happen.
    pub brute: bool,
    pub entities: BTreeMap<Id, Entity>,
    /// (contact, account) -> since.
    pub members: BTreeMap<(Arc<str>, Arc<str>), Instant>,
    /// Contacts that turned out to be another one (S5.4).
    pub merged: BTreeMap<Arc<str>, Arc<str>>,
    pub runs: BTreeMap<RunKey, Run<'a>>,
    /// How often and when last an entity came into a workflow, live or in the shadow.
    pub past: BTreeMap<(Name, Id, bool), (u32, Instant)>,
    /// How many a team has been given in turn.
    pub turns: BTreeMap<Arc<str>, usize>,
    /// Workflows that were disabled by hand (S8.5).
    pub disabled: BTreeSet<Name>,
    /// Runs of workflows that were enabled in the round at work, with whether they go on.
    pub released: Vec<(RunKey, bool)>,
    pub prepared: Vec<Prepared>,
    pub facts: Facts,
    pub log: Vec<Line>,
    /// What asks for events that were not kept (S8.1), by what it says.
    pub gaps: BTreeMap<String, super::gaps::Gap>,
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
    pub ticked: BTreeSet<(Instant, Name, usize, Id)>,
}

/// What is named so in the present text, else what the text at hand has of that name: templates, teams, calendars and
/// actions are always the present ones (S8.3).
fn present<'a, T>(now: impl Iterator<Item = &'a T>, own: &'a T, name: impl Fn(&T) -> Name) -> &'a T {
    let wanted = name(own);
    let mut all = now;
    all.find(|it| name(it) == wanted).unwrap_or(own)
}

impl<'a> Model<'a> {
    pub fn calendar(&self, text: Text<'a>, at: Idx<Calendar>) -> &'a Calendar {
        present(self.text.checked.calendars.values(), &text.checked.calendars[at], |it| it.name.clone())
    }

    pub fn team(&self, text: Text<'a>, at: Idx<Team>) -> &'a Team {
        present(self.text.checked.teams.values(), &text.checked.teams[at], |it| it.name.clone())
    }

    pub fn template(&self, text: Text<'a>, at: Idx<MessageTemplate>) -> &'a MessageTemplate {
        present(self.text.checked.templates.values(), &text.checked.templates[at], |it| it.name.clone())
    }

    pub fn new(text: Text<'a>) -> Self {
        Self {
            text,
            now: Instant::MIN,
            all_live: false,
            brute: false,
            entities: BTreeMap::new(),
            members: BTreeMap::new(),
            merged: BTreeMap::new(),
            runs: BTreeMap::new(),
            past: BTreeMap::new(),
            turns: BTreeMap::new(),
            disabled: BTreeSet::new(),
            released: Vec::new(),
            prepared: Vec::new(),
            facts: Facts::new(),
            log: Vec::new(),
            gaps: BTreeMap::new(),
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
        let now = self.now;
        self.entities.entry(id.clone()).or_insert_with(|| Entity { mentioned: now, ..Entity::default() });
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

    /// The zone of an entity (S2.5).
    pub fn zone(&self, facts: &Facts, id: &Id) -> Tz {
        let own = facts.get(&(id.clone(), Fact::Attribute("timezone".into())));
        let named = if let Some(Value::Text(name)) = own { time::zone(Some(name)) } else { None };
        named.or_else(|| time::zone(Some(&self.text.checked.settings.timezone))).unwrap_or(Tz::UTC)
    }
}
