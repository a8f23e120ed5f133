//! What reads what: for everything of an entity that can change, the facts to work out anew and the triggers to look at.
//!
//! In: the facts and workflows of a plan. Out: [`Index`]. Invariant: lists are sorted and hold each target once.

use super::expr::{AggId, AggregateFn, AggregateKind, CondId, Dep, RelId, Who, Window};
use super::{FactKind, Plan, TriggerPlanKind};
use crate::check::checked::Subject;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A fact to work out anew, and for whom, seen from the entity that changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// The fact of the entity itself.
    Own(u32),
    /// The fact of every contact whose account it is.
    OfContacts(u32),
    /// The pairs of a relation in which the entity is the one counted.
    Member(u32),
    /// The pairs of a relation in which the entity is the one outside.
    Outer(u32),
}

/// A trigger: (workflow, place in its triggers).
pub type TriggerId = (u32, u16);

/// What looks at one thing that can change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Readers {
    /// Facts.
    pub facts: Vec<Target>,
    /// Triggers that fire on its change.
    pub triggers: Vec<TriggerId>,
    /// `reaches` triggers whose instant hangs on it.
    pub arms: Vec<TriggerId>,
}

/// What reads what, for accounts and contacts (see [`Subject::index`]).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Index {
    /// By slot.
    pub slots: [Vec<Readers>; 2],
    /// By bit.
    pub bits: [Vec<Readers>; 2],
    /// By aggregate.
    pub aggregates: Vec<Readers>,
    /// By relation.
    pub relations: Vec<Readers>,
    /// By workflow: facts that ask whether an entity is in it.
    pub workflows: [Vec<Readers>; 2],
    /// By subject: facts that read the entity's zone.
    pub zones: [Readers; 2],
    /// By subject and event: what must be kept of it.
    pub needs: [Vec<Option<Need>>; 2],
    /// By aggregate: how to work it out.
    pub views: Vec<AggregateView>,
    /// By subject: aggregates over all activity.
    pub active: [Vec<AggId>; 2],
    /// By subject: how far back activity is kept, in milliseconds; 0: not at all.
    pub activity_reach: [i64; 2],
    /// By subject: workflows that some fact asks whether an entity is in.
    pub flow_read: [Vec<u32>; 2],
    /// By subject: relations over such entities' contacts or accounts, of which they are the outer.
    pub outer_of: [Vec<RelId>; 2],
    /// Facts of contacts that read their account.
    pub through_account: Vec<u32>,
    /// Events by name.
    pub events: BTreeMap<Arc<str>, u32>,
    /// (subject's index, slot) of users that a `least loaded of` counts.
    pub loads: Vec<(u8, u16)>,
    /// By event and subject: `performs` triggers.
    pub performs: [Vec<Vec<TriggerId>>; 2],
    /// By subject: `is created` triggers.
    pub created: [Vec<TriggerId>; 2],
    /// By subject: clock triggers.
    pub clocks: [Vec<TriggerId>; 2],
    /// By subject: `reaches` triggers, all.
    pub arms: [Vec<TriggerId>; 2],
    /// By subject: its facts, in order.
    pub facts: [Vec<u32>; 2],
    /// By relation: its fact.
    pub relation_facts: Vec<u32>,
    /// By declared action: the slots of the account ([`Who::Account`]) and of the contact ([`Who::This`]) that its
    /// request and its rules read.
    pub action_reads: Vec<Vec<(Who, u16)>>,
    /// By workflow: its place by name. Empty if they lie in that order.
    pub ranks: Vec<u32>,
}

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
    /// The filter's bit among [`Need::filters`].
    pub filter: Option<u8>,
    /// The property's place in [`Need::properties`], and how many there are.
    pub value: Option<(usize, usize)>,
}

fn put<T: Ord>(list: &mut Vec<T>, item: T) {
    if let Err(at) = list.binary_search(&item) {
        list.insert(at, item);
    }
}

impl Index {
    /// Works the index out.
    pub fn of(plan: &Plan) -> Self {
        let mut index = Self::sized(plan);
        for (at, fact) in plan.facts.iter().enumerate() {
            index.add_fact(plan, at as u32, fact.subject, &fact.kind);
        }
        for (workflow, at) in plan.workflows.iter().zip(0u32..) {
            for (trigger, place) in workflow.triggers.iter().zip(0u16..) {
                index.add_trigger(plan, workflow.subject, (at, place), &trigger.kind);
            }
        }
        index.add_aggregates(plan);
        index.add_flows(plan);
        index.action_reads = plan.actions.iter().map(|action| plan.slots_read(action)).collect();
        index.rank(plan);
        index
    }

    /// Removed workflows stand behind the others.
    fn rank(&mut self, plan: &Plan) {
        if !plan.workflows.iter().any(|workflow| workflow.removed) {
            return;
        }
        let mut order: Vec<usize> = (0..plan.workflows.len()).collect();
        order.sort_by_key(|at| plan.workflows.get(*at).map(|workflow| &workflow.name));
        self.ranks = vec![0; order.len()];
        for (rank, at) in order.into_iter().enumerate() {
            if let Some(place) = self.ranks.get_mut(at) {
                *place = rank as u32;
            }
        }
    }

    fn sized(plan: &Plan) -> Self {
        let readers = |count: usize| vec![Readers::default(); count];
        let [accounts, contacts] = &plan.subjects;
        let [account_slots, contact_slots] = &plan.layout.schemas;
        let events = plan.events.len();
        Self {
            slots: [readers(account_slots.len()), readers(contact_slots.len())],
            bits: [readers(accounts.bits.len()), readers(contacts.bits.len())],
            aggregates: readers(plan.pool.aggregates().len()),
            relations: readers(plan.pool.relations().len()),
            workflows: [readers(plan.workflows.len()), readers(plan.workflows.len())],
            needs: [vec![None; events], vec![None; events]],
            performs: [vec![Vec::new(); events], vec![Vec::new(); events]],
            relation_facts: vec![0; plan.pool.relations().len()],
            events: plan.events.iter().zip(0u32..).map(|(event, at)| (Arc::clone(&event.name), at)).collect(),
            ..Self::default()
        }
    }

    fn add_fact(&mut self, plan: &Plan, at: u32, subject: Subject, kind: &FactKind) {
        if let FactKind::Relation(relation) = kind {
            return self.add_relation(plan, *relation, subject, at);
        }
        if let Some(list) = self.facts.get_mut(subject.index()) {
            list.push(at);
        }
        if let Some(fact) = plan.facts.get(at as usize) {
            self.add_reads(&plan.fact_reads(fact), subject, at);
        }
    }

    fn add_reads(&mut self, deps: &[Dep], subject: Subject, fact: u32) {
        for dep in deps {
            match who(*dep) {
                Who::This => self.read(*dep, subject, Target::Own(fact)),
                Who::Account => {
                    put(&mut self.through_account, fact);
                    self.read(*dep, Subject::Account, Target::OfContacts(fact));
                }
                Who::Outer => {}
            }
        }
    }

    fn add_relation(&mut self, plan: &Plan, relation: RelId, over: Subject, fact: u32) {
        if let Some(slot) = self.relation_facts.get_mut(relation.index()) {
            *slot = fact;
        }
        let outer = other(over);
        let Some(definition) = plan.pool.relations().get(relation.index()) else { return };
        if let Some(list) = self.outer_of.get_mut(outer.index()) {
            put(list, relation);
        }
        for dep in plan.pool.reads(definition.condition) {
            match who(*dep) {
                Who::This => self.read(*dep, over, Target::Member(fact)),
                Who::Outer => self.read(*dep, outer, Target::Outer(fact)),
                Who::Account => self.read(*dep, Subject::Account, Target::OfContacts(fact)),
            }
        }
    }

    fn read(&mut self, dep: Dep, subject: Subject, target: Target) {
        let side = subject.index();
        let readers = match dep {
            Dep::Slot(_, slot) => self.slots.get_mut(side).and_then(|list| list.get_mut(usize::from(slot))),
            Dep::Bit(_, bit) => self.bits.get_mut(side).and_then(|list| list.get_mut(usize::from(bit))),
            Dep::Aggregate(_, aggregate) => self.aggregates.get_mut(aggregate.index()),
            Dep::Relation(relation) => self.relations.get_mut(relation.index()),
            Dep::Workflow(_, workflow) => {
                self.workflows.get_mut(side).and_then(|list| list.get_mut(workflow as usize))
            }
            Dep::Zone => self.zones.get_mut(side),
            _ => None,
        };
        if let Some(readers) = readers {
            put(&mut readers.facts, target);
        }
    }

    fn add_trigger(&mut self, plan: &Plan, subject: Subject, id: TriggerId, kind: &TriggerPlanKind) {
        let side = subject.index();
        match kind {
            TriggerPlanKind::Bit { bit, .. } => {
                if let Some(readers) =
                    self.bits.get_mut(side).and_then(|list| list.get_mut(usize::from(*bit)))
                {
                    put(&mut readers.triggers, id);
                }
            }
            TriggerPlanKind::Stage { .. } => self.trigger_on_slot(side, 2, id),
            TriggerPlanKind::Health { .. } => self.trigger_on_slot(side, 3, id),
            TriggerPlanKind::Slot { slot, .. } => self.trigger_on_slot(side, *slot, id),
            TriggerPlanKind::Performs { event, .. } => {
                if let Some(list) = self.performs.get_mut(side).and_then(|list| list.get_mut(*event as usize))
                {
                    put(list, id);
                }
            }
            TriggerPlanKind::Created => put_side(&mut self.created, side, id),
            TriggerPlanKind::Clock(_) => put_side(&mut self.clocks, side, id),
            TriggerPlanKind::Reaches(instant) => {
                put_side(&mut self.arms, side, id);
                self.add_arm(plan.pool.value_reads(*instant), side, id);
            }
            TriggerPlanKind::ByHand => {}
        }
    }

    fn trigger_on_slot(&mut self, side: usize, slot: u16, id: TriggerId) {
        if let Some(readers) = self.slots.get_mut(side).and_then(|list| list.get_mut(usize::from(slot))) {
            put(&mut readers.triggers, id);
        }
    }

    fn add_arm(&mut self, deps: &[Dep], side: usize, id: TriggerId) {
        for dep in deps {
            let readers = match dep {
                Dep::Slot(_, slot) => {
                    self.slots.get_mut(side).and_then(|list| list.get_mut(usize::from(*slot)))
                }
                Dep::Zone => self.zones.get_mut(side),
                _ => None,
            };
            if let Some(readers) = readers {
                put(&mut readers.arms, id);
            }
        }
    }

    fn add_aggregates(&mut self, plan: &Plan) {
        for (aggregate, at) in plan.pool.aggregates().iter().zip(0u32..) {
            let side = aggregate.subject.index();
            let AggregateKind::Of { function, event, property, filter } = &aggregate.kind else {
                self.add_activity(side, AggId(at), aggregate.window);
                continue;
            };
            let needs = self.needs.get_mut(side).and_then(|needs| needs.get_mut(*event as usize));
            let Some(need) = needs.map(|need| need.get_or_insert_with(Need::default)) else { continue };
            need.reach = need.reach.max(reach(aggregate.window));
            need.aggregates.push(AggId(at));
            if aggregate.window == Window::All {
                need.totals.push(AggId(at));
            }
            if let Some(filter) = filter.filter(|filter| !need.filters.contains(filter)) {
                need.filters.push(filter);
            }
            if let Some(property) = property.filter(|property| !need.properties.contains(property)) {
                need.properties.push(property);
            }
            let bit = filter
                .and_then(|filter| need.filters.iter().position(|known| *known == filter))
                .map(|bit| bit as u8);
            let view = AggregateView {
                event: Some(*event),
                function: *function,
                property: *property,
                window: aggregate.window,
                filter: bit,
                value: None,
            };
            self.views.push(view);
        }
        self.place_properties(plan);
    }

    fn add_activity(&mut self, side: usize, id: AggId, window: Window) {
        if let (Some(list), Some(kept)) = (self.active.get_mut(side), self.activity_reach.get_mut(side)) {
            list.push(id);
            *kept = (*kept).max(reach(window));
        }
        let function = AggregateFn::Count;
        self.views.push(AggregateView {
            event: None,
            function,
            property: None,
            window,
            filter: None,
            value: None,
        });
    }

    fn place_properties(&mut self, plan: &Plan) {
        for (view, aggregate) in self.views.iter_mut().zip(plan.pool.aggregates()) {
            let need = view
                .event
                .and_then(|event| self.needs.get(aggregate.subject.index())?.get(event as usize)?.as_ref());
            let place = |property: u16| {
                let need = need?;
                let at = need.properties.iter().position(|known| *known == property)?;
                Some((at, need.properties.len()))
            };
            view.value = view.property.and_then(place);
        }
    }

    /// The event of that name.
    pub fn event(&self, name: &str) -> Option<u32> {
        self.events.get(name).copied()
    }

    /// What must be kept of an event of that kind of entity.
    pub fn need(&self, side: usize, event: u32) -> Option<&Need> {
        self.needs.get(side)?.get(event as usize)?.as_ref()
    }

    fn add_flows(&mut self, plan: &Plan) {
        for fact in &plan.facts {
            for dep in plan.fact_reads(fact) {
                if let Dep::Workflow(_, workflow) = dep {
                    let subject =
                        plan.workflows.get(workflow as usize).map(|workflow| workflow.subject.index());
                    if let Some(list) = subject.and_then(|side| self.flow_read.get_mut(side)) {
                        put(list, workflow);
                    }
                }
            }
        }
        for workflow in plan.workflows.iter().chain(plan.retired.iter().map(|retired| &retired.text)) {
            for condition in workflow.watched() {
                for dep in plan.pool.reads(condition) {
                    if let (Dep::Workflow(_, read), Some(list)) =
                        (dep, self.flow_read.get_mut(workflow.subject.index()))
                    {
                        put(list, *read);
                    }
                }
            }
            let side = workflow.subject.index() as u8;
            let owner = plan.subject(workflow.subject).owner_slot;
            if let Some(slot) = owner.filter(|_| workflow.asks_for_loads()) {
                put(&mut self.loads, (side, slot));
            }
        }
    }
}

/// How far back a window asks, in milliseconds; 0 for one without an end.
fn reach(window: Window) -> i64 {
    match window {
        Window::All => 0,
        Window::Last(period) => period.at_most(),
        Window::Previous(period) => period.at_most().saturating_mul(2),
    }
}

/// Whether something is read through a contact's account.
pub fn is_account(dep: &Dep) -> bool {
    who(*dep) == Who::Account
}

fn put_side(lists: &mut [Vec<TriggerId>; 2], side: usize, id: TriggerId) {
    if let Some(list) = lists.get_mut(side) {
        put(list, id);
    }
}

/// The other kind of entity.
pub fn other(subject: Subject) -> Subject {
    match subject {
        Subject::Account => Subject::Contact,
        Subject::Contact => Subject::Account,
    }
}

fn who(dep: Dep) -> Who {
    match dep {
        Dep::Slot(who, _) | Dep::Bit(who, _) | Dep::Aggregate(who, _) | Dep::Workflow(who, _) => who,
        _ => Who::This,
    }
}
