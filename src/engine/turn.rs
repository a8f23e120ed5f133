//! One instant at work: rounds of change, exits, waits, triggers (semantics S3.1, S3.2).
//!
//! A round takes one input (or one change that a step made) and whatever is due, brings all facts up to date, ends
//! enrolments whose exit or goal has come true, lets waits go on, then enrols; a step that changes something gives up
//! the turn, and its change is the next round. Invariant: when a [`Turn`] is over, nothing is due at its instant and
//! the timer index is right.

use super::effect::{Course, Effects, FactChange, LogEntry, LogKind, Noted, Skipped};
use super::entity::{Occurrence, Run, RunState};
use super::work::Work;
use super::world::{Eid, World};
use crate::base::Instant;
use crate::plan::Plan;
use crate::plan::expr::{AggId, RelId};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How many changes may cause one another (semantics S3.3).
pub const DEPTH: u32 = 100;

/// How many changes the enrolments of one entity may make within one instant: a circle of workflows in which each
/// starts two others would not end within any depth.
pub const CHANGES: u32 = 1_000;

/// Something of an entity that changed in this round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Changed {
    /// A value.
    Slot(u16),
    /// A logical fact.
    Bit(u16),
    /// An aggregate over its events.
    Aggregate(AggId),
    /// A count of related entities.
    Relation(RelId),
    /// Being in a workflow.
    Workflow(u32),
}

/// A trigger that fired.
#[derive(Clone, Debug)]
pub(super) struct Firing {
    /// The workflow.
    pub workflow: u32,
    /// For whom.
    pub entity: Eid,
    /// By what, for the log.
    pub by: Arc<str>,
    /// The event.
    pub event: Option<Arc<Occurrence>>,
    /// As of an instant before this one (a backfill, semantics S8.2).
    pub as_of: Option<Instant>,
}

/// Names a run over rounds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct RunKey {
    /// The workflow.
    pub workflow: u32,
    /// Whose.
    pub entity: Eid,
    /// Which of them.
    pub number: u32,
    /// In the shadow.
    pub shadow: bool,
    /// In which text of the workflow it is: no part of its name, but fixed for an instant.
    pub version: u16,
}

/// A change that a step makes, as the next input of the instant.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Values.
    Set(Eid, Vec<(u16, Value)>),
    /// A text that is to be, or not to be, in a list of texts.
    Tag(Eid, u16, Arc<str>, bool),
    /// An event.
    Record(Arc<Occurrence>),
    /// Enrolments of these in that workflow.
    Start(u32, Vec<Eid>, Arc<str>),
    /// The end of the enrolments of these in that workflow.
    Stop(u32, Vec<Eid>, Arc<str>),
}

/// A change with what caused it.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    /// The change.
    pub change: Change,
    /// How many changes caused one another up to it.
    pub depth: u32,
    /// The run that goes on behind it.
    pub behind: Option<RunKey>,
}

/// One instant at work.
pub(super) struct Turn<'a> {
    pub world: &'a mut World,
    pub plan: &'a Plan,
    pub now: Instant,
    pub effects: &'a mut Effects,
    /// Facts to work out, in order.
    pub work: Work,
    /// What changed in this round.
    pub changes: BTreeMap<Eid, Vec<Changed>>,
    /// Entities first seen in this round.
    pub fresh: BTreeSet<Eid>,
    /// Events of this round, with whose they are.
    pub happened: Vec<(Eid, Arc<Occurrence>)>,
    /// Entities with runs that time alone calls.
    pub due: BTreeSet<Eid>,
    /// `reaches` and clock triggers to set anew.
    pub rearm: BTreeSet<(Eid, (u32, u16))>,
    /// Clock triggers of entities whose zone has changed, if they have not fired in this instant.
    pub unticked: BTreeSet<(Eid, (u32, u16))>,
    /// Entities with triggers whose instant has come.
    pub due_arms: BTreeSet<Eid>,
    /// Entities whose messages something has happened to.
    pub mailed: BTreeSet<Eid>,
    /// Triggers that fired in this round.
    pub firings: Vec<Firing>,
    /// Entities whose timer may be stale.
    pub touched: BTreeSet<Eid>,
    /// Changes to come, in this instant.
    pub queue: VecDeque<Queued>,
    /// Who came into, or left, which workflow since facts were last worked out.
    pub flows: BTreeSet<(Eid, u32)>,
    /// The depth of the change at work.
    pub depth: u32,
    /// How many changes the enrolments of each entity have made in this instant.
    pub made: BTreeMap<Eid, u32>,
    /// Runs of workflows that were enabled in this round, with whether they go on.
    pub released: Vec<(RunKey, bool)>,
    /// Everything is worked out anew, for another plan: no trigger fires, and nobody is told (semantics S8.1).
    pub silent: bool,
    /// A fact is evaluated for the first time, late: no trigger fires.
    pub quiet: bool,
    /// The zone of an entity has changed while everything is worked out anew.
    pub zone_moved: bool,
}

impl<'a> Turn<'a> {
    /// An instant at which nothing has happened yet.
    pub fn new(world: &'a mut World, plan: &'a Plan, now: Instant, effects: &'a mut Effects) -> Self {
        Self {
            world,
            plan,
            now,
            effects,
            work: Work::default(),
            changes: BTreeMap::new(),
            fresh: BTreeSet::new(),
            happened: Vec::new(),
            due: BTreeSet::new(),
            rearm: BTreeSet::new(),
            unticked: BTreeSet::new(),
            due_arms: BTreeSet::new(),
            mailed: BTreeSet::new(),
            firings: Vec::new(),
            touched: BTreeSet::new(),
            queue: VecDeque::new(),
            flows: BTreeSet::new(),
            depth: 0,
            made: BTreeMap::new(),
            released: Vec::new(),
            silent: false,
            quiet: false,
            zone_moved: false,
        }
    }

    /// Takes up everything that is due now.
    pub fn take_due(&mut self) {
        if self.world.next_timer().is_none_or(|at| at > self.now) {
            return;
        }
        for eid in self.world.due(self.now) {
            self.touched.insert(eid);
            self.due_of(eid);
        }
    }

    fn due_of(&mut self, eid: Eid) {
        let now = self.now;
        let entity = self.world.entity(eid);
        let facts = entity.nexts.iter().chain(entity.accounts().iter().flat_map(|link| link.nexts.iter()));
        self.work.extend(facts.filter(|(_, at)| *at <= now).map(|(fact, _)| (*fact, eid)));
        if entity.runs.iter().any(|run| run.next_timer() <= now) {
            self.due.insert(eid);
        }
        if entity.arms.iter().any(|arm| arm.at <= now) {
            self.due_arms.insert(eid);
        }
        if entity.outbox.as_ref().is_some_and(|outbox| outbox.next_timer() <= now) {
            self.due.insert(eid);
            self.rows_due(eid);
        }
    }

    /// Runs rounds until nothing is left of this instant.
    pub fn settle(mut self) {
        self.round();
        self.settle_rest();
    }

    /// What follows the first round of the instant.
    pub fn settle_rest(mut self) {
        self.settle_flows();
        while let Some(queued) = self.queue.pop_front() {
            self.depth = queued.depth;
            self.apply_change(queued.change);
            self.round();
            if let Some(key) = queued.behind {
                // What follows is caused by what let the run go, not by its own last change (semantics S3.3).
                self.depth = queued.depth.saturating_sub(1);
                self.go_on(key);
            }
            self.settle_flows();
        }
        let touched = std::mem::take(&mut self.touched);
        for eid in touched {
            self.offer(eid);
            self.world.retime(eid);
        }
    }

    /// Facts that ask who is in a workflow are brought up to date by the next round of the instant, if need be by one
    /// of its own.
    fn settle_flows(&mut self) {
        while self.queue.is_empty() && !self.flows.is_empty() {
            self.depth += 1;
            self.round();
        }
    }

    fn round(&mut self) {
        for (eid, workflow) in std::mem::take(&mut self.flows) {
            self.flow_changed(eid, workflow);
        }
        self.propagate();
        for (eid, id) in std::mem::take(&mut self.rearm) {
            self.arm(eid, id);
        }
        // Behind the values: one that changes at the very instant disarms (semantics S2.7, S3.1).
        for eid in std::mem::take(&mut self.due_arms) {
            self.fire_arms(eid);
        }
        self.watch_exits();
        self.watch_waits();
        self.release_all();
        self.enrol_fired();
        self.end_round();
    }

    /// Forgets what a round was about.
    pub fn end_round(&mut self) {
        self.changes.clear();
        self.fresh.clear();
        self.happened.clear();
        self.due.clear();
        self.mailed.clear();
    }

    fn go_on(&mut self, key: RunKey) {
        let yielded = self.run(key).is_some_and(|run| run.state == RunState::Yielded);
        if yielded {
            if let Some(run) = self.run_mut(key) {
                run.state = RunState::Ready;
            }
            self.advance(key);
        }
    }

    /// Puts a change behind those that wait, unless the chain is too long.
    pub fn enqueue(&mut self, change: Change, behind: Option<RunKey>) -> bool {
        let depth = self.depth + 1;
        if depth > DEPTH {
            return false;
        }
        if let Some(key) = behind {
            let made = self.made.entry(key.entity).or_default();
            *made += 1;
            if *made > CHANGES {
                return false;
            }
        }
        self.queue.push_back(Queued { change, depth, behind });
        true
    }

    /// Notes that an entity's timer may be stale. When everything is worked out anew, all of them are.
    pub fn touch(&mut self, eid: Eid) {
        if !self.silent {
            self.touched.insert(eid);
        }
    }

    /// Notes that something of an entity changed.
    pub fn note(&mut self, eid: Eid, changed: Changed) {
        if self.silent {
            return;
        }
        self.touched.insert(eid);
        let list = self.changes.entry(eid).or_default();
        if !list.contains(&changed) {
            list.push(changed);
        }
    }

    /// Adds a line about an enrolment to the log.
    pub fn log_run(&mut self, key: RunKey, step: Option<u32>, kind: LogKind) {
        self.log_course(key, step, kind, None);
    }

    /// Adds a line that tells the course of its enrolment.
    pub fn log_run_of(&mut self, key: RunKey, step: Option<u32>, kind: LogKind, run: &Run) {
        let course = Course { started: run.started, arms: run.arms.clone() };
        self.log_course(key, step, kind, Some(Box::new(course)));
    }

    fn log_course(&mut self, key: RunKey, step: Option<u32>, kind: LogKind, course: Option<Box<Course>>) {
        let RunKey { workflow, entity, number, shadow, version } = key;
        let workflow = Some(workflow);
        self.effects.log.push(LogEntry {
            at: self.now,
            workflow,
            entity,
            number,
            version,
            step,
            kind,
            shadow,
            course,
        });
    }

    /// Adds a line about an entity to the log.
    pub fn log_fact(&mut self, entity: Eid, name: &Arc<str>, from: Value, to: Value) {
        if !self.world.log_facts {
            return;
        }
        let kind = LogKind::Fact(Box::new(FactChange { name: Arc::clone(name), from, to }));
        self.log_of_none(entity, kind);
    }

    /// A line that belongs to no workflow.
    fn log_of_none(&mut self, entity: Eid, kind: LogKind) {
        self.effects.log.push(LogEntry {
            at: self.now,
            workflow: None,
            entity,
            number: 0,
            version: 0,
            step: None,
            kind,
            shadow: false,
            course: None,
        });
    }

    /// Adds a line about an entity's data to the log.
    pub fn log_noted(&mut self, entity: Eid, what: Noted) {
        if self.silent {
            return;
        }
        self.log_of_none(entity, LogKind::Noted(what));
    }

    /// Adds the line that a chain of changes was cut.
    pub fn log_too_deep(&mut self, key: RunKey, step: u32) {
        let name = self
            .plan
            .workflows
            .get(key.workflow as usize)
            .map_or("".into(), |workflow| Arc::clone(&workflow.name));
        self.log_run(key, Some(step), LogKind::Skipped(Skipped::TooDeep(name)));
    }
}
