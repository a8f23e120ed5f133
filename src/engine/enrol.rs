//! Who comes in: triggers that fired, `if`, once, pauses, exits that hold already (semantics S4.1 to S4.4).

use super::calendar;
use super::clock::{forward, instant};
use super::effect::{Exited, Gone, LogKind, NotEnrolled};
use super::entity::{Arm, Links, Past, Run, RunState};
use super::env::{Here, zone};
use super::passed::Passed;
use super::turn::{DEPTH, Firing, RunKey, Turn};
use super::watch::first_watch_true;
use super::world::Eid;
use crate::base::Instant;
use crate::plan::expr::{self, BuiltInSlot};
use crate::plan::{State, Subject};
use crate::plan::{TriggerPlanKind, WorkflowPlan};
use crate::value::{Value, ValueRef};
use std::sync::Arc;

/// A firing that may come in.
struct Admitted {
    key: Option<Value>,
    account: Option<Eid>,
    watch: Instant,
    /// The run whose place it takes.
    instead: Option<RunKey>,
}

impl Turn<'_> {
    /// Enrols for the triggers that fired, by workflow, entity, order.
    pub(super) fn enrol_fired(&mut self) {
        let mut firings = std::mem::take(&mut self.firings);
        // What changes of enrolments alone bring about is bounded too (semantics S3.3).
        if self.depth > DEPTH {
            return;
        }
        if firings.len() > 1 {
            let name = |firing: &Firing| {
                let entity = self.world.entity(firing.entity);
                (firing.workflow, entity.subject, Arc::clone(&entity.id), firing.event.is_none())
            };
            firings.sort_by_cached_key(name);
            // Several triggers of one workflow that fire at once are one firing, with its event if there is one.
            firings.dedup_by(|next, first| same_firing(next, first));
        }
        for firing in firings {
            self.enrol(firing);
        }
    }

    fn enrol(&mut self, firing: Firing) {
        let plan = self.plan;
        let Some(workflow) = plan.workflows.get(firing.workflow as usize) else { return };
        if !self.world.entity(firing.entity).created {
            return;
        }
        let shadow = workflow.state == State::Draft && !self.world.all_live;
        match self.admit(workflow, &firing, shadow) {
            Err(why) => self.not_enrolled(&firing, shadow, why),
            Ok(admitted) => self.begin(workflow, firing, admitted, shadow),
        }
    }

    fn admit(&self, workflow: &WorkflowPlan, firing: &Firing, shadow: bool) -> Result<Admitted, NotEnrolled> {
        let entity = self.world.entity(firing.entity);
        if workflow.removed {
            return Err(NotEnrolled::Removed);
        }
        if self.is_disabled(workflow) {
            return Err(NotEnrolled::Disabled);
        }
        let account = self.account_for(firing);
        let here = Here::of(self.world, self.plan, self.now, entity);
        let here = Here {
            account: account.map(|account| self.world.entity(account)),
            event: firing.event.as_ref(),
            ..here
        };
        let key = workflow.enrolment.parallel_by.map(|key| expr::value(&self.plan.pool, key, &here));
        if key == Some(Value::Missing) {
            return Err(NotEnrolled::NoKey);
        }
        let there = entity
            .runs
            .iter()
            .find(|run| run.workflow == firing.workflow && run.shadow == shadow && run.key == key);
        let instead = there.map(|run| RunKey {
            workflow: run.workflow,
            entity: firing.entity,
            number: run.number,
            shadow,
            version: run.version,
        });
        if instead.is_some() && !workflow.enrolment.restart {
            return Err(NotEnrolled::AlreadyIn);
        }
        self.policy(workflow, firing, shadow)?;
        if workflow.only_if.is_some_and(|only_if| !here.holds(only_if)) {
            return Err(NotEnrolled::OnlyIf);
        }
        let goals = first_watch_true(&here, &workflow.goals).map_err(NotEnrolled::GoalTrue)?;
        let exits = first_watch_true(&here, &workflow.exits).map_err(NotEnrolled::ExitTrue)?;
        Ok(Admitted { key, account, watch: goals.min(exits), instead })
    }

    fn policy(&self, workflow: &WorkflowPlan, firing: &Firing, shadow: bool) -> Result<(), NotEnrolled> {
        let entity = self.world.entity(firing.entity);
        let Some(past) =
            entity.past.iter().find(|past| past.workflow == firing.workflow && past.shadow == shadow)
        else {
            return Ok(());
        };
        if !workflow.enrolment.every {
            return Err(NotEnrolled::Once);
        }
        let over = workflow
            .enrolment
            .pause
            .map_or(Instant::MIN, |pause| forward(past.started, pause, zone(self.plan, entity)));
        if over > self.now { Err(NotEnrolled::Pause(over)) } else { Ok(()) }
    }

    /// The account that a contact's enrolment is for (semantics S5.2).
    fn account_for(&self, firing: &Firing) -> Option<Eid> {
        let entity = self.world.entity(firing.entity);
        if entity.subject == Subject::Account {
            return None;
        }
        let named = firing.event.as_ref().and_then(|event| event.account);
        named.or_else(|| entity.first_account())
    }

    fn begin(&mut self, workflow: &WorkflowPlan, firing: Firing, admitted: Admitted, shadow: bool) {
        if let Some(old) = admitted.instead {
            self.exit(old, None, LogKind::Exited(Exited::Restarted));
        }
        let (since, eid) = (firing.as_of.unwrap_or(self.now), firing.entity);
        let number = self.count_in(eid, firing.workflow, shadow, since);
        let run = Run {
            workflow: firing.workflow,
            version: 0,
            number,
            key: admitted.key,
            account: admitted.account,
            started: since,
            pc: 0,
            passed: Passed::default(),
            arms: Box::default(),
            entered: since,
            state: RunState::Ready,
            event: firing.event,
            kept: vec![Value::Missing; workflow.kept.len()],
            timed_out: false,
            mail: Vec::new(),
            shadow,
            watch: admitted.watch,
        };
        self.bind(admitted.account, eid, 1);
        self.touched.insert(eid);
        let key = RunKey { workflow: firing.workflow, entity: eid, number, shadow, version: 0 };
        self.log_run_of(key, None, LogKind::Enrolled(firing.by), &run);
        self.world.entity_mut(eid).runs.push(run);
        self.note_flow(key);
        match firing.as_of {
            Some(_) => self.catch_up(key),
            None => self.advance(key),
        }
    }

    fn count_in(&mut self, eid: Eid, workflow: u32, shadow: bool, started: Instant) -> u32 {
        let past = &mut self.world.entity_mut(eid).past;
        if let Some(known) = past.iter_mut().find(|past| past.workflow == workflow && past.shadow == shadow) {
            (known.count, known.started) = (known.count.saturating_add(1), started);
            return known.count;
        }
        past.push(Past { workflow, count: 1, started, shadow });
        1
    }

    fn bind(&mut self, account: Option<Eid>, contact: Eid, by: i32) {
        let Some(account) = account else { return };
        if let Links::Account { enrolled, .. } = &mut self.world.entity_mut(account).links {
            let count = enrolled.entry(contact).or_default();
            *count = count.saturating_add_signed(by);
            if *count == 0 {
                enrolled.remove(&contact);
            }
        }
    }

    /// Facts that ask who is in a workflow are worked out anew, with the next change of the instant.
    fn note_flow(&mut self, key: RunKey) {
        let side = self.world.entity(key.entity).subject.index();
        if !key.shadow && self.plan.index.flow_read.get(side).is_some_and(|read| read.contains(&key.workflow))
        {
            self.flows.insert((key.entity, key.workflow));
        }
    }

    /// Ends a run.
    pub(super) fn exit(&mut self, key: RunKey, step: Option<u32>, kind: LogKind) {
        let runs = &mut self.world.entity_mut(key.entity).runs;
        let place = runs
            .iter()
            .position(|run| (run.workflow, run.number, run.shadow) == (key.workflow, key.number, key.shadow));
        let Some(run) = place.map(|place| runs.remove(place)) else { return self.end_tail(key, &kind) };
        self.bind(run.account, key.entity, -1);
        self.touched.insert(key.entity);
        self.log_run_of(key, step, kind.clone(), &run);
        self.note_flow(key);
        match gone(&kind) {
            Some(why) => self.withdraw(key, &why),
            None => self.watch_on(key.entity, run),
        }
    }

    /// An enrolment that is over already is watched no more: what it prepared is taken back.
    fn end_tail(&mut self, key: RunKey, kind: &LogKind) {
        let Some(why) = gone(kind).filter(|_| !key.shadow) else { return };
        self.withdraw(key, &why);
        if let Some(outbox) = &mut self.world.entity_mut(key.entity).outbox {
            outbox.tails.retain(|tail| (tail.workflow, tail.number) != (key.workflow, key.number));
        }
        self.touched.insert(key.entity);
    }

    /// Whether an enrolment is under way.
    pub(super) fn is_in(&self, key: RunKey) -> bool {
        let same =
            |run: &Run| (run.workflow, run.number, run.shadow) == (key.workflow, key.number, key.shadow);
        self.world.entity(key.entity).runs.iter().any(same)
    }

    /// A run.
    pub(super) fn run(&self, key: RunKey) -> Option<&Run> {
        let same =
            |run: &&Run| (run.workflow, run.number, run.shadow) == (key.workflow, key.number, key.shadow);
        let entity = self.world.entity(key.entity);
        let tails = entity.outbox.iter().flat_map(|outbox| &outbox.tails);
        entity.runs.iter().chain(tails).find(same)
    }

    /// A run, to change.
    pub(super) fn run_mut(&mut self, key: RunKey) -> Option<&mut Run> {
        let same =
            |run: &&mut Run| (run.workflow, run.number, run.shadow) == (key.workflow, key.number, key.shadow);
        let entity = self.world.entity_mut(key.entity);
        let tails = entity.outbox.iter_mut().flat_map(|outbox| &mut outbox.tails);
        entity.runs.iter_mut().chain(tails).find(same)
    }

    /// Sets a `reaches` or clock trigger of an entity anew (semantics S2.7).
    pub(super) fn arm(&mut self, eid: Eid, id: (u32, u16)) {
        let Some(trigger) = self.trigger(id.0, id.1) else { return };
        let entity = self.world.entity(eid);
        if !entity.created {
            return;
        }
        let late = self.plan.settings.lateness;
        let at = match &trigger.kind {
            TriggerPlanKind::Reaches(instant) => self.instant_of(*instant, eid),
            TriggerPlanKind::Clock(_) => {
                self.tick_of_new_zone(eid, id);
                self.next_tick(eid, &trigger.kind)
            }
            _ => None,
        };
        let now = self.now;
        let arms = &mut self.world.entity_mut(eid).arms;
        arms.retain(|arm| arm.trigger != id);
        match at {
            Some(at) if at > now => arms.push(Arm { trigger: id, at }),
            Some(at) if now.0.saturating_sub(at.0) < late.max(1) && !self.silent => self.fire(eid, id, None),
            _ => {}
        }
        self.touch(eid);
    }

    fn instant_of(&self, value: expr::ExprId, eid: Eid) -> Option<Instant> {
        let entity = self.world.entity(eid);
        let here = Here::of(self.world, self.plan, self.now, entity);
        instant(&expr::value(&self.plan.pool, value, &here), zone(self.plan, entity))
    }

    /// Whether a clock trigger fires now where that zone holds.
    pub(super) fn ticks_now(&self, id: (u32, u16), zone: chrono_tz::Tz) -> bool {
        let Some(TriggerPlanKind::Clock(clock)) = self.trigger(id.0, id.1).map(|trigger| &trigger.kind)
        else {
            return false;
        };
        let calendar = self.calendar(clock.calendar);
        let zone = calendar.and_then(|calendar| calendar.zone).unwrap_or(zone);
        let before = Instant(self.now.0 - 1);
        calendar::next_tick(calendar, before, zone, clock.day, clock.time) == Some(self.now)
    }

    /// The instant of a clock trigger in a zone that has just come to hold may be this very one; it fires once in an
    /// instant, and never in that of the first sight.
    fn tick_of_new_zone(&mut self, eid: Eid, id: (u32, u16)) {
        let unticked = self.unticked.remove(&(eid, id));
        let entity = self.world.entity(eid);
        let first = entity.snapshot.get(BuiltInSlot::CreatedAt as u16) == ValueRef::Time(self.now);
        if unticked && !first && !self.silent && self.ticks_now(id, zone(self.plan, entity)) {
            self.fire(eid, id, None);
        }
    }

    fn next_tick(&self, eid: Eid, kind: &TriggerPlanKind) -> Option<Instant> {
        let TriggerPlanKind::Clock(clock) = kind else { return None };
        let calendar = self.calendar(clock.calendar);
        let own = zone(self.plan, self.world.entity(eid));
        let zone = calendar.and_then(|calendar| calendar.zone).unwrap_or(own);
        calendar::next_tick(calendar, self.now, zone, clock.day, clock.time)
    }

    /// Fires the triggers of an entity whose instant has come.
    pub(super) fn fire_arms(&mut self, eid: Eid) {
        let now = self.now;
        let mut due: Vec<Arm> =
            self.world.entity(eid).arms.iter().copied().filter(|arm| arm.at <= now).collect();
        due.sort_by_key(|arm| arm.trigger);
        self.world.entity_mut(eid).arms.retain(|arm| arm.at > now);
        for arm in due {
            self.fire(eid, arm.trigger, None);
            if self
                .trigger(arm.trigger.0, arm.trigger.1)
                .is_some_and(|trigger| matches!(trigger.kind, TriggerPlanKind::Clock(_)))
            {
                self.arm(eid, arm.trigger);
            }
        }
    }
}

/// Why what an enrolment prepared is taken back when it ends so; not at its regular end.
fn gone(kind: &LogKind) -> Option<Gone> {
    match kind {
        LogKind::Exited(why) => Some(Gone::Exited(why.clone())),
        LogKind::Goal(when) => Some(Gone::Goal(Arc::clone(when))),
        _ => None,
    }
}

fn same_firing(next: &Firing, first: &Firing) -> bool {
    let one = |firing: &Firing| firing.event.as_ref().map(Arc::as_ptr);
    let same_cause = next.event.is_none() || one(next) == one(first);
    next.workflow == first.workflow && next.entity == first.entity && same_cause
}
