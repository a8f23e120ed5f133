//! What is reported of messages that have left.

use super::super::effect::{RowChange, RowEvent};
use super::super::entity::Occurrence;
use super::super::outbox::{Report, RowId, Sent};
use super::super::turn::Turn;
use super::key_of_sent;
use crate::base::Instant;
use crate::plan::Subject;
use crate::value::Value;
use std::sync::Arc;

impl Turn<'_> {
    pub(super) fn report(&mut self, id: RowId, what: Report, time: Instant, detail: &Arc<str>) {
        let outbox = self.world.entity_mut(id.entity).outbox.as_mut();
        let sent = outbox.and_then(|outbox| outbox.sent.iter_mut().find(|sent| sent.number == id.number));
        let Some(sent) = sent else { return self.reject("row", "no message of that name has left") };
        if sent.known.contains(&what) {
            return;
        }
        sent.known.push(what);
        let sent = sent.clone();
        let change = RowChange {
            row: id.number,
            action: "email".into(),
            event: RowEvent::Reported(what, Arc::clone(detail)),
            by: "".into(),
            answer: None,
            template: Some(Arc::clone(&sent.template)),
        };
        self.log_change(key_of_sent(id.entity, &sent), &sent.step, change);
        if let Some(reached) = what.reaches() {
            self.reached(id.entity, &sent, reached);
        }
        if let (Some(why), Some(address)) = (what.suppresses(), &sent.address) {
            self.world.suppress(address, Some(why), self.now);
        }
        self.happened_to(id, &sent, what, (time, detail));
    }

    /// What is reported of a message is an event of its contact, and of the account, but no activity of theirs.
    pub(super) fn happened_to(&mut self, id: RowId, sent: &Sent, what: Report, of: (Instant, &Arc<str>)) {
        let Some(event) = what.event().and_then(|name| self.plan.index.event(name)) else { return };
        let Some(declared) = self.plan.events.get(event as usize) else { return };
        let text = |text: &str| Value::Text(text.into());
        let properties = declared.properties.iter().map(|(_, key, _)| match &**key {
            "email_id" => text(&id.to_string()),
            "campaign_name" => text(&self.workflow_name(sent.workflow)),
            "campaign_id" | "template" => text(&sent.template),
            "link_url" | "reason" => text(of.1),
            _ => Value::Missing,
        });
        let properties = properties.collect();
        let own = Subject::Account == self.world.entity(id.entity).subject;
        let contact = sent.contact.or((!own).then_some(id.entity));
        let key = key_of_sent(id.entity, sent);
        let first = contact.and_then(|contact| self.world.entity(contact).first_account());
        let account = if own { Some(id.entity) } else { self.run(key).map_or(first, |run| run.account) };
        let time = of.0.min(self.now);
        let occurrence = Arc::new(Occurrence { event, properties, contact, account, time });
        for eid in [account, contact].into_iter().flatten() {
            self.happen(eid, &occurrence, false);
        }
    }
}
