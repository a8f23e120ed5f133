//! What conditions and values read: an entity, those around it, the event and the enrolment at hand.

use super::calendar;
use super::entity::{Entity, Occurrence, Run};
use super::series::{Place, Series, bounds};
use super::world::{Eid, World};
use crate::base::Instant;
use crate::check::checked::Subject;
use crate::plan::Plan;
use crate::plan::expr::{AggId, AggregatePlan, Env, RelId, Who};
use crate::value::snapshot::ValueRef;
use crate::value::{Value, time};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A point of view.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    /// The world.
    pub world: &'a World,
    /// The plan.
    pub plan: &'a Plan,
    /// The instant of the input at work.
    pub now: Instant,
    /// The entity at hand.
    pub this: &'a Entity,
    /// The entity outside, inside a relation.
    pub outer: Option<&'a Entity>,
    /// The account of a contact.
    pub account: Option<&'a Entity>,
    /// The event at hand.
    pub event: Option<&'a Arc<Occurrence>>,
    /// The enrolment at hand.
    pub run: Option<&'a Run>,
}

impl<'a> Here<'a> {
    /// From an entity.
    pub fn of(world: &'a World, plan: &'a Plan, now: Instant, this: &'a Entity) -> Self {
        let account = this.first_account().map(|account| world.entity(account));
        Self { world, plan, now, this, outer: None, account, event: None, run: None }
    }

    /// From one of a pair, with the other outside.
    pub fn pair(world: &'a World, plan: &'a Plan, now: Instant, this: Eid, outer: Eid) -> Self {
        Self { outer: Some(world.entity(outer)), ..Self::of(world, plan, now, world.entity(this)) }
    }

    /// From an enrolment.
    pub fn run(world: &'a World, plan: &'a Plan, now: Instant, this: &'a Entity, run: &'a Run) -> Self {
        let account = run.account.map(|account| world.entity(account));
        Self { account, event: run.event.as_ref(), run: Some(run), ..Self::of(world, plan, now, this) }
    }

    /// From a contact that a step of an enrolment looks at.
    pub fn contact(self, contact: &'a Entity) -> Self {
        let account = if self.this.subject == Subject::Account { Some(self.this) } else { self.account };
        Self { this: contact, outer: Some(self.this), account, ..self }
    }

    fn who(&self, who: Who) -> Option<&'a Entity> {
        match who {
            Who::This => Some(self.this),
            Who::Outer => self.outer,
            Who::Account => self.account,
        }
    }

    /// The zone of an entity (semantics S2.5).
    pub fn zone_of(&self, entity: &Entity) -> Tz {
        zone(self.plan, entity)
    }

    fn series(&self, entity: &'a Entity, aggregate: &AggregatePlan) -> Option<&'a Series> {
        let event = aggregate.event?;
        let place = entity.series.binary_search_by_key(&event, |series| series.event).ok()?;
        entity.series.get(place)
    }

    fn active_days(&self, entity: &Entity, aggregate: &AggregatePlan) -> Value {
        let (from, to) = bounds(aggregate.window, self.now);
        if from < entity.activity_lost {
            return Value::Missing;
        }
        let zone = self.zone_of(entity);
        let start = entity.activity.partition_point(|at| *at <= from);
        let times = entity.activity.get(start..).unwrap_or(&[]).iter().take_while(|at| **at <= to);
        let days: BTreeSet<_> = times.filter_map(|at| calendar::date(*at, zone)).collect();
        Value::Number(days.len().into())
    }

    fn empty(aggregate: &AggregatePlan) -> Value {
        use crate::check::checked::AggregateFn::{Count, Sum};
        match aggregate.function {
            Count | Sum => Value::Number(0.into()),
            _ => Value::Missing,
        }
    }
}

/// The zone of an entity: its `timezone` if that names one, else the project's.
pub fn zone(plan: &Plan, entity: &Entity) -> Tz {
    let slot = plan.subject(entity.subject).zone_slot;
    match slot.map(|slot| entity.snapshot.get(slot)) {
        Some(ValueRef::Text(name)) => name.parse().unwrap_or(plan.zone),
        _ => plan.zone,
    }
}

impl Env for Here<'_> {
    fn now(&self) -> Instant {
        self.now
    }

    fn zone(&self) -> Tz {
        self.zone_of(self.this)
    }

    fn slot(&self, who: Who, slot: u16) -> ValueRef<'_> {
        self.who(who).map_or(ValueRef::Missing, |entity| entity.snapshot.get(slot))
    }

    fn bit(&self, who: Who, bit: u16) -> bool {
        self.who(who).is_some_and(|entity| entity.bits.get(bit))
    }

    fn in_workflow(&self, who: Who, workflow: u32) -> bool {
        self.who(who).is_some_and(|entity| entity.runs.iter().any(|run| run.workflow == workflow && !run.shadow))
    }

    fn aggregate(&self, who: Who, id: AggId) -> Value {
        let (aggregate, place) = self.place(id);
        let Some(entity) = self.who(who) else { return Value::Missing };
        if aggregate.event.is_none() {
            return self.active_days(entity, aggregate);
        }
        let Some(series) = self.series(entity, aggregate) else { return Self::empty(aggregate) };
        if aggregate.window != crate::plan::expr::Window::All {
            return series.value(aggregate, place, self.now);
        }
        let total = series.totals.binary_search_by_key(&id.raw(), |(known, _)| *known);
        let total = total.ok().and_then(|at| series.totals.get(at));
        total.map_or_else(|| Self::empty(aggregate), |(_, total)| total.value(aggregate.function))
    }

    fn aggregate_next(&self, who: Who, id: AggId) -> Instant {
        let (aggregate, place) = self.place(id);
        let Some(entity) = self.who(who) else { return Instant::MAX };
        if aggregate.event.is_none() {
            return self.activity_next(entity, aggregate);
        }
        self.series(entity, aggregate).map_or(Instant::MAX, |series| series.next(aggregate, place, self.now))
    }

    fn count_flip(&self, who: Who, id: AggId, n: u64) -> Instant {
        let (aggregate, place) = self.place(id);
        let Some(entity) = self.who(who) else { return Instant::MAX };
        if aggregate.event.is_none() {
            return self.activity_next(entity, aggregate);
        }
        self.series(entity, aggregate).map_or(Instant::MAX, |series| series.flip(aggregate, place, self.now, n))
    }

    fn relation(&self, relation: RelId) -> (u32, u32) {
        let all = self.this.count(super::change::ALL);
        match self.plan.pool.relation(relation).condition {
            Some(_) => (self.this.count(relation.raw()), all),
            None => (all, all),
        }
    }

    fn property(&self, event: u32, property: u16) -> Option<&Value> {
        let occurrence = self.event.filter(|occurrence| occurrence.event == event)?;
        occurrence.properties.get(usize::from(property))
    }

    fn event_contact(&self) -> ValueRef<'_> {
        let contact = self.event.and_then(|event| event.contact);
        contact.map_or(ValueRef::Missing, |contact| ValueRef::Text(&self.world.entity(contact).id))
    }

    fn kept(&self, place: usize) -> Value {
        self.run.and_then(|run| run.kept.get(place)).cloned().unwrap_or_default()
    }

    fn param(&self, _: usize) -> Value {
        Value::Missing
    }

    fn response(&self, _: &[Arc<str>]) -> Value {
        Value::Missing
    }

    fn timed_out(&self) -> bool {
        self.run.is_some_and(|run| run.timed_out)
    }
}

impl Here<'_> {
    fn place(&self, id: AggId) -> (&AggregatePlan, Place) {
        (self.plan.pool.aggregate(id), self.plan.index.places.get(id.index()).copied().unwrap_or_default())
    }

    /// The next instant at which an activity comes into or leaves the window.
    fn activity_next(&self, entity: &Entity, aggregate: &AggregatePlan) -> Instant {
        use crate::plan::expr::Window;
        let edge = |period| {
            let place = entity.activity.partition_point(|at| *at <= time::back(self.now, period));
            entity.activity.get(place).map_or(Instant::MAX, |at| time::leaves(*at, period))
        };
        match aggregate.window {
            Window::All => Instant::MAX,
            Window::Last(period) => edge(period),
            Window::Previous(period) => edge(period).min(edge(super::series::twice(period))),
        }
    }
}
