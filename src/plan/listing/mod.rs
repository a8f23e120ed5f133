//! A plan for people: what a reviewer reads, and what a diff of it shows.
//!
//! In: a plan. Out: for each workflow a [`Sheet`] (data, for JSON) and its text. Invariant: a sheet hangs on the
//! workflow and on what it reads and calls alone: everything is named, nothing numbered across workflows, so another
//! workflow changes nothing here; equal plans have equal texts. Not here: the words of conditions (`expr::text`),
//! files of listings (`cli::plan`). Tests: `tests/it/plan_listing.rs`.

mod args;
mod print;
mod reads;
mod shared;
mod steps;
mod uses;
mod words;

pub use shared::shared;

use super::expr::{CondId, ExprId, Writer};
use super::*;
use crate::base::hash;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a workflow does and what that hangs on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Sheet {
    /// Its name.
    pub name: Arc<str>,
    /// `account` or `contact`.
    pub about: &'static str,
    /// What it is, by word: state, enrolment, on edit.
    pub head: Vec<(&'static str, String)>,
    /// What starts it.
    pub triggers: Vec<String>,
    /// Only if this holds then.
    pub only_if: Option<String>,
    /// What it does.
    pub steps: Vec<StepSheet>,
    /// What ends it as converted.
    pub goals: Vec<String>,
    /// What ends it.
    pub exits: Vec<String>,
    /// What it reads, by kind.
    pub reads: Vec<Section>,
    /// What it uses besides, by kind.
    pub uses: Vec<Section>,
}

/// A step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StepSheet {
    /// Where it stands: `3`, `4.1.2`.
    pub path: Arc<str>,
    /// Its label.
    pub label: Option<Arc<str>>,
    /// What it does.
    pub text: String,
    /// Only then.
    pub guard: Option<String>,
    /// Arguments and the like: (name, what).
    pub details: Vec<(String, String)>,
    /// What stands inside it.
    pub blocks: Vec<BlockSheet>,
}

/// Steps inside a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BlockSheet {
    /// When they run.
    pub head: String,
    /// The steps.
    pub steps: Vec<StepSheet>,
}

/// Things of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Section {
    /// Of which kind.
    pub title: &'static str,
    /// Each with its lines.
    pub items: Vec<Item>,
}

/// A thing and what is to be said of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Item {
    /// What it is.
    pub text: String,
    /// More of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

impl Item {
    fn plain(text: String) -> Self {
        Self { text, lines: Vec::new() }
    }
}

impl Sheet {
    /// The sheet as text; ends with a line end.
    pub fn text(&self) -> String {
        print::sheet(self)
    }

    /// The SHA-256 of the text, in hexadecimal: what a workflow does, whatever else the project holds.
    pub fn hash(&self) -> String {
        hash::hex(&hash::sha256(self.text().as_bytes()))
    }
}

/// The listing of one workflow.
pub fn workflow(plan: &Plan, workflow: &WorkflowPlan) -> String {
    Lister::new(plan).sheet(workflow).text()
}

/// Makes the sheets of a plan.
#[derive(Debug)]
pub struct Lister<'a> {
    plan: &'a Plan,
    /// The facts by what they make.
    facts: BTreeMap<Made, &'a FactPlan>,
}

/// What a fact makes, for (see [`Subject::index`]) accounts or contacts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Made {
    Slot(usize, u16),
    Bit(usize, u16),
}

impl<'a> Lister<'a> {
    /// For a plan.
    pub fn new(plan: &'a Plan) -> Self {
        let made = |fact: &'a FactPlan| {
            let side = fact.subject.index();
            Some(match &fact.kind {
                FactKind::Slot(slot, _) => (Made::Slot(side, *slot), fact),
                FactKind::Bit(bit, _) => (Made::Bit(side, *bit), fact),
                FactKind::Stage(_) => (Made::Slot(side, BuiltInSlot::Stage as u16), fact),
                FactKind::Health(_) => (Made::Slot(side, BuiltInSlot::Health as u16), fact),
                FactKind::Relation(_) => return None,
            })
        };
        Self { plan, facts: plan.facts.iter().filter_map(made).collect() }
    }

    /// The sheet of a workflow.
    pub fn sheet(&self, workflow: &WorkflowPlan) -> Sheet {
        let writer = self.writer(workflow.subject).kept(&workflow.kept);
        let conditions = |watches: &[Watch]| {
            let mut texts: Vec<_> = watches.iter().map(|watch| writer.text(watch.condition)).collect();
            texts.sort();
            texts.dedup();
            texts
        };
        Sheet {
            name: Arc::clone(&workflow.name),
            about: subject_word(workflow.subject),
            head: words::head(workflow, writer),
            triggers: workflow
                .triggers
                .iter()
                .map(|trigger| self.trigger(trigger, workflow.subject))
                .collect(),
            only_if: workflow.only_if.map(|condition| writer.text(condition)),
            steps: steps::of(self, workflow),
            goals: conditions(&workflow.goals),
            exits: conditions(&workflow.exits),
            reads: reads::of(self, workflow),
            uses: uses::of(self, workflow),
        }
    }

    fn writer(&self, subject: Subject) -> Writer<'a> {
        Writer::new(&self.plan.pool, &self.plan.layout, subject)
    }

    fn event(&self, event: u32) -> String {
        quoted(self.plan.events.get(event as usize).map(|event| &event.name))
    }

    fn calendar(&self, calendar: Option<u32>) -> String {
        let name =
            calendar.and_then(|at| self.plan.calendars.get(at as usize)).map(|calendar| &calendar.name);
        name.map_or_else(String::new, |name| format!(" in {name:?}"))
    }

    fn slot(&self, subject: Subject, slot: u16) -> &'a str {
        self.plan.layout.schema(subject).field(slot).map_or("?", |field| &*field.name)
    }

    fn team(&self, team: u32) -> String {
        quoted(self.plan.teams.get(team as usize).map(|team| &team.name))
    }

    fn workflow_name(&self, workflow: u32) -> String {
        quoted(self.plan.workflows.get(workflow as usize).map(|workflow| &workflow.name))
    }

    fn message(&self, message: u32) -> String {
        quoted(self.plan.templates.get(message as usize).map(|message| &message.name))
    }
}

fn quoted(name: Option<&Arc<str>>) -> String {
    name.map_or_else(|| "?".into(), |name| format!("{name:?}"))
}

/// Everything that a workflow evaluates, for whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Asked {
    Condition(CondId),
    Value(ExprId),
}
