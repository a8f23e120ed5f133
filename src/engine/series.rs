//! The events of one name of one entity, as far back as some window needs, and running totals for those without one.
//!
//! Invariant: `times` ascends; an event that comes late is put in its place; what lies before `lost` was dropped because
//! more than the bound were kept, and a window that reaches there has no value (semantics S7.5).

use super::clock::{edges, inside, leaves};
use crate::base::Instant;
use crate::plan::{AggregateFn, AggregateView, Window};
use crate::value::{Value, compare, heap_of, number};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The events of one name of one entity.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Series {
    /// The plan's event.
    pub event: u32,
    /// When each was.
    pub times: Vec<Instant>,
    /// For each: which of the filters that the plan needs of this event it meets, a bit each, in as many words as they
    /// take, one behind the other. Empty if there are none.
    pub masks: Vec<u64>,
    /// For each: the properties that the plan needs, one behind the other. Empty if there are none.
    pub values: Vec<Value>,
    /// Totals of aggregates without a window: (aggregate, total).
    pub totals: Vec<(u32, Total)>,
    /// Events up to here were dropped to keep the bound.
    pub lost: Instant,
}

/// What is known of all events that ever were, or of those in a window.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Total {
    /// How many (of those with a value, where a property is asked for).
    pub count: u64,
    /// The sum; `None` after an overflow.
    pub sum: Option<Decimal>,
    /// The least value, or the first instant.
    pub min: Value,
    /// The greatest value, or the last instant.
    pub max: Value,
}

impl Default for Total {
    fn default() -> Self {
        Self { count: 0, sum: Some(Decimal::ZERO), min: Value::Missing, max: Value::Missing }
    }
}

impl Total {
    /// Takes one event in: its value (or its instant, for `first` and `last`).
    pub fn add(&mut self, value: &Value) {
        if value.is_missing() {
            return;
        }
        self.count += 1;
        if let Value::Number(value) = value {
            self.sum = self.sum.and_then(|sum| number::add(sum, *value));
        }
        self.widen(value);
    }

    /// Takes another total in.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum = self.sum.zip(other.sum).and_then(|(own, other)| number::add(own, other));
        self.widen(&other.min);
        self.widen(&other.max);
    }

    fn widen(&mut self, value: &Value) {
        if value.is_missing() {
            return;
        }
        if self.min.is_missing()
            || compare::order(value.as_ref(), self.min.as_ref(), || chrono_tz::UTC)
                == Some(std::cmp::Ordering::Less)
        {
            self.min = value.clone();
        }
        if self.max.is_missing()
            || compare::order(value.as_ref(), self.max.as_ref(), || chrono_tz::UTC)
                == Some(std::cmp::Ordering::Greater)
        {
            self.max = value.clone();
        }
    }

    /// The value of a function.
    pub fn value(&self, function: AggregateFn) -> Value {
        let number = |number: Option<Decimal>| number.map_or(Value::Missing, Value::Number);
        match function {
            AggregateFn::Count => Value::Number(self.count.into()),
            AggregateFn::Sum => number(self.sum),
            AggregateFn::Min | AggregateFn::First => self.min.clone(),
            AggregateFn::Max | AggregateFn::Last => self.max.clone(),
            AggregateFn::Average => number(self.sum.and_then(|sum| number::average(sum, self.count))),
        }
    }
}

/// Whether an event meets a filter, of which it keeps these bits.
pub fn meets(masks: &[u64], filter: usize) -> bool {
    masks.get(filter / 64).is_some_and(|mask| mask >> (filter % 64) & 1 == 1)
}

impl Series {
    /// About how many bytes it takes.
    pub fn memory(&self) -> usize {
        let values =
            self.values.capacity() * size_of::<Value>() + self.values.iter().map(heap_of).sum::<usize>();
        let totals = self.totals.capacity() * size_of::<(u32, Total)>();
        size_of::<Self>() + 8 * (self.times.capacity() + self.masks.capacity()) + values + totals
    }

    fn meets(&self, at: usize, view: &AggregateView) -> bool {
        let Some((filter, words)) = view.filter else { return true };
        self.masks.get(at * words..).is_some_and(|masks| meets(masks, filter))
    }

    fn value_at(&self, at: usize, view: &AggregateView) -> Value {
        match view.value {
            Some((offset, width)) => self.values.get(at * width + offset).cloned().unwrap_or_default(),
            None => self.times.get(at).map_or(Value::Missing, |at| Value::Time(*at)),
        }
    }

    /// Whether a window reaches back to events that were dropped.
    fn is_torn(&self, window: Window, now: Instant, zone: Tz) -> bool {
        match window {
            _ if self.lost == Instant::MIN => false,
            Window::All => true,
            Window::Last(period) => leaves(self.lost, period, zone) > now,
            Window::Previous(period) => leaves(self.lost, super::clock::twice(period), zone) > now,
        }
    }

    /// The value of an aggregate over a window.
    pub fn value(&self, aggregate: &AggregateView, now: Instant, zone: Tz) -> Value {
        if self.is_torn(aggregate.window, now, zone) {
            return Value::Missing;
        }
        let range = inside(&self.times, aggregate.window, now, zone);
        if aggregate.function == AggregateFn::Count && aggregate.filter.is_none() {
            return Value::Number(range.len().into());
        }
        let mut total = Total::default();
        for at in range.filter(|at| self.meets(*at, aggregate)) {
            match aggregate.function {
                AggregateFn::Count => total.count += 1,
                _ => total.add(&self.value_at(at, aggregate)),
            }
        }
        total.value(aggregate.function)
    }

    /// The next instant after `now` at which an event comes into or leaves the window by time alone.
    pub fn next(&self, aggregate: &AggregateView, now: Instant, zone: Tz) -> Instant {
        let event = |(from, period)| {
            let at = (from..self.times.len()).find(|at| self.meets(*at, aggregate))?;
            self.times.get(at).map(|at| leaves(*at, period, zone))
        };
        let torn = self.is_torn(aggregate.window, now, zone);
        let whole = match aggregate.window {
            Window::Last(period) if torn => leaves(self.lost, period, zone),
            Window::Previous(period) if torn => leaves(self.lost, super::clock::twice(period), zone),
            _ => Instant::MAX,
        };
        edges(&self.times, aggregate.window, now, zone)
            .into_iter()
            .filter_map(event)
            .min()
            .unwrap_or(Instant::MAX)
            .min(whole)
    }

    /// The next instant after `now` at which `count >= n` changes by time alone.
    pub fn flip(&self, aggregate: &AggregateView, now: Instant, zone: Tz, n: u64) -> Instant {
        let Window::Last(period) = aggregate.window else { return self.next(aggregate, now, zone) };
        if self.is_torn(aggregate.window, now, zone) {
            return self.next(aggregate, now, zone);
        }
        let range = inside(&self.times, aggregate.window, now, zone);
        let last = if aggregate.filter.is_none() {
            (range.len() as u64).checked_sub(n).map(|spare| range.start + spare as usize)
        } else {
            let met: Vec<usize> = range.filter(|at| self.meets(*at, aggregate)).collect();
            (met.len() as u64).checked_sub(n).and_then(|spare| met.get(spare as usize)).copied()
        };
        let last = last.filter(|_| n > 0).and_then(|at| self.times.get(at));
        last.map_or(Instant::MAX, |at| leaves(*at, period, zone))
    }

    /// Takes in the events of another of the same name, in the same layout.
    pub fn absorb(&mut self, other: &Self, keep: Keep) {
        let count = other.times.len();
        let each = |len: usize| len.checked_div(count).unwrap_or(0);
        let (words, width) = (each(other.masks.len()), each(other.values.len()));
        for (at, time) in other.times.iter().enumerate() {
            let masks = other.masks.get(at * words..(at + 1) * words).unwrap_or_default().to_vec();
            let values = other.values.get(at * width..(at + 1) * width).unwrap_or_default().to_vec();
            self.insert(*time, masks, values, keep);
        }
        for (aggregate, total) in &other.totals {
            match self.totals.binary_search_by_key(aggregate, |(known, _)| *known) {
                Ok(place) => {
                    if let Some((_, own)) = self.totals.get_mut(place) {
                        own.merge(total);
                    }
                }
                Err(place) => self.totals.insert(place, (*aggregate, total.clone())),
            }
        }
        self.lost = self.lost.max(other.lost);
    }

    /// Puts an event in its place, and drops what no window needs or what is past the bound.
    pub fn insert(&mut self, time: Instant, masks: Vec<u64>, values: Vec<Value>, keep: Keep) {
        if time <= keep.after {
            return;
        }
        let at = self.times.partition_point(|other| *other <= time);
        self.times.insert(at, time);
        let words = masks.len();
        self.masks.splice(at * words..at * words, masks);
        let width = values.len();
        self.values.splice(at * width..at * width, values);
        let old = self.times.partition_point(|at| *at <= keep.after);
        let surplus = self.times.len().saturating_sub(keep.most).max(old);
        if surplus > old {
            self.lost =
                surplus.checked_sub(1).and_then(|at| self.times.get(at)).copied().unwrap_or(self.lost);
        }
        // Dropping from the front moves the rest, so it is done in bulk.
        if surplus > 0 && (surplus > old || surplus >= 32 + self.times.len() / 4) {
            self.times.drain(..surplus);
            self.masks.drain(..(surplus * words).min(self.masks.len()));
            self.values.drain(..(surplus * width).min(self.values.len()));
        }
    }
}

/// What a series keeps.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Nothing at or before this.
    pub after: Instant,
    /// At most so many.
    pub most: usize,
}
