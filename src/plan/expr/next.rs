//! When time alone changes a condition or a value.
//!
//! Invariant: the instant given is after now, and at no instant between does time alone make another value. For the
//! comparisons that the language is made for it is the very instant of the change. A relation, a bit or a derived
//! attribute counts as steady here: its own flip is an instant of its own, after which it is asked anew.

use super::eval::{eval, nodes, operand, reach_of, test, value};
use super::node::{Leaf, Shape, Test};
use super::{AggId, CondId, Env, ExprId, Pool};
use crate::base::Instant;
use crate::value::Value;

/// Whether the condition holds, and an instant after now before which time alone can't change that;
/// [`Instant::MAX`]: never.
pub fn eval_next(pool: &Pool, condition: CondId, env: &impl Env) -> (bool, Instant) {
    let Some(found) = pool.tables.conditions.get(condition.index()) else { return (false, Instant::MAX) };
    if !found.timed {
        return (eval(pool, condition, env), Instant::MAX);
    }
    let nodes = nodes(pool, condition);
    let mut stack: Vec<(bool, Instant)> = Vec::with_capacity(nodes.len());
    for step in found.shape.of(&pool.tables.shapes) {
        let answer = match *step {
            Shape::Always(is) => (is, Instant::MAX),
            Shape::Leaf { node, negated } => match nodes.get(usize::from(node)) {
                Some(node) => {
                    let (is, next) = leaf_next(pool, &node.leaf, env);
                    (is != negated, next)
                }
                None => (false, Instant::MAX),
            },
            Shape::And(count) => join(&mut stack, count, true),
            Shape::Or(count) => join(&mut stack, count, false),
        };
        stack.push(answer);
    }
    stack.pop().unwrap_or((false, Instant::MAX))
}

/// Takes so many answers off and joins them. While parts decide alone (a false one of an `and`), the whole stays as it
/// is until the last of them changes; while none does, until the first of all changes.
fn join(stack: &mut Vec<(bool, Instant)>, count: u16, all: bool) -> (bool, Instant) {
    let parts = stack.split_off(stack.len().saturating_sub(usize::from(count)));
    let decisive = parts.iter().filter(|(is, _)| *is != all).map(|(_, next)| *next).max();
    match decisive {
        Some(next) => (!all, next),
        None => (all, parts.iter().map(|(_, next)| *next).min().unwrap_or(Instant::MAX)),
    }
}

fn leaf_next(pool: &Pool, leaf: &Leaf, env: &impl Env) -> (bool, Instant) {
    match leaf.test {
        Test::SlotReached => {
            bound_next(reach_of(pool, leaf.b, env.slot(leaf.of, leaf.slot), env), true, env.now())
        }
        Test::SlotAhead => {
            bound_next(reach_of(pool, leaf.b, env.slot(leaf.of, leaf.slot), env), false, env.now())
        }
        Test::CountAtLeast => {
            let flip = env.count_flip(leaf.of, AggId(leaf.a), leaf.b.into());
            (test(pool, leaf, env), flip)
        }
        Test::Reached | Test::Ahead if !pool.restless(ExprId(leaf.a)) => {
            let value = operand(pool, ExprId(leaf.a), env);
            let reach = reach_of(pool, leaf.b, value.as_ref(), env);
            let (is, flip) = bound_next(reach, leaf.test == Test::Reached, env.now());
            (is, flip.min(steady_next(pool, ExprId(leaf.a), env)))
        }
        Test::Compare(_) | Test::Text(_) => program_next(pool, leaf, [Some(leaf.a), Some(leaf.b)], env),
        Test::In | Test::Missing | Test::True | Test::Matches | Test::Reached | Test::Ahead => {
            program_next(pool, leaf, [Some(leaf.a), None], env)
        }
        _ => (test(pool, leaf, env), Instant::MAX),
    }
}

/// A value against a moving bound changes once: when the bound reaches it.
fn bound_next(reach: Option<Instant>, when_reached: bool, now: Instant) -> (bool, Instant) {
    match reach {
        None => (false, Instant::MAX),
        Some(at) if at <= now => (when_reached, Instant::MAX),
        Some(at) => (!when_reached, at),
    }
}

fn program_next(pool: &Pool, leaf: &Leaf, of: [Option<u32>; 2], env: &impl Env) -> (bool, Instant) {
    let is = test(pool, leaf, env);
    let operands = || of.iter().flatten().map(|id| ExprId(*id));
    let steady = operands().map(|id| steady_next(pool, id, env)).min().unwrap_or(Instant::MAX);
    if operands().any(|id| pool.restless(id)) {
        return (is, super::moving::flip(pool, leaf, steady, env));
    }
    (is, steady)
}

/// The value, and an instant after now before which time alone can't change it. A value that reads `now` itself
/// ([`Pool::restless`]) is another one a millisecond later.
pub fn value_next(pool: &Pool, id: ExprId, env: &impl Env) -> (Value, Instant) {
    let next = if pool.restless(id) { env.now().plus(1) } else { steady_next(pool, id, env) };
    (value(pool, id, env), next)
}

/// The next instant at which the parts of a program may change that don't read `now` themselves.
pub(super) fn steady_next(pool: &Pool, id: ExprId, env: &impl Env) -> Instant {
    use super::node::Term;
    let Some(program) = pool.tables.programs.get(id.index()).filter(|program| program.timed) else {
        return Instant::MAX;
    };
    match &program.term {
        Term::Aggregate(of, id) => env.aggregate_next(*of, *id),
        Term::Condition(condition) => eval_next(pool, *condition, env).1,
        Term::Shift { base: inner, .. } | Term::Negative(inner) => steady_next(pool, *inner, env),
        Term::Arithmetic(_, left, right) => steady_next(pool, *left, env).min(steady_next(pool, *right, env)),
        _ => Instant::MAX,
    }
}
