//! The slow, obvious meaning of a checked expression: a walk over its tree.

use super::world::{World, decimal, folded};
use std::cmp::Ordering;
use wayfare::base::{Instant, Period};
use wayfare::check::checked::{
    self, ArithmeticOp, CompareOp, Expr, ExprKind, Function, Quantifier, TextOp, Who,
};
use wayfare::plan::expr::Layout;
use wayfare::value::{Snapshot, Value, time};

/// The slow, obvious meaning of a checked expression.
pub fn walk(world: &World<'_>, expr: &Expr) -> Value {
    let is = |expr: &Expr| walk(world, expr) == Value::Bool(true);
    let layout = &world.project.layout;
    let slot = |of: Who, slot: u16| world.entity(of).map_or(Value::Missing, |entity| entity.value(slot));
    match &expr.kind {
        ExprKind::Const(value) => value.clone(),
        ExprKind::Now => Value::Time(world.now),
        ExprKind::Moving { period, ago } => shifted(world, Value::Time(world.now), *period, *ago),
        ExprKind::Shift { base, period, before } => shifted(world, walk(world, base), *period, *before),
        ExprKind::Attribute { of, attribute } => slot(*of, layout.slot(*attribute)),
        ExprKind::BuiltIn { of, which, .. } => slot(*of, Layout::built_in(*which)),
        ExprKind::InSegment { .. } => Value::Bool(world.big),
        ExprKind::EventProperty(of) => match world.event {
            Some((event, _, values)) => {
                let property = of.iter().find(|(at, _)| at.raw() == *event).unwrap().1;
                values[property.index()].clone()
            }
            None => Value::Missing,
        },
        ExprKind::Not(inner) => Value::Bool(!is(inner)),
        ExprKind::And(parts) => Value::Bool(parts.iter().all(is)),
        ExprKind::Or(parts) => Value::Bool(parts.iter().any(is)),
        ExprKind::Compare { op, left, right } => Value::Bool(compared(world, *op, left, right)),
        ExprKind::In { value, list } => {
            let value = walk(world, value);
            Value::Bool(value != Value::Missing && list.iter().any(|item| walk(world, item) == value))
        }
        ExprKind::TextTest { op, value, part } => {
            Value::Bool(match (walk(world, value), walk(world, part)) {
                (Value::Text(text), Value::Text(part)) => match op {
                    TextOp::Contains => text.contains(&*part),
                    TextOp::StartsWith => text.starts_with(&*part),
                    TextOp::EndsWith => text.ends_with(&*part),
                },
                (Value::List(items), part) => items.contains(&part),
                _ => false,
            })
        }
        ExprKind::Matches { value, regex } => Value::Bool(match walk(world, value) {
            Value::Text(text) => regex::Regex::new(regex).unwrap().is_match(&text),
            _ => false,
        }),
        ExprKind::IsMissing(value) => Value::Bool(walk(world, value) == Value::Missing),
        ExprKind::Arithmetic { op, left, right } => sum(world, *op, walk(world, left), walk(world, right)),
        ExprKind::Negative(inner) => {
            decimal(&walk(world, inner)).map_or(Value::Missing, |n| Value::Number(-n))
        }
        ExprKind::Quantified { quantifier, condition, .. } => {
            let (matching, all) = related(world, Some(condition));
            Value::Bool(match quantifier {
                Quantifier::Any => matching > 0,
                Quantifier::Every => all > 0 && matching == all,
                Quantifier::No => matching == 0,
            })
        }
        ExprKind::CountOf { condition, .. } => Value::Number(related(world, condition.as_deref()).0.into()),
        ExprKind::Aggregate { aggregate, .. } => {
            aggregated(world, &world.project.checked.aggregates[*aggregate])
        }
        other => panic!("not in these tests: {other:?}"),
    }
}

fn related(world: &World<'_>, condition: Option<&Expr>) -> (usize, usize) {
    let holds = |contact: &&Snapshot| {
        let inner = World { this: contact, outer: Some(world.this), ..world.clone() };
        condition.is_none_or(|condition| walk(&inner, condition) == Value::Bool(true))
    };
    (world.contacts.iter().filter(holds).count(), world.contacts.len())
}

fn aggregated(world: &World<'_>, aggregate: &checked::Aggregate) -> Value {
    let Function::Of { function, event, property, filter } = &aggregate.function else {
        return Value::Missing;
    };
    let mut found = Vec::new();
    for happened in world.events {
        let inner = World { event: Some(happened), ..world.clone() };
        let counts = happened.0 == event.raw()
            && world.within(aggregate.window, happened.1)
            && filter.as_ref().is_none_or(|filter| walk(&inner, filter) == Value::Bool(true));
        if counts {
            found.push((happened.1, property.and_then(|at| decimal(&happened.2[at.index()]))));
        }
    }
    folded(*function, &found)
}

fn instant(world: &World<'_>, value: &Value) -> Option<Instant> {
    match value {
        Value::Time(at) => Some(*at),
        Value::Date(day) => time::begin(*day, world.zone),
        _ => None,
    }
}

fn shifted(world: &World<'_>, base: Value, period: Period, back: bool) -> Value {
    match base {
        Value::Time(at) => time::shift(at, period, back, world.zone).map_or(Value::Missing, Value::Time),
        Value::Date(day) if period.millis == 0 => {
            time::shift_date(day, period, back).map_or(Value::Missing, Value::Date)
        }
        Value::Date(day) => {
            let whole = Period { millis: 0, ..period };
            let begin = time::shift_date(day, whole, back).and_then(|day| time::begin(day, world.zone));
            let ms = period.millis as i64;
            begin.map_or(Value::Missing, |at| Value::Time(if back { at.minus(ms) } else { at.plus(ms) }))
        }
        _ => Value::Missing,
    }
}

fn sum(world: &World<'_>, op: ArithmeticOp, left: Value, right: Value) -> Value {
    match (op, &left, &right) {
        (_, Value::Number(a), Value::Number(b)) => {
            let result = match op {
                ArithmeticOp::Add => a.checked_add(*b),
                ArithmeticOp::Subtract => a.checked_sub(*b),
                ArithmeticOp::Multiply => a.checked_mul(*b),
                ArithmeticOp::Divide => a.checked_div(*b).map(|it| it.round_dp(12)),
            };
            result.map_or(Value::Missing, |it| Value::Number(it.normalize()))
        }
        (ArithmeticOp::Add, _, Value::Period(period)) => shifted(world, left, *period, false),
        (ArithmeticOp::Subtract, Value::Time(_) | Value::Date(_), Value::Period(period)) => {
            shifted(world, left, *period, true)
        }
        (ArithmeticOp::Subtract, _, _) => match (instant(world, &left), instant(world, &right)) {
            (Some(a), Some(b)) if a >= b => Value::Period(Period::of_millis((a.0 - b.0) as u64)),
            _ => Value::Missing,
        },
        _ => Value::Missing,
    }
}

/// A moving bound, by how it is written.
fn bound(expr: &Expr) -> Option<(Period, bool)> {
    match expr.kind {
        ExprKind::Now => Some((Period::default(), true)),
        ExprKind::Moving { period, ago } => Some((period, ago)),
        _ => None,
    }
}

/// S2.3
fn compared(world: &World<'_>, op: CompareOp, left: &Expr, right: &Expr) -> bool {
    let turned = match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    };
    if let (Some(_), None) = (bound(left), bound(right)) {
        return compared(world, turned, right, left);
    }
    if let (None, Some((period, ago))) = (bound(left), bound(right)) {
        let Some(value) = instant(world, &walk(world, left)) else { return false };
        let reached = has_reached(world, value, period, ago);
        return reached == matches!(op, CompareOp::Lt | CompareOp::Le);
    }
    let (left, right) = (walk(world, left), walk(world, right));
    let order = match (&left, &right) {
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Level(a), Value::Level(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Period(a), Value::Period(b)) => Some(a.at_most().cmp(&b.at_most())),
        _ => instant(world, &left).zip(instant(world, &right)).map(|(a, b)| a.cmp(&b)),
    };
    match (op, order) {
        (_, None) => false,
        (CompareOp::Eq, Some(order)) => order == Ordering::Equal,
        (CompareOp::Ne, Some(order)) => order != Ordering::Equal,
        (CompareOp::Lt, Some(order)) => order == Ordering::Less,
        (CompareOp::Le, Some(order)) => order != Ordering::Greater,
        (CompareOp::Gt, Some(order)) => order == Ordering::Greater,
        (CompareOp::Ge, Some(order)) => order != Ordering::Less,
    }
}

/// Whether the bound was at or past the value now or on an evening of the last days: with months, a bound that has
/// reached a value stays past it.
fn has_reached(world: &World<'_>, value: Instant, period: Period, ago: bool) -> bool {
    let exact = Period { months: 0, ..period }.exact().unwrap();
    let value = if ago { value.plus(exact) } else { value.minus(exact) };
    if period.months == 0 {
        return value <= world.now;
    }
    let goal = time::local(value, world.zone).unwrap();
    let now = time::local(world.now, world.zone).unwrap();
    let months = chrono::Months::new(period.months);
    let evenings = (1..=4)
        .map(|days| (now.date() - chrono::Days::new(days)).and_hms_milli_opt(23, 59, 59, 999).unwrap());
    let moved = |at: chrono::NaiveDateTime| if ago { at - months } else { at + months };
    std::iter::once(now).chain(evenings).any(|at| moved(at) >= goal)
}
