//! Attempts: what is looked at before one begins, and what its answer means.

use super::super::effect::{Answer, Exited, Gone, LogKind, RowEffect, RowEvent};
use super::super::entity::SentMail;
use super::super::outbox::{self, Approval, DEAD_KEPT, Row, RowId, RowState, Sent, pause};
use super::super::turn::Turn;
use super::super::world::Eid;
use super::{key_of, key_of_sent, reason};
use crate::plan::MailEvent;
use crate::plan::expr;
use crate::plan::{ArgPlan, CallPlan, RecipientsPlan};
use crate::value::Value;
use std::sync::Arc;

/// A value from an answer, with its name.
type Kept = (Arc<str>, Value);

impl<'a> Turn<'a> {
    pub(super) fn attempt(&mut self, id: RowId, row: Row) {
        let halted = self.is_halted(key_of(id.entity, &row));
        if row.state != RowState::Ready || !row.offered || halted {
            return self.set_row(id, Row { offered: row.offered && !halted, ..row });
        }
        if let Some(gone) = self.gone(id.entity, &row) {
            if row.approval == Approval::None || matches!(gone, Gone::Suppressed(_) | Gone::NotAContact) {
                return self.take_back(id, &row, gone);
            }
            if row.approval != Approval::Insisted {
                // What a person let go is not dropped behind their back: they are asked (semantics S5.3).
                let row = Row { state: RowState::Review, approval: Approval::None, offered: false, ..row };
                self.log_row(id.entity, &row, RowEvent::Asked(reason(&gone).into()), "");
                return self.set_row(id, row);
            }
        }
        let (attempts, first) = (row.attempts + 1, row.first_attempt.min(self.now));
        self.effects.rows.push((id, RowEffect::Send(attempts)));
        self.set_row(id, Row { state: RowState::Sending, attempts, first_attempt: first, ..row });
    }

    /// Why a row must not go any more: its recipient is looked at again (semantics S5.3).
    pub(super) fn gone(&self, eid: Eid, row: &Row) -> Option<Gone> {
        let suppressed = row.address.as_ref().filter(|_| row.template.is_some());
        if let Some(why) = suppressed.and_then(|address| self.world.suppressed(address)) {
            return Some(Gone::Suppressed(why));
        }
        let contact = row.contact?;
        let key = key_of(eid, row);
        if !self.world.entity(contact).created {
            return Some(Gone::NotAContact);
        }
        let (run, (_, call)) = (self.run(key)?, self.call_of(row)?);
        let to = call
            .args
            .iter()
            .find_map(|(_, arg)| if let ArgPlan::Recipients(to) = arg { Some(to) } else { None });
        let Some(RecipientsPlan::Contacts(contacts)) = to else { return None };
        let account = if contact == eid { run.account } else { run.account.or(Some(eid)) };
        if !self.world.entity(contact).accounts().iter().any(|link| Some(link.account) == account) {
            return Some(Gone::NotAContact);
        }
        let here = self.here(key, run).contact(self.world.entity(contact));
        let meets = contacts.filter.is_none_or(|filter| expr::eval(&self.plan.pool, filter, &here));
        (!meets).then_some(Gone::NoMatch)
    }

    /// The call that prepared a row, if its step is still there.
    pub(super) fn call_of(&self, row: &Row) -> Option<(u32, &'a CallPlan)> {
        outbox::call_of(self.plan, row)
    }

    pub(super) fn succeeded(
        &mut self,
        id: RowId,
        row: &Row,
        reference: Option<&Arc<str>>,
        (kept, answer): (&[Kept], Option<&Arc<Answer>>),
    ) {
        if row.state != RowState::Sending {
            return;
        }
        self.log_attempt(id.entity, row, RowEvent::Sent(reference.cloned()), answer);
        self.close_row(id);
        self.keep(id.entity, row, kept);
        if let Some(template) = &row.template {
            let sent = Sent {
                number: row.number,
                workflow: row.workflow,
                version: row.version,
                enrolment: row.enrolment,
                step: Arc::clone(&row.step),
                template: Arc::clone(template),
                contact: row.contact,
                address: row.address.clone(),
                at: self.now,
                known: Vec::new(),
            };
            self.reached(id.entity, &sent, MailEvent::Sent);
            if let Some(outbox) = &mut self.world.entity_mut(id.entity).outbox {
                outbox.remember(sent);
            }
        }
    }

    /// Values from the answer go to the enrolment, if it is still in.
    pub(super) fn keep(&mut self, eid: Eid, row: &Row, values: &[Kept]) {
        let Some(workflow) = self.plan.version(row.workflow, row.version) else { return };
        let key = key_of(eid, row);
        let Some(run) = self.run_mut(key) else { return };
        for (name, value) in values {
            let place = workflow.kept.iter().position(|kept| kept == name);
            if let Some(slot) = place.and_then(|place| run.kept.get_mut(place)) {
                *slot = value.clone();
            }
        }
    }

    /// What has happened to a message is noted with its enrolment.
    pub(super) fn reached(&mut self, eid: Eid, sent: &Sent, what: MailEvent) {
        self.mailed.insert(eid);
        let Some(template) = self.plan.templates.iter().position(|known| known.name == sent.template) else {
            return;
        };
        let Some(run) = self.run_mut(key_of_sent(eid, sent)) else { return };
        let same = |mail: &&mut SentMail| mail.template == template as u32 && mail.contact == sent.contact;
        for mail in run.mail.iter_mut().filter(same) {
            mail.reached = mail.reached.max(Some(what));
        }
    }

    pub(super) fn failed(
        &mut self,
        id: RowId,
        row: Row,
        came: (&Arc<str>, Option<&Arc<Answer>>),
        again: Option<Option<i64>>,
    ) {
        let (why, answer) = came;
        if row.state != RowState::Sending {
            return;
        }
        let next = again.map(|asked| self.now.plus(pause(&row.key, row.attempts, asked)));
        let give_up = row.first_attempt.plus(self.plan.settings.retry_for);
        match next.filter(|at| *at <= give_up) {
            Some(at) => {
                self.log_attempt(id.entity, &row, RowEvent::Retrying(Arc::clone(why), at), answer);
                self.set_row(id, Row { state: RowState::Backoff(at), offered: false, ..row });
            }
            None => self.bury(id, row, why, answer),
        }
    }

    pub(super) fn bury(&mut self, id: RowId, row: Row, why: &Arc<str>, answer: Option<&Arc<Answer>>) {
        self.log_attempt(id.entity, &row, RowEvent::Dead(Arc::clone(why)), answer);
        let (exits, key) = (row.exits, key_of(id.entity, &row));
        let expires = self.now.plus(DEAD_KEPT);
        self.set_row(id, Row { state: RowState::Dead(Arc::clone(why)), offered: false, expires, ..row });
        self.mailed.insert(id.entity);
        if exits && self.is_in(key) {
            self.exit(key, None, LogKind::Exited(Exited::Failed));
        }
    }
}
