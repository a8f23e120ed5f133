//! Finding items of a list by a property: `where`, `reject`, `find`, `find_index`, `has`.

use std::ops::ControlFlow;

use super::list::items;
use super::{Arguments, Context, RenderFault};
use crate::template::compare;
use crate::template::value::Value;

type Made = Result<Value, RenderFault>;

/// What an item has under a property.
pub(super) enum Look {
    /// Nil when an object has none of that name.
    Found(Value),
    /// The item has no parts at all: the whole search then finds nothing.
    NoParts,
    /// The item can't be asked for such a property.
    Wrong,
}

/// The property of an object, the part of a text, the bit of a number: what Liquid finds by `item[property]`.
pub(super) fn look(item: &Value, property: &Value) -> Look {
    match (item, property) {
        (Value::Map(map), Value::Text(name) | Value::Markup(name)) => {
            Look::Found(map.get(name).cloned().unwrap_or_default())
        }
        (Value::Map(_), _) => Look::Found(Value::Nil),
        (Value::Text(text) | Value::Markup(text), Value::Text(part) | Value::Markup(part)) => {
            Look::Found(if text.contains(&**part) { property.clone() } else { Value::Nil })
        }
        (Value::Text(_) | Value::Markup(_), Value::Nil) => Look::NoParts,
        (Value::Int(number), Value::Int(bit)) => {
            let shift = u32::try_from(*bit).unwrap_or(0).min(63);
            Look::Found(Value::Int(number >> shift & 1))
        }
        (Value::Text(_) | Value::Markup(_) | Value::Int(_) | Value::List(_) | Value::Range(..), _) => {
            Look::Wrong
        }
        _ => Look::NoParts,
    }
}

/// Shows every item with whether it has the property (or the value under it); false when an item has no parts.
fn search(
    input: &Value,
    arguments: &Arguments,
    context: &mut Context,
    mut visit: impl FnMut(usize, &Value, bool) -> ControlFlow<()>,
) -> Result<bool, RenderFault> {
    let items = items(input, context)?;
    let (property, target) = (arguments.get(0), arguments.get(1));
    for (at, item) in items.iter().enumerate() {
        context.budget.step(1)?;
        let found = match look(item, property) {
            Look::Found(value) if matches!(target, Value::Nil) => value.is_truthy(),
            Look::Found(value) => compare::equal(&value, target, context.now),
            Look::NoParts => return Ok(false),
            Look::Wrong => return Err(context.wrong("a list of objects", item)),
        };
        if visit(at, item, found).is_break() {
            break;
        }
    }
    Ok(true)
}

pub(super) fn where_(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    filter(input, arguments, context, true)
}

pub(super) fn reject(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    filter(input, arguments, context, false)
}

fn filter(input: &Value, arguments: &Arguments, context: &mut Context, wanted: bool) -> Made {
    let mut kept = Vec::new();
    let whole = search(input, arguments, context, |_, item, found| {
        if found == wanted {
            kept.push(item.clone());
        }
        ControlFlow::Continue(())
    })?;
    context.budget.list(kept.len())?;
    Ok(if whole { kept.into() } else { Value::Nil })
}

pub(super) fn find(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    Ok(match first(input, arguments, context)? {
        First::At(_, item) => item,
        First::Nowhere | First::NoParts => Value::Nil,
    })
}

pub(super) fn find_index(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    Ok(match first(input, arguments, context)? {
        First::At(at, _) => Value::count(at),
        First::Nowhere | First::NoParts => Value::Nil,
    })
}

pub(super) fn has(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    Ok(match first(input, arguments, context)? {
        First::At(..) => Value::Bool(true),
        First::Nowhere => Value::Bool(false),
        First::NoParts => Value::Nil,
    })
}

/// Where the first item that fits is.
enum First {
    At(usize, Value),
    Nowhere,
    /// The search came to an item that has no parts.
    NoParts,
}

fn first(input: &Value, arguments: &Arguments, context: &mut Context) -> Result<First, RenderFault> {
    let mut hit = First::Nowhere;
    let whole = search(input, arguments, context, |at, item, found| {
        if found {
            hit = First::At(at, item.clone());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(if whole { hit } else { First::NoParts })
}
