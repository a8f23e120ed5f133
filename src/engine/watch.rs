//! Enrolments under way: exits and goals that come true, waits that end (semantics S4.4 to S4.6).

use super::effect::{Exited, LogKind};
use super::entity::{Links, Run, RunState};
use super::env::Here;
use super::turn::{Changed, RunKey, Turn};
use super::wait::Ended;
use super::world::Eid;
use crate::base::Instant;
use crate::plan::expr::{CondId, Dep, Who};
use crate::plan::{Op, WaitPlan, WaitUntilPlan, Watch};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Turn<'_> {
    /// The runs that this round may concern, by workflow, entity, number.
    fn looked_at(&self) -> Vec<RunKey> {
        let mut entities: BTreeSet<Eid> = self.changes.keys().copied().collect();
        entities.extend(self.due.iter().copied());
        entities.extend(self.mailed.iter().copied());
        entities.extend(self.happened.iter().map(|(eid, _)| *eid));
        for eid in self.changes.keys() {
            if let Links::Account { enrolled, .. } = &self.world.entity(*eid).links {
                entities.extend(enrolled.keys().copied());
            }
        }
        let mut keys: Vec<RunKey> = entities.into_iter().flat_map(|eid| self.watched_runs(eid)).collect();
        self.sort_runs(&mut keys);
        keys
    }

    /// By workflow (they are in the order of their names), entity, number.
    pub(super) fn sort_runs(&self, keys: &mut [RunKey]) {
        let name = |key: &RunKey| {
            let entity = self.world.entity(key.entity);
            (self.plan.rank(key.workflow), entity.subject, Arc::clone(&entity.id), key.number, key.shadow)
        };
        if keys.len() > 1 {
            keys.sort_by_cached_key(name);
        }
    }

    /// Ends the enrolments whose goal or exit has come true.
    pub(super) fn watch_exits(&mut self) {
        for key in self.looked_at() {
            let Some(run) = self.run(key) else { continue };
            let Some(workflow) = self.text(key) else { continue };
            let mut watches = workflow.goals.iter().chain(&workflow.exits);
            let concerned = run.watch <= self.now
                || watches.any(|watch| self.reads_changed(watch.condition, key.entity, run));
            if concerned {
                self.watch(key);
            }
        }
    }

    pub(super) fn watch(&mut self, key: RunKey) {
        match self.first_true(key) {
            Ok(next) => {
                if let Some(run) = self.run_mut(key) {
                    run.watch = next;
                }
                self.touched.insert(key.entity);
            }
            Err(end) => self.end_by(key, end),
        }
    }

    /// Ends a run by a goal, or by an exit, of this text.
    pub(super) fn end_by(&mut self, key: RunKey, (goal, text): (bool, Arc<str>)) {
        let kind = if goal { LogKind::Goal(text) } else { LogKind::Exited(Exited::When(text)) };
        self.exit(key, None, kind);
    }

    /// The goal or exit of a run that holds now; if none does, until when that stays so as far as time alone goes.
    pub(super) fn first_true(&self, key: RunKey) -> Result<Instant, (bool, Arc<str>)> {
        let Some(run) = self.run(key) else { return Ok(Instant::MAX) };
        let Some(workflow) = self.text(key) else { return Ok(Instant::MAX) };
        let here = Here::run(self.world, self.plan, self.now, self.world.entity(key.entity), run);
        let goals = first_watch_true(&here, &workflow.goals).map_err(|text| (true, text))?;
        let exits = first_watch_true(&here, &workflow.exits).map_err(|text| (false, text))?;
        Ok(goals.min(exits))
    }

    /// Whether a condition of a run reads something that changed in this round.
    fn reads_changed(&self, condition: CondId, eid: Eid, run: &Run) -> bool {
        let own = self.changes.get(&eid);
        let account = run.account.and_then(|account| self.changes.get(&account));
        if own.is_none() && account.is_none() {
            return false;
        }
        self.plan.pool.reads(condition).iter().any(|dep| {
            let (who, changed) = match *dep {
                Dep::Slot(who, slot) => (who, Changed::Slot(slot)),
                Dep::Bit(who, bit) => (who, Changed::Bit(bit)),
                Dep::Aggregate(who, aggregate) => (who, Changed::Aggregate(aggregate)),
                Dep::Workflow(who, workflow) => (who, Changed::Workflow(workflow)),
                Dep::Relation(relation) => (Who::This, Changed::Relation(relation)),
                Dep::Zone => match self.plan.subject(self.world.entity(eid).subject).zone_slot {
                    Some(slot) => (Who::This, Changed::Slot(slot)),
                    None => return false,
                },
                _ => return false,
            };
            let list = if who == Who::Account { account } else { own };
            list.is_some_and(|list| list.contains(&changed))
        })
    }

    /// Lets the waits go on that have ended.
    pub(super) fn watch_waits(&mut self) {
        for key in self.looked_at() {
            if self.has_answer(key) {
                self.go_on_at(key);
            } else if let Some(ended) = self.wait_ended(key) {
                self.end_wait(key, ended);
            }
        }
    }

    /// Whether a run that waits for an answer need do so no longer.
    pub(super) fn has_answer(&self, key: RunKey) -> bool {
        let Some(run) = self.run(key).filter(|run| run.state == RunState::Asking) else { return false };
        let op = self.text(key).and_then(|workflow| workflow.ops.get(run.pc as usize));
        op.and_then(Op::step).is_none_or(|step| !self.must_ask(key, step))
    }

    pub(super) fn go_on_at(&mut self, key: RunKey) {
        if let Some(run) = self.run_mut(key) {
            run.state = RunState::Ready;
        }
        self.advance_or_hold(key);
    }

    pub(super) fn wait_ended(&mut self, key: RunKey) -> Option<Ended> {
        let run = self.run(key)?;
        let RunState::Waiting { until, next } = run.state else { return None };
        let workflow = self.text(key)?;
        let Some(Op::Wait { wait, .. }) = workflow.ops.get(run.pc as usize) else { return None };
        let timed_out = until <= self.now;
        let WaitPlan::Until { what, .. } = &**wait else {
            return timed_out.then_some(Ended::ByItself);
        };
        match what {
            WaitUntilPlan::Condition(condition) => {
                let look = next <= self.now || timed_out || self.reads_changed(*condition, key.entity, run);
                if look && self.condition_holds(key, *condition, until) {
                    return Some(Ended::ByItself);
                }
            }
            WaitUntilPlan::Performs(event, filter) if self.performed(key, *event, *filter) => {
                return Some(Ended::ByItself);
            }
            WaitUntilPlan::Mail(what, template) => {
                let reached =
                    run.mail.iter().any(|sent| sent.template == *template && sent.reached >= Some(*what));
                if reached {
                    return Some(Ended::ByItself);
                }
            }
            WaitUntilPlan::Date(_) => return self.date_ended(key),
            WaitUntilPlan::Clock(..) => {
                let ended = if next <= self.now { Ended::ByItself } else { Ended::TimedOut };
                return timed_out.then_some(ended);
            }
            WaitUntilPlan::Performs(..) => {}
        }
        timed_out.then_some(Ended::TimedOut)
    }

    fn condition_holds(&mut self, key: RunKey, condition: CondId, until: Instant) -> bool {
        let Some(run) = self.run(key) else { return false };
        let here = Here::run(self.world, self.plan, self.now, self.world.entity(key.entity), run);
        let (holds, next) = here.holds_until(condition);
        if let Some(run) = self.run_mut(key) {
            run.state = RunState::Waiting { until, next };
        }
        self.touched.insert(key.entity);
        holds
    }

    fn performed(&self, key: RunKey, event: u32, filter: Option<CondId>) -> bool {
        let Some(run) = self.run(key) else { return false };
        let here = Here::run(self.world, self.plan, self.now, self.world.entity(key.entity), run);
        self.happened.iter().any(|(eid, occurrence)| {
            let seen = *eid == key.entity && occurrence.event == event && occurrence.time >= run.entered;
            let at = Here { event: Some(occurrence), ..here };
            seen && filter.is_none_or(|filter| at.holds(filter))
        })
    }
}

pub(super) fn first_watch_true(here: &Here<'_>, watches: &[Watch]) -> Result<Instant, Arc<str>> {
    let mut until = Instant::MAX;
    for watch in watches {
        let (holds, next) = here.holds_until(watch.condition);
        if holds {
            return Err(Arc::clone(&watch.text));
        }
        until = until.min(next);
    }
    Ok(until)
}
