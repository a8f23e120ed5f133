//! Statistics of workflows: counters kept line by line of the log, so that looking at them costs nothing.
//!
//! In: lines of the log in their order ([`Stats::add`]). Out: counts by workflow, step and day. Invariant: equal to a
//! recount of the log; what a draft would have done is counted apart; memory is bounded by workflows, steps, reasons and
//! days. Not here: how they are drawn, who is in a workflow now (the world knows).

use crate::base::Instant;
use crate::engine::effect::{NotEnrolled, RowEvent};
use crate::engine::{Line, LogKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// How many days are kept.
const DAYS: usize = 3 * 366;
/// Different reasons that are told apart in one place; further ones count as `other`.
const REASONS: usize = 50;

/// Counts by a word.
pub type Words = BTreeMap<Arc<str>, u64>;

/// Statistics of all workflows, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Stats {
    /// What was done.
    pub live: BTreeMap<Arc<str>, Counts>,
    /// What drafts would have done.
    pub shadow: BTreeMap<Arc<str>, Counts>,
}

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
    /// What became of rows of the outbox, by word.
    pub rows: Words,
    /// By step.
    pub steps: BTreeMap<Arc<str>, StepCounts>,
    /// By day since 1970.
    pub days: BTreeMap<i64, DayCounts>,
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

/// Statistics of a day.
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
}

fn count(words: &mut Words, word: &str) {
    if let Some(known) = words.get_mut(word) {
        *known += 1;
    } else if words.len() < REASONS {
        words.insert(word.into(), 1);
    } else {
        *words.entry("other".into()).or_default() += 1;
    }
}

impl Stats {
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
    }
}

impl Counts {
    fn add(&mut self, line: &Line) {
        self.last = Some(line.at);
        self.add_to_day(line);
        self.add_to_step(line);
        match &line.kind {
            LogKind::Enrolled(_) => self.enrolled += 1,
            LogKind::NotEnrolled(why) => count(&mut self.not_enrolled, reason(why)),
            LogKind::Action(prepared) => count(&mut self.actions, &prepared.name),
            LogKind::Skipped(why) => count(&mut self.skipped, skipped(why)),
            LogKind::Failed(_) => self.failed += 1,
            LogKind::Exited(why) => count(&mut self.exited, &crate::simulate::words::exited(why)),
            LogKind::Finished => self.finished += 1,
            LogKind::Goal(_) => self.goals += 1,
            LogKind::Row(change) => count(&mut self.rows, row_word(&change.event)),
            LogKind::Waiting(_) | LogKind::Fact(_) | LogKind::Noted(_) => {}
        }
    }

    fn add_to_day(&mut self, line: &Line) {
        let counts = self.days.entry(line.at.0.div_euclid(DAY)).or_default();
        match &line.kind {
            LogKind::Enrolled(_) => counts.enrolled += 1,
            LogKind::Finished | LogKind::Exited(_) => counts.ended += 1,
            LogKind::Goal(_) => {
                counts.ended += 1;
                counts.goals += 1;
            }
            LogKind::Action(_) => counts.actions += 1,
            _ => {}
        }
        while self.days.len() > DAYS {
            self.days.pop_first();
        }
    }

    fn add_to_step(&mut self, line: &Line) {
        let Some(step) = &line.step else { return };
        let counts = self.steps.entry(Arc::clone(step)).or_default();
        match &line.kind {
            LogKind::Action(_) => counts.done += 1,
            LogKind::Waiting(_) => counts.waited += 1,
            LogKind::Skipped(_) => counts.skipped += 1,
            LogKind::Failed(_) => counts.failed += 1,
            LogKind::Row(change) => count(&mut counts.rows, row_word(&change.event)),
            _ => {}
        }
    }
}

fn row_word(event: &RowEvent) -> &'static str {
    match event {
        RowEvent::Reported(what, _) => what.word(),
        other => crate::simulate::words::row_event(other),
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

fn skipped(why: &crate::engine::effect::Skipped) -> &'static str {
    use crate::engine::effect::Skipped;
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
