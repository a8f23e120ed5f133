//! A world of one account, its contacts and its events, by brute force.

use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::sync::Arc;
use wayfare::base::{Instant, Period};
use wayfare::check::checked::{AggregateFn, Checked, Expr, Who, Window};
use wayfare::plan::expr::{AggId, AggregateKind, CondId, Env, Layout, Pool, RelId, eval};
use wayfare::value::{Snapshot, Value, ValueRef};

/// The conditions under test in a project.
pub struct Project {
    pub checked: Checked,
    pub layout: Layout,
    pub pool: Pool,
    /// The conditions with their trees.
    pub conditions: Vec<(CondId, Expr)>,
}

/// An event: its name's place, its instant, its properties.
pub type Happened = (u32, Instant, Vec<Value>);

/// What there is at one instant.
#[derive(Clone)]
pub struct World<'a> {
    pub project: &'a Project,
    pub now: Instant,
    pub zone: Tz,
    pub this: &'a Snapshot,
    pub outer: Option<&'a Snapshot>,
    pub contacts: &'a [Snapshot],
    pub events: &'a [Happened],
    pub event: Option<&'a Happened>,
    pub big: bool,
}

impl<'a> World<'a> {
    /// In Paris, with nothing in it but an account.
    pub fn of(project: &'a Project, now: Instant, this: &'a Snapshot) -> Self {
        let zone = Tz::Europe__Paris;
        Self { project, now, zone, this, outer: None, contacts: &[], events: &[], event: None, big: false }
    }
}

impl World<'_> {
    pub fn entity(&self, of: Who) -> Option<&Snapshot> {
        match of {
            Who::This => Some(self.this),
            Who::Outer | Who::Account => self.outer,
        }
    }

    /// When events enter and leave the window.
    fn turns(&self, window: Window) -> impl Iterator<Item = Instant> {
        let lengths = match window {
            Window::All => [None, None],
            Window::Last(period) => [period.exact(), None],
            Window::Previous(period) => [period.exact(), period.exact().map(|ms| ms * 2)],
        };
        let now = self.now;
        let at = self.events.iter().filter(move |(_, at, _)| *at <= now).map(|(_, at, _)| *at);
        at.flat_map(move |at| lengths.into_iter().flatten().map(move |ms| at.plus(ms)))
            .filter(move |turn| *turn > now)
    }

    pub fn within(&self, window: Window, at: Instant) -> bool {
        let since = |period: Period| self.now.minus(period.exact().unwrap());
        at <= self.now
            && match window {
                Window::All => true,
                Window::Last(period) => at > since(period),
                Window::Previous(period) => {
                    let ms = period.exact().unwrap();
                    at > self.now.minus(2 * ms) && at <= self.now.minus(ms)
                }
            }
    }
}

pub fn folded(function: AggregateFn, values: &[(Instant, Option<Decimal>)]) -> Value {
    let numbers: Vec<Decimal> = values.iter().filter_map(|(_, number)| *number).collect();
    let number = |number: Option<Decimal>| number.map_or(Value::Missing, |it| Value::Number(it.normalize()));
    let sum: Decimal = numbers.iter().sum();
    match function {
        AggregateFn::Count => Value::Number(values.len().into()),
        AggregateFn::Sum => number(Some(sum)),
        AggregateFn::Min => number(numbers.iter().min().copied()),
        AggregateFn::Max => number(numbers.iter().max().copied()),
        AggregateFn::Average if numbers.is_empty() => Value::Missing,
        AggregateFn::Average => number(Some((sum / Decimal::from(numbers.len())).round_dp(12))),
        AggregateFn::First => values.iter().map(|(at, _)| *at).min().map_or(Value::Missing, Value::Time),
        AggregateFn::Last => values.iter().map(|(at, _)| *at).max().map_or(Value::Missing, Value::Time),
    }
}

pub fn decimal(value: &Value) -> Option<Decimal> {
    if let Value::Number(number) = value { Some(*number) } else { None }
}

impl Env for World<'_> {
    fn now(&self) -> Instant {
        self.now
    }
    fn zone(&self) -> Tz {
        self.zone
    }
    fn snapshot(&self, of: Who) -> Option<&Snapshot> {
        self.entity(of)
    }
    fn bit(&self, _: Who, _: u16) -> bool {
        self.big
    }
    fn in_workflow(&self, _: Who, _: u32) -> bool {
        false
    }
    fn aggregate(&self, _: Who, id: AggId) -> Value {
        let pool = &self.project.pool;
        let aggregate = &pool.aggregates()[id.index()];
        let AggregateKind::Of { function, event, property, filter } = &aggregate.kind else {
            return Value::Missing;
        };
        let mut found = Vec::new();
        for happened in
            self.events.iter().filter(|(of, at, _)| of == event && self.within(aggregate.window, *at))
        {
            let world = World { event: Some(happened), ..self.clone() };
            if filter.is_none_or(|filter| eval(pool, filter, &world)) {
                found.push((happened.1, property.and_then(|at| decimal(&happened.2[usize::from(at)]))));
            }
        }
        folded(*function, &found)
    }
    fn aggregate_next(&self, _: Who, id: AggId) -> Instant {
        let window = self.project.pool.aggregates()[id.index()].window;
        self.turns(window).min().unwrap_or(Instant::MAX)
    }
    fn count_flip(&self, of: Who, id: AggId, n: u64) -> Instant {
        let window = self.project.pool.aggregates()[id.index()].window;
        let is = |world: &Self| decimal(&world.aggregate(of, id)).unwrap() >= Decimal::from(n);
        let mut turns: Vec<Instant> = self.turns(window).collect();
        turns.sort_unstable();
        let flips = turns.into_iter().find(|turn| is(&World { now: *turn, ..self.clone() }) != is(self));
        flips.unwrap_or(Instant::MAX)
    }
    fn relation(&self, id: RelId) -> (u32, u32) {
        let relation = self.project.pool.relations()[id.index()];
        let holds = |contact: &&Snapshot| {
            let world = World { this: contact, outer: Some(self.this), ..self.clone() };
            eval(&self.project.pool, relation.condition, &world)
        };
        (self.contacts.iter().filter(holds).count() as u32, self.contacts.len() as u32)
    }
    fn event(&self) -> Option<u32> {
        self.event.map(|(event, ..)| *event)
    }
    fn property(&self, property: u16) -> ValueRef<'_> {
        self.event
            .and_then(|(_, _, of)| of.get(usize::from(property)))
            .map_or(ValueRef::Missing, Value::as_ref)
    }
    fn enrolling(&self, _: &[(u32, u16)]) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn event_contact(&self) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn kept(&self, _: usize) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn param(&self, _: usize) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn response(&self, _: &[Arc<str>]) -> Value {
        Value::Missing
    }
    fn timed_out(&self) -> bool {
        false
    }
}
