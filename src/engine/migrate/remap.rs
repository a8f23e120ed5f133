//! Where everything of one plan lies in another: by name, and for what has none by what it says.
//!
//! In: the plan that a world is laid out for, and the one that it is moved to. Out: [`Remap`]. Invariant: nothing that
//! an index of the old plan names is read by that index in the new one; what has no counterpart is left out.

use super::lineage::Lineage;
use crate::plan::expr::{AggId, Layout, aggregate_text, value_text};
use crate::plan::{ActionId, EventPlan, LimitPlan, Plan, Subject, TriggerId, TriggerPlanKind};
use crate::value::Type;
use std::collections::BTreeMap;
use std::sync::Arc;

const SUBJECTS: [Subject; 2] = [Subject::Account, Subject::Contact];

/// Where everything lies.
pub(super) struct Remap {
    pub values: [Values; 2],
    /// By subject, for each old bit its new one.
    pub bits: [Vec<Option<u16>>; 2],
    /// For each old event its new one.
    pub events: Vec<Option<Event>>,
    /// For each old aggregate its new one: the same of the same events in the same window.
    pub aggregates: Vec<Option<AggId>>,
    /// By subject and old event: what becomes of what is kept of it; `None`: nothing is needed any more.
    pub columns: [Vec<Option<Columns>>; 2],
    /// For each old template its new one.
    pub templates: Vec<Option<u32>>,
    /// For each old limit its new one.
    pub limits: Vec<Option<u32>>,
    /// For each old trigger that is there still its new place.
    pub triggers: BTreeMap<TriggerId, TriggerId>,
}

/// Where the values of one kind of entity lie.
#[derive(Default)]
pub(super) struct Values {
    /// For each new slot the old one whose value it takes over, and whether it has another type.
    pub from: Vec<Option<(u16, bool)>>,
    /// Old slots that none takes over, with the trait that their values go back to.
    pub cooled: Vec<(u16, Arc<str>)>,
    /// New slots that take over none: they are taken from undeclared traits, if from any.
    pub warmed: Vec<u16>,
}

impl Values {
    /// Whether every slot stays where it is and as it is.
    pub fn stay(&self) -> bool {
        let same = |(at, from): (usize, &Option<(u16, bool)>)| *from == Some((at as u16, false));
        self.cooled.is_empty() && self.warmed.is_empty() && self.from.iter().enumerate().all(same)
    }
}

/// Where an event lies.
pub(super) struct Event {
    /// The new event.
    pub event: u32,
    /// For each new property the old one.
    pub properties: Vec<Option<u16>>,
}

/// Where the columns of a series lie.
pub(super) struct Columns {
    /// The new event.
    pub event: u32,
    /// For each new filter the old one's bit.
    pub filters: Vec<Option<usize>>,
    /// How many words of filters each event had.
    pub words: usize,
    /// For each new property that is kept the old one's place.
    pub properties: Vec<Option<usize>>,
    /// How many properties the old plan keeps.
    pub width: usize,
}

impl Remap {
    /// Works the tables out.
    pub fn of(old: &Plan, new: &Plan, lineage: &Lineage) -> Self {
        let events = old.events.iter().map(|event| event_of(event, new)).collect();
        let aggregates = aggregates(old, new);
        Self {
            values: SUBJECTS.map(|subject| values(old, new, subject)),
            bits: SUBJECTS.map(|subject| bits(old, new, subject)),
            columns: [0, 1].map(|side| columns(old, new, side)),
            events,
            aggregates,
            templates: old
                .templates
                .iter()
                .map(|template| place(&new.templates, |other| other.name == template.name))
                .collect(),
            limits: limits(old, new),
            triggers: triggers(old, new, lineage),
        }
    }
}

fn place<T>(list: &[T], is: impl Fn(&T) -> bool) -> Option<u32> {
    list.iter().position(is).map(|at| at as u32)
}

/// A value goes where its trait goes; one that was worked out stays under its name.
fn values(old: &Plan, new: &Plan, subject: Subject) -> Values {
    let (before, after) = (old.layout.schema(subject).fields(), new.layout.schema(subject).fields());
    let mut values = Values::default();
    let mut taken = vec![false; before.len()];
    for (field, slot) in after.iter().zip(0u16..) {
        let same_name = |other: &crate::value::Field| other.name == field.name;
        let shares = |other: &crate::value::Field| match field.keys.first() {
            Some(key) => other.keys.contains(key),
            None => other.keys.is_empty() && same_name(other),
        };
        let named = before.iter().position(|other| same_name(other) && shares(other));
        let found = named.or_else(|| before.iter().position(shares));
        let from = found.and_then(|at| {
            *taken.get_mut(at)? = true;
            Some((at as u16, before.get(at)?.ty != field.ty))
        });
        if from.is_none() && !field.keys.is_empty() {
            values.warmed.push(slot);
        }
        values.from.push(from);
    }
    let left = before.iter().zip(0u16..).zip(taken).filter(|(_, taken)| !taken);
    values.cooled = left.filter_map(|((field, slot), _)| Some((slot, field.keys.first()?.clone()))).collect();
    values
}

fn bits(old: &Plan, new: &Plan, subject: Subject) -> Vec<Option<u16>> {
    let (before, after) = (&old.subject(subject).bits, &new.subject(subject).bits);
    let same = |bit: &crate::plan::BitPlan| after.iter().position(|other| other == bit).map(|at| at as u16);
    before.iter().map(same).collect()
}

fn event_of(event: &EventPlan, new: &Plan) -> Option<Event> {
    let at = new.index.event(&event.name)?;
    let after = new.events.get(at as usize)?;
    let from = |(name, ..): &(Arc<str>, Arc<str>, Type)| {
        event.properties.iter().position(|(other, ..)| other == name).map(|at| at as u16)
    };
    Some(Event { event: at, properties: after.properties.iter().map(from).collect() })
}

/// Whether two texts read the properties of an event that both have in the same way.
pub(super) fn read_alike(old: &EventPlan, new: &EventPlan) -> bool {
    old.properties.iter().all(|one| !new.properties.iter().any(|two| two.0 == one.0 && two != one))
}

/// Aggregates that say the same count the same, where the properties of their event are read as before.
fn aggregates(old: &Plan, new: &Plan) -> Vec<Option<AggId>> {
    let words = |plan: &Plan, at: usize| {
        let subject = plan.pool.aggregates().get(at)?.subject;
        Some((subject, aggregate_text(&plan.pool, AggId(at as u32), &plan.layout, subject)))
    };
    let event = |plan: &'_ Plan, at: usize| -> Option<u32> { plan.index.views.get(at)?.event };
    let after: BTreeMap<_, usize> =
        (0..new.pool.aggregates().len()).filter_map(|at| Some((words(new, at)?, at))).collect();
    let same = |at: usize| {
        let other = *after.get(&words(old, at)?)?;
        let alike = match (event(old, at), event(new, other)) {
            (Some(was), Some(is)) => read_alike(old.events.get(was as usize)?, new.events.get(is as usize)?),
            _ => true,
        };
        alike.then_some(AggId(other as u32))
    };
    (0..old.pool.aggregates().len()).map(same).collect()
}

fn columns(old: &Plan, new: &Plan, side: usize) -> Vec<Option<Columns>> {
    let of = |at: usize| {
        let (event, before) = (old.events.get(at)?, old.index.need(side, at as u32)?);
        let moved = event_of(event, new)?;
        let after = new.index.need(side, moved.event)?;
        let read_alike = new.events.get(moved.event as usize).is_some_and(|new| read_alike(event, new));
        let filter = |new_filter: &crate::plan::expr::CondId| {
            let words = filter_words(new, *new_filter);
            before.filters.iter().position(|filter| read_alike && filter_words(old, *filter) == words)
        };
        let property = |property: &u16| {
            let name = &new.events.get(moved.event as usize)?.properties.get(usize::from(*property))?.0;
            let of = |place: &u16| event.properties.get(usize::from(*place)).map(|(name, ..)| name);
            before.properties.iter().position(|place| read_alike && of(place) == Some(name))
        };
        Some(Columns {
            event: moved.event,
            filters: after.filters.iter().map(filter).collect(),
            words: before.words(),
            properties: after.properties.iter().map(property).collect(),
            width: before.properties.len(),
        })
    };
    (0..old.events.len()).map(of).collect()
}

/// The filter of an aggregate reads the event alone, so whose it is does not matter.
pub(super) fn filter_words(plan: &Plan, filter: crate::plan::expr::CondId) -> String {
    crate::plan::expr::text(&plan.pool, filter, &plan.layout, Subject::Account)
}

/// Limits on the same, for each of the same, in their order: how many, and in what window, may change.
fn limits(old: &Plan, new: &Plan) -> Vec<Option<u32>> {
    let on = |plan: &Plan, limit: &LimitPlan| {
        let action = limit.action.map(|action| match action {
            ActionId::BuiltIn(action) => format!("{action:?}").into(),
            ActionId::Declared(at) => {
                plan.actions.get(at as usize).map_or_else(|| Arc::from(""), |action| Arc::clone(&action.name))
            }
        });
        (action, limit.per)
    };
    let mut left: Vec<u32> = (0..new.limits.len() as u32).collect();
    let mut find = |limit: &LimitPlan| {
        let is =
            |at: &u32| new.limits.get(*at as usize).is_some_and(|other| on(new, other) == on(old, limit));
        left.iter().position(is).map(|at| left.remove(at))
    };
    old.limits.iter().map(&mut find).collect()
}

/// Triggers that wait for an instant keep it while they say the same.
fn triggers(old: &Plan, new: &Plan, lineage: &Lineage) -> BTreeMap<TriggerId, TriggerId> {
    let mut found = BTreeMap::new();
    for (workflow, at) in old.workflows.iter().zip(0u32..) {
        let Some(new_at) = lineage.new_of(at) else { continue };
        let Some(after) = new.workflows.get(new_at as usize).filter(|new| new.subject == workflow.subject)
        else {
            continue;
        };
        let mut left: Vec<usize> = (0..after.triggers.len()).collect();
        for (trigger, place) in workflow.triggers.iter().zip(0u16..) {
            let words = instant_words(old, workflow.subject, &trigger.kind);
            let same = |other: &usize| {
                words.is_some()
                    && after
                        .triggers
                        .get(*other)
                        .is_some_and(|other| instant_words(new, after.subject, &other.kind) == words)
            };
            if let Some(other) = left.iter().position(same) {
                found.insert((at, place), (new_at, left.remove(other) as u16));
            }
        }
    }
    found
}

/// What a trigger that waits for an instant says. The clock's next instant is worked out anew in any case.
fn instant_words(plan: &Plan, subject: Subject, kind: &TriggerPlanKind) -> Option<String> {
    match kind {
        TriggerPlanKind::Reaches(instant) => Some(value_text(&plan.pool, *instant, &plan.layout, subject)),
        _ => None,
    }
}

/// Names of attributes, for whom it may concern.
pub(super) fn attribute(layout: &Layout, subject: Subject, slot: u16) -> Arc<str> {
    layout.schema(subject).field(slot).map_or_else(|| "".into(), |field| Arc::clone(&field.name))
}
