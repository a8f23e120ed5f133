//! A report on a workflow: its funnel by step, split arms side by side, what happened day by day, how long it takes to a goal,
//! what became of those who enrolled in one week, its e-mail, why entities left, did not enter or were passed over, what failed.
//!
//! In: [`Counts`], the steps of the text that runs, who stands where. Out: a [`Report`], as CSV ([`csv::text`]) or as one page
//! that needs nothing else ([`html::page`]). Invariant: text from a project or an event is inert in both. Not here: counting.

mod chart;
pub mod csv;
pub mod html;
mod mail;
mod parts;

use crate::base::Instant;
use crate::stats::{Counts, DAY, DayCounts, StepCounts, Words};
use serde::Serialize;

pub use mail::{MailDay, MailReport, MailRow};
pub use parts::{ArmRow, Below, CohortRow, SplitRow, TimesToGoal};

/// A report on a workflow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// The workflow.
    pub workflow: String,
    /// The first day that is shown; `None`: all that are kept.
    pub since: Option<String>,
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
    /// What could not be done or not be delivered.
    pub failed: u64,
    /// What happened on the days that are shown, all together.
    pub in_period: DayCounts,
    /// By step, in the order of the text.
    pub steps: Vec<StepRow>,
    /// By split, with its arms side by side.
    pub splits: Vec<SplitRow>,
    /// Day by day, the first first; days on which nothing happened are left out.
    pub days: Vec<DayRow>,
    /// How long those took that converted.
    pub time_to_goal: TimesToGoal,
    /// By week of enrolment, the first first.
    pub cohorts: Vec<CohortRow>,
    /// Its e-mail.
    pub mail: MailReport,
    /// Why enrolments ended early.
    pub exits: Words,
    /// Why firings enrolled nobody.
    pub not_enrolled: Words,
    /// Why steps were passed over.
    pub skipped: Words,
    /// Why something could not be done or not be delivered.
    pub failures: Words,
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
    /// Of a workflow's counts; `since` leaves out days and weeks of enrolment before its own, and nothing else.
    pub fn of(workflow: &str, counts: &Counts, steps: Vec<StepRow>, since: Option<Instant>) -> Self {
        let first = since.map_or(i64::MIN, |since| since.0.div_euclid(DAY));
        let days = counts.days.range(first..);
        let mut in_period = DayCounts::default();
        days.clone().for_each(|(_, day)| in_period.join(*day));
        let text = |name: &str| steps.iter().find(|step| step.step == name).map(|step| step.text.clone());
        Self {
            workflow: workflow.to_owned(),
            since: since.map(|_| date(first)),
            enrolled: counts.enrolled,
            enrolled_now: counts.enrolled.saturating_sub(counts.ended()),
            finished: counts.finished,
            goals: counts.goals,
            goal_rate_per_mille: counts.goal_rate(),
            failed: counts.failures(),
            in_period,
            splits: parts::splits(counts, text),
            days: days.map(|(day, counts)| DayRow { day: date(*day), counts: *counts }).collect(),
            time_to_goal: TimesToGoal::of(&counts.to_goal),
            cohorts: parts::cohorts(counts, first),
            mail: MailReport::of(counts, text, since),
            exits: counts.exited.clone(),
            not_enrolled: counts.not_enrolled.clone(),
            skipped: counts.skipped.clone(),
            failures: counts.failures.clone(),
            steps,
        }
    }

    /// The tables of reasons, with their headings.
    fn reasons(&self) -> [(&'static str, &Words); 4] {
        [
            ("exit", &self.exits),
            ("not enrolled", &self.not_enrolled),
            ("skipped", &self.skipped),
            ("failed", &self.failures),
        ]
    }
}

fn date(day: i64) -> String {
    Instant(day.saturating_mul(DAY)).to_string().chars().take(10).collect()
}

/// A length of time in one unit, as in `3d`.
fn length(millis: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(DAY, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let unit = UNITS.into_iter().find(|(unit, _)| millis >= *unit);
    unit.map_or_else(|| format!("{millis}ms"), |(unit, word)| format!("{}{word}", millis / unit))
}

/// Thousandths in per cent, as in `12.5 %`.
fn percent(rate: Option<u64>) -> String {
    rate.map_or_else(|| "-".into(), |rate| format!("{}.{} %", rate / 10, rate % 10))
}
