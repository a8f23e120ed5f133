//! One line of the log, counted.

use super::{Counts, DAY, DAYS, DayCounts, HOUR, HOURS, NAMES, REASONS, Words};
use crate::engine::effect::{NotEnrolled, RowEvent, Skipped};
use crate::engine::{Line, LogKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest reason that is kept, in letters.
const LONGEST: usize = 200;

fn count(words: &mut Words, word: &str) {
    let word = match word.char_indices().nth(LONGEST) {
        Some((at, _)) => word.get(..at).unwrap_or(word),
        None => word,
    };
    match words.get_mut(word) {
        Some(known) => *known += 1,
        None => *named(words, &word.into(), REASONS) += 1,
    }
}

/// What is kept of a name; so many names are told apart.
pub(super) fn named<'m, T: Default>(
    map: &'m mut BTreeMap<Arc<str>, T>,
    name: &Arc<str>,
    most: usize,
) -> &'m mut T {
    let name = if map.len() < most || map.contains_key(name) { Arc::clone(name) } else { "other".into() };
    map.entry(name).or_default()
}

/// What is kept of a time; what lies longer back than so many is dropped.
pub(super) fn at<T: Default>(map: &mut BTreeMap<i64, T>, now: i64, most: i64) -> &mut T {
    while map.first_key_value().is_some_and(|(first, _)| *first <= now - most) {
        map.pop_first();
    }
    map.entry(now).or_default()
}

impl Counts {
    pub(super) fn add(&mut self, line: &Line) {
        self.last = Some(line.at);
        self.add_to_time(line);
        self.add_to_step(line);
        self.add_course(line);
        match &line.kind {
            LogKind::Enrolled(_) => self.enrolled += 1,
            LogKind::NotEnrolled(why) => count(&mut self.not_enrolled, reason(why)),
            LogKind::Action(prepared) => count(&mut self.actions, &prepared.name),
            LogKind::Skipped(why) => count(&mut self.skipped, skipped(why)),
            LogKind::Failed(why) => {
                self.failed += 1;
                count(&mut self.failures, why);
            }
            LogKind::Exited(why) => count(&mut self.exited, &crate::simulate::words::exited(why)),
            LogKind::Finished => self.finished += 1,
            LogKind::Goal(_) => self.goals += 1,
            LogKind::Row(change) => {
                count(&mut self.rows, crate::simulate::words::row_event(&change.event));
                if let RowEvent::Dead(why) = &change.event {
                    count(&mut self.failures, why);
                }
                self.add_mail(line, change);
            }
            LogKind::Waiting(_) | LogKind::Fact(_) | LogKind::Noted(_) | LogKind::Arm(_) => {}
        }
    }

    fn add_to_time(&mut self, line: &Line) {
        let mut one = DayCounts::default();
        match &line.kind {
            LogKind::Enrolled(_) => one.enrolled = 1,
            LogKind::Finished | LogKind::Exited(_) => one.ended = 1,
            LogKind::Goal(_) => (one.ended, one.goals) = (1, 1),
            LogKind::Action(_) => one.actions = 1,
            LogKind::Failed(_) => one.failed = 1,
            LogKind::Row(change) if matches!(change.event, RowEvent::Dead(_)) => one.failed = 1,
            _ => return,
        }
        at(&mut self.days, line.at.0.div_euclid(DAY), DAYS).join(one);
        at(&mut self.hours, line.at.0.div_euclid(HOUR), HOURS).join(one);
    }

    fn add_to_step(&mut self, line: &Line) {
        let Some(step) = &line.step else { return };
        let counts = named(&mut self.steps, step, NAMES);
        match &line.kind {
            LogKind::Action(_) => counts.done += 1,
            LogKind::Waiting(_) => counts.waited += 1,
            LogKind::Skipped(_) => counts.skipped += 1,
            LogKind::Failed(_) => counts.failed += 1,
            LogKind::Row(change) => {
                count(&mut counts.rows, crate::simulate::words::row_event(&change.event));
            }
            _ => {}
        }
    }
}

impl DayCounts {
    /// Adds others.
    pub fn join(&mut self, other: Self) {
        self.enrolled += other.enrolled;
        self.ended += other.ended;
        self.goals += other.goals;
        self.actions += other.actions;
        self.failed += other.failed;
    }
}

/// Why a firing did not enrol, without what differs from one to the next.
fn reason(why: &NotEnrolled) -> &'static str {
    match why {
        NotEnrolled::OnlyIf => "if",
        NotEnrolled::Once => "once",
        NotEnrolled::AlreadyIn => "already in",
        NotEnrolled::Pause(_) => "pause",
        NotEnrolled::ExitTrue(_) => "exit holds",
        NotEnrolled::GoalTrue(_) => "goal holds",
        NotEnrolled::NoKey => "no key",
        NotEnrolled::Disabled => "disabled",
        NotEnrolled::Removed => "removed",
    }
}

fn skipped(why: &Skipped) -> &'static str {
    match why {
        Skipped::Guard => "guard",
        Skipped::NoRecipient => "no recipient",
        Skipped::Limit(_) => "limit",
        Skipped::EmptyTeam => "empty team",
        Skipped::Past => "past",
        Skipped::Suppressed(..) => "suppressed",
        Skipped::TooDeep(_) => "too deep",
        Skipped::Passed => "passed before",
        Skipped::Backfill => "backfill",
    }
}
