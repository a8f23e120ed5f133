//! Lists. A value that is no list counts as a list of one, nothing as an empty one, and lists in lists are levelled.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::number::add;
use super::search::{Look, look};
use super::{Arguments, Context, RenderFault};
use crate::template::compare;
use crate::template::value::{Number, Value, pair, range_len};

type Made = Result<Value, RenderFault>;

/// Lists in lists are followed this far.
const MAX_NESTING: usize = 64;

/// The items that a filter works on.
pub(super) fn items(input: &Value, context: &mut Context) -> Result<Arc<[Value]>, RenderFault> {
    match input {
        Value::Nil | Value::Blank | Value::Empty => Ok(Arc::new([])),
        Value::List(items) if !items.iter().any(|item| matches!(item, Value::List(_) | Value::Range(..))) => {
            context.budget.step(input.weight())?;
            Ok(items.clone())
        }
        Value::List(items) => {
            context.budget.step(input.weight())?;
            let mut flat = Vec::new();
            flatten(items, &mut flat, context, 0)?;
            Ok(flat.into())
        }
        Value::Range(from, to) => {
            context.budget.list(range_len(*from, *to))?;
            Ok((*from..=*to).map(Value::Int).collect())
        }
        other => Ok(Arc::new([other.clone()])),
    }
}

fn flatten(
    items: &[Value],
    flat: &mut Vec<Value>,
    context: &mut Context,
    depth: usize,
) -> Result<(), RenderFault> {
    context.budget.list(items.len())?;
    for item in items {
        match item {
            Value::List(inner) if depth < MAX_NESTING => flatten(inner, flat, context, depth + 1)?,
            other => flat.push(other.clone()),
        }
    }
    Ok(())
}

/// A new list as a value.
fn made(items: Vec<Value>, context: &mut Context) -> Made {
    context.budget.list(items.len())?;
    Ok(items.into())
}

pub(super) fn first(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    context.budget.step(1)?;
    Ok(match input {
        Value::Map(map) => map.at(0).map(pair).unwrap_or_default(),
        other => other.first().unwrap_or_default(),
    })
}

pub(super) fn last(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    context.budget.step(1)?;
    Ok(input.last().unwrap_or_default())
}

pub(super) fn size(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    context.budget.read(input.as_text().map_or(0, |text| text.len()))?;
    Ok(Value::count(input.size().unwrap_or(0)))
}

pub(super) fn join(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let glue = match arguments.positional.first() {
        Some(glue) => context.text(glue)?,
        None => " ".into(),
    };
    let items = items(input, context)?;
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        context.push(&mut out, if at == 0 { "" } else { &glue })?;
        let text = context.text(item)?;
        context.push(&mut out, &text)?;
    }
    context.made(out)
}

pub(super) fn reverse(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let items = items(input, context)?;
    made(items.iter().rev().cloned().collect(), context)
}

pub(super) fn concat(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let other = arguments.get(0);
    if !matches!(other, Value::List(_) | Value::Range(..)) {
        return Err(context.wrong("a list", other));
    }
    let (first, second) = (items(input, context)?, items(other, context)?);
    context.budget.list(first.len().saturating_add(second.len()))?;
    Ok(first.iter().chain(second.iter()).cloned().collect::<Vec<_>>().into())
}

pub(super) fn compact(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let items = items(input, context)?;
    let mut kept = Vec::new();
    for item in items.iter() {
        if !matches!(key(item, arguments.get(0), context)?, Value::Nil) {
            kept.push(item.clone());
        }
    }
    made(kept, context)
}

pub(super) fn map(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let items = items(input, context)?;
    let mut mapped = Vec::new();
    for item in items.iter() {
        mapped.push(property(item, arguments.get(0), context)?);
    }
    made(mapped, context)
}

pub(super) fn sum(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let items = items(input, context)?;
    let mut total = Number::Int(0);
    for item in items.iter() {
        total = add(total, key(item, arguments.get(0), context)?.to_number())?;
    }
    Ok(total.value())
}

/// One of each, the first kept.
pub(super) fn uniq(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let items = items(input, context)?;
    spend_sort(&items, context)?;
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for item in items.iter() {
        let key = key(item, arguments.get(0), context)?;
        context.budget.step(8)?;
        if seen.insert((super::kind_word(&key), context.text(&key)?)) {
            kept.push(item.clone());
        }
    }
    made(kept, context)
}

/// By size or letter; what has no key comes last, and keys of different kinds are a fault.
pub(super) fn sort(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let items = items(input, context)?;
    spend_sort(&items, context)?;
    let mut keyed = Vec::with_capacity(items.len());
    let mut class = None;
    for item in items.iter() {
        let key = key(item, arguments.get(0), context)?;
        if let Some(own) = sort_class(&key) {
            if class.is_some_and(|class| class != own) || own == 0 {
                return Err(context.wrong("items of one kind that have an order", &key));
            }
            class = Some(own);
        }
        keyed.push((key, item.clone()));
    }
    let now = context.now;
    keyed.sort_by(|(left, _), (right, _)| match (left, right) {
        (Value::Nil, Value::Nil) => Ordering::Equal,
        (Value::Nil, _) => Ordering::Greater,
        (_, Value::Nil) => Ordering::Less,
        _ => compare::order(left, right, now).ok().flatten().unwrap_or(Ordering::Equal),
    });
    made(keyed.into_iter().map(|(_, item)| item).collect(), context)
}

/// Values of one class have one order; class 0 has none. Nothing sorts anywhere.
fn sort_class(value: &Value) -> Option<u8> {
    match value {
        Value::Nil => None,
        Value::Int(_) | Value::Decimal(_) => Some(1),
        Value::Text(_) | Value::Markup(_) => Some(2),
        Value::Time(_) | Value::Date(_) => Some(3),
        Value::Duration(_) => Some(4),
        _ => Some(0),
    }
}

/// Spends the comparisons of bringing these items into an order.
fn spend_sort(items: &[Value], context: &mut Context) -> Result<(), RenderFault> {
    let weight: u64 = items.iter().map(Value::weight).sum();
    let rounds = usize::BITS - items.len().leading_zeros();
    Ok(context.budget.step(weight.saturating_mul(u64::from(rounds)))?)
}

/// By letter without regard to case, everything as text; what has no key comes last.
pub(super) fn sort_natural(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let items = items(input, context)?;
    spend_sort(&items, context)?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items.iter() {
        let key = match key(item, arguments.get(0), context)? {
            Value::Nil => None,
            key => Some(context.text(&key)?.to_lowercase()),
        };
        context.budget.text(key.as_ref().map_or(0, String::len))?;
        keyed.push((key, item.clone()));
    }
    keyed.sort_by(|(left, _), (right, _)| (left.is_none(), left).cmp(&(right.is_none(), right)));
    made(keyed.into_iter().map(|(_, item)| item).collect(), context)
}

/// The item itself, or its property where one is asked for.
fn key(item: &Value, wanted: &Value, context: &mut Context) -> Made {
    if matches!(wanted, Value::Nil) { Ok(item.clone()) } else { property(item, wanted, context) }
}

fn property(item: &Value, wanted: &Value, context: &mut Context) -> Made {
    context.budget.step(1)?;
    match look(item, wanted) {
        Look::Found(value) => Ok(value),
        Look::NoParts => Ok(Value::Nil),
        Look::Wrong => Err(context.wrong("a list of objects", item)),
    }
}
