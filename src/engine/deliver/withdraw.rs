//! What is taken back, what time does to rows, whose turn it is, and who waits for an answer.

use super::super::effect::{Gone, RowEffect, RowEvent};
use super::super::entity::{Run, RunState};
use super::super::outbox::{Row, RowId, RowState};
use super::super::turn::{RunKey, Turn};
use super::super::world::Eid;
use super::key_of;
use std::sync::Arc;

impl Turn<'_> {
    /// Takes back what an enrolment prepared and what has not left.
    pub(in crate::engine) fn withdraw(&mut self, key: RunKey, why: &Gone) {
        if key.shadow {
            return;
        }
        let outbox = self.world.entity(key.entity).outbox.as_ref();
        let rows: Vec<Row> =
            outbox.into_iter().flat_map(|outbox| outbox.of(key.workflow, key.number)).cloned().collect();
        for row in rows {
            let id = RowId { entity: key.entity, number: row.number };
            if row.state.is_unsent() {
                self.take_back(id, &row, why.clone());
            } else if row.state == RowState::Sending {
                self.log_row(key.entity, &row, RowEvent::TooLate(why.clone()), "");
            }
        }
    }

    /// An enrolment has come to its end: while something of it is unsent, its exits and goals are watched on.
    pub(in crate::engine) fn watch_on(&mut self, eid: Eid, run: Run) {
        let Some(outbox) = &mut self.world.entity_mut(eid).outbox else { return };
        let open = |row: &Row| !matches!(row.state, RowState::Dead(_));
        if !run.shadow && outbox.of(run.workflow, run.number).any(open) {
            outbox.tails.push(Run { state: RunState::Over, ..run });
        }
    }

    /// Rows of an entity to which time alone does something now.
    pub(in crate::engine) fn rows_due(&mut self, eid: Eid) {
        let now = self.now;
        let rows: Vec<Row> =
            self.world.entity(eid).outbox.iter().flat_map(|outbox| outbox.rows.iter()).cloned().collect();
        for row in rows {
            let id = RowId { entity: eid, number: row.number };
            match row.state {
                RowState::Sending => {}
                RowState::Backoff(at) if at <= now => {
                    self.set_row(id, Row { state: RowState::Ready, offered: false, ..row });
                }
                _ if row.expires <= now => {
                    self.log_row(eid, &row, RowEvent::Expired, "");
                    self.close_row(id);
                }
                _ => {}
            }
        }
    }

    /// Says which rows of an entity have their turn now; nothing of a workflow goes that is disabled.
    pub(in crate::engine) fn offer(&mut self, eid: Eid) {
        let Some(outbox) = &self.world.entity(eid).outbox else { return };
        let runs = |at: &u32| outbox.row(*at).is_some_and(|row| !self.is_halted(key_of(eid, row)));
        let next: Vec<u32> = outbox.next_in_lanes().into_iter().filter(runs).collect();
        for number in next {
            let outbox = self.world.entity_mut(eid).outbox.as_mut();
            if let Some(row) = outbox.and_then(|outbox| outbox.row_mut(number)) {
                row.offered = true;
            }
            self.effects.rows.push((RowId { entity: eid, number }, RowEffect::Offered));
        }
    }

    /// Whether a step must wait for an answer that brings a value which it reads (semantics S6.2).
    pub(in crate::engine) fn must_ask(&self, key: RunKey, step: u32) -> bool {
        let Some(outbox) = &self.world.entity(key.entity).outbox else { return false };
        let Some(workflow) = self.text(key).filter(|_| !key.shadow) else { return false };
        let needs = workflow.steps.get(step as usize).into_iter().flat_map(|step| &step.needs);
        let names: Vec<&Arc<str>> =
            needs.filter_map(|place| workflow.kept.get(usize::from(*place))).collect();
        outbox.of(key.workflow, key.number).any(|row| {
            !matches!(row.state, RowState::Dead(_)) && row.keep.iter().any(|name| names.contains(&name))
        })
    }
}
