//! What was prepared, under the names of the new plan.

use super::entity::Mover;
use super::texts::{Moving, Way};
use crate::engine::entity::Run;
use crate::engine::outbox::Outbox;
use std::sync::Arc;

impl Mover<'_> {
    /// Rows, messages that have left, and the tails of enrolments that are over.
    pub(super) fn outbox(&self, outbox: &mut Outbox) {
        for row in &mut outbox.rows {
            (row.workflow, row.version) = self.place(row.workflow, row.version, &mut row.step);
        }
        for sent in &mut outbox.sent {
            (sent.workflow, sent.version) = self.place(sent.workflow, sent.version, &mut sent.step);
        }
        for tail in &mut outbox.tails {
            self.tail(tail);
        }
    }

    /// Where a text is now; a step that is still there, by its name there.
    fn place(&self, workflow: u32, version: u16, step: &mut Arc<str>) -> (u32, u16) {
        let heir = self.lineage.new_of(workflow).unwrap_or(workflow);
        match self.texts.of_text((workflow, version)) {
            Some(Way::Stay(version)) => (heir, *version),
            Some(Way::Move(moving)) => {
                if let Some(name) = renamed(moving, step) {
                    *step = name;
                }
                (heir, 0)
            }
            Some(Way::Leave) | None => (heir, 0),
        }
    }

    fn tail(&self, tail: &mut Run) {
        match self.texts.way(tail) {
            Some(Way::Stay(version)) => tail.version = *version,
            Some(Way::Move(moving)) => moving.end(tail),
            Some(Way::Leave) | None => tail.version = 0,
        }
        tail.workflow = self.lineage.new_of(tail.workflow).unwrap_or(tail.workflow);
        self.belongings(tail);
    }
}

fn renamed(moving: &Moving<'_>, step: &Arc<str>) -> Option<Arc<str>> {
    let old = moving.old.steps.iter().position(|known| known.name() == step)?;
    let new = moving.found.new_of(old as u32)?;
    moving.new.steps.get(new as usize).map(|step| Arc::clone(step.name()))
}
