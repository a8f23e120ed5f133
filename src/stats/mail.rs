//! Messages that left, and what was reported of them; a report counts once a message.

use super::add::{at, named};
use super::{Counts, DAY, DAYS, NAMES};
use crate::engine::Line;
use crate::engine::effect::{RowChange, RowEvent};
use crate::engine::outbox::Report;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Counts of messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MailCounts {
    /// Those that have left.
    pub sent: u64,
    /// Those that the receiving server has.
    pub delivered: u64,
    /// Opened by a person.
    pub opened: u64,
    /// Opened by a machine.
    pub opened_by_machine: u64,
    /// Of which a person followed a link.
    pub clicked: u64,
    /// Of which a machine followed a link.
    pub clicked_by_machine: u64,
    /// Answered.
    pub replied: u64,
    /// Refused by the receiving server for good.
    pub bounced: u64,
    /// Refused by the provider.
    pub rejected: u64,
    /// Marked as spam.
    pub complained: u64,
    /// Whose recipient wants no more.
    pub unsubscribed: u64,
}

impl MailCounts {
    /// Its measures, with the words for them, in the order in which they happen to a message.
    pub fn measures(&self) -> [(&'static str, u64); 11] {
        [
            ("sent", self.sent),
            ("delivered", self.delivered),
            ("opened", self.opened),
            ("opened by a machine", self.opened_by_machine),
            ("clicked", self.clicked),
            ("clicked by a machine", self.clicked_by_machine),
            ("replied", self.replied),
            ("bounced", self.bounced),
            ("rejected", self.rejected),
            ("complained", self.complained),
            ("unsubscribed", self.unsubscribed),
        ]
    }

    /// Adds others.
    pub fn join(&mut self, other: &Self) {
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.opened += other.opened;
        self.opened_by_machine += other.opened_by_machine;
        self.clicked += other.clicked;
        self.clicked_by_machine += other.clicked_by_machine;
        self.replied += other.replied;
        self.bounced += other.bounced;
        self.rejected += other.rejected;
        self.complained += other.complained;
        self.unsubscribed += other.unsubscribed;
    }

    fn of(&mut self, event: &RowEvent) -> Option<&mut u64> {
        let RowEvent::Reported(what, _) = event else {
            return matches!(event, RowEvent::Sent(_)).then_some(&mut self.sent);
        };
        Some(match what {
            Report::Delivered => &mut self.delivered,
            Report::Opened => &mut self.opened,
            Report::OpenedByMachine => &mut self.opened_by_machine,
            Report::Clicked => &mut self.clicked,
            Report::ClickedByMachine => &mut self.clicked_by_machine,
            Report::Replied => &mut self.replied,
            Report::Bounced => &mut self.bounced,
            Report::Rejected => &mut self.rejected,
            Report::Complained => &mut self.complained,
            Report::Unsubscribed => &mut self.unsubscribed,
        })
    }
}

impl Counts {
    pub(super) fn add_mail(&mut self, line: &Line, change: &RowChange) {
        let Some(template) = &change.template else { return };
        let mut one = MailCounts::default();
        let Some(count) = one.of(&change.event) else { return };
        *count = 1;
        let step: Arc<str> = line.step.clone().unwrap_or_else(|| "".into());
        let templates = named(&mut self.mails, &step, NAMES);
        named(templates, template, NAMES).join(&one);
        at(&mut self.mail_days, line.at.0.div_euclid(DAY), DAYS).join(&one);
    }
}
