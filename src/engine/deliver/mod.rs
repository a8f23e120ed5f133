//! The life of rows: prepared, looked at, offered, sent, answered, taken back (semantics S4.4, S5.3, S6).
//!
//! Everything that people and delivery do comes as an input. A row is withdrawn until the input that begins its first
//! attempt; between attempts too, but then it may have arrived.

mod attempt;
mod people;
mod prepare;
mod renew;
mod report;
mod withdraw;

use super::effect::{Answer, Gone, LogKind, RowChange, RowEffect, RowEvent};
use super::input::RowInput;
use super::outbox::{Row, RowId, Sent};
use super::turn::{RunKey, Turn};
use super::world::Eid;
use crate::plan::ActionId;
use crate::plan::BuiltInAction;
use std::sync::Arc;

/// Whether an action sends a message to people outside.
pub(in crate::engine) fn is_mail(action: ActionId) -> bool {
    matches!(action, ActionId::BuiltIn(BuiltInAction::Email | BuiltInAction::Html | BuiltInAction::Gmail))
}

impl Turn<'_> {
    /// Applies what a person or delivery did with a row.
    pub(in crate::engine) fn apply_row(&mut self, id: RowId, what: &RowInput, by: &Arc<str>) {
        if (id.entity.0 as usize) >= self.world.len() {
            return self.reject("row", "there is no such row");
        }
        self.touched.insert(id.entity);
        if let RowInput::Report { what, time, detail } = what {
            return self.report(id, *what, *time, detail);
        }
        let Some(row) = self.world.entity(id.entity).row(id.number).cloned() else {
            return self.reject("row", "it is over, or never was");
        };
        match what {
            RowInput::Attempt => self.attempt(id, row),
            RowInput::Succeeded { reference, kept, answer } => {
                self.succeeded(id, &row, reference.as_ref(), (kept, answer.as_ref()));
            }
            RowInput::Failed { reason, again, after, answer } => {
                self.failed(id, row, (reason, answer.as_ref()), again.then_some(*after));
            }
            RowInput::Edit(parts) => self.edit(id, row, parts, by),
            RowInput::Send { anyway } => self.approve(id, row, *anyway, by),
            RowInput::Discard => self.discard(id, &row, by),
            RowInput::Retry => self.retry(id, row, by),
            RowInput::Report { .. } => {}
        }
    }

    pub(super) fn set_row(&mut self, id: RowId, row: Row) {
        let outbox = self.world.entity_mut(id.entity).outbox.as_mut();
        if let Some(held) = outbox.and_then(|outbox| outbox.row_mut(id.number)) {
            *held = row;
        }
    }

    /// A row is over; what waited for its answer goes on.
    pub(super) fn close_row(&mut self, id: RowId) {
        if let Some(outbox) = &mut self.world.entity_mut(id.entity).outbox {
            outbox.close(id.number);
        }
        self.effects.rows.push((id, RowEffect::Over));
        self.mailed.insert(id.entity);
        self.touched.insert(id.entity);
    }

    pub(super) fn take_back(&mut self, id: RowId, row: &Row, why: Gone) {
        self.log_row(id.entity, row, RowEvent::Withdrawn { why, perhaps: row.attempts > 0 }, "");
        self.close_row(id);
    }

    pub(super) fn log_row(&mut self, eid: Eid, row: &Row, event: RowEvent, by: &str) {
        self.log_change(key_of(eid, row), &row.step, change(row, event, by, None));
    }

    /// What came of an attempt.
    fn log_attempt(&mut self, eid: Eid, row: &Row, event: RowEvent, answer: Option<&Arc<Answer>>) {
        let change = change(row, event, "", answer.cloned());
        self.log_change(key_of(eid, row), &row.step, change);
    }

    pub(super) fn log_change(&mut self, key: RunKey, step: &Arc<str>, change: RowChange) {
        let steps = self.text(key).map_or(&[][..], |text| &text.steps);
        let step = steps.iter().position(|known| known.name() == step).map(|at| at as u32);
        self.log_run(key, step, LogKind::Row(Box::new(change)));
    }
}

fn change(row: &Row, event: RowEvent, by: &str, answer: Option<Arc<Answer>>) -> RowChange {
    let (action, template) = (Arc::clone(&row.action), row.template.clone());
    RowChange { row: row.number, action, event, by: by.into(), answer, template }
}

/// The enrolment that prepared a row.
fn key_of(entity: Eid, row: &Row) -> RunKey {
    let (workflow, version, number) = (row.workflow, row.version, row.enrolment);
    RunKey { workflow, entity, number, shadow: false, version }
}

/// The enrolment that a message was of.
fn key_of_sent(entity: Eid, sent: &Sent) -> RunKey {
    let (workflow, version, number) = (sent.workflow, sent.version, sent.enrolment);
    RunKey { workflow, entity, number, shadow: false, version }
}

/// Why a person is asked again.
fn reason(gone: &Gone) -> &'static str {
    match gone {
        Gone::NoMatch => "the contact no longer meets the `where` of its step",
        Gone::NotAContact => "the contact no longer belongs to the account",
        Gone::Suppressed(why) => why.word(),
        Gone::Exited(_) | Gone::Goal(_) => "its enrolment has ended",
    }
}
