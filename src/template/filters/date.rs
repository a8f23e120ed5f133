//! Printing instants.

use super::{Arguments, Context, RenderFault};
use crate::template::clock;
use crate::template::value::Value;

/// `date: '%d %B %Y'`. What names no instant, and an empty format, leave the value as it is.
pub(super) fn date(
    input: &Value,
    arguments: &Arguments,
    context: &mut Context,
) -> Result<Value, RenderFault> {
    let pattern = context.text(arguments.get(0))?;
    let zone = context.now.zone;
    let time = clock::instant(input, context.now).and_then(|ms| clock::at(ms, zone));
    match time {
        Some(time) if !pattern.is_empty() => {
            // A directive of four bytes (`%99c`) prints at most 99 characters.
            context.budget.text(pattern.len().saturating_mul(LONGEST_PER_BYTE))?;
            context.made(clock::format(&time, &pattern))
        }
        _ => Ok(input.clone()),
    }
}

const LONGEST_PER_BYTE: usize = 25;
