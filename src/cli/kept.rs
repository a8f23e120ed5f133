//! `wf run --store`: when the world at play is written to its store.

use super::Failure;
use crate::engine::{LogEntry, World};
use crate::plan::Plan;
use crate::simulate::Simulation;
use crate::store::{Store, StoreError};
use std::path::Path;
use std::sync::Arc;

/// So many messages are played between checkpoints.
const EVERY: usize = 1_000;

/// A store with what was not written to it yet.
pub(super) struct Kept {
    store: Store,
    seen: Vec<Arc<str>>,
    /// Lines of the log.
    pub(super) log: Vec<LogEntry>,
}

impl Kept {
    /// The store, if one was asked for, and the world that it holds.
    pub(super) fn open<'p>(
        folder: Option<&Path>,
        plan: &'p Plan,
    ) -> Result<(Option<Self>, Simulation<'p>), Failure> {
        let Some(folder) = folder else { return Ok((None, Simulation::new(plan))) };
        let (store, stored) = Store::open(folder, plan).map_err(failure)?;
        let simulation = Simulation::resume(plan, stored.world, stored.seen);
        Ok((Some(Self { store, seen: Vec::new(), log: Vec::new() }), simulation))
    }

    /// Notes a message that was applied.
    pub(super) fn taken(
        &mut self,
        id: Arc<str>,
        log: Vec<LogEntry>,
        world: &mut World,
    ) -> Result<(), Failure> {
        self.seen.push(id);
        self.log.extend(log);
        if self.seen.len() < EVERY {
            return Ok(());
        }
        self.checkpoint(world)
    }

    /// Writes what changed.
    pub(super) fn checkpoint(&mut self, world: &mut World) -> Result<(), Failure> {
        self.store.checkpoint(world, &self.seen, &self.log).map_err(failure)?;
        self.seen.clear();
        self.log.clear();
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is how errors are mapped")]
fn failure(error: StoreError) -> Failure {
    Failure::new(error.to_string()).help(Some(error.help()))
}
