//! Programs of one pool into another, whose slots, bits, events and workflows lie elsewhere.
//!
//! In: conditions and values of an old pool, and where what they name lies now ([`Names`]). Out: their ids in the new pool.
//! Invariant: the new program says the same about what [`Names`] answers; ids of the old pool never get into the new.

use super::graph::{self, Tree};
use super::node::{Aggregate, AggregateKind, Constant, Leaf, Relation, Shape, Term, Test};
use super::reads;
use super::{AggId, CondId, ExprId, Pool, RelId, Subject, Who};
use crate::value::Value;
use std::collections::BTreeMap;

/// Where what programs name lies in the new plan.
pub trait Names {
    /// The slot of an entity of that kind.
    fn slot(&mut self, subject: Subject, slot: u16) -> u16;
    /// The bit of an entity of that kind.
    fn bit(&mut self, subject: Subject, bit: u16) -> u16;
    /// The event, and the property of it.
    fn property(&mut self, event: u32, property: u16) -> (u32, u16);
    /// The event.
    fn event(&mut self, event: u32) -> u32;
    /// The workflow.
    fn workflow(&mut self, workflow: u32) -> u32;
}

/// From whose point of view a program is read: the entity at hand, and the one outside of a relation. The same program
/// may stand for both kinds of entity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct View {
    /// The entity at hand.
    pub this: Subject,
    /// The one outside.
    pub outer: Subject,
}

impl View {
    /// Of an entity, with none outside.
    pub fn of(this: Subject) -> Self {
        Self { this, outer: this }
    }

    fn subject(self, who: Who) -> Subject {
        match who {
            Who::This => self.this,
            Who::Outer => self.outer,
            Who::Account => Subject::Account,
        }
    }
}

/// What was taken over already.
#[derive(Clone, Debug, Default)]
pub struct Grafted {
    conditions: BTreeMap<(CondId, View), CondId>,
    programs: BTreeMap<(ExprId, View), ExprId>,
    /// Relations, by the old one.
    pub relations: BTreeMap<RelId, RelId>,
}

/// Takes programs over.
pub struct Graft<'g, N> {
    /// From here.
    pub from: &'g Pool,
    /// To here.
    pub to: &'g mut Pool,
    /// Where things lie.
    pub names: &'g mut N,
    /// What was taken over before.
    pub known: &'g mut Grafted,
}

impl<N: Names> Graft<'_, N> {
    /// A condition.
    pub fn condition(&mut self, id: CondId, view: View) -> CondId {
        if let Some(known) = self.known.conditions.get(&(id, view)) {
            return *known;
        }
        let tree = self.tree(id, view);
        let made = graph::add(self.to, &tree);
        self.known.conditions.insert((id, view), made);
        made
    }

    fn tree(&mut self, id: CondId, view: View) -> Tree {
        let from = self.from;
        let nodes = super::eval::nodes(from, id);
        let shape = from
            .tables
            .conditions
            .get(id.index())
            .map_or(&[][..], |condition| condition.shape.of(&from.tables.shapes));
        let mut stack: Vec<Tree> = Vec::new();
        for step in shape {
            let part = match *step {
                Shape::Always(is) => Tree::Always(is),
                Shape::Leaf { node, negated } => match nodes.get(usize::from(node)) {
                    Some(node) => Tree::Leaf(self.leaf(node.leaf, view), negated),
                    None => Tree::Always(false),
                },
                Shape::And(count) | Shape::Or(count) => {
                    let parts = stack.split_off(stack.len().saturating_sub(usize::from(count)));
                    graph::join(parts, matches!(step, Shape::And(_)))
                }
            };
            stack.push(part);
        }
        stack.pop().unwrap_or(Tree::Always(false))
    }

    fn leaf(&mut self, leaf: Leaf, view: View) -> Leaf {
        let subject = view.subject(leaf.of);
        let mut made = leaf;
        match leaf.test {
            Test::SlotWord | Test::SlotOrder(_) | Test::SlotMissing | Test::SlotTrue => {
                made.slot = self.names.slot(subject, leaf.slot);
            }
            Test::SlotAmong => {
                let words = self.to.words(reads::words(self.from, &leaf).to_vec());
                (made.a, made.b) = (words.first, words.count);
                made.slot = self.names.slot(subject, leaf.slot);
            }
            Test::Slot(_) | Test::SlotLong | Test::SlotText(_) => {
                (made.slot, made.b) = (self.names.slot(subject, leaf.slot), self.constant(leaf.b));
            }
            Test::SlotIn => (made.slot, made.b) = (self.names.slot(subject, leaf.slot), self.set(leaf.b)),
            Test::SlotMatches => {
                (made.slot, made.b) = (self.names.slot(subject, leaf.slot), self.regex(leaf.b));
            }
            Test::SlotReached | Test::SlotAhead => {
                (made.slot, made.b) = (self.names.slot(subject, leaf.slot), self.bound(leaf.b));
            }
            Test::Bit => made.slot = self.names.bit(subject, leaf.slot),
            Test::Workflow => made.a = self.names.workflow(leaf.a),
            Test::CountAtLeast => made.a = self.aggregate(AggId(leaf.a)).0,
            Test::RelationAtLeast | Test::RelationEvery => made.a = self.relation(RelId(leaf.a)).0,
            Test::TimedOut => {}
            Test::Compare(_) | Test::Text(_) => {
                (made.a, made.b) = (self.program(leaf.a, view), self.program(leaf.b, view));
            }
            Test::In => (made.a, made.b) = (self.program(leaf.a, view), self.set(leaf.b)),
            Test::Missing | Test::True => made.a = self.program(leaf.a, view),
            Test::Matches => (made.a, made.b) = (self.program(leaf.a, view), self.regex(leaf.b)),
            Test::Reached | Test::Ahead => {
                (made.a, made.b) = (self.program(leaf.a, view), self.bound(leaf.b));
            }
        }
        made
    }

    fn program(&mut self, id: u32, view: View) -> u32 {
        self.value(ExprId(id), view).0
    }

    fn constant_of(&self, id: u32) -> Value {
        match self.from.tables.constants.get(id as usize) {
            Some(Constant::Value(value)) => value.clone(),
            Some(constant) => constant.as_ref().to_value(),
            None => Value::Missing,
        }
    }

    fn constant(&mut self, id: u32) -> u32 {
        let value = self.constant_of(id);
        self.to.constant(value)
    }

    fn set(&mut self, id: u32) -> u32 {
        let set = self.from.tables.sets.get(id as usize).cloned().unwrap_or_default();
        let values = set.into_iter().map(|id| self.constant_of(id)).collect();
        self.to.set(values)
    }

    fn bound(&mut self, id: u32) -> u32 {
        let bound = self.from.tables.bounds.get(id as usize).copied();
        bound.map_or(u32::MAX, |bound| self.to.bound(bound))
    }

    fn regex(&mut self, id: u32) -> u32 {
        let regex = self.from.tables.regexes.get(id as usize);
        regex.map_or(u32::MAX, |regex| self.to.regex(regex))
    }

    /// A value.
    pub fn value(&mut self, id: ExprId, view: View) -> ExprId {
        if let Some(known) = self.known.programs.get(&(id, view)) {
            return *known;
        }
        let from = self.from;
        let term = match from.tables.programs.get(id.index()) {
            Some(program) => self.term(&program.term, view),
            None => Term::Const(self.to.constant(Value::Missing)),
        };
        let made = self.to.program(term);
        self.known.programs.insert((id, view), made);
        made
    }

    fn term(&mut self, term: &Term, view: View) -> Term {
        match term {
            Term::Const(id) => Term::Const(self.constant(*id)),
            Term::Shift { base, period, before } => {
                Term::Shift { base: self.value(*base, view), period: *period, before: *before }
            }
            Term::Slot(of, slot) => Term::Slot(*of, self.names.slot(view.subject(*of), *slot)),
            Term::Property(of) => Term::Property(self.properties(of)),
            Term::Enrolling(of) => Term::Enrolling(self.properties(of)),
            Term::Aggregate(of, id) => Term::Aggregate(*of, self.aggregate(*id)),
            Term::Related(id) => Term::Related(self.relation(*id)),
            Term::Arithmetic(op, left, right) => {
                Term::Arithmetic(*op, self.value(*left, view), self.value(*right, view))
            }
            Term::Negative(inner) => Term::Negative(self.value(*inner, view)),
            Term::Condition(condition) => Term::Condition(self.condition(*condition, view)),
            Term::Moving(..) | Term::EventContact | Term::Param(_) | Term::Kept(_) | Term::Response(_) => {
                term.clone()
            }
        }
    }

    fn properties(&mut self, of: &[(u32, u16)]) -> Vec<(u32, u16)> {
        of.iter().map(|(event, property)| self.names.property(*event, *property)).collect()
    }

    fn aggregate(&mut self, id: AggId) -> AggId {
        let Some(aggregate) = self.from.tables.aggregates.get(id.index()).cloned() else {
            return AggId(u32::MAX);
        };
        let kind = match aggregate.kind {
            AggregateKind::ActiveDays => AggregateKind::ActiveDays,
            AggregateKind::Of { function, event, property, filter } => {
                let filter = filter.map(|filter| self.condition(filter, View::of(aggregate.subject)));
                let place = property.map(|property| self.names.property(event, property));
                let event = place.map_or_else(|| self.names.event(event), |(event, _)| event);
                AggregateKind::Of { function, event, property: place.map(|(_, property)| property), filter }
            }
        };
        self.to.aggregate(Aggregate { kind, ..aggregate })
    }

    fn relation(&mut self, id: RelId) -> RelId {
        let Some(relation) = self.from.tables.relations.get(id.index()).copied() else {
            return RelId(u32::MAX);
        };
        let view = View { this: relation.over, outer: relation.outer };
        let condition = self.condition(relation.condition, view);
        let made = self.to.relation(Relation { condition, ..relation });
        self.known.relations.insert(id, made);
        made
    }
}
