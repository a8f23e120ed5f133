//! Statistics of workflows: counters kept line by line of the log, so that looking at them costs nothing.
//!
//! In: lines of the log in their order ([`Stats::add`]). Out: counts by workflow, step, template, arm, hour, day and week of
//! enrolment. Invariant: equal to a recount of the log; what a draft would have done is counted apart; memory is bounded by
//! workflows, and in each by the numbers below. Not here: how they are drawn, who is in a workflow now (the world knows).

mod add;
mod course;
mod mail;
mod stored;

use crate::base::Instant;
use crate::engine::Line;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use course::{ArmCounts, Cohort, TO_GOAL, TimeToGoal};
pub use mail::MailCounts;
pub use stored::Unknown;

/// An hour in milliseconds.
pub const HOUR: i64 = 60 * 60 * 1000;
/// A day in milliseconds.
pub const DAY: i64 = 24 * HOUR;
/// How many days are kept.
pub const DAYS: i64 = 3 * 366;
/// How many hours are kept.
pub const HOURS: i64 = 90 * 24;
/// How many weeks of enrolment are kept.
pub const WEEKS: i64 = DAYS / 7;
/// Different reasons that are told apart in one place; further ones count as `other`.
const REASONS: usize = 50;
/// Steps, templates and splits that are told apart in one place; further ones count as `other`.
const NAMES: usize = 500;

/// Counts by a word.
pub type Words = BTreeMap<Arc<str>, u64>;

/// Statistics of all workflows, by name.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// What was done.
    pub live: BTreeMap<Arc<str>, Counts>,
    /// What drafts would have done.
    pub shadow: BTreeMap<Arc<str>, Counts>,
    /// Where each is kept.
    places: BTreeMap<(bool, Arc<str>), u64>,
    /// Places whose content is no longer wanted.
    cleared: Vec<u64>,
    /// What changed since it was last kept.
    changed: BTreeSet<(bool, Arc<str>)>,
}

impl PartialEq for Stats {
    fn eq(&self, other: &Self) -> bool {
        self.live == other.live && self.shadow == other.shadow
    }
}

impl Eq for Stats {}

/// Statistics of one workflow.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Enrolments that began.
    pub enrolled: u64,
    /// Those that came to their end.
    pub finished: u64,
    /// Those that left as converted.
    pub goals: u64,
    /// Those that left before their end, by reason.
    pub exited: Words,
    /// Firings that did not enrol, by reason.
    pub not_enrolled: Words,
    /// Actions that were prepared, by name.
    pub actions: Words,
    /// Steps that were passed over, by reason.
    pub skipped: Words,
    /// What could not be done.
    pub failed: u64,
    /// What could not be done or not be delivered, by reason.
    pub failures: Words,
    /// What became of rows of the outbox, by word.
    pub rows: Words,
    /// By step.
    pub steps: BTreeMap<Arc<str>, StepCounts>,
    /// Messages by step, and by template.
    pub mails: BTreeMap<Arc<str>, BTreeMap<Arc<str>, MailCounts>>,
    /// Messages by day since 1970, of the last three years.
    pub mail_days: BTreeMap<i64, MailCounts>,
    /// By split and arm.
    pub arms: BTreeMap<Arc<str>, BTreeMap<Arc<str>, ArmCounts>>,
    /// How long those took that converted.
    pub to_goal: TimeToGoal,
    /// By week of enrolment: weeks since the Monday before 1970, of the last three years.
    pub cohorts: BTreeMap<i64, Cohort>,
    /// By day since 1970, of the last three years.
    pub days: BTreeMap<i64, DayCounts>,
    /// By hour since 1970, of the last 90 days.
    pub hours: BTreeMap<i64, DayCounts>,
    /// The last line.
    pub last: Option<Instant>,
}

/// Statistics of a step.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StepCounts {
    /// Actions that it prepared.
    pub done: u64,
    /// Waits that began at it.
    pub waited: u64,
    /// How often it was passed over.
    pub skipped: u64,
    /// How often it could not be done.
    pub failed: u64,
    /// What became of what it prepared: sent, delivered, opened, clicked, replied, bounced, …
    pub rows: Words,
}

/// Statistics of a day or an hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DayCounts {
    /// Enrolments that began.
    pub enrolled: u64,
    /// Enrolments that ended, in whatever way.
    pub ended: u64,
    /// Those of them that converted.
    pub goals: u64,
    /// Actions.
    pub actions: u64,
    /// What could not be done or not be delivered.
    pub failed: u64,
}

impl Counts {
    /// Enrolments that ended, in whatever way.
    pub fn ended(&self) -> u64 {
        self.finished + self.goals + self.exited.values().sum::<u64>()
    }

    /// Goals of those that ended, in thousandths.
    pub fn goal_rate(&self) -> Option<u64> {
        (self.goals * 1000).checked_div(self.ended())
    }

    /// What could not be done or not be delivered.
    pub fn failures(&self) -> u64 {
        self.failures.values().sum()
    }

    /// All its messages.
    pub fn mail(&self) -> MailCounts {
        let mut all = MailCounts::default();
        self.mails.values().flat_map(BTreeMap::values).for_each(|counts| all.join(counts));
        all
    }
}

impl Stats {
    /// A recount of lines.
    pub fn of<'l>(lines: impl IntoIterator<Item = &'l Line>) -> Self {
        let mut stats = Self::default();
        lines.into_iter().for_each(|line| stats.add(line));
        stats
    }

    /// Counts a line. Lines that belong to no workflow count nowhere.
    pub fn add(&mut self, line: &Line) {
        let Some(name) = &line.workflow else { return };
        let side = if line.shadow { &mut self.shadow } else { &mut self.live };
        if !side.contains_key(name) {
            side.insert(Arc::clone(name), Counts::default());
        }
        if let Some(counts) = side.get_mut(name) {
            counts.add(line);
        }
        let key = (line.shadow, Arc::clone(name));
        if !self.changed.contains(&key) {
            self.changed.insert(key);
        }
    }
}
