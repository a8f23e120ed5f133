//! What is told of whole enrolments: split arms, time to goal, cohorts by week of enrolment.

use super::add::named;
use super::{Counts, DAY, HOUR, NAMES, REASONS, WEEKS};
use crate::base::Instant;
use crate::engine::effect::Course;
use crate::engine::{Line, LogKind};
use serde::{Deserialize, Serialize};

/// A minute in milliseconds.
const MINUTE: i64 = 60 * 1000;
/// A week in milliseconds.
const WEEK: i64 = 7 * DAY;
/// How many weeks behind the enrolment are told apart; the last one is all later ones.
const SINCE: usize = 26;

/// The bounds between times to goal, in milliseconds: each is the first that is longer.
pub const TO_GOAL: [i64; 18] = [
    MINUTE,
    10 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    5 * DAY,
    7 * DAY,
    14 * DAY,
    21 * DAY,
    30 * DAY,
    60 * DAY,
    90 * DAY,
    180 * DAY,
    365 * DAY,
];

/// Counts of an arm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ArmCounts {
    /// Enrolments that took it.
    pub enrolled: u64,
    /// Those of them that ended, in whatever way.
    pub ended: u64,
    /// Those of these that converted.
    pub goals: u64,
}

impl ArmCounts {
    /// Goals of those that ended, in thousandths.
    pub fn goal_rate(&self) -> Option<u64> {
        (self.goals * 1000).checked_div(self.ended)
    }
}

/// How long enrolments took that converted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TimeToGoal {
    /// How many there are below each bound of [`TO_GOAL`] and not below the one before; the last: the longer ones. Empty
    /// until there is one.
    pub counts: Vec<u64>,
    /// All of them together, in milliseconds.
    pub sum: i64,
}

impl TimeToGoal {
    fn add(&mut self, took: i64) {
        let took = took.max(0);
        self.counts.resize(TO_GOAL.len() + 1, 0);
        let place = TO_GOAL.partition_point(|bound| *bound <= took);
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        self.sum = self.sum.saturating_add(took);
    }

    /// How many converted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The mean, in milliseconds.
    pub fn mean(&self) -> Option<i64> {
        self.sum.checked_div(i64::try_from(self.count()).ok()?)
    }

    /// The bound below which at least half of them lie, in milliseconds; `None`: there are none, or it is beyond the last.
    pub fn half_below(&self) -> Option<i64> {
        let (all, mut below) = (self.count(), 0);
        if all == 0 {
            return None;
        }
        self.counts.iter().zip(TO_GOAL).find_map(|(count, bound)| {
            below += count;
            (below * 2 >= all).then_some(bound)
        })
    }
}

/// Enrolments that began in one week.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Cohort {
    /// How many.
    pub enrolled: u64,
    /// Those that ended, in whatever way, by whole weeks since their own beginning; the 27th: later.
    pub ended: Vec<u64>,
    /// Those of them that converted, likewise.
    pub goals: Vec<u64>,
}

/// The week of an instant, counted from the Monday before 1970, in UTC.
fn week(at: Instant) -> i64 {
    (at.0.div_euclid(DAY) + 3).div_euclid(7)
}

fn count(list: &mut Vec<u64>, place: usize) {
    if list.len() <= place {
        list.resize(place + 1, 0);
    }
    if let Some(count) = list.get_mut(place) {
        *count += 1;
    }
}

impl Cohort {
    fn end(&mut self, took: i64, is_goal: bool) {
        let since = usize::try_from(took.max(0) / WEEK).map_or(SINCE, |weeks| weeks.min(SINCE));
        count(&mut self.ended, since);
        if is_goal {
            count(&mut self.goals, since);
        }
    }

    /// The first day of a week, in days since 1970.
    pub fn first_day(week: i64) -> i64 {
        week * 7 - 3
    }
}

impl Counts {
    pub(super) fn add_course(&mut self, line: &Line) {
        let is_goal = matches!(line.kind, LogKind::Goal(_));
        match (&line.kind, &line.course, &line.step) {
            (LogKind::Arm(arm), _, Some(split)) => {
                named(named(&mut self.arms, split, NAMES), arm, REASONS).enrolled += 1;
            }
            (LogKind::Enrolled(_), Some(course), _) => {
                if let Some(cohort) = self.cohort(line.at, course) {
                    cohort.enrolled += 1;
                }
            }
            (LogKind::Finished | LogKind::Exited(_) | LogKind::Goal(_), Some(course), _) => {
                let took = line.at.0.saturating_sub(course.started.0);
                if is_goal {
                    self.to_goal.add(took);
                }
                if let Some(cohort) = self.cohort(line.at, course) {
                    cohort.end(took, is_goal);
                }
                self.end_arms(course, is_goal);
            }
            _ => {}
        }
    }

    fn end_arms(&mut self, course: &Course, is_goal: bool) {
        for taken in &course.arms {
            let arm = named(named(&mut self.arms, &taken.split, NAMES), &taken.arm, REASONS);
            arm.ended += 1;
            arm.goals += u64::from(is_goal);
        }
    }

    /// The cohort of an enrolment; `None`: it began too long ago.
    fn cohort(&mut self, now: Instant, course: &Course) -> Option<&mut Cohort> {
        let (from, of) = (week(now) - WEEKS, week(course.started));
        while self.cohorts.first_key_value().is_some_and(|(first, _)| *first <= from) {
            self.cohorts.pop_first();
        }
        (of > from).then(|| self.cohorts.entry(of).or_default())
    }
}
