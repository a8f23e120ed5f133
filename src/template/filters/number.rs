//! Arithmetic. Whole numbers stay whole; one number with a fraction makes the result one. No result is rounded to fit:
//! what is beyond a number's room is a fault.

#![expect(clippy::unnecessary_wraps, reason = "every filter has the signature of the table")]

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Arguments, Context, RenderFault};
use crate::template::compare;
use crate::template::value::{Number, Value};

type Made = Result<Value, RenderFault>;

/// Fractions of a division are kept to this many places, as a binary number of 64 bits prints them.
const PLACES: u32 = 15;

pub(super) fn abs(input: &Value, _: &Arguments, _: &mut Context) -> Made {
    Ok(match input.to_number() {
        Number::Int(whole) => Value::Int(whole.checked_abs().ok_or(RenderFault::NumberTooLarge)?),
        Number::Decimal(number) => Value::fraction(number.abs()),
    })
}

pub(super) fn at_least(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    let (input, bound) = (input.to_number(), arguments.get(0).to_number());
    Ok(if compare::numbers(input, bound).is_lt() { bound } else { input }.value())
}

pub(super) fn at_most(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    let (input, bound) = (input.to_number(), arguments.get(0).to_number());
    Ok(if compare::numbers(input, bound).is_gt() { bound } else { input }.value())
}

pub(super) fn ceil(input: &Value, _: &Arguments, _: &mut Context) -> Made {
    whole(input, |number| number.ceil())
}

pub(super) fn floor(input: &Value, _: &Arguments, _: &mut Context) -> Made {
    whole(input, |number| number.floor())
}

fn whole(input: &Value, cut: impl Fn(Decimal) -> Decimal) -> Made {
    match input.to_number() {
        Number::Int(whole) => Ok(Value::Int(whole)),
        Number::Decimal(number) => Ok(int_value(cut(number))),
    }
}

/// A number without a fraction, printed without one.
fn int_value(number: Decimal) -> Value {
    let number = number.trunc();
    number.to_i64().map_or(Value::Decimal(number), Value::Int)
}

pub(super) fn plus(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    add(input.to_number(), arguments.get(0).to_number()).map(Number::value)
}

/// The sum of two numbers.
pub(super) fn add(left: Number, right: Number) -> Result<Number, RenderFault> {
    both(left, right, i64::checked_add, Decimal::checked_add)
}

pub(super) fn minus(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    both(input.to_number(), arguments.get(0).to_number(), i64::checked_sub, Decimal::checked_sub)
        .map(Number::value)
}

pub(super) fn times(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    both(input.to_number(), arguments.get(0).to_number(), i64::checked_mul, Decimal::checked_mul)
        .map(Number::value)
}

fn both(
    left: Number,
    right: Number,
    whole: fn(i64, i64) -> Option<i64>,
    fraction: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<Number, RenderFault> {
    let result = match (left, right) {
        (Number::Int(left), Number::Int(right)) => whole(left, right).map(Number::Int),
        _ => fraction(left.decimal(), right.decimal()).map(Number::Decimal),
    };
    result.ok_or(RenderFault::NumberTooLarge)
}

pub(super) fn divided_by(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    let (left, right) = (input.to_number(), nonzero(arguments)?);
    if let (Number::Int(left), Number::Int(right)) = (left, right) {
        let quotient = left.checked_div(right).ok_or(RenderFault::NumberTooLarge)?;
        let down = left.checked_rem(right) != Some(0) && (left < 0) != (right < 0);
        return Ok(Value::Int(quotient - i64::from(down)));
    }
    let quotient = left.decimal().checked_div(right.decimal()).ok_or(RenderFault::NumberTooLarge)?;
    Ok(Value::fraction(binary(quotient)))
}

/// The number that a binary one of 64 bits prints as, where the fraction is longer than such a one can hold.
fn binary(number: Decimal) -> Decimal {
    if number.scale() <= PLACES {
        return number;
    }
    let nearest = number.to_string().parse::<f64>().ok();
    nearest.and_then(|nearest| nearest.to_string().parse().ok()).unwrap_or(number)
}

pub(super) fn modulo(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    let (left, right) = (input.to_number(), nonzero(arguments)?);
    if let (Number::Int(left), Number::Int(right)) = (left, right) {
        let rest = left.checked_rem(right).unwrap_or(0);
        let turn = rest != 0 && (rest < 0) != (right < 0);
        return Ok(Value::Int(if turn { rest + right } else { rest }));
    }
    let right = right.decimal();
    let rest = left.decimal().checked_rem(right).ok_or(RenderFault::NumberTooLarge)?;
    let turn = !rest.is_zero() && rest.is_sign_negative() != right.is_sign_negative();
    Ok(Value::fraction(if turn { rest + right } else { rest }))
}

fn nonzero(arguments: &Arguments) -> Result<Number, RenderFault> {
    let number = arguments.get(0).to_number();
    if number.decimal().is_zero() { Err(RenderFault::DivisionByZero) } else { Ok(number) }
}

pub(super) fn round(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    let places = arguments.get(0).to_number().whole();
    let number = match input.to_number() {
        Number::Int(whole) if places >= 0 => return Ok(Value::Int(whole)),
        number => number.decimal(),
    };
    let away = RoundingStrategy::MidpointAwayFromZero;
    match u32::try_from(places) {
        Ok(0) => Ok(int_value(number.round_dp_with_strategy(0, away))),
        Ok(places) => Ok(Value::fraction(number.round_dp_with_strategy(places.min(28), away))),
        Err(_) => {
            let unit =
                u32::try_from(-places).ok().and_then(|digits| 10_i64.checked_pow(digits)).map(Decimal::from);
            let Some(unit) = unit else { return Ok(Value::Int(0)) };
            let tens = number.checked_div(unit).ok_or(RenderFault::NumberTooLarge)?;
            let rounded = tens.round_dp_with_strategy(0, away).checked_mul(unit);
            Ok(int_value(rounded.ok_or(RenderFault::NumberTooLarge)?))
        }
    }
}
