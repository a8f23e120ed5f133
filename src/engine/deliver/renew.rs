//! A deploy and what is not sent yet: messages whose template changed are prepared anew, unless a person edited them
//! (semantics S6.3).

use super::super::effect::{RowEffect, RowEvent};
use super::super::outbox::{Row, RowId, RowState};
use super::super::turn::Turn;
use super::super::world::Eid;
use super::key_of;
use super::prepare::first_state;
use crate::plan::{MessagePlan, Plan};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Turn<'_> {
    /// Looks at every message that is not sent, now that the plan is another.
    pub(in crate::engine) fn renew_rows(&mut self, old: &Plan) {
        let changed = changed_templates(old, self.plan);
        let open: Vec<Eid> = self.world.open_rows().collect();
        for eid in open {
            self.touched.insert(eid);
            let outbox = self.world.entity(eid).outbox.iter();
            let concerned = |row: &&Row| {
                let template = row.template.as_ref().is_some_and(|template| changed.contains(template));
                template && row.attempts == 0 && row.state.is_unsent()
            };
            let rows: Vec<Row> = outbox.flat_map(|outbox| &outbox.rows).filter(concerned).cloned().collect();
            for row in rows {
                self.renew(RowId { entity: eid, number: row.number }, row);
            }
        }
    }

    fn renew(&mut self, id: RowId, row: Row) {
        if row.edited.is_some() {
            if !row.stale {
                self.log_row(id.entity, &row, RowEvent::Stale, "");
                self.set_row(id, Row { stale: true, ..row });
            }
            return;
        }
        let Some((step, call)) = self.call_of(&row) else { return };
        let to = (row.contact, row.address.clone());
        let Ok(prepared) = self.prepare_for(key_of(id.entity, &row), step, call, to) else { return };
        let state = match row.state {
            RowState::Ready => RowState::Ready,
            _ => first_state(call.action, &prepared),
        };
        self.log_row(id.entity, &row, RowEvent::Renewed, "");
        self.effects.rows.push((id, RowEffect::Body(Box::new(prepared))));
        self.set_row(id, Row { state, ..row });
    }
}

/// The names of templates that say something else.
fn changed_templates(old: &Plan, new: &Plan) -> BTreeSet<Arc<str>> {
    let said = |plan: &Plan, message: &MessagePlan| {
        let text = |at: u32| plan.texts.get(at as usize).map(|text| Arc::clone(&text.source));
        message.parts.iter().map(|(kind, at)| (*kind, text(*at))).collect::<Vec<_>>()
    };
    let before = |message: &MessagePlan| old.templates.iter().find(|known| known.name == message.name);
    let other = |message: &&MessagePlan| {
        before(message).is_some_and(|before| said(old, before) != said(new, message))
    };
    new.templates.iter().filter(other).map(|message| Arc::clone(&message.name)).collect()
}
