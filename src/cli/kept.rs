//! `wf run --store`: when the world at play is written to its store, and its move to a changed project.

use super::{Failure, Output};
use crate::engine::migrate::{Deployed, Options, deploy};
use crate::engine::{LogEntry, World};
use crate::plan::Plan;
use crate::store::{Store, StoreError, Stored};
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

/// What is played from: a plan, and the world that is laid out for it.
pub(super) struct Beginning {
    pub plan: Plan,
    pub world: World,
    pub seen: Vec<Arc<str>>,
    /// What a changed project has brought about.
    pub log: Vec<LogEntry>,
}

impl Beginning {
    /// An empty world.
    pub(super) fn new(plan: &Plan) -> Self {
        Self { plan: plan.clone(), world: World::simulated(), seen: Vec::new(), log: Vec::new() }
    }
}

impl Kept {
    /// The store in a folder, and what it holds. A world that was laid out for another text of the project is moved to
    /// the present one, as of its last instant.
    /// `facts`: changes of facts are logged.
    pub(super) fn open(
        folder: &Path,
        plan: &Plan,
        facts: bool,
        out: &mut Output,
    ) -> Result<(Self, Beginning), Failure> {
        let (store, stored) = Store::open(folder, plan).map_err(failure)?;
        let mut kept = Self { store, seen: Vec::new(), log: Vec::new() };
        let Stored { mut world, seen, plan: old, changed } = stored;
        if !changed {
            return Ok((kept, Beginning { plan: old, world, seen, log: Vec::new() }));
        }
        let at = world.now;
        world.log_facts = facts;
        let deployed = deploy(&mut world, &old, plan.clone(), at, &Options::default());
        show(&deployed, out);
        let Deployed { plan: moved, before, effects, .. } = deployed;
        kept.store.adopt(&moved, plan).map_err(failure)?;
        let log = [(&old, &before.log[..]), (&moved, &effects.log[..])];
        kept.store.checkpoint(&mut world, &[], &log).map_err(failure)?;
        Ok((kept, Beginning { plan: moved, world, seen, log: effects.log }))
    }

    /// Notes a message that was applied.
    pub(super) fn taken(
        &mut self,
        id: Arc<str>,
        log: Vec<LogEntry>,
        plan: &Plan,
        world: &mut World,
    ) -> Result<(), Failure> {
        self.seen.push(id);
        self.log.extend(log);
        if self.seen.len() < EVERY {
            return Ok(());
        }
        self.checkpoint(plan, world)
    }

    /// Writes what changed.
    pub(super) fn checkpoint(&mut self, plan: &Plan, world: &mut World) -> Result<(), Failure> {
        self.store.checkpoint(world, &self.seen, &[(plan, &self.log)]).map_err(failure)?;
        self.seen.clear();
        self.log.clear();
        Ok(())
    }
}

/// Says what the deploy of a changed project did.
fn show(deployed: &Deployed, out: &mut Output) {
    out.note_line(
        "the project has changed since the store was written; its world goes on in the present text:",
    );
    let table = deployed.table.to_string();
    if table.is_empty() {
        out.note_line("  nobody is concerned");
    }
    for line in table.lines() {
        out.note_line(&format!("  {line}"));
    }
    for reject in &deployed.effects.rejects {
        out.note_line(&format!("  refused: {}: {}", reject.name, reject.reason));
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is how errors are mapped")]
fn failure(error: StoreError) -> Failure {
    Failure::new(error.to_string()).help(Some(error.help()))
}
