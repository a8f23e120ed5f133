//! A history through a plan.

use super::Summary;
use crate::base::Instant;
use crate::engine::effect::Reject;
use crate::engine::{Effects, Input, InputKind, LogEntry, World, apply};
use crate::ingest::Line;
use crate::plan::Plan;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A world under a virtual clock.
pub struct Simulation<'p> {
    /// What runs.
    pub plan: &'p Plan,
    /// The world.
    pub world: World,
    /// What happened, by workflow.
    pub summary: Summary,
    seen: BTreeSet<Arc<str>>,
}

/// What became of a line.
#[derive(Clone, PartialEq, Debug)]
pub enum Taken {
    /// It was applied, with this log and these values refused.
    Applied(Vec<LogEntry>, Vec<Reject>),
    /// Its id was seen before: dropped (semantics S7.2).
    Duplicate,
}

impl<'p> Simulation<'p> {
    /// An empty world.
    pub fn new(plan: &'p Plan) -> Self {
        let world = World::simulated();
        Self { plan, world, summary: Summary::new(plan), seen: BTreeSet::new() }
    }

    /// A world that was stored, with the ids of the messages that it took.
    pub fn resume(plan: &'p Plan, world: World, seen: Vec<Arc<str>>) -> Self {
        Self { plan, world, summary: Summary::new(plan), seen: seen.into_iter().collect() }
    }

    /// Puts lines of the log that this plan wrote to the summary.
    pub fn count(&mut self, log: &[LogEntry]) {
        for entry in log {
            self.summary.add(self.plan, entry);
        }
    }

    /// Takes a line of a history.
    pub fn take(&mut self, line: Line) -> Taken {
        if !self.seen.insert(Arc::clone(&line.message.id)) {
            return Taken::Duplicate;
        }
        let effects = self.apply(line.at, line.message.input(line.at));
        Taken::Applied(effects.log, effects.rejects)
    }

    /// Applies an input.
    pub fn apply(&mut self, at: Instant, kind: InputKind) -> Effects {
        let effects = apply(&mut self.world, self.plan, &Input { at, kind });
        self.count(&effects.log);
        effects
    }

    /// Lets time pass up to and with an instant.
    pub fn pass(&mut self, until: Instant) -> Effects {
        self.apply(until, InputKind::Tick)
    }

    /// The summary, with what is under way.
    pub fn summary(&mut self) -> &Summary {
        self.summary.count_active(self.plan, &self.world);
        &self.summary
    }
}
