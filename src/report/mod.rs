//! A report on a workflow: its funnel by step, what happened day by day, why entities left, did not enter or were passed over.
//!
//! In: [`Counts`], the steps of the text that runs, who stands where. Out: a [`Report`], as CSV ([`csv::text`]) or as one page
//! that needs nothing else ([`html::page`]). Invariant: text from a project or an event is inert in both. Not here: counting.

pub mod csv;
pub mod html;

use crate::base::Instant;
use crate::stats::{Counts, DayCounts, StepCounts, Words};
use serde::Serialize;

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// A report on a workflow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// The workflow.
    pub workflow: String,
    /// Enrolments that began, since the beginning.
    pub enrolled: u64,
    /// Those that are under way.
    pub enrolled_now: u64,
    /// Those that came to their end.
    pub finished: u64,
    /// Those that converted.
    pub goals: u64,
    /// Converted of those that ended, in thousandths.
    pub goal_rate_per_mille: Option<u64>,
    /// What could not be done.
    pub failed: u64,
    /// By step, in the order of the text.
    pub steps: Vec<StepRow>,
    /// Day by day, the first first; days on which nothing happened are left out.
    pub days: Vec<DayRow>,
    /// Why enrolments ended early.
    pub exits: Words,
    /// Why firings enrolled nobody.
    pub not_enrolled: Words,
    /// Why steps were passed over.
    pub skipped: Words,
}

/// A step of the funnel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StepRow {
    /// Its label or place.
    pub step: String,
    /// Its text.
    pub text: String,
    /// Who stands there now.
    pub at_now: u64,
    /// What it did.
    pub counts: StepCounts,
}

/// A day of the report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DayRow {
    /// Its date in UTC, as in `2026-01-05`.
    pub day: String,
    /// What happened on it.
    #[serde(flatten)]
    pub counts: DayCounts,
}

impl Report {
    /// Of a workflow's counts; `since` leaves out the days before its own, and nothing else.
    pub fn of(workflow: &str, counts: &Counts, steps: Vec<StepRow>, since: Option<Instant>) -> Self {
        let first = since.map_or(i64::MIN, |since| since.0.div_euclid(DAY));
        let days = counts.days.range(first..);
        Self {
            workflow: workflow.to_owned(),
            enrolled: counts.enrolled,
            enrolled_now: counts.enrolled.saturating_sub(counts.ended()),
            finished: counts.finished,
            goals: counts.goals,
            goal_rate_per_mille: counts.goal_rate(),
            failed: counts.failed,
            steps,
            days: days.map(|(day, counts)| DayRow { day: date(*day), counts: *counts }).collect(),
            exits: counts.exited.clone(),
            not_enrolled: counts.not_enrolled.clone(),
            skipped: counts.skipped.clone(),
        }
    }

    /// The tables of reasons, with their headings.
    fn reasons(&self) -> [(&'static str, &Words); 3] {
        [("exit", &self.exits), ("not enrolled", &self.not_enrolled), ("skipped", &self.skipped)]
    }
}

fn date(day: i64) -> String {
    Instant(day.saturating_mul(DAY)).to_string().chars().take(10).collect()
}
