//! What a report tells of whole enrolments: split arms, times to goal, weeks of enrolment.

use super::date;
use crate::stats::{Cohort, Counts, TO_GOAL, TimeToGoal};
use serde::Serialize;

/// A split, with its arms side by side.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SplitRow {
    /// Its label or place.
    pub split: String,
    /// Its text; `None`: it is in the text that runs no more.
    pub text: Option<String>,
    /// Its arms, by name.
    pub arms: Vec<ArmRow>,
}

/// An arm of a split.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ArmRow {
    /// Its name.
    pub arm: String,
    /// Enrolments that took it.
    pub enrolled: u64,
    /// Those of them that ended, in whatever way.
    pub ended: u64,
    /// Those of these that converted.
    pub goals: u64,
    /// Converted of those that ended, in thousandths.
    pub goal_rate_per_mille: Option<u64>,
}

pub(super) fn splits(counts: &Counts, text: impl Fn(&str) -> Option<String>) -> Vec<SplitRow> {
    let split = |(split, arms): (&std::sync::Arc<str>, &std::collections::BTreeMap<_, _>)| SplitRow {
        split: split.to_string(),
        text: text(split),
        arms: arms.iter().map(arm).collect(),
    };
    counts.arms.iter().map(split).collect()
}

fn arm((name, counts): (&std::sync::Arc<str>, &crate::stats::ArmCounts)) -> ArmRow {
    ArmRow {
        arm: name.to_string(),
        enrolled: counts.enrolled,
        ended: counts.ended,
        goals: counts.goals,
        goal_rate_per_mille: counts.goal_rate(),
    }
}

/// How long enrolments took that converted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TimesToGoal {
    /// How many.
    pub count: u64,
    /// The mean, in milliseconds.
    pub mean_ms: Option<i64>,
    /// At least half of them took less, in milliseconds.
    pub half_below_ms: Option<i64>,
    /// How many lie between the bound before and this one.
    pub counts: Vec<Below>,
}

/// A class of times.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Below {
    /// Its bound, in milliseconds; `None`: there is none.
    pub below_ms: Option<i64>,
    /// How many.
    pub count: u64,
}

impl TimesToGoal {
    pub(super) fn of(times: &TimeToGoal) -> Self {
        let bounds = TO_GOAL.into_iter().map(Some).chain([None]);
        let counts = times.counts.iter().zip(bounds);
        Self {
            count: times.count(),
            mean_ms: times.mean(),
            half_below_ms: times.half_below(),
            counts: counts.map(|(count, below_ms)| Below { below_ms, count: *count }).collect(),
        }
    }
}

/// Enrolments that began in one week.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CohortRow {
    /// The Monday of the week, in UTC, as in `2026-01-05`.
    pub week: String,
    /// How many.
    pub enrolled: u64,
    /// Those that ended, by whole weeks since their own beginning; the 27th: later.
    pub ended: Vec<u64>,
    /// Those of them that converted, likewise.
    pub goals: Vec<u64>,
}

/// The weeks that end behind that day.
pub(super) fn cohorts(counts: &Counts, first: i64) -> Vec<CohortRow> {
    let shown = counts.cohorts.iter().filter(|(week, _)| Cohort::first_day(**week) > first.saturating_sub(7));
    let row = |(week, cohort): (&i64, &Cohort)| CohortRow {
        week: date(Cohort::first_day(*week)),
        enrolled: cohort.enrolled,
        ended: cohort.ended.clone(),
        goals: cohort.goals.clone(),
    };
    shown.map(row).collect()
}
