//! Trees of tests to branch graphs.
//!
//! Invariant: every edge leads to a later node or to an end, so running a graph ends. One edge of each node leads to the very
//! next node, of the last one to the end: a condition runs straight on until a test decides something, and which test comes
//! next is a branch that a processor foresees, not a number that it has to wait for.

use super::node::{FALSE, Leaf, Node, Shape, TRUE};
use super::pool::{Condition, Piece};
use super::{CondId, Pool};

/// A condition in canonical form; in the order of variants and tests the cheap ones come first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Tree {
    Always(bool),
    /// A test, or its opposite.
    Leaf(Leaf, bool),
    /// At least two different parts, sorted.
    And(Vec<Tree>),
    /// At least two different parts, sorted.
    Or(Vec<Tree>),
}

/// All of these (`all`) or one of these, in canonical form.
pub(super) fn join(parts: Vec<Tree>, all: bool) -> Tree {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            // What changes nothing is left out; what decides alone decides.
            Tree::Always(is) if is == all => {}
            Tree::Always(is) => return Tree::Always(is),
            Tree::And(inner) if all => flat.extend(inner),
            Tree::Or(inner) if !all => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat.sort();
    flat.dedup();
    match flat.len() {
        0 => Tree::Always(all),
        1 => flat.swap_remove(0),
        _ if all => Tree::And(flat),
        _ => Tree::Or(flat),
    }
}

/// The id of the condition; a new one if the pool has none that is equal.
pub(super) fn add(pool: &mut Pool, tree: &Tree) -> CondId {
    let mut key = Vec::new();
    flatten(tree, &mut key);
    if let Some(found) = pool.index.conditions.get(key.as_slice()) {
        return *found;
    }
    let key = key.into_boxed_slice();
    let mut graph = Graph::default();
    match tree {
        Tree::Always(_) => {}
        // A graph names its nodes by 16 bits; a condition of more tests than that is never true.
        _ if key.len() >= usize::from(FALSE) => {}
        _ => graph.emit(tree, TRUE, FALSE),
    }
    let reads = super::reads::condition(pool, &graph.nodes);
    let timed = reads.iter().any(|dep| dep.is_timed(pool));
    let condition = Condition {
        nodes: Piece::push(&mut pool.tables.nodes, graph.nodes),
        shape: Piece::push(&mut pool.tables.shapes, shapes(&key)),
        reads: Piece::push(&mut pool.tables.reads, reads),
        timed,
    };
    let id = CondId(pool.tables.conditions.len() as u32);
    pool.tables.conditions.push(condition);
    pool.index.conditions.insert(key, id);
    id
}

/// The tree behind its operands; leaves with their tests, which make it a key.
fn flatten(tree: &Tree, out: &mut Vec<(Shape, Option<Leaf>)>) {
    match tree {
        Tree::Always(is) => out.push((Shape::Always(*is), None)),
        Tree::Leaf(leaf, negated) => out.push((Shape::Leaf { node: 0, negated: *negated }, Some(*leaf))),
        Tree::And(parts) | Tree::Or(parts) => {
            for part in parts {
                flatten(part, out);
            }
            let count = u16::try_from(parts.len()).unwrap_or(u16::MAX);
            let shape = if matches!(tree, Tree::And(_)) { Shape::And(count) } else { Shape::Or(count) };
            out.push((shape, None));
        }
    }
}

/// The shapes of a key with their leaves numbered in the order in which [`Graph::emit`] lays the nodes.
fn shapes(key: &[(Shape, Option<Leaf>)]) -> Vec<Shape> {
    let mut next = 0_u16;
    let number = |(shape, _): &(Shape, Option<Leaf>)| match *shape {
        Shape::Leaf { negated, .. } => {
            next = next.saturating_add(1);
            Shape::Leaf { node: next - 1, negated }
        }
        other => other,
    };
    key.iter().map(number).collect()
}

#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
}

impl Graph {
    /// Lays the nodes of the tree, in order; it leads on to `yes` or `no`.
    fn emit(&mut self, tree: &Tree, yes: u16, no: u16) {
        match tree {
            Tree::Always(_) => {}
            Tree::Leaf(leaf, negated) => {
                let next = self.nodes.len() as u16 + 1;
                // Behind the last node the condition is true.
                let follows = yes == next || (yes == TRUE && no != next);
                let (go_on, other) = if follows { (!negated, no) } else { (*negated, yes) };
                self.nodes.push(Node { leaf: *leaf, go_on, other });
            }
            Tree::And(parts) | Tree::Or(parts) => {
                let all = matches!(tree, Tree::And(_));
                let mut at = self.nodes.len() as u16;
                for (place, part) in parts.iter().enumerate() {
                    at = at.saturating_add(tests(part));
                    let behind = if place + 1 < parts.len() { Some(at) } else { None };
                    match behind {
                        Some(next) if all => self.emit(part, next, no),
                        Some(next) => self.emit(part, yes, next),
                        None => self.emit(part, yes, no),
                    }
                }
            }
        }
    }
}

/// How many tests a tree has.
fn tests(tree: &Tree) -> u16 {
    match tree {
        Tree::Always(_) => 0,
        Tree::Leaf(..) => 1,
        Tree::And(parts) | Tree::Or(parts) => {
            parts.iter().fold(0, |sum, part| sum.saturating_add(tests(part)))
        }
    }
}
