//! What is known at a place of the template: variables, and paths that were tested to be there.
//!
//! Branches are walked one after the other over the same state: what a branch changes is noted in a log, taken back at
//! its end, and joined after the last. So the cost is that of the changes, whatever the number of branches.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::types::Ty;
use crate::template::ast::{Comparison, Condition, Key, Link, Literal, Operand, Path, Test};

/// The names of a path; indexes are written as numbers.
pub(super) type Words = Vec<Arc<str>>;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variable {
    pub(super) ty: Ty,
    pub(super) optional: bool,
    /// The path of the entity that it stands for.
    pub(super) origin: Option<Words>,
}

/// A variable and what it was before; `None` when it was not there.
type Change = (Arc<str>, Option<Variable>);

#[derive(Default)]
pub(super) struct Flow {
    assigned: BTreeMap<Arc<str>, Variable>,
    log: Vec<Change>,
    /// Variables of loops and arguments of partials, the innermost last.
    pub(super) scopes: Vec<(Arc<str>, Variable)>,
    /// Paths that are there; `None` once their variable is assigned anew.
    facts: Vec<Option<Words>>,
}

/// What the branches of a block made of the variables.
#[derive(Default)]
pub(super) struct Join {
    branches: usize,
    changed: BTreeMap<Arc<str>, (usize, Variable)>,
}

/// Tests of one condition that are looked at for facts.
const MOST_TESTS: usize = 32;

impl Flow {
    /// The state at the start of a template that has these arguments.
    pub(super) fn within(arguments: Vec<(Arc<str>, Variable)>) -> Self {
        Flow { scopes: arguments, ..Flow::default() }
    }

    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        let scoped = self.scopes.iter().rev().find(|(own, _)| &**own == name).map(|(_, variable)| variable);
        scoped.or_else(|| self.assigned.get(name))
    }

    pub(super) fn assign(&mut self, name: &Arc<str>, variable: Variable) {
        for fact in &mut self.facts {
            if fact.as_ref().is_some_and(|path| path.first() == Some(name)) {
                *fact = None;
            }
        }
        let before = self.assigned.insert(name.clone(), variable);
        self.log.push((name.clone(), before));
    }

    /// Is this path known to be there?
    pub(super) fn is_present(&self, path: &[Arc<str>]) -> bool {
        self.facts.iter().flatten().any(|fact| fact.starts_with(path))
    }

    /// The state before a branch.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.log.len(), self.facts.len())
    }

    pub(super) fn learn(&mut self, facts: Vec<Words>) {
        self.facts.extend(facts.into_iter().map(Some));
    }

    /// Ends a branch: its facts are forgotten, its variables taken back and put into `join`.
    pub(super) fn end_branch(&mut self, (log, facts): (usize, usize), join: &mut Join) {
        self.facts.truncate(facts);
        join.branches += 1;
        let mut ended = BTreeMap::new();
        for (name, before) in self.log.drain(log..).rev() {
            let now = match before {
                Some(before) => self.assigned.insert(name.clone(), before),
                None => self.assigned.remove(&name),
            };
            if let Some(now) = now {
                ended.entry(name).or_insert(now);
            }
        }
        for (name, variable) in ended {
            match join.changed.remove(&name) {
                Some((count, other)) => join.changed.insert(name, (count + 1, merge(&variable, &other))),
                None => join.changed.insert(name, (1, variable)),
            };
        }
    }

    /// Puts what the branches made into the state. Without an `else`, none of them may have been taken.
    pub(super) fn join(&mut self, join: Join, exhaustive: bool) {
        for (name, (count, variable)) in join.changed {
            let always = exhaustive && count == join.branches;
            let variable = match self.assigned.get(&name) {
                _ if always => variable,
                Some(before) => merge(before, &variable),
                None => Variable { optional: true, ..variable },
            };
            self.assign(&name, variable);
        }
    }
}

fn merge(left: &Variable, right: &Variable) -> Variable {
    Variable {
        ty: left.ty.join(&right.ty),
        optional: left.optional || right.optional,
        origin: if left.origin == right.origin { left.origin.clone() } else { None },
    }
}

/// The names of a path as far as they are known.
pub(super) fn words(path: &Path) -> (Words, bool) {
    let mut words = Vec::with_capacity(path.segments.len() + 1);
    for key in std::iter::once(&path.root).chain(path.segments.iter().map(|segment| &segment.key)) {
        match key {
            Key::Name(name) => words.push(name.clone()),
            Key::Index(index) => words.push(index.to_string().into()),
            Key::Path(_) => return (words, false),
        }
    }
    (words, true)
}

/// The paths that are there when a condition holds.
pub(super) fn facts(condition: &Condition) -> Vec<Words> {
    let mut facts = Vec::new();
    for (at, test) in condition.tests.iter().enumerate().take(MOST_TESTS) {
        if condition.links.get(at) == Some(&Link::Or) {
            break;
        }
        facts.extend(fact(test));
    }
    facts
}

/// The paths that are there when a condition does not hold.
pub(super) fn facts_against(condition: &Condition) -> Vec<Words> {
    let [Test { left: Operand::Path(path), compare: Some((Comparison::Equal, right)), .. }] =
        condition.tests.as_slice()
    else {
        return Vec::new();
    };
    if is_nothing(right) { whole(path).into_iter().collect() } else { Vec::new() }
}

fn fact(test: &Test) -> Option<Words> {
    let Operand::Path(path) = &test.left else { return None };
    let there = match &test.compare {
        None => true,
        Some((Comparison::NotEqual, right)) => is_nothing(right),
        Some((Comparison::Equal, right)) => matches!(right, Operand::Literal(..)) && !is_nothing(right),
        Some(_) => true,
    };
    if there { whole(path) } else { None }
}

/// The path when all of it is known.
pub(super) fn whole(path: &Path) -> Option<Words> {
    let (words, known) = words(path);
    known.then_some(words)
}

/// `nil`, `blank`, `empty` and the empty text.
pub(super) fn is_nothing(operand: &Operand) -> bool {
    match operand {
        Operand::Literal(Literal::Nil | Literal::Blank | Literal::Empty, _) => true,
        Operand::Literal(Literal::Text(text), _) => text.is_empty(),
        _ => false,
    }
}
