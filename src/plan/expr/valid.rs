//! Whether a pool that was read from outside can be trusted.

use super::lower::DEPTH;
use super::node::{AggregateKind, FALSE, Leaf, Node, Shape, TRUE, Term, Test};
use super::pool::{Condition, Piece};
use super::{CondId, ExprId, Pool, Who};

/// A pool that no lowering has made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid {
    /// What is wrong.
    pub reason: &'static str,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the stored conditions can't be used: {}", self.reason)
    }
}

impl std::error::Error for Invalid {}

fn check(is_good: bool, reason: &'static str) -> Result<(), Invalid> {
    if is_good { Ok(()) } else { Err(Invalid { reason }) }
}

/// How much there is of what programs name outside their pool.
#[derive(Clone, Copy, Debug)]
pub struct Room<'a> {
    /// Slots of accounts and contacts.
    pub slots: [usize; 2],
    /// Bits of accounts and contacts.
    pub bits: [usize; 2],
    /// For each event how many properties it has.
    pub properties: &'a [usize],
    /// Workflows.
    pub workflows: usize,
}

impl Room<'_> {
    fn property(&self, event: u32, property: u16) -> bool {
        self.properties.get(event as usize).is_some_and(|count| usize::from(property) < *count)
    }

    /// Of an entity whose kind hangs on the scope, the larger of both counts.
    fn of(counts: [usize; 2], who: Who) -> usize {
        let [accounts, contacts] = counts;
        if who == Who::Account { accounts } else { accounts.max(contacts) }
    }

    fn slot(&self, who: Who, slot: u16) -> Result<(), Invalid> {
        check(usize::from(slot) < Self::of(self.slots, who), "an attribute that is not there")
    }
}

impl Pool {
    /// Whether what programs name outside their pool is there.
    pub fn fits(&self, room: &Room<'_>) -> Result<(), Invalid> {
        let tables = &self.tables;
        for Node { leaf, .. } in &tables.nodes {
            match leaf.test {
                test if test.is_of_slot() => room.slot(leaf.of, leaf.slot)?,
                Test::Bit => {
                    let there = usize::from(leaf.slot) < Room::of(room.bits, leaf.of);
                    check(there, "a segment that is not there")?;
                }
                Test::Workflow => check((leaf.a as usize) < room.workflows, "a workflow that is not there")?,
                _ => {}
            }
        }
        for program in &tables.programs {
            match &program.term {
                Term::Slot(of, slot) => room.slot(*of, *slot)?,
                Term::Property(of) => {
                    let there = of.iter().all(|(event, property)| room.property(*event, *property));
                    check(there, "a property that is not there")?;
                }
                _ => {}
            }
        }
        for aggregate in &tables.aggregates {
            if let AggregateKind::Of { event, property, .. } = &aggregate.kind {
                check((*event as usize) < room.properties.len(), "an event that is not there")?;
                let there = property.is_none_or(|property| room.property(*event, property));
                check(there, "a property that is not there")?;
            }
        }
        Ok(())
    }

    /// Whether every index is in range and evaluation ends: edges of a condition lead forwards, and programs and
    /// conditions refer to each other without a circle and not too deep.
    pub fn validate(&self) -> Result<(), Invalid> {
        let tables = &self.tables;
        let mut walk = Walk { pool: self, depth: Depths::new(self) };
        for aggregate in &tables.aggregates {
            if let AggregateKind::Of { filter: Some(filter), .. } = aggregate.kind {
                check(filter.index() < tables.conditions.len(), "a filter that is not there")?;
            }
        }
        for relation in &tables.relations {
            check(relation.condition.index() < tables.conditions.len(), "a relation without its condition")?;
        }
        for set in &tables.sets {
            check(
                set.iter().all(|id| (*id as usize) < tables.constants.len()),
                "a set without its constants",
            )?;
        }
        for condition in &tables.conditions {
            self.validate_condition(condition)?;
        }
        for program in &tables.programs {
            check(fits(program.reads, tables.reads.len()), "a program without its reads")?;
        }
        walk.all()
    }

    fn validate_condition(&self, condition: &Condition) -> Result<(), Invalid> {
        let tables = &self.tables;
        let pieces = fits(condition.nodes, tables.nodes.len())
            && fits(condition.shape, tables.shapes.len())
            && fits(condition.reads, tables.reads.len());
        check(pieces, "a condition outside the tables")?;
        let nodes = condition.nodes.of(&tables.nodes);
        check(nodes.len() < usize::from(FALSE), "a condition with too many tests")?;
        for (place, node) in nodes.iter().enumerate() {
            let forwards = |edge: u16| {
                edge == TRUE || edge == FALSE || {
                    let edge = usize::from(edge);
                    edge > place && edge < nodes.len()
                }
            };
            check(forwards(node.other), "a condition that runs in a circle")?;
            check(self.has_operands(&node.leaf), "a test without its operands")?;
        }
        check(shape_is_whole(condition.shape.of(&tables.shapes), nodes), "a condition without its shape")
    }

    fn has_operands(&self, leaf: &Leaf) -> bool {
        let tables = &self.tables;
        let (a, b) = (leaf.a as usize, leaf.b as usize);
        let program = |at: usize| at < tables.programs.len();
        match leaf.test {
            Test::SlotWord | Test::SlotOrder(_) => !leaf.word().as_ref().is_missing(),
            Test::SlotAmong => fits(Piece { first: leaf.a, count: leaf.b }, tables.words.len()),
            Test::Slot(_) | Test::SlotLong | Test::SlotText(_) => b < tables.constants.len(),
            Test::SlotIn => b < tables.sets.len(),
            Test::SlotMatches => b < tables.regexes.len(),
            Test::SlotReached | Test::SlotAhead => b < tables.bounds.len(),
            Test::SlotMissing | Test::SlotTrue | Test::Bit | Test::Workflow | Test::TimedOut => true,
            Test::CountAtLeast => a < tables.aggregates.len(),
            Test::RelationAtLeast | Test::RelationEvery => a < tables.relations.len(),
            Test::Compare(_) | Test::Text(_) => program(a) && program(b),
            Test::In => program(a) && b < tables.sets.len(),
            Test::Missing | Test::True => program(a),
            Test::Matches => program(a) && b < tables.regexes.len(),
            Test::Reached | Test::Ahead => program(a) && b < tables.bounds.len(),
        }
    }
}

fn fits(piece: Piece, len: usize) -> bool {
    u64::from(piece.first) + u64::from(piece.count) <= len as u64
}

/// Whether the shape joins its tests to exactly one answer.
fn shape_is_whole(shape: &[Shape], nodes: &[Node]) -> bool {
    let mut answers = 0_usize;
    for step in shape {
        let taken = match step {
            Shape::Leaf { node, .. } if usize::from(*node) >= nodes.len() => return false,
            Shape::Leaf { .. } | Shape::Always(_) => 0,
            Shape::And(count) | Shape::Or(count) => usize::from(*count),
        };
        match answers.checked_sub(taken) {
            Some(rest) => answers = rest + 1,
            None => return false,
        }
    }
    answers == 1
}

/// How deep each program and condition goes; 0: not known yet.
struct Depths {
    conditions: Vec<u32>,
    programs: Vec<u32>,
}

impl Depths {
    fn new(pool: &Pool) -> Self {
        Self {
            conditions: vec![0; pool.tables.conditions.len()],
            programs: vec![0; pool.tables.programs.len()],
        }
    }
}

struct Walk<'a> {
    pool: &'a Pool,
    depth: Depths,
}

impl Walk<'_> {
    fn all(&mut self) -> Result<(), Invalid> {
        for at in 0..self.depth.conditions.len() as u32 {
            self.condition(CondId(at), 1)?;
        }
        for at in 0..self.depth.programs.len() as u32 {
            self.program(ExprId(at), 1)?;
        }
        Ok(())
    }

    /// A circle goes deeper than any expression may.
    fn condition(&mut self, id: CondId, level: u32) -> Result<u32, Invalid> {
        check(level <= DEPTH, "programs that refer to each other in a circle")?;
        match self.depth.conditions.get(id.index()) {
            Some(0) => {}
            Some(known) => return Ok(*known),
            None => return Err(Invalid { reason: "a condition that is not there" }),
        }
        let mut depth = 1;
        for node in super::eval::nodes(self.pool, id) {
            let (a, b) = (ExprId(node.leaf.a), ExprId(node.leaf.b));
            match node.leaf.test {
                Test::Compare(_) | Test::Text(_) => {
                    depth = depth.max(1 + self.program(a, level + 1)?).max(1 + self.program(b, level + 1)?);
                }
                Test::In | Test::Missing | Test::True | Test::Matches | Test::Reached | Test::Ahead => {
                    depth = depth.max(1 + self.program(a, level + 1)?);
                }
                _ => {}
            }
        }
        check(depth <= 2 * DEPTH, "a condition that is too deep")?;
        if let Some(known) = self.depth.conditions.get_mut(id.index()) {
            *known = depth;
        }
        Ok(depth)
    }

    fn program(&mut self, id: ExprId, level: u32) -> Result<u32, Invalid> {
        check(level <= DEPTH, "programs that refer to each other in a circle")?;
        let program = match (self.depth.programs.get(id.index()), self.pool.tables.programs.get(id.index())) {
            (Some(0), Some(program)) => program,
            (Some(known), _) => return Ok(*known),
            _ => return Err(Invalid { reason: "a program that is not there" }),
        };
        let tables = &self.pool.tables;
        let depth = match &program.term {
            Term::Shift { base: inner, .. } | Term::Negative(inner) => 1 + self.program(*inner, level + 1)?,
            Term::Arithmetic(_, left, right) => {
                1 + self.program(*left, level + 1)?.max(self.program(*right, level + 1)?)
            }
            Term::Condition(condition) => 1 + self.condition(*condition, level + 1)?,
            Term::Const(id) => {
                check((*id as usize) < tables.constants.len(), "a constant that is not there")?;
                1
            }
            Term::Aggregate(_, id) => {
                check(id.index() < tables.aggregates.len(), "an aggregate that is not there")?;
                1
            }
            Term::Related(id) => {
                check(id.index() < tables.relations.len(), "a relation that is not there")?;
                1
            }
            _ => 1,
        };
        check(depth <= 2 * DEPTH, "a value that is too deep")?;
        if let Some(known) = self.depth.programs.get_mut(id.index()) {
            *known = depth;
        }
        Ok(depth)
    }
}
