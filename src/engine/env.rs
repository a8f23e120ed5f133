//! What conditions and values read: an entity, those around it, the event and the enrolment at hand.

use super::entity::{Entity, Occurrence, Run};
use super::series::Series;
use super::world::{Eid, World};
use crate::base::Instant;
use crate::plan::expr::{AggId, AggregateFn, Env, RelId, Who, Window};
use crate::plan::{AggregateView, Plan, Subject};
use crate::value::{Snapshot, Value, ValueRef};
use chrono_tz::Tz;
use std::cell::Cell;
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
    /// Where it is noted that something has no result.
    pub no_result: Option<&'a Cell<bool>>,
}

impl<'a> Here<'a> {
    /// From an entity.
    pub fn of(world: &'a World, plan: &'a Plan, now: Instant, this: &'a Entity) -> Self {
        let account = this.first_account().map(|account| world.entity(account));
        Self { world, plan, now, this, outer: None, account, event: None, run: None, no_result: None }
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

    #[inline]
    pub(super) fn who(&self, who: Who) -> Option<&'a Entity> {
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

    fn view(&self, id: AggId) -> Option<&'a AggregateView> {
        self.plan.index.views.get(id.index())
    }

    fn series(entity: &'a Entity, event: u32) -> Option<&'a Series> {
        let place = entity.series.binary_search_by_key(&event, |series| series.event).ok()?;
        entity.series.get(place)
    }

    fn active_days(&self, entity: &Entity, window: Window) -> Value {
        let days = entity.activity.days(window, self.now, self.zone_of(entity));
        days.map_or(Value::Missing, |days| Value::Number(days.into()))
    }

    fn nothing(function: AggregateFn) -> Value {
        match function {
            AggregateFn::Count | AggregateFn::Sum => Value::Number(0.into()),
            _ => Value::Missing,
        }
    }

    fn aggregate_of(&self, of: Who, id: AggId) -> Option<Value> {
        let (entity, view) = (self.who(of)?, self.view(id)?);
        if self.is_torn(entity, id) {
            return Some(Value::Missing);
        }
        let Some(event) = view.event else { return Some(self.active_days(entity, view.window)) };
        let series = Self::series(entity, event)?;
        if view.window != Window::All {
            return Some(series.value(view, self.now, self.zone_of(entity)));
        }
        let total = series.totals.binary_search_by_key(&id.0, |(known, _)| *known).ok();
        total.and_then(|at| series.totals.get(at)).map(|(_, total)| total.value(view.function))
    }

    fn next_of(&self, of: Who, id: AggId, n: Option<u64>) -> Option<Instant> {
        let (entity, view) = (self.who(of)?, self.view(id)?);
        let Some(event) = view.event else {
            return Some(entity.activity.next(view.window, self.now, self.zone_of(entity)));
        };
        let (series, zone) = (Self::series(entity, event)?, self.zone_of(entity));
        Some(match n {
            Some(n) => series.flip(view, self.now, zone, n),
            None => series.next(view, self.now, zone),
        })
    }
}

/// The zone of an entity: its `timezone` if that names one, else the project's (semantics S2.5).
pub fn zone(plan: &Plan, entity: &Entity) -> Tz {
    let slot = plan.subject(entity.subject).zone_slot;
    match slot.map(|slot| entity.snapshot.get(slot)) {
        Some(ValueRef::Text(name)) => name.parse().unwrap_or(plan.zone),
        _ => plan.zone,
    }
}

/// The time zone that a value names.
pub fn named_zone(plan: &Plan, name: &Value) -> Tz {
    match name {
        Value::Text(name) => name.parse().unwrap_or(plan.zone),
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

    #[inline]
    fn snapshot(&self, of: Who) -> Option<&Snapshot> {
        self.who(of).map(|entity| &entity.snapshot)
    }

    fn bit(&self, of: Who, bit: u16) -> bool {
        self.who(of).is_some_and(|entity| entity.bits.get(bit))
    }

    fn in_workflow(&self, of: Who, workflow: u32) -> bool {
        self.who(of)
            .is_some_and(|entity| entity.runs.iter().any(|run| run.workflow == workflow && !run.shadow))
    }

    fn aggregate(&self, of: Who, aggregate: AggId) -> Value {
        let function = self.view(aggregate).map_or(AggregateFn::First, |view| view.function);
        self.aggregate_of(of, aggregate).unwrap_or_else(|| Self::nothing(function))
    }

    fn aggregate_next(&self, of: Who, aggregate: AggId) -> Instant {
        self.next_of(of, aggregate, None).unwrap_or(Instant::MAX)
    }

    fn count_flip(&self, of: Who, aggregate: AggId, n: u64) -> Instant {
        self.next_of(of, aggregate, Some(n)).unwrap_or(Instant::MAX)
    }

    fn relation(&self, relation: RelId) -> (u32, u32) {
        (self.this.count(relation.0), self.this.count(super::member::ALL))
    }

    fn event(&self) -> Option<u32> {
        self.event.map(|occurrence| occurrence.event)
    }

    fn property(&self, property: u16) -> ValueRef<'_> {
        let value = self.event.and_then(|occurrence| occurrence.properties.get(usize::from(property)));
        value.map_or(ValueRef::Missing, Value::as_ref)
    }

    fn enrolling(&self, of: &[(u32, u16)]) -> ValueRef<'_> {
        let Some(occurrence) = self.run.and_then(|run| run.event.as_ref()) else { return ValueRef::Missing };
        let place =
            of.iter().find(|(event, _)| *event == occurrence.event).map(|(_, place)| usize::from(*place));
        place.and_then(|place| occurrence.properties.get(place)).map_or(ValueRef::Missing, Value::as_ref)
    }

    fn event_contact(&self) -> ValueRef<'_> {
        let contact = self.event.and_then(|event| event.contact).map(|contact| self.world.lasting(contact));
        contact.map_or(ValueRef::Missing, |contact| ValueRef::Text(&self.world.entity(contact).id))
    }

    fn kept(&self, place: usize) -> ValueRef<'_> {
        self.run.and_then(|run| run.kept.get(place)).map_or(ValueRef::Missing, Value::as_ref)
    }

    fn param(&self, _: usize) -> ValueRef<'_> {
        ValueRef::Missing
    }

    fn response(&self, _: &[Arc<str>]) -> Value {
        Value::Missing
    }

    fn timed_out(&self) -> bool {
        self.run.is_some_and(|run| run.timed_out)
    }

    fn no_result(&self) {
        if let Some(noted) = self.no_result {
            noted.set(true);
        }
    }
}
