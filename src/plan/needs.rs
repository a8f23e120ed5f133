//! What must be kept of events, and how aggregates are worked out of it.
//!
//! In: the aggregates of a plan. Out: [`Needs`]. Invariant: a view's places lie in the lists of the [`Need`] of its event.

use super::Plan;
use super::expr::{AggId, Aggregate, AggregateFn, AggregateKind, CondId, Window};
use std::collections::HashMap;

/// What must be kept of one event of one kind of entity.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Need {
    /// How far back, in milliseconds; 0: single events need not be kept.
    pub reach: i64,
    /// The filters that events are asked for, a bit each.
    pub filters: Vec<CondId>,
    /// The properties that are kept.
    pub properties: Vec<u16>,
    /// The aggregates that an event changes.
    pub aggregates: Vec<AggId>,
    /// Those of them that are over all events: kept as totals.
    pub totals: Vec<AggId>,
}

impl Need {
    /// How many words of 64 bits the filters of one event take.
    pub fn words(&self) -> usize {
        self.filters.len().div_ceil(64)
    }
}

/// How to work an aggregate out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AggregateView {
    /// The event; `None`: all activity.
    pub event: Option<u32>,
    /// Which function.
    pub function: AggregateFn,
    /// Over this property.
    pub property: Option<u16>,
    /// In which window.
    pub window: Window,
    /// The filter's place in [`Need::filters`], and how many [`Need::words`] there are.
    pub filter: Option<(usize, usize)>,
    /// The property's place in [`Need::properties`], and how many there are.
    pub value: Option<(usize, usize)>,
}

/// What must be kept for the aggregates of a plan.
#[derive(Default)]
pub(super) struct Needs {
    /// By subject and event.
    pub(super) of: [Vec<Option<Need>>; 2],
    /// By aggregate: how to work it out.
    pub(super) views: Vec<AggregateView>,
    /// By subject: aggregates over all activity.
    pub(super) active: [Vec<AggId>; 2],
    /// By subject: how far back activity is kept, in milliseconds; 0: not at all.
    pub(super) activity_reach: [i64; 2],
}

/// The subject's index and the event.
type Of = (usize, u32);

/// Where filters and properties are in their lists.
#[derive(Default)]
struct Places {
    filters: HashMap<(Of, CondId), usize>,
    properties: HashMap<(Of, u16), usize>,
}

impl Needs {
    /// Works them out.
    pub(super) fn of(plan: &Plan) -> Self {
        let events = vec![None; plan.events.len()];
        let mut needs = Self { of: [events.clone(), events], ..Self::default() };
        let mut places = Places::default();
        for (aggregate, id) in plan.pool.aggregates().iter().zip((0u32..).map(AggId)) {
            let view = needs.add(aggregate, id, &mut places);
            needs.views.push(view);
        }
        needs.widen(plan.pool.aggregates());
        needs
    }

    fn add(&mut self, aggregate: &Aggregate, id: AggId, places: &mut Places) -> AggregateView {
        let (side, window) = (aggregate.subject.index(), aggregate.window);
        let nothing = AggregateView {
            event: None,
            function: AggregateFn::Count,
            property: None,
            window,
            filter: None,
            value: None,
        };
        let AggregateKind::Of { function, event, property, filter } = aggregate.kind else {
            self.add_activity(side, id, window);
            return nothing;
        };
        let view = AggregateView { event: Some(event), function, property, ..nothing };
        let Some(need) = self.of.get_mut(side).and_then(|needs| needs.get_mut(event as usize)) else {
            return view;
        };
        let (need, of) = (need.get_or_insert_default(), (side, event));
        need.reach = need.reach.max(reach(window));
        need.aggregates.push(id);
        if window == Window::All {
            need.totals.push(id);
        }
        let filter = filter.map(|filter| place(&mut places.filters, (of, filter), &mut need.filters, filter));
        let value = property
            .map(|property| place(&mut places.properties, (of, property), &mut need.properties, property));
        AggregateView { filter: filter.map(|at| (at, 0)), value: value.map(|at| (at, 0)), ..view }
    }

    /// How wide the lists are is known once all aggregates are.
    fn widen(&mut self, aggregates: &[Aggregate]) {
        let Self { of, views, .. } = self;
        for (view, aggregate) in views.iter_mut().zip(aggregates) {
            let needs = of.get(aggregate.subject.index());
            let need = view.event.and_then(|event| needs?.get(event as usize)?.as_ref());
            let Some(need) = need else { continue };
            view.filter = view.filter.map(|(at, _)| (at, need.words()));
            view.value = view.value.map(|(at, _)| (at, need.properties.len()));
        }
    }

    fn add_activity(&mut self, side: usize, id: AggId, window: Window) {
        if let (Some(list), Some(kept)) = (self.active.get_mut(side), self.activity_reach.get_mut(side)) {
            list.push(id);
            *kept = (*kept).max(reach(window));
        }
    }
}

/// The place of an item in a list of which every item is once.
fn place<K: Eq + std::hash::Hash, T>(
    known: &mut HashMap<K, usize>,
    key: K,
    list: &mut Vec<T>,
    item: T,
) -> usize {
    *known.entry(key).or_insert_with(|| {
        list.push(item);
        list.len() - 1
    })
}

/// How far back a window asks, in milliseconds; 0 for one without an end.
fn reach(window: Window) -> i64 {
    match window {
        Window::All => 0,
        Window::Last(period) => period.at_most(),
        Window::Previous(period) => period.at_most().saturating_mul(2),
    }
}
