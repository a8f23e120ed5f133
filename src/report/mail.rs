//! What became of a workflow's messages: all together, by step and template, day by day.

use super::date;
use crate::base::Instant;
use crate::stats::{Counts, DAY, MailCounts};
use serde::Serialize;

/// A workflow's e-mail.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct MailReport {
    /// All of it, since the beginning.
    pub all: MailCounts,
    /// By step and template.
    pub steps: Vec<MailRow>,
    /// Day by day, the first first; days on which nothing happened are left out.
    pub days: Vec<MailDay>,
}

/// The messages of a template that a step sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MailRow {
    /// The step's label or place.
    pub step: String,
    /// Its text; `None`: it is in the text that runs no more.
    pub text: Option<String>,
    /// The template.
    pub template: String,
    /// What became of them.
    #[serde(flatten)]
    pub counts: MailCounts,
}

/// The messages of a day: what was sent on it, what was reported on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MailDay {
    /// Its date in UTC, as in `2026-01-05`.
    pub day: String,
    /// What happened on it.
    #[serde(flatten)]
    pub counts: MailCounts,
}

impl MailReport {
    /// Of a workflow's counts; `text` is the text of a step, if it has one; `since` leaves out the days before its own.
    pub fn of(counts: &Counts, text: impl Fn(&str) -> Option<String>, since: Option<Instant>) -> Self {
        let first = since.map_or(i64::MIN, |since| since.0.div_euclid(DAY));
        let rows = counts.mails.iter().flat_map(|(step, templates)| {
            let row = |template: &std::sync::Arc<str>, counts: &MailCounts| MailRow {
                step: step.to_string(),
                text: text(step),
                template: template.to_string(),
                counts: *counts,
            };
            templates.iter().map(|(template, counts)| row(template, counts)).collect::<Vec<_>>()
        });
        let days = counts.mail_days.range(first..);
        Self {
            all: counts.mail(),
            steps: rows.collect(),
            days: days.map(|(day, counts)| MailDay { day: date(*day), counts: *counts }).collect(),
        }
    }
}
