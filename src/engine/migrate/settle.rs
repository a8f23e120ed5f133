//! The round of a deploy, when every entity is in its new place: who leaves by the edit, then triggers that wait for an
//! instant, then exits, waits and steps as in any round (semantics S3.1, S8.1).

use super::entity::Why;
use super::texts::{Texts, standing};
use crate::base::Instant;
use crate::engine::effect::{Exited, LogKind};
use crate::engine::entity::{Run, RunState};
use crate::engine::turn::{Firing, RunKey, Turn};
use crate::engine::wait::Ended;
use crate::engine::world::Eid;
use crate::plan::{Op, TriggerId, WaitPlan, WaitUntilPlan};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Those under way that a deploy has something to do for.
#[derive(Default)]
pub(super) struct Concerned {
    /// All of them.
    pub keys: Vec<RunKey>,
    /// Those whose goal or exit holds: whether it is a goal, and which.
    pub ends: BTreeMap<RunKey, (bool, Arc<str>)>,
    /// Those whose wait is over.
    pub ended: BTreeMap<RunKey, Ended>,
    /// Those who wait on in a wait that says something else now.
    pub retimed: BTreeSet<RunKey>,
    /// Those who were held, and are not any more.
    pub held: Vec<RunKey>,
}

impl Turn<'_> {
    /// Ends the enrolments that a deploy ends, in the order of S3.1.
    pub(super) fn leave_all(&mut self, leaving: &BTreeMap<RunKey, Why>) {
        let mut keys: Vec<RunKey> = leaving.keys().copied().collect();
        self.sort_runs(&mut keys);
        for key in keys {
            let kind = match leaving.get(&key) {
                Some(Why::WentLive) => Exited::WentLive,
                Some(Why::EditedAway) | None => Exited::EditedAway,
            };
            self.exit(key, None, LogKind::Exited(kind));
        }
        // Facts are worked out behind this, all of them.
        self.flows.clear();
    }

    /// Sees to a value that came out differently by the move alone.
    pub(super) fn moved_value(&mut self, eid: Eid, slot: u16, old: Value) {
        let entity = self.world.entity(eid);
        if !entity.created {
            return;
        }
        let (subject, new) = (entity.subject, entity.snapshot.value(slot));
        let readers = self.plan.index.slots.get(subject.index()).and_then(|list| list.get(usize::from(slot)));
        let arms = readers.into_iter().flat_map(|readers| &readers.arms).map(|id| (eid, *id));
        self.rearm.extend(arms);
        if self.plan.subject(subject).zone_slot == Some(slot) {
            let armed = self.world.entity(eid).arms.iter().map(|arm| (eid, arm.trigger));
            self.rearm.extend(armed);
        }
        let name = self.plan.layout.schema(subject).field(slot).map(|field| Arc::clone(&field.name));
        if let Some(name) = name.filter(|name| &**name == "status") {
            self.log_fact(eid, &name, old, new);
        }
    }

    /// Arms triggers that are new or say something else for instants to come; the others stay as they are, unless what
    /// they read has changed (semantics S2.7, S8.1).
    pub(super) fn arm_all(&mut self, known: &BTreeSet<TriggerId>, other_zone: bool) {
        let rearm = std::mem::take(&mut self.rearm);
        let index = &self.plan.index;
        for at in 0..self.world.len() as u32 {
            let eid = Eid(at);
            let side = self.world.entity(eid).subject.index();
            for id in index.arms.get(side).into_iter().flatten() {
                let armed = || self.world.entity(eid).arms.iter().any(|arm| arm.trigger == *id);
                if !known.contains(id) || rearm.contains(&(eid, *id)) || (other_zone && armed()) {
                    self.arm(eid, *id);
                }
            }
            for id in index.clocks.get(side).into_iter().flatten() {
                self.arm(eid, *id);
            }
        }
    }

    /// Looks at every enrolment once: notes when time alone concerns it, and finds those for whom there is something to
    /// do now.
    pub(super) fn look_at_all(&mut self, moved: &Moves<'_>) -> Concerned {
        let mut concerned = Concerned::default();
        for at in 0..self.world.len() as u32 {
            for key in self.watched_runs(Eid(at)) {
                self.look_at(key, moved, &mut concerned);
            }
            self.world.retime(Eid(at));
        }
        self.sort_runs(&mut concerned.keys);
        concerned
    }

    fn look_at(&mut self, key: RunKey, moved: &Moves<'_>, concerned: &mut Concerned) {
        match self.first_true(key) {
            Ok(next) => _ = self.run_mut(key).map(|run| run.watch = next),
            Err(end) => _ = concerned.ends.insert(key, end),
        }
        self.rekey(key, moved);
        let Some(run) = self.run(key) else { return };
        let retimed = moved.is_retimed(self, key, run);
        let ended = match run.state {
            RunState::Waiting { .. } => {
                self.look_again(key, retimed);
                let ended = self.wait_ended(key);
                concerned.ended.extend(ended.map(|ended| (key, ended)));
                ended.is_some()
            }
            RunState::Held if self.is_halted(key) => false,
            RunState::Held => {
                concerned.held.push(key);
                true
            }
            RunState::Ready | RunState::Yielded => true,
            RunState::Asking => self.has_answer(key),
            RunState::Over => false,
        };
        if retimed && !ended {
            concerned.retimed.insert(key);
        }
        if concerned.ends.contains_key(&key) || ended || retimed {
            concerned.keys.push(key);
        }
    }

    /// The value of `in parallel by` belongs to the present text.
    fn rekey(&mut self, key: RunKey, moved: &Moves<'_>) {
        if !moved.rekeyed.contains(&key.workflow) {
            return;
        }
        let by = self.workflow(key.workflow).and_then(|workflow| workflow.enrolment.parallel_by);
        let Some(run) = self.run(key) else { return };
        let value = by.map(|by| crate::plan::expr::value(&self.plan.pool, by, &self.here(key, run)));
        if let Some(run) = self.run_mut(key) {
            run.key = value.filter(|value| !value.is_missing());
        }
    }

    /// A wait's condition is asked anew; a wait that says something else ends as if it had been so from its beginning
    /// (semantics S4.6).
    fn look_again(&mut self, key: RunKey, retimed: bool) {
        let Some((op, run)) = self.text(key).zip(self.run(key)) else { return };
        let Some(Op::Wait { wait, .. }) = op.ops.get(run.pc as usize) else { return };
        let RunState::Waiting { until, next } = run.state else { return };
        let (until, next) = if retimed { self.retime(key, run.entered, wait) } else { (until, next) };
        let next = match &**wait {
            WaitPlan::Until { what: WaitUntilPlan::Condition(_), .. } => self.now,
            _ => next,
        };
        if let Some(run) = self.run_mut(key) {
            run.state = RunState::Waiting { until, next };
        }
    }

    pub(super) fn retime(&self, key: RunKey, entered: Instant, wait: &WaitPlan) -> (Instant, Instant) {
        let (what, at_most) = match wait {
            WaitPlan::For(delay) => return (self.delay(key, entered, *delay), Instant::MAX),
            WaitPlan::Until { what, at_most, .. } => (what, at_most),
        };
        let until = at_most.map_or(Instant::MAX, |delay| self.delay(key, entered, delay));
        match what {
            WaitUntilPlan::Clock(time, calendar) => {
                let at = self.next_clock(key, entered, *time, *calendar);
                (until.min(at), at)
            }
            _ => (until, Instant::MAX),
        }
    }

    /// The rest of the round, for those concerned, and all that follows.
    pub(super) fn settle_deploy(
        mut self,
        concerned: &Concerned,
        resumed: &BTreeSet<u32>,
        backfill: Vec<Firing>,
    ) {
        for key in &concerned.keys {
            if let Some(end) = concerned.ends.get(key) {
                self.end_by(*key, end.clone());
            }
        }
        for key in &concerned.keys {
            self.go_on_deployed(*key, concerned, resumed);
        }
        self.firings = backfill;
        self.enrol_fired();
        self.end_round();
        self.settle_rest();
    }

    fn go_on_deployed(&mut self, key: RunKey, concerned: &Concerned, resumed: &BTreeSet<u32>) {
        let Some(state) = self.run(key).map(|run| run.state) else { return };
        match state {
            RunState::Ready | RunState::Yielded => self.advance_or_hold(key),
            RunState::Asking if self.has_answer(key) => self.go_on_at(key),
            RunState::Asking | RunState::Over => {}
            RunState::Held => self.release(key, resumed.contains(&key.workflow)),
            RunState::Waiting { .. } => match concerned.ended.get(&key) {
                Some(ended) => self.end_wait(key, *ended),
                None if concerned.retimed.contains(&key) => self.log_retimed(key),
                None => {}
            },
        }
    }

    fn log_retimed(&mut self, key: RunKey) {
        let Some((text, run)) = self.text(key).zip(self.run(key)) else { return };
        let RunState::Waiting { until, next } = run.state else { return };
        let step = standing(text, run.pc);
        let dated = matches!(
            text.ops.get(run.pc as usize),
            Some(Op::Wait { wait, .. }) if matches!(**wait, WaitPlan::Until { what: WaitUntilPlan::Date(_), .. })
        );
        let shown = if dated { until.min(next) } else { until };
        self.touched.insert(key.entity);
        self.log_run(key, step, LogKind::Waiting(shown));
    }
}

/// What the move means for those under way.
pub(super) struct Moves<'p> {
    /// For enrolments in a text that they moved to: by new workflow, the text of the old plan that they come from.
    pub came_from: BTreeMap<RunKey, (u32, u16)>,
    pub texts: &'p Texts<'p>,
    /// Workflows whose `in parallel by` says something else.
    pub rekeyed: BTreeSet<u32>,
    /// Calendars, by place in the new plan, that say something else.
    pub calendars: BTreeSet<u32>,
    /// The project's zone is another: every wait is timed anew.
    pub other_zone: bool,
}

impl Moves<'_> {
    fn is_retimed(&self, turn: &Turn<'_>, key: RunKey, run: &Run) -> bool {
        if !matches!(run.state, RunState::Waiting { .. }) {
            return false;
        }
        let moved = self.came_from.get(&key).and_then(|text| self.texts.moving(*text));
        if self.other_zone || moved.is_some_and(|moving| moving.is_retimed(run)) {
            return true;
        }
        let op = turn.text(key).and_then(|text| text.ops.get(run.pc as usize));
        let Some(Op::Wait { wait, .. }) = op else { return false };
        calendars(wait).any(|calendar| self.calendars.contains(&calendar))
    }
}

/// The calendars that a wait names.
fn calendars(wait: &WaitPlan) -> impl Iterator<Item = u32> {
    let of = |delay: &crate::plan::DelayPlan| match delay {
        crate::plan::DelayPlan::BusinessDays(_, calendar) => *calendar,
        crate::plan::DelayPlan::Period(_) => None,
    };
    let (own, limit) = match wait {
        WaitPlan::For(delay) => (of(delay), None),
        WaitPlan::Until { what, at_most, .. } => {
            let own = if let WaitUntilPlan::Clock(_, calendar) = what { *calendar } else { None };
            (own, at_most.as_ref().and_then(of))
        }
    };
    own.into_iter().chain(limit)
}
