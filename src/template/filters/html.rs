//! Text that goes into HTML or comes out of it.

use super::{Arguments, Context, RenderFault};
use crate::template::html::escape_into;
use crate::template::value::Value;

type Made = Result<Value, RenderFault>;

pub(super) fn escape(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.budget.text(text.len())?;
    let mut out = String::with_capacity(text.len() + 16);
    escape_into(&text, false, &mut out);
    context.made_html(out)
}

/// As `escape`, but what is an entity already stays one.
pub(super) fn escape_once(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.budget.text(text.len())?;
    let mut out = String::with_capacity(text.len() + 16);
    escape_into(&text, true, &mut out);
    context.made_html(out)
}

pub(super) fn newline_to_br(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    let plain = context.html && !matches!(input, Value::Markup(_));
    let mut out = String::new();
    for (at, line) in text.split('\n').enumerate() {
        context.push(&mut out, if at == 0 { "" } else { "<br />\n" })?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if plain { escape_into(line, false, &mut out) } else { out.push_str(line) }
    }
    context.made_html(out)
}

/// Drops scripts, styles, comments and tags; entities stay.
pub(super) fn strip_html(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    let text = cut(&text, "<script", "</script>");
    let text = cut(&text, "<!--", "-->");
    let text = cut(&text, "<style", "</style>");
    context.made(cut(&text, "<", ">"))
}

/// Drops every stretch from `open` to the next `close`. One that is never closed stays.
fn cut(text: &str, open: &str, close: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let tail = rest.get(start + open.len()..).unwrap_or_default();
        let Some(end) = tail.find(close) else { break };
        out.push_str(rest.get(..start).unwrap_or_default());
        rest = tail.get(end + close.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
