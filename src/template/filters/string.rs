//! Text.

use super::{Arguments, Context, RenderFault};
use crate::template::lexer::is_space;
use crate::template::value::Value;

type Made = Result<Value, RenderFault>;

#[expect(clippy::unnecessary_wraps, reason = "every filter has the signature of the table")]
pub(super) fn default(input: &Value, arguments: &Arguments, _: &mut Context) -> Made {
    let allow_false =
        arguments.named.iter().any(|(name, value)| &**name == "allow_false" && value.is_truthy());
    let keep = if allow_false && matches!(input, Value::Bool(_)) { true } else { !input.is_falsy_or_empty() };
    Ok(match arguments.positional.first() {
        _ if keep => input.clone(),
        Some(other) => other.clone(),
        None => Value::from(""),
    })
}

pub(super) fn append(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    glue(input, arguments.get(0), context)
}

pub(super) fn prepend(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    glue(arguments.get(0), input, context)
}

fn glue(first: &Value, second: &Value, context: &mut Context) -> Made {
    let (first, second) = (context.text(first)?, context.text(second)?);
    let mut out = String::new();
    context.push(&mut out, &first)?;
    context.push(&mut out, &second)?;
    context.made(out)
}

pub(super) fn upcase(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.made(text.to_uppercase())
}

pub(super) fn downcase(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.made(text.to_lowercase())
}

pub(super) fn capitalize(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    let mut chars = text.chars();
    let first: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    context.made(first + &chars.as_str().to_lowercase())
}

pub(super) fn strip(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.made(text.trim_matches(is_blank))
}

pub(super) fn lstrip(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.made(text.trim_start_matches(is_blank))
}

pub(super) fn rstrip(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.made(text.trim_end_matches(is_blank))
}

fn is_blank(c: char) -> bool {
    is_space(c) || c == '\0'
}

pub(super) fn strip_newlines(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.made(text.replace("\r\n", "").replace('\n', ""))
}

pub(super) fn replace(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let with = arguments.get(1).clone();
    exchange(input, (arguments.get(0), &with), context, usize::MAX)
}

pub(super) fn replace_first(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let with = arguments.get(1).clone();
    exchange(input, (arguments.get(0), &with), context, 1)
}

pub(super) fn remove(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    exchange(input, (arguments.get(0), &Value::Nil), context, usize::MAX)
}

pub(super) fn remove_first(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    exchange(input, (arguments.get(0), &Value::Nil), context, 1)
}

/// Puts `with` in the place of `what`, at most so many times from the left.
fn exchange(input: &Value, (what, with): (&Value, &Value), context: &mut Context, most: usize) -> Made {
    let (text, what, with) = (context.text(input)?, context.text(what)?, context.text(with)?);
    let mut out = String::new();
    let mut end = 0;
    for (at, found) in text.match_indices(&*what).take(most) {
        context.push(&mut out, text.get(end..at).unwrap_or_default())?;
        context.push(&mut out, &with)?;
        end = at + found.len();
    }
    context.push(&mut out, text.get(end..).unwrap_or_default())?;
    context.made(out)
}

pub(super) fn replace_last(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    exchange_last(input, (arguments.get(0), arguments.get(1)), context)
}

pub(super) fn remove_last(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    exchange_last(input, (arguments.get(0), &Value::Nil), context)
}

fn exchange_last(input: &Value, (what, with): (&Value, &Value), context: &mut Context) -> Made {
    let (text, what, with) = (context.text(input)?, context.text(what)?, context.text(with)?);
    let Some(at) = text.rfind(&*what) else { return context.made(text) };
    let mut out = String::new();
    context.push(&mut out, text.get(..at).unwrap_or_default())?;
    context.push(&mut out, &with)?;
    context.push(&mut out, text.get(at + what.len()..).unwrap_or_default())?;
    context.made(out)
}

pub(super) fn split(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let (text, by) = (context.text(input)?, context.text(arguments.get(0))?);
    let mut pieces: Vec<&str> = match &*by {
        "" => text.split("").filter(|piece| !piece.is_empty()).collect(),
        " " => text.split(is_blank).filter(|piece| !piece.is_empty()).collect(),
        by => text.split(by).collect(),
    };
    while pieces.last().is_some_and(|piece| piece.is_empty()) {
        pieces.pop();
    }
    context.budget.list(pieces.len())?;
    context.budget.text(text.len())?;
    Ok(pieces.into_iter().map(Value::from).collect::<Vec<_>>().into())
}

/// Letters of a text or items of a list, from a place on.
pub(super) fn slice(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let start = context.whole(arguments.get(0))?;
    let length = match arguments.get(1) {
        Value::Nil => 1,
        length => context.whole(length)?,
    };
    if let Value::List(items) = input {
        let (from, count) = window(start, length, items.len());
        context.budget.list(count)?;
        return Ok(items.iter().skip(from).take(count).cloned().collect::<Vec<_>>().into());
    }
    let text = context.text(input)?;
    let (from, count) = window(start, length, text.chars().count());
    context.made(text.chars().skip(from).take(count).collect::<String>())
}

/// What `start` and `length` mean for something of `size`.
fn window(start: i64, length: i64, size: usize) -> (usize, usize) {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let from = if start < 0 { size.saturating_add(start) } else { start };
    let inside = (0..=size).contains(&from);
    let count = if inside { length.clamp(0, size - from) } else { 0 };
    (usize::try_from(from).unwrap_or(0), usize::try_from(count).unwrap_or(0))
}

const DEFAULT_LENGTH: i64 = 50;
const DEFAULT_WORDS: i64 = 15;

pub(super) fn truncate(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let (length, ellipsis) = cut_arguments(arguments, context, DEFAULT_LENGTH)?;
    let text = context.text(input)?;
    let length = usize::try_from(length).unwrap_or(0);
    if text.chars().nth(length).is_none() {
        return context.made(text);
    }
    let keep = length.saturating_sub(ellipsis.chars().count());
    let mut out: String = text.chars().take(keep).collect();
    context.push(&mut out, &ellipsis)?;
    context.made(out)
}

pub(super) fn truncate_words(input: &Value, arguments: &Arguments, context: &mut Context) -> Made {
    let (count, ellipsis) = cut_arguments(arguments, context, DEFAULT_WORDS)?;
    let text = context.text(input)?;
    let count = usize::try_from(count.max(1)).unwrap_or(1);
    let mut words = text.split(is_blank).filter(|word| !word.is_empty());
    let mut out = String::new();
    for (at, word) in words.by_ref().take(count).enumerate() {
        context.push(&mut out, if at == 0 { "" } else { " " })?;
        context.push(&mut out, word)?;
    }
    if words.next().is_none() {
        return context.made(text);
    }
    context.push(&mut out, &ellipsis)?;
    context.made(out)
}

fn cut_arguments(
    arguments: &Arguments,
    context: &mut Context,
    default: i64,
) -> Result<(i64, std::sync::Arc<str>), RenderFault> {
    let count = match arguments.positional.first() {
        Some(count) => context.whole(count)?,
        None => default,
    };
    let ellipsis = match arguments.positional.get(1) {
        Some(ellipsis) => context.text(ellipsis)?,
        None => "...".into(),
    };
    Ok((count, ellipsis))
}
