//! What reads what: for everything of an entity that can change, the facts to work out anew and the triggers to look at.
//!
//! In: the facts and workflows of a plan. Out: [`Index`]. Invariant: lists are sorted and hold each target once.

use super::expr::{AggId, Dep, RelId, Who};
use super::{FactKind, Plan, TriggerPlanKind};
use crate::check::checked::Subject;

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
    /// By event and subject: the aggregates that it feeds.
    pub fed: [Vec<Vec<AggId>>; 2],
    /// By subject: aggregates over all activity.
    pub active: [Vec<AggId>; 2],
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
        index
    }

    fn sized(plan: &Plan) -> Self {
        let readers = |count: usize| vec![Readers::default(); count];
        let [accounts, contacts] = &plan.subjects;
        let events = plan.events.len();
        Self {
            slots: [readers(accounts.slots.len()), readers(contacts.slots.len())],
            bits: [readers(accounts.bits.len()), readers(contacts.bits.len())],
            aggregates: readers(plan.pool.aggregates().len()),
            relations: readers(plan.pool.relations().len()),
            workflows: [readers(plan.workflows.len()), readers(plan.workflows.len())],
            fed: [vec![Vec::new(); events], vec![Vec::new(); events]],
            performs: [vec![Vec::new(); events], vec![Vec::new(); events]],
            relation_facts: vec![0; plan.pool.relations().len()],
            ..Self::default()
        }
    }

    fn add_fact(&mut self, plan: &Plan, at: u32, subject: Subject, kind: &FactKind) {
        if let Some(list) = self.facts.get_mut(subject.index()) {
            list.push(at);
        }
        let mut conditions = Vec::new();
        match kind {
            FactKind::Slot(_, value) => return self.add_reads(plan.pool.value_reads(*value), subject, at),
            FactKind::Bit(_, condition) => conditions.push(*condition),
            FactKind::Stage(stages) => conditions.extend(stages.iter().filter_map(|(_, condition)| *condition)),
            FactKind::Health(health) => {
                self.read(Dep::Slot(Who::This, 2), subject, Target::Own(at));
                let own = health.in_stage.iter().flat_map(|(_, rules)| rules);
                conditions.extend(health.general.iter().chain(own).map(|(_, condition)| *condition));
            }
            FactKind::Relation(relation) => return self.add_relation(plan, *relation, subject, at),
        }
        for condition in conditions {
            self.add_reads(plan.pool.reads(condition), subject, at);
        }
    }

    fn add_reads(&mut self, deps: &[Dep], subject: Subject, fact: u32) {
        for dep in deps {
            match who(dep) {
                Who::This => self.read(*dep, subject, Target::Own(fact)),
                Who::Account => self.read(*dep, Subject::Account, Target::OfContacts(fact)),
                Who::Outer => {}
            }
        }
    }

    fn add_relation(&mut self, plan: &Plan, relation: RelId, over: Subject, fact: u32) {
        if let Some(slot) = self.relation_facts.get_mut(relation.index()) {
            *slot = fact;
        }
        let outer = other(over);
        let Some(condition) = plan.pool.relation(relation).condition else { return };
        for dep in plan.pool.reads(condition) {
            match who(dep) {
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
            Dep::Workflow(_, workflow) => self.workflows.get_mut(side).and_then(|list| list.get_mut(workflow as usize)),
            Dep::Zone(_) => self.zones.get_mut(side),
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
                if let Some(readers) = self.bits.get_mut(side).and_then(|list| list.get_mut(usize::from(*bit))) {
                    put(&mut readers.triggers, id);
                }
            }
            TriggerPlanKind::Stage { .. } => self.trigger_on_slot(side, 2, id),
            TriggerPlanKind::Health { .. } => self.trigger_on_slot(side, 3, id),
            TriggerPlanKind::Slot { slot, .. } => self.trigger_on_slot(side, *slot, id),
            TriggerPlanKind::Performs { event, .. } => {
                if let Some(list) = self.performs.get_mut(side).and_then(|list| list.get_mut(*event as usize)) {
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
                Dep::Slot(_, slot) => self.slots.get_mut(side).and_then(|list| list.get_mut(usize::from(*slot))),
                Dep::Zone(_) => self.zones.get_mut(side),
                _ => None,
            };
            if let Some(readers) = readers {
                put(&mut readers.arms, id);
            }
        }
    }

    fn add_aggregates(&mut self, plan: &Plan) {
        for (id, aggregate) in plan.pool.aggregates().iter() {
            let side = aggregate.subject.index();
            let list = match aggregate.event {
                Some(event) => self.fed.get_mut(side).and_then(|list| list.get_mut(event as usize)),
                None => self.active.get_mut(side),
            };
            if let Some(list) = list {
                put(list, id);
            }
        }
    }
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

fn who(dep: &Dep) -> Who {
    match dep {
        Dep::Slot(who, _) | Dep::Bit(who, _) | Dep::Aggregate(who, _) | Dep::Workflow(who, _) | Dep::Zone(who) => *who,
        _ => Who::This,
    }
}
