//! Running conditions and values.

use super::arithmetic;
use super::node::{Cmp, Constant, FALSE, Leaf, Node, TRUE, Term, Test};
use super::slot;
use super::{AggId, CondId, Env, ExprId, MovingBound, Pool, RelId, reach};
use crate::check::checked::TextOp;
use crate::value::{Value, ValueRef, compare};

/// Whether the condition holds; an id of another pool never does.
#[inline]
pub fn eval(pool: &Pool, condition: CondId, env: &impl Env) -> bool {
    let Some(found) = pool.tables.conditions.get(condition.index()) else { return false };
    let nodes = found.nodes.of(&pool.tables.nodes);
    let mut rest = nodes;
    if rest.is_empty() {
        return always(pool, condition);
    }
    while let [node, behind @ ..] = rest {
        if test(pool, &node.leaf, env) == node.go_on {
            rest = behind;
        } else if node.other >= FALSE {
            return node.other == TRUE;
        } else {
            rest = nodes.get(usize::from(node.other)..).unwrap_or(&[]);
        }
    }
    true
}

/// A condition without tests.
#[cold]
fn always(pool: &Pool, condition: CondId) -> bool {
    let shape =
        pool.tables.conditions.get(condition.index()).map(|found| found.shape.of(&pool.tables.shapes));
    matches!(shape, Some([super::node::Shape::Always(true)]))
}

/// The nodes of a condition.
pub(super) fn nodes(pool: &Pool, condition: CondId) -> &[Node] {
    pool.tables.conditions.get(condition.index()).map_or(&[], |found| found.nodes.of(&pool.tables.nodes))
}

/// Whether one test holds.
#[inline]
pub(super) fn test(pool: &Pool, leaf: &Leaf, env: &impl Env) -> bool {
    match leaf.test {
        Test::SlotWord => slot::is_word(leaf, env),
        Test::SlotOrder(cmp) => slot::in_order(cmp, leaf, env),
        Test::SlotAmong => slot::is_among(pool, leaf, env),
        Test::SlotLong => slot::is_text(pool, leaf, env),
        Test::SlotText(op) => slot::has_text(op, pool, leaf, env),
        Test::SlotMissing => slot::is_missing(leaf, env),
        Test::SlotTrue => slot::is_true(leaf, env),
        Test::SlotReached => slot::reached(pool, leaf, env) == Some(true),
        Test::SlotAhead => slot::reached(pool, leaf, env) == Some(false),
        Test::Bit => env.bit(leaf.of, leaf.slot),
        Test::Workflow => env.in_workflow(leaf.of, leaf.a),
        Test::CountAtLeast => at_least(&env.aggregate(leaf.of, AggId(leaf.a)), leaf.b),
        Test::RelationAtLeast => env.relation(RelId(leaf.a)).0 >= leaf.b,
        Test::RelationEvery => {
            let (matching, all) = env.relation(RelId(leaf.a));
            all > 0 && matching == all
        }
        Test::TimedOut => env.timed_out(),
        _ => test_values(pool, leaf, env),
    }
}

/// The tests that make values first.
#[inline(never)]
fn test_values(pool: &Pool, leaf: &Leaf, env: &impl Env) -> bool {
    let slot = || env.slot(leaf.of, leaf.slot);
    match leaf.test {
        Test::Slot(cmp) => match pool.tables.constants.get(leaf.b as usize) {
            Some(constant) => holds(cmp, slot(), constant.as_ref(), env),
            None => false,
        },
        Test::SlotIn => is_in(pool, leaf.b, slot(), env),
        Test::SlotMatches => matches(pool, leaf.b, slot()),
        _ => test_programs(pool, leaf, env),
    }
}

fn test_programs(pool: &Pool, leaf: &Leaf, env: &impl Env) -> bool {
    let first = operand(pool, ExprId(leaf.a), env);
    let value = first.as_ref();
    match leaf.test {
        Test::Compare(cmp) => holds(cmp, value, operand(pool, ExprId(leaf.b), env).as_ref(), env),
        Test::In => is_in(pool, leaf.b, value, env),
        Test::Missing => value.is_missing(),
        Test::True => value.is_true(),
        Test::Text(op) => text(op, value, operand(pool, ExprId(leaf.b), env).as_ref(), env),
        Test::Matches => matches(pool, leaf.b, value),
        Test::Reached => reached(pool, leaf.b, value, env) == Some(true),
        Test::Ahead => reached(pool, leaf.b, value, env) == Some(false),
        _ => false,
    }
}

#[inline(never)]
pub(super) fn holds(cmp: Cmp, left: ValueRef<'_>, right: ValueRef<'_>, env: &impl Env) -> bool {
    if cmp == Cmp::Eq {
        return compare::equal(left, right, || env.zone());
    }
    compare::order(left, right, || env.zone()).is_some_and(|order| cmp.admits(order))
}

#[inline]
fn is_in(pool: &Pool, set: u32, value: ValueRef<'_>, env: &impl Env) -> bool {
    let Some(set) = pool.tables.sets.get(set as usize) else { return false };
    let constants = set.iter().filter_map(|id| pool.tables.constants.get(*id as usize));
    match value {
        ValueRef::Missing => false,
        ValueRef::Text(value) => {
            let mut constants = constants;
            constants.any(|constant| matches!(constant, Constant::Text(text) if **text == *value))
        }
        value => is_one_of(constants, value, env),
    }
}

#[inline(never)]
fn is_one_of<'a>(
    mut constants: impl Iterator<Item = &'a Constant>,
    value: ValueRef<'_>,
    env: &impl Env,
) -> bool {
    constants.any(|constant| compare::equal(value, constant.as_ref(), || env.zone()))
}

#[inline]
pub(super) fn finds(op: TextOp, text: &str, part: &str) -> bool {
    match op {
        TextOp::Contains => text.contains(part),
        TextOp::StartsWith => text.starts_with(part),
        TextOp::EndsWith => text.ends_with(part),
    }
}

#[inline(never)]
pub(super) fn text(op: TextOp, value: ValueRef<'_>, part: ValueRef<'_>, env: &impl Env) -> bool {
    match (value, part) {
        (ValueRef::Text(text), ValueRef::Text(part)) => finds(op, text, part),
        (ValueRef::List(items), part) if op == TextOp::Contains => {
            items.iter().any(|item| compare::equal(item.as_ref(), part, || env.zone()))
        }
        _ => false,
    }
}

fn matches(pool: &Pool, regex: u32, value: ValueRef<'_>) -> bool {
    match (pool.compiled.get(regex as usize), value) {
        (Some(Some(regex)), ValueRef::Text(text)) => regex.is_match(text),
        _ => false,
    }
}

/// Whether the bound has reached the time or date; `None` if the value is neither.
#[inline]
fn reached(pool: &Pool, bound: u32, value: ValueRef<'_>, env: &impl Env) -> Option<bool> {
    reach_of(pool, bound, value, env).map(|at| at <= env.now())
}

/// The instant at which the bound reaches the time or date.
#[inline]
pub(super) fn reach_of(
    pool: &Pool,
    bound: u32,
    value: ValueRef<'_>,
    env: &impl Env,
) -> Option<crate::base::Instant> {
    let bound = *pool.tables.bounds.get(bound as usize)?;
    match value {
        ValueRef::Time(at) => match bound.exact() {
            Some(exact) => Some(at.plus(exact)),
            None => reach_by_calendar(bound, value, env),
        },
        ValueRef::Date(_) => reach_by_calendar(bound, value, env),
        _ => None,
    }
}

#[inline(never)]
fn reach_by_calendar(
    bound: MovingBound,
    value: ValueRef<'_>,
    env: &impl Env,
) -> Option<crate::base::Instant> {
    let zone = env.zone();
    Some(reach(bound, compare::instant(value, zone)?, zone))
}

/// Whether a count is at least that.
pub(super) fn at_least(count: &Value, n: u32) -> bool {
    matches!(count, Value::Number(count) if *count >= rust_decimal::Decimal::from(n))
}

/// A value on its way: lent where it lies, or made.
pub(super) enum Operand<'a> {
    Lent(ValueRef<'a>),
    Made(Value),
}

impl Operand<'_> {
    pub(super) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Lent(value) => *value,
            Self::Made(value) => value.as_ref(),
        }
    }
}

/// The value; an id of another pool is missing.
pub fn value(pool: &Pool, value: ExprId, env: &impl Env) -> Value {
    match operand(pool, value, env) {
        Operand::Lent(value) => value.to_value(),
        Operand::Made(value) => value,
    }
}

/// Runs a program. Operands have smaller ids and the depth of a pool is checked, so this ends and does not go deep.
pub(super) fn operand<'a>(pool: &'a Pool, value: ExprId, env: &'a impl Env) -> Operand<'a> {
    let Some(program) = pool.tables.programs.get(value.index()) else {
        return Operand::Lent(ValueRef::Missing);
    };
    let lent = match &program.term {
        Term::Const(id) => {
            pool.tables.constants.get(*id as usize).map_or(ValueRef::Missing, super::node::Constant::as_ref)
        }
        Term::Slot(of, slot) => env.slot(*of, *slot),
        Term::Property(of) => match env.event() {
            Some(event) => match of.iter().find(|(of, _)| *of == event) {
                Some((_, property)) => env.property(*property),
                None => ValueRef::Missing,
            },
            None => ValueRef::Missing,
        },
        Term::Enrolling(of) => env.enrolling(of),
        Term::EventContact => env.event_contact(),
        Term::Param(place) => env.param(*place as usize),
        Term::Kept(place) => env.kept(*place as usize),
        Term::Moving(period, ago) => arithmetic::moved(ValueRef::Time(env.now()), *period, *ago, env),
        Term::Shift { base, period, before } => {
            arithmetic::moved(operand(pool, *base, env).as_ref(), *period, *before, env)
        }
        Term::Arithmetic(op, left, right) => {
            let (left, right) = (operand(pool, *left, env), operand(pool, *right, env));
            arithmetic::combine(*op, left.as_ref(), right.as_ref(), env)
        }
        Term::Negative(inner) => arithmetic::negative(operand(pool, *inner, env).as_ref()),
        Term::Related(relation) => {
            ValueRef::Number(crate::value::Number::whole(env.relation(*relation).0.into()))
        }
        Term::Condition(condition) => ValueRef::Bool(eval(pool, *condition, env)),
        Term::Response(path) => return Operand::Made(env.response(path)),
        Term::Aggregate(of, id) => return Operand::Made(env.aggregate(*of, *id)),
    };
    Operand::Lent(lent)
}
