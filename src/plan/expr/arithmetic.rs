//! Sums, differences and shifts of values; total, without allocation.
//!
//! Numbers with numbers; a time or date plus or minus a period; the period between two times or dates (missing if it
//! would be negative); periods with periods; a period times or by a number; how often a period goes into another.
//! Everything else, and what overflows, is missing (S1.2).

use super::Env;
use crate::base::Period;
use crate::check::checked::ArithmeticOp;
use crate::value::{Number, ValueRef, compare, number, time};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use ArithmeticOp as Op;
use ValueRef as V;

/// `left op right`
pub(super) fn combine<'a>(op: Op, left: V<'a>, right: V<'a>, env: &impl Env) -> V<'static> {
    let result = match (left, right) {
        (V::Number(a), V::Number(b)) => numbers(op, a, b),
        (V::Period(a), V::Period(b)) => periods(op, a, b),
        (V::Period(period), V::Number(by)) => match op {
            Op::Multiply => scaled(period, by.decimal(), number::multiply),
            Op::Divide => scaled(period, by.decimal(), number::divide),
            Op::Add | Op::Subtract => None,
        },
        (V::Number(by), V::Period(period)) if op == Op::Multiply => {
            scaled(period, by.decimal(), number::multiply)
        }
        (V::Time(_) | V::Date(_), V::Period(period)) => match op {
            Op::Add => return moved(left, period, false, env),
            Op::Subtract => return moved(left, period, true, env),
            Op::Multiply | Op::Divide => None,
        },
        (V::Period(period), V::Time(_) | V::Date(_)) if op == Op::Add => {
            return moved(right, period, false, env);
        }
        (V::Date(to), V::Date(from)) if op == Op::Subtract => {
            u32::try_from(to.signed_duration_since(from).num_days())
                .ok()
                .map(|days| V::Period(Period::of_days(days)))
        }
        (V::Time(_) | V::Date(_), V::Time(_) | V::Date(_)) if op == Op::Subtract => {
            difference(left, right, env)
        }
        _ => None,
    };
    if result.is_none() && !left.is_missing() && !right.is_missing() {
        env.no_result();
    }
    result.unwrap_or(V::Missing)
}

fn numbers(op: Op, a: Number, b: Number) -> Option<V<'static>> {
    let (a, b) = (a.decimal(), b.decimal());
    let result = match op {
        Op::Add => number::add(a, b),
        Op::Subtract => number::subtract(a, b),
        Op::Multiply => number::multiply(a, b),
        Op::Divide => number::divide(a, b),
    };
    result.map(|number| V::Number(Number::from(number)))
}

fn periods(op: Op, a: Period, b: Period) -> Option<V<'static>> {
    match op {
        Op::Add => time::add(a, b).map(V::Period),
        Op::Subtract => time::subtract(a, b).map(V::Period),
        Op::Divide => {
            number::divide(a.exact()?.into(), b.exact()?.into()).map(|n| V::Number(Number::from(n)))
        }
        Op::Multiply => None,
    }
}

/// A period times or by a number, in whole milliseconds cut off; one with months only where they stay whole.
fn scaled(period: Period, by: Decimal, op: fn(Decimal, Decimal) -> Option<Decimal>) -> Option<V<'static>> {
    let exact = Period { months: 0, ..period }.exact()?;
    let months = op(period.months.into(), by)?;
    let millis = op(exact.into(), by)?.trunc().to_u64()?;
    let months = if months.fract().is_zero() { months.to_u32()? } else { return None };
    Some(V::Period(Period { months, days: 0, millis }))
}

fn difference(to: V<'_>, from: V<'_>, env: &impl Env) -> Option<V<'static>> {
    let zone = env.zone();
    let (from, to) = (compare::instant(from, zone)?, compare::instant(to, zone)?);
    time::between(from, to).map(V::Period)
}

/// A time or date moved by a period: a date stays one unless the period has parts below a day.
pub(super) fn moved(base: V<'_>, period: Period, back: bool, env: &impl Env) -> V<'static> {
    let result = match base {
        V::Time(at) if period.is_zero() => Some(V::Time(at)),
        V::Time(at) => time::shift(at, period, back, env.zone()).map(V::Time),
        V::Date(day) => {
            let whole = time::shift_date(day, period, back);
            if period.millis == 0 {
                whole.map(V::Date)
            } else {
                let rest = Period::of_millis(period.millis);
                let zone = env.zone();
                whole
                    .and_then(|day| time::begin(day, zone))
                    .and_then(|at| time::shift(at, rest, back, zone))
                    .map(V::Time)
            }
        }
        _ => None,
    };
    result.unwrap_or(V::Missing)
}

/// The number with its sign turned.
pub(super) fn negative(value: V<'_>) -> V<'static> {
    match value {
        V::Number(number) => V::Number(Number::from(-number.decimal())),
        _ => V::Missing,
    }
}
