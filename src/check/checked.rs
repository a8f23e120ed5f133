//! What a project means: every name resolved, every expression typed, every argument in its place.
//!
//! In: made by the passes of `check`. Out: read by `plan`, by the reference model of the tests and by lints.
//! Invariant: an unresolved name can't be represented; every [`Idx`] is of the arena of this [`Checked`].
//! The sugar of the language is gone: `between`, `within`, `did`, `is present`, `!=`, `not in` are written with the
//! few forms of [`ExprKind`]. Words easily confused: an *attribute* is declared, a *fact* is anything worked out
//! (segment, stage, health, derived attribute, aggregate).

pub use super::checked_expr::*;
pub use super::checked_flow::*;
use crate::base::{Arena, Idx, Period, Span};
pub use crate::syntax::ast::{
    Clock, ClockDay, HealthChange, MailEvent, Method, OnEdit, OnFailure, PartKind, State, Subject, Weekday,
};
use crate::template::Escape;
use crate::value::{Level, Type, Words};
use chrono::NaiveDate;
use std::sync::Arc;

/// How values are escaped in a part of a message.
pub fn escape_of(part: PartKind) -> Escape {
    match part {
        PartKind::Subject | PartKind::Text => Escape::None,
        PartKind::Html => Escape::Html,
        PartKind::Markdown => Escape::Markdown,
    }
}

/// A checked project.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What `wayfare.toml` says.
    pub settings: Settings,
    /// Attributes, those of accounts first; of each subject in the order of declaration (the standard library first).
    pub attributes: Arena<Attribute>,
    /// Events.
    pub events: Arena<Event>,
    /// Segments.
    pub segments: Arena<Segment>,
    /// Stages of accounts and of contacts (`[account, contact]`, see [`Subject::index`] and [`Checked::stages_of`]).
    pub stages: [Option<Stages>; 2],
    /// Health of accounts and of contacts.
    pub health: [Option<Health>; 2],
    /// Aggregates over events; equal ones are one.
    pub aggregates: Arena<Aggregate>,
    /// Teams.
    pub teams: Arena<Team>,
    /// Calendars.
    pub calendars: Arena<Calendar>,
    /// Limits.
    pub limits: Vec<Limit>,
    /// Templates of messages.
    pub templates: Arena<MessageTemplate>,
    /// Workflows, sorted by name.
    pub workflows: Arena<Workflow>,
    /// Connectors.
    pub connectors: Arena<Connector>,
    /// Declared actions.
    pub actions: Arena<Action>,
    /// Tests, in the order of files and text.
    pub tests: Vec<Test>,
    /// Definitions in an order in which each comes behind those that it reads (S1.6).
    pub order: Vec<Definition>,
}

/// What `wayfare.toml` says; every value has its default.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Settings {
    /// The project's name.
    pub name: String,
    /// The zone of entities and calendars that have none (an IANA name; default `UTC`).
    pub timezone: String,
    /// How late an event may be and still fire `performs` (S7.3; default one hour), in milliseconds.
    pub lateness: i64,
    /// How many events of one name are kept for one entity (S7.5; default 10,000).
    pub events_kept: u32,
    /// For how long an action that fails is tried again (default 24 hours), in milliseconds.
    pub retry_for: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            timezone: "UTC".into(),
            lateness: 3_600_000,
            events_kept: 10_000,
            retry_for: 86_400_000,
        }
    }
}

impl Subject {
    /// 0 for accounts, 1 for contacts.
    pub fn index(self) -> usize {
        match self {
            Self::Account => 0,
            Self::Contact => 1,
        }
    }
}

impl Checked {
    /// The stages of a subject.
    pub fn stages_of(&self, subject: Subject) -> Option<&Stages> {
        self.stages.get(subject.index()).and_then(Option::as_ref)
    }

    /// The health of a subject.
    pub fn health_of(&self, subject: Subject) -> Option<&Health> {
        self.health.get(subject.index()).and_then(Option::as_ref)
    }
}

/// One thing for accounts and one for contacts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BySubject<T> {
    account: T,
    contact: T,
}

impl<T> BySubject<T> {
    /// That of accounts, that of contacts.
    pub fn new(account: T, contact: T) -> Self {
        Self { account, contact }
    }

    /// That of accounts, then that of contacts.
    pub fn iter(&self) -> impl Iterator<Item = (Subject, &T)> {
        [(Subject::Account, &self.account), (Subject::Contact, &self.contact)].into_iter()
    }
}

impl<T> std::ops::Index<Subject> for BySubject<T> {
    type Output = T;
    fn index(&self, subject: Subject) -> &T {
        match subject {
            Subject::Account => &self.account,
            Subject::Contact => &self.contact,
        }
    }
}

impl<T> std::ops::IndexMut<Subject> for BySubject<T> {
    fn index_mut(&mut self, subject: Subject) -> &mut T {
        match subject {
            Subject::Account => &mut self.account,
            Subject::Contact => &mut self.contact,
        }
    }
}

/// A definition that is worked out from others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Definition {
    /// A derived attribute.
    Attribute(Idx<Attribute>),
    /// A segment.
    Segment(Idx<Segment>),
    /// All stages of a subject.
    Stages(Subject),
    /// All health rules of a subject.
    Health(Subject),
}

/// A declared attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Arc<str>,
    /// Of what.
    pub subject: Subject,
    /// Its type.
    pub ty: Type,
    /// The trait that it is taken from; `None` if it is derived.
    pub from: Option<Arc<str>>,
    /// What it is worked out from; `None` if it is taken from the data.
    pub derived: Option<Expr>,
    /// Where it is declared.
    pub span: Span,
}

/// A declared event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name.
    pub name: Arc<str>,
    /// Its properties.
    pub properties: Arena<Property>,
    /// Where it is declared.
    pub span: Span,
}

/// A property of an event.
#[derive(Clone, Debug)]
pub struct Property {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// The key in the data.
    pub from: Arc<str>,
    /// Where it is declared.
    pub span: Span,
}

/// A segment.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its name.
    pub name: Arc<str>,
    /// Of what.
    pub subject: Subject,
    /// Who is in it.
    pub condition: Expr,
    /// Where it is declared.
    pub span: Span,
}

/// The stages of a subject. The last whose condition holds wins; the first is the default.
#[derive(Clone, Debug)]
pub struct Stages {
    /// Their names, in order.
    pub names: Words,
    /// In order.
    pub stages: Vec<Stage>,
    /// Where they are declared.
    pub span: Span,
}

/// A stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name.
    pub name: Arc<str>,
    /// When; `None` never matches by itself (the first one is the default).
    pub condition: Option<Expr>,
    /// Where it is declared.
    pub span: Span,
}

/// The health rules of a subject. Rules for the present stage, if it has any, replace the general ones;
/// bad wins over good, good over an explicit average; none is average.
#[derive(Clone, Debug)]
pub struct Health {
    /// The rules for every stage that has none of its own.
    pub general: Vec<HealthRule>,
    /// The rules of one stage, by its place in [`Stages::names`].
    pub in_stage: Vec<(usize, Vec<HealthRule>)>,
    /// Where they are declared (the first block).
    pub span: Span,
}

/// A health rule.
#[derive(Clone, Debug)]
pub struct HealthRule {
    /// The level.
    pub level: Level,
    /// When.
    pub condition: Expr,
}

/// A team.
#[derive(Clone, Debug)]
pub struct Team {
    /// Its name.
    pub name: Arc<str>,
    /// Addresses, in order, lower-cased.
    pub members: Vec<Arc<str>>,
    /// Where it is declared.
    pub span: Span,
}

/// A calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Its name.
    pub name: Arc<str>,
    /// Its zone; `None`: the entity's, else the project's.
    pub zone: Option<Arc<str>>,
    /// Opening hours for each weekday (Monday first): (from, to) in minutes of the day, sorted; `to <= from` ends on
    /// the next day. A calendar without any hours is open at all times.
    pub hours: [Vec<(Clock, Clock)>; 7],
    /// Closed days, both ends included.
    pub closed: Vec<(NaiveDate, NaiveDate)>,
    /// Where it is declared.
    pub span: Span,
}

/// `limit 2 emails per contact in 7d`
#[derive(Clone, Debug)]
pub struct Limit {
    /// How many at most.
    pub count: u32,
    /// Of what.
    pub what: LimitOf,
    /// For each.
    pub per: Subject,
    /// In a window of this length.
    pub window: Period,
    /// Where it is declared.
    pub span: Span,
}

/// What a limit counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LimitOf {
    /// Every `email`, `html` and `gmail`.
    Emails,
    /// One action.
    Action(ActionRef),
}

/// A template of a message.
#[derive(Clone, Debug)]
pub struct MessageTemplate {
    /// Its name.
    pub name: Arc<str>,
    /// Its parts; each kind at most once.
    pub parts: Vec<MessagePart>,
    /// Where it is declared.
    pub span: Span,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub struct MessagePart {
    /// Which.
    pub kind: PartKind,
    /// The text, parsed.
    pub text: Liquid,
}

/// A parsed Liquid text with the place that its bytes come from.
#[derive(Clone, Debug)]
pub struct Liquid {
    /// The source text.
    pub source: Arc<str>,
    /// Its tree.
    pub template: Arc<crate::template::Template>,
    /// The whole literal, or the whole file.
    pub span: Span,
}
