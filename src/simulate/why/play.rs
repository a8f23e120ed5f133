//! A history at play, with an eye on one entity and one workflow.
//!
//! In: lines of a history. Out: the world at the end, the log of the entity in the workflow, for each firing that did
//! not enrol why, and for each leaf condition since when it is as it is, to the millisecond.
//! Invariant: the world is the same as without the eye: time passes in the same steps, here one by one.

use super::cause::leaves;
use super::{Asked, Part, parts};
use crate::base::Instant;
use crate::check::checked::{Expr, ExprKind, Subject, TriggerKind, Who};
use crate::engine::effect::NotEnrolled;
use crate::engine::entity::Occurrence;
use crate::engine::{Eid, Here, Input, InputKind, LogEntry, LogKind, World, apply, occurrence};
use crate::ingest::Line;
use crate::plan::expr::{self, CondId, Pool, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A firing that did not enrol.
pub(super) struct Firing {
    pub at: Instant,
    pub why: NotEnrolled,
    /// What of the workflow's `if` failed then.
    pub parts: Vec<Part>,
}

/// How often an event came, and the last of them.
#[derive(Default)]
pub(super) struct Seen {
    pub count: u64,
    pub last: Option<Arc<Occurrence>>,
}

/// Whether a leaf holds, since when, and until when at least.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub holds: bool,
    pub since: Instant,
    next: Instant,
}

/// A history at play.
pub struct Play<'p> {
    pub(super) asked: Asked<'p>,
    pub(super) pool: Pool,
    pub(super) world: World,
    pub(super) log: Vec<LogEntry>,
    pub(super) firings: Vec<Firing>,
    pub(super) events: BTreeMap<u32, Seen>,
    pub(super) held: BTreeMap<CondId, Option<Held>>,
    ids: BTreeSet<Arc<str>>,
}

/// How many flips of one leaf between two inputs are followed.
const FLIPS: usize = 1_000;
/// How deep segments are looked into for leaves.
const NESTED: u32 = 8;

impl<'p> Play<'p> {
    /// An empty world.
    pub fn new(asked: Asked<'p>) -> Self {
        let mut play = Self {
            asked,
            pool: asked.plan.pool.clone(),
            world: World::simulated(),
            log: Vec::new(),
            firings: Vec::new(),
            events: BTreeMap::new(),
            held: BTreeMap::new(),
            ids: BTreeSet::new(),
        };
        for condition in asked.conditions() {
            play.watch(condition, 0);
        }
        play
    }

    fn watch(&mut self, condition: &'p Expr, depth: u32) {
        let asked = self.asked;
        let mut found = Vec::new();
        leaves(condition, &mut found);
        for leaf in found {
            let id = self.pool.condition(leaf, asked.scope());
            self.held.insert(id, None);
            if let (Some(segment), true) = (asked.segment_of(leaf), depth < NESTED) {
                self.watch(segment, depth + 1);
            }
        }
    }

    /// The entity, once it is known.
    pub(super) fn entity(&self) -> Option<Eid> {
        self.world.find(self.asked.subject(), self.asked.id)
    }

    /// Takes a line of the history; one whose id was seen before is dropped.
    pub fn take(&mut self, line: Line) {
        if self.ids.insert(Arc::clone(&line.message.id)) {
            self.pass(line.at);
            self.apply(line.at, &line.message.input(line.at));
        }
    }

    /// Takes an input of a journal; its own time is at most its instant.
    pub fn input(&mut self, at: Instant, kind: &InputKind) {
        self.pass(at);
        self.apply(at, kind);
    }

    /// Lets time pass up to and with an instant.
    pub fn until(&mut self, at: Instant) {
        self.pass(at);
        self.apply(at, &InputKind::Tick);
    }

    fn pass(&mut self, until: Instant) {
        while let Some(at) = self.world.next_timer().filter(|at| *at < until) {
            self.apply(at, &InputKind::Tick);
        }
    }

    fn apply(&mut self, at: Instant, kind: &InputKind) {
        let at = at.max(self.world.now);
        self.flip(at);
        let plan = self.asked.plan;
        let effects = apply(&mut self.world, plan, &Input { at, kind: kind.clone() });
        let happened = occurrence(plan, &self.world, kind);
        let Some(eid) = self.entity() else { return };
        if let Some(happened) = happened.as_ref().filter(|it| self.is_of(eid, it)) {
            let seen = self.events.entry(happened.event).or_default();
            (seen.count, seen.last) = (seen.count + 1, Some(Arc::clone(happened)));
        }
        let mine = |entry: &&LogEntry| entry.entity == eid && entry.workflow == Some(self.asked.workflow);
        let log: Vec<LogEntry> = effects.log.iter().filter(mine).cloned().collect();
        for entry in log {
            if let LogKind::NotEnrolled(why) = &entry.kind {
                let parts =
                    if *why == NotEnrolled::OnlyIf { self.guard(happened.as_ref()) } else { Vec::new() };
                self.firings.push(Firing { at: entry.at, why: why.clone(), parts });
            }
            self.log.push(entry);
        }
        self.look(at);
    }

    fn is_of(&self, eid: Eid, happened: &Occurrence) -> bool {
        let whose = match self.asked.subject() {
            Subject::Account => happened.account,
            Subject::Contact => happened.contact,
        };
        whose == Some(eid)
    }

    fn guard(&mut self, event: Option<&Arc<Occurrence>>) -> Vec<Part> {
        self.look(self.world.now);
        let guard = self.asked.flow.only_if.as_ref();
        guard.map(|guard| parts(self, guard, true, event)).unwrap_or_default()
    }

    /// Follows the leaves that time alone turned before an instant.
    fn flip(&mut self, until: Instant) {
        let Some(eid) = self.entity() else { return };
        let here = Here::of(&self.world, self.asked.plan, self.world.now, self.world.entity(eid));
        for (id, held) in &mut self.held {
            for _ in 0..FLIPS {
                let Some(at) = held.map(|held| held.next).filter(|at| *at < until) else { break };
                look(&self.pool, *id, held, Here { now: at, ..here });
            }
        }
    }

    /// Looks at every leaf now.
    fn look(&mut self, now: Instant) {
        let Some(eid) = self.entity() else { return };
        let here = Here::of(&self.world, self.asked.plan, now, self.world.entity(eid));
        for (id, held) in &mut self.held {
            look(&self.pool, *id, held, here);
        }
    }
}

fn look(pool: &Pool, id: CondId, held: &mut Option<Held>, here: Here<'_>) {
    let (holds, next) = expr::eval_next(pool, id, &here);
    let since = held.filter(|held| held.holds == holds).map_or(here.now, |held| held.since);
    *held = Some(Held { holds, since, next });
}

impl<'p> Asked<'p> {
    pub(super) fn scope(self) -> Scope<'p> {
        Scope { checked: self.checked, layout: &self.plan.layout, subject: self.subject() }
    }

    /// The condition of the entity's own segment that a leaf asks for.
    pub(super) fn segment_of(self, leaf: &Expr) -> Option<&'p Expr> {
        let ExprKind::InSegment { of: Who::This, segment } = &leaf.kind else { return None };
        self.checked.segments.get(*segment).map(|segment| &segment.condition)
    }

    /// The conditions that decide who comes in.
    fn conditions(self) -> Vec<&'p Expr> {
        let checked = self.checked;
        let workflow = self.flow;
        let of_trigger = |kind: &'p TriggerKind| match kind {
            TriggerKind::Segment { segment, .. } => {
                checked.segments.get(*segment).map(|segment| &segment.condition)
            }
            TriggerKind::Stage { stage, .. } => checked
                .stages_of(workflow.subject)
                .and_then(|stages| stages.stages.get(*stage))
                .and_then(|stage| stage.condition.as_ref()),
            TriggerKind::Matches(condition) => Some(condition),
            _ => None,
        };
        let triggers = workflow.triggers.iter().filter_map(|trigger| of_trigger(&trigger.kind));
        triggers.chain(&workflow.only_if).chain(&workflow.exits).chain(&workflow.goals).collect()
    }
}
