//! Something prepared becomes a row.

use super::super::clock::forward;
use super::super::effect::{Prepared, RowEffect, RowEvent};
use super::super::env::zone;
use super::super::outbox::{Approval, Row, RowId, RowState};
use super::super::turn::{RunKey, Turn};
use super::is_mail;
use crate::base::Instant;
use crate::plan::expr::ExprId;
use crate::plan::{ActionId, ArgPlan, CallPlan};
use crate::plan::{BuiltInAction, OnFailure};
use crate::value::Value;
use std::sync::Arc;

impl Turn<'_> {
    /// Puts something prepared into the outbox.
    pub(in crate::engine) fn put_in_outbox(
        &mut self,
        key: RunKey,
        step: u32,
        call: &CallPlan,
        prepared: Prepared,
    ) {
        let state = first_state(call.action, &prepared);
        let row = self.new_row(key, step, call, &prepared, state);
        let outbox = self.world.entity_mut(key.entity).outbox.get_or_insert_default();
        outbox.count += 1;
        let row = Row { number: outbox.count, ..row };
        let id = RowId { entity: key.entity, number: row.number };
        self.touched.insert(key.entity);
        self.effects.rows.push((id, RowEffect::Body(Box::new(prepared))));
        if let RowState::Held(why) = &row.state {
            self.log_row(key.entity, &row, RowEvent::Held(Arc::clone(why)), "");
        }
        if let Some(outbox) = &mut self.world.entity_mut(key.entity).outbox {
            outbox.rows.push(row);
        }
    }

    fn new_row(&self, key: RunKey, step: u32, call: &CallPlan, prepared: &Prepared, state: RowState) -> Row {
        let workflow = self.text(key);
        let step = workflow.and_then(|workflow| workflow.steps.get(step as usize));
        let kept = |(place, _): &(u16, ExprId)| workflow?.kept.get(usize::from(*place)).cloned();
        let message = |(_, arg): &(Arc<str>, ArgPlan)| match arg {
            ArgPlan::Message(at) => {
                self.plan.templates.get(*at as usize).map(|message| Arc::clone(&message.name))
            }
            _ => None,
        };
        Row {
            number: 0,
            workflow: key.workflow,
            version: key.version,
            enrolment: key.number,
            step: step.map_or_else(|| "".into(), |step| Arc::clone(step.name())),
            action: Arc::clone(&call.name),
            lane: self.lane(call),
            key: Arc::clone(&prepared.key),
            contact: prepared.contact,
            address: prepared.to.clone(),
            template: call.args.iter().find_map(message),
            keep: call.keep.iter().filter_map(kept).collect(),
            exits: call.on_failure == OnFailure::Exit,
            approval: Approval::None,
            edited: None,
            stale: false,
            offered: false,
            state,
            prepared: self.now,
            expires: self.expiry(key, prepared),
            attempts: 0,
            first_attempt: Instant::MAX,
        }
    }

    fn lane(&self, call: &CallPlan) -> Arc<str> {
        let through = match call.action {
            ActionId::BuiltIn(BuiltInAction::Html) => return "email".into(),
            ActionId::BuiltIn(_) => None,
            ActionId::Declared(at) => self.plan.actions.get(at as usize).and_then(|action| action.through),
        };
        let connector = through.and_then(|at| self.plan.connectors.get(at as usize));
        Arc::clone(connector.map_or(&call.name, |connector| &connector.name))
    }

    fn expiry(&self, key: RunKey, prepared: &Prepared) -> Instant {
        let given = prepared.args.iter().find(|(name, _)| &**name == "expires");
        match given {
            Some((_, Value::Period(period))) => {
                forward(self.now, *period, zone(self.plan, self.world.entity(key.entity)))
            }
            _ => Instant::MAX,
        }
    }
}

/// What becomes of something when it is prepared.
pub(super) fn first_state(action: ActionId, prepared: &Prepared) -> RowState {
    if !prepared.missing.is_empty() {
        return RowState::Held(format!("missing: {}", prepared.missing.join(", ")).into());
    }
    let addressed = prepared.to.as_ref().is_some_and(|to| to.contains('@'));
    if is_mail(action) && !addressed {
        return RowState::Held("the contact has no e-mail address".into());
    }
    let reviewed = matches!(action, ActionId::BuiltIn(BuiltInAction::Email | BuiltInAction::Html));
    if reviewed && !prepared.is_automatic() { RowState::Review } else { RowState::Ready }
}
