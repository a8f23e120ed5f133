//! Why an entity is, was or is not in a workflow.
//!
//! In: a project, an entity and a workflow ([`Asked`]), and a history that is played up to an instant ([`Play`]). Out:
//! an [`Answer`]: plain data with texts as the user wrote them, present values and since when; put into sentences by
//! [`words`]. Invariant: what is said to fail was evaluated by the engine's own programs in the world at that instant.
//! Not here: reading files, printing. Tests: `cause` (the smallest set), tests/it/why.rs.

mod cause;
mod enrolments;
mod play;
mod triggers;
pub mod words;

pub use play::Play;

use crate::base::{Instant, SourceMap};
use crate::check::checked::{Checked, Expr, ExprKind, Subject, Who, Workflow};
use crate::engine::entity::Occurrence;
use crate::engine::{Eid, Here};
use crate::plan::expr::{self, Scope, value_text};
use crate::plan::{Plan, WorkflowPlan, subject_word};
use crate::value::Value;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Asked<'p> {
    checked: &'p Checked,
    sources: &'p SourceMap,
    plan: &'p Plan,
    workflow: u32,
    flow: &'p Workflow,
    planned: &'p WorkflowPlan,
    id: &'p str,
}

impl<'p> Asked<'p> {
    /// The question about a workflow of that name and the entity of that id, which is of the workflow's kind; `None`:
    /// there is no such workflow.
    pub fn new(
        (checked, sources, plan): (&'p Checked, &'p SourceMap, &'p Plan),
        workflow: &str,
        id: &'p str,
    ) -> Option<Self> {
        let flow = checked.workflows.values().find(|known| &*known.name == workflow)?;
        let (workflow, planned) = plan.workflow(workflow)?;
        Some(Self { checked, sources, plan, workflow, flow, planned, id })
    }

    /// What the workflow is about.
    pub fn subject(&self) -> Subject {
        self.flow.subject
    }

    fn text(&self, expr: &Expr) -> String {
        crate::plan::one_line(self.sources.slice(expr.span))
    }
}

/// The answer.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Answer {
    /// `account:acme`
    pub entity: String,
    /// The workflow's name.
    pub workflow: Arc<str>,
    /// As of when.
    pub at: String,
    /// `in`, `was in`, `never in`.
    pub state: &'static str,
    /// Its enrolments, oldest first.
    pub enrolments: Vec<Enrolment>,
    /// What fires the workflow, and what it waits for.
    pub triggers: Vec<Trigger>,
    /// The workflow's `if`.
    pub guard: Option<Guard>,
    /// What would keep a firing out now, whatever its conditions.
    pub kept_out: Vec<String>,
    /// Firings that did not enrol, oldest first.
    pub not_enrolled: Vec<NotEnrolledAt>,
    /// What time alone will bring.
    pub to_come: Option<ToCome>,
}

/// An enrolment.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Enrolment {
    /// When it began.
    pub from: String,
    /// What fired.
    pub by: Arc<str>,
    /// When it ended.
    pub to: Option<String>,
    /// How it ended.
    pub ended: Option<String>,
    /// Where it stands.
    pub stands: Option<Stands>,
    /// In the shadow (a draft).
    pub draft: bool,
}

/// Where an enrolment stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Stands {
    /// The step's label or place.
    pub step: Arc<str>,
    /// The step's text.
    pub text: Arc<str>,
    /// Since when.
    pub since: String,
    /// Until when at the latest; absent: until something happens.
    pub until: Option<String>,
    /// Of a condition that it waits for: what fails.
    pub failing: Vec<Part>,
}

/// A trigger.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Trigger {
    /// As written.
    pub text: Arc<str>,
    /// How things stand with it.
    pub note: Option<String>,
    /// What keeps it from firing.
    pub failing: Vec<Part>,
}

/// The workflow's `if`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Guard {
    /// As written.
    pub text: String,
    /// Whether it holds now.
    pub holds: bool,
    /// What of it fails now.
    pub failing: Vec<Part>,
    /// At the last firing that got as far as the `if`: when, and what failed.
    pub last_firing: Option<(String, Vec<Part>)>,
}

/// A firing that did not enrol.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct NotEnrolledAt {
    /// When.
    pub at: String,
    /// Why.
    pub reason: String,
    /// What of the `if` failed then.
    pub failing: Vec<Part>,
}

/// What time alone will bring, if nothing else comes in.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ToCome {
    /// When.
    pub at: String,
    /// What.
    pub what: String,
}

/// A condition that is not as it would have to be.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Part {
    /// As written.
    pub text: String,
    /// Where: `file:line`.
    pub place: Option<String>,
    /// What it would have to be.
    pub wanted: bool,
    /// Since when it is as it is.
    pub since: Option<String>,
    /// What it is about.
    pub values: Vec<Known>,
    /// Of a segment: what in it is not as it would have to be.
    pub because: Vec<Part>,
}

/// A value.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Known {
    /// In the words of the language.
    pub name: String,
    /// The value.
    pub value: serde_json::Value,
    /// The same for people.
    pub shown: String,
    /// Since when, where that is known.
    pub since: Option<String>,
}

/// How deep segments are explained by segments.
const NESTED: u32 = 8;

impl Play<'_> {
    /// The answer as of the instant up to which the history was played; `None`: the entity is not known.
    pub fn answer(&mut self) -> Option<Answer> {
        let eid = self.entity()?;
        let now = self.world.now;
        let guard = self.guard_now(eid);
        let triggers = self.triggers(eid);
        let enrolments = self.enrolments(eid);
        let is_in = enrolments.iter().any(|enrolment| enrolment.to.is_none());
        let state = match (is_in, enrolments.is_empty()) {
            (true, _) => "in",
            (false, true) => "never in",
            (false, false) => "was in",
        };
        let firing = |firing: &play::Firing| NotEnrolledAt {
            at: firing.at.to_string(),
            reason: super::words::not_enrolled(&firing.why),
            failing: firing.parts.clone(),
        };
        Some(Answer {
            entity: format!("{}:{}", subject_word(self.asked.subject()), self.asked.id),
            workflow: Arc::clone(&self.asked.flow.name),
            at: now.to_string(),
            state,
            enrolments,
            triggers,
            guard,
            kept_out: self.kept_out(eid),
            not_enrolled: self.firings.iter().map(firing).collect(),
            to_come: self.to_come(eid),
        })
    }

    /// The ids of entities of the workflow's kind, for a near name.
    pub fn ids(&self) -> BTreeSet<Arc<str>> {
        let subject = self.asked.subject();
        let mine = self.world.iter().filter(|(_, entity)| entity.subject == subject);
        mine.map(|(_, entity)| Arc::clone(&entity.id)).collect()
    }

    fn here(&self, eid: Eid) -> Here<'_> {
        Here::of(&self.world, self.asked.plan, self.world.now, self.world.entity(eid))
    }

    fn guard_now(&self, eid: Eid) -> Option<Guard> {
        use crate::engine::effect::NotEnrolled;
        let condition = self.asked.flow.only_if.as_ref()?;
        let holds = self.asked.planned.only_if;
        let holds = holds.is_some_and(|id| expr::eval(&self.asked.plan.pool, id, &self.here(eid)));
        let last = self.firings.iter().rev().find(|firing| firing.why == NotEnrolled::OnlyIf);
        Some(Guard {
            text: self.asked.text(condition),
            holds,
            failing: parts(self, condition, true, None),
            last_firing: last.map(|firing| (firing.at.to_string(), firing.parts.clone())),
        })
    }
}

/// The smallest set of parts that keep a condition from being as wanted, in the present world.
fn parts(play: &Play<'_>, condition: &Expr, wanted: bool, event: Option<&Arc<Occurrence>>) -> Vec<Part> {
    let Some(eid) = play.entity() else { return Vec::new() };
    let here = Here { event, ..play.here(eid) };
    Explain { play, here }.parts(condition, wanted, 0)
}

/// A point of view to explain from.
struct Explain<'a, 'p> {
    play: &'a Play<'p>,
    here: Here<'a>,
}

impl Explain<'_, '_> {
    fn parts(&self, condition: &Expr, wanted: bool, depth: u32) -> Vec<Part> {
        let mut pool = self.play.pool.clone();
        let scope = self.play.asked.scope();
        let mut holds = |leaf: &Expr| {
            let id = pool.condition(leaf, scope);
            expr::eval(&pool, id, &self.here)
        };
        let failing = cause::failing(condition, wanted, &mut holds);
        failing.into_iter().map(|(leaf, wanted)| self.part(leaf, wanted, depth)).collect()
    }

    fn part(&self, leaf: &Expr, wanted: bool, depth: u32) -> Part {
        let asked = self.play.asked;
        let because = match asked.segment_of(leaf) {
            Some(segment) if depth < NESTED => self.parts(segment, wanted, depth + 1),
            _ => Vec::new(),
        };
        let place = asked.sources.locate(leaf.span);
        Part {
            text: asked.text(leaf),
            place: place.map(|(file, position)| format!("{file}:{}", position.line)),
            wanted,
            since: self.since(leaf).map(|at| at.to_string()),
            values: self.values(leaf),
            because,
        }
    }

    /// Since when a leaf is as it is; not known for one that reads the event at hand.
    fn since(&self, leaf: &Expr) -> Option<Instant> {
        let mut of_event = false;
        leaf.walk(&mut |part| {
            of_event |= matches!(part.kind, ExprKind::EventProperty(_) | ExprKind::EventContact);
        });
        let id = self.play.pool.clone().condition(leaf, self.play.asked.scope());
        let held = self.play.held.get(&id).copied().flatten()?;
        (!of_event).then_some(held.since)
    }

    fn values(&self, leaf: &Expr) -> Vec<Known> {
        let mut known: Vec<Known> = Vec::new();
        for source in sources(leaf) {
            let value = self.known(&source);
            if known.iter().all(|other| other.name != value.name) {
                known.push(value);
            }
        }
        known
    }

    fn known(&self, source: &Expr) -> Known {
        let asked = self.play.asked;
        let mut pool = self.play.pool.clone();
        let scope: Scope<'_> = asked.scope();
        let id = pool.value(source, scope);
        let value = expr::value(&pool, id, &self.here);
        let shown = match &value {
            Value::Text(text) => format!("\"{text}\""),
            other => other.to_string(),
        };
        Known {
            name: value_text(&pool, id, &asked.plan.layout, asked.subject()),
            value: value.to_json(),
            shown,
            since: self.attribute_since(source).map(|at| at.to_string()),
        }
    }

    /// The instant of an attribute's value.
    fn attribute_since(&self, source: &Expr) -> Option<Instant> {
        let slot = match &source.kind {
            ExprKind::Attribute { of: Who::This, attribute } => self.play.asked.plan.layout.slot(*attribute),
            ExprKind::BuiltIn { of: Who::This, which, .. } => crate::plan::expr::Layout::built_in(*which),
            _ => return None,
        };
        let at = self.here.this.snapshot.time(slot);
        (at > Instant::MIN).then_some(at)
    }
}

/// What a leaf looks at: attributes, counts, properties, not what is inside them.
fn sources(leaf: &Expr) -> Vec<Expr> {
    let mut found = Vec::new();
    let mut open = vec![leaf];
    while let Some(at) = open.pop() {
        match &at.kind {
            ExprKind::Attribute { .. }
            | ExprKind::BuiltIn { .. }
            | ExprKind::Aggregate { .. }
            | ExprKind::CountOf { .. }
            | ExprKind::EventProperty(_)
            | ExprKind::EventContact => found.push(at.clone()),
            ExprKind::Quantified { over, condition, .. } => found.push(Expr {
                kind: ExprKind::CountOf { over: *over, condition: Some(condition.clone()) },
                ty: crate::value::Type::Number,
                span: at.span,
            }),
            _ => {
                let from = open.len();
                at.children(&mut |child| open.push(child));
                if let Some(added) = open.get_mut(from..) {
                    added.reverse();
                }
            }
        }
    }
    found
}
