//! What people do with rows: edit, let go, throw away, try again.

use super::super::effect::{Gone, RowEffect, RowEvent};
use super::super::outbox::{Approval, Row, RowId, RowState};
use super::super::turn::Turn;
use super::reason;
use crate::base::Instant;
use crate::value::Value;
use std::sync::Arc;

impl Turn<'_> {
    pub(super) fn edit(&mut self, id: RowId, row: Row, parts: &[(Arc<str>, Value)], by: &Arc<str>) {
        if !matches!(row.state, RowState::Review | RowState::Held(_) | RowState::Dead(_)) {
            return self.reject("row", "it is no longer waiting for a person");
        }
        let address = parts.iter().find(|(name, _)| &**name == "to").and_then(|(_, value)| match value {
            Value::Text(address) => Some(Arc::clone(address)),
            _ => None,
        });
        let state = if matches!(row.state, RowState::Held(_)) { RowState::Review } else { row.state.clone() };
        let row = Row {
            state,
            edited: Some(Arc::clone(by)),
            address: address.or(row.address),
            stale: false,
            ..row
        };
        self.log_row(id.entity, &row, RowEvent::Edited, by);
        self.effects.rows.push((id, RowEffect::Edited(parts.to_vec())));
        self.set_row(id, row);
    }

    pub(super) fn approve(&mut self, id: RowId, row: Row, anyway: bool, by: &Arc<str>) {
        let asked = match &row.state {
            RowState::Held(why) => Some(Arc::clone(why)),
            RowState::Review if row.stale => Some("its template has changed since it was edited".into()),
            RowState::Review => None,
            _ => return self.reject("row", "it is no longer waiting for a person"),
        };
        let gone = self.gone(id.entity, &row);
        if let Some(Gone::Suppressed(why)) = &gone {
            return self.reject("row", &format!("the address is {}", why.word()));
        }
        let asked = asked.or_else(|| gone.map(|gone| reason(&gone).into()));
        if let Some(why) = asked.filter(|_| !anyway) {
            self.log_row(id.entity, &row, RowEvent::Asked(Arc::clone(&why)), by);
            return self.reject("row", &why);
        }
        self.log_row(id.entity, &row, RowEvent::Approved, by);
        let approval = if anyway { Approval::Insisted } else { Approval::Given };
        self.set_row(id, Row { state: RowState::Ready, approval, expires: Instant::MAX, ..row });
    }

    pub(super) fn discard(&mut self, id: RowId, row: &Row, by: &Arc<str>) {
        if row.state == RowState::Sending {
            return self.reject("row", "it is on its way");
        }
        self.log_row(id.entity, row, RowEvent::Discarded, by);
        self.close_row(id);
    }

    pub(super) fn retry(&mut self, id: RowId, row: Row, by: &Arc<str>) {
        if !matches!(row.state, RowState::Dead(_) | RowState::Backoff(_)) {
            return self.reject("row", "it is not waiting to be tried again");
        }
        self.log_row(id.entity, &row, RowEvent::Retried, by);
        let (first_attempt, expires) = (Instant::MAX, Instant::MAX);
        self.set_row(id, Row { state: RowState::Ready, offered: false, first_attempt, expires, ..row });
    }
}
