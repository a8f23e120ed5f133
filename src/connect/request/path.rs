//! Liquid texts of a declaration, over its parameters and what was found: paths, and texts of a request.

use super::super::call::{Sight, Unready};
use crate::plan::TextPlan;
use crate::template::{self, Data, Escape, Limits, Now};
use crate::value::Value;
use std::cell::RefCell;
use std::sync::Arc;

/// What a text of a declaration reads.
struct Params<'s, 'a> {
    sight: &'s Sight<'a>,
    /// Whether values stand in a path: percent-encoded, and never empty.
    encoded: bool,
    /// What was empty.
    empty: RefCell<Vec<Arc<str>>>,
}

impl Data for Params<'_, '_> {
    fn root(&self, name: &str) -> Option<template::Value> {
        let call = &self.sight.call;
        let own = call.action.params.iter().map(|(name, ..)| name);
        let place = own.chain(call.action.found()).position(|known| **known == *name)?;
        let value = liquid(call.param(place, self.sight.found));
        if !self.encoded
            || matches!(value, template::Value::Nil | template::Value::Map(_) | template::Value::List(_))
        {
            return Some(value);
        }
        let text = value.to_text(call.about.zone);
        if text.is_empty() {
            self.empty.borrow_mut().push(name.into());
            return Some(template::Value::Nil);
        }
        Some(template::Value::from(segment(&text)))
    }
}

use crate::engine::liquid;

/// A value as a segment of a path: everything but unreserved characters is percent-encoded (RFC 3986, 2.3).
fn segment(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}

fn render(sight: &Sight<'_>, text: &TextPlan, encoded: bool) -> Result<String, Unready> {
    let params = Params { sight, encoded, empty: RefCell::default() };
    let about = sight.call.about;
    let now = Now { ms: about.at.0, zone: about.zone };
    let rendered = template::render(&text.template, &params, &Limits::default(), now, Escape::None);
    let rendered = rendered.map_err(|error| Unready::Unfit(error.to_string()))?;
    let mut missing: Vec<Arc<str>> = params.empty.into_inner();
    missing.extend(rendered.missing.iter().map(|missing| Arc::from(missing.path.as_str())));
    missing.dedup();
    if missing.is_empty() || !encoded { Ok(rendered.text) } else { Err(Unready::Missing(missing)) }
}

/// A text of a request; what is missing prints nothing.
pub(super) fn text(sight: &Sight<'_>, text: u32) -> Result<Value, Unready> {
    match sight.call.plan.texts.get(text as usize) {
        Some(text) => render(sight, text, false).map(|text| Value::Text(text.into())),
        None => Ok(Value::Missing),
    }
}

/// A path behind a base: every value is one segment at most.
pub(super) fn path(sight: &Sight<'_>, text: u32) -> Result<String, Unready> {
    let text = sight.call.plan.texts.get(text as usize);
    text.map_or(Ok(String::new()), |text| render(sight, text, true))
}

/// A path without a base: a value that it begins with is an address as it stands.
pub(super) fn whole(sight: &Sight<'_>, text: u32) -> Result<String, Unready> {
    let Some(text) = sight.call.plan.texts.get(text as usize) else { return Ok(String::new()) };
    let Some(end) = text.source.find("}}").filter(|_| text.source.starts_with("{{")) else {
        return render(sight, text, true);
    };
    let (first, rest) = text.source.split_at_checked(end + 2).unwrap_or((&text.source, ""));
    let (first, rest) = (TextPlan::from(Arc::<str>::from(first)), TextPlan::from(Arc::<str>::from(rest)));
    Ok(format!("{}{}", render(sight, &first, false)?, render(sight, &rest, true)?))
}
