//! Bodies: JSON, forms, plain texts.

use super::super::call::{Sight, Unready};
use super::address::plain;
use super::args;
use crate::plan::BodyPlan;
use crate::plan::expr;
use crate::value::Value;

/// The longest body, in bytes.
const LONGEST: usize = 5 << 20;

/// A body with its kind.
pub(super) struct Body {
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

/// The body of a request.
pub(super) fn body(sight: &Sight<'_>, plan: &BodyPlan) -> Result<Option<Body>, Unready> {
    let (kind, text) = match plan {
        BodyPlan::None => return Ok(None),
        BodyPlan::Json(arg) => ("application/json", args::value(sight, arg)?.to_json_text()),
        BodyPlan::Form(fields) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, arg) in fields {
                match args::value(sight, arg)? {
                    Value::Missing => {}
                    Value::List(items) => {
                        form.extend_pairs(items.iter().map(|item| (name, plain(item))));
                    }
                    value => {
                        form.append_pair(name, &plain(&value));
                    }
                }
            }
            ("application/x-www-form-urlencoded", form.finish())
        }
        BodyPlan::Raw(value) => {
            ("text/plain; charset=utf-8", plain(&expr::value(&sight.call.plan.pool, *value, sight)))
        }
    };
    if text.len() > LONGEST {
        return Err(Unready::Unfit("the body is longer than 5 MB".into()));
    }
    Ok(Some(Body { kind, bytes: text.into_bytes() }))
}
