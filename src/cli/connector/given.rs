//! What `wf connector try` is given: arguments and attributes, from texts.

use super::super::Failure;
use crate::base::Instant;
use crate::check::checked::Subject;
use crate::diag::suggest;
use crate::engine::effect::About;
use crate::plan::{ActionPlan, Plan};
use crate::value::{Type, Value, time};
use std::sync::Arc;

/// A name with its text, as `name=value`.
pub(super) fn pair(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as `name=value`".into()),
    }
}

/// The arguments of an action.
pub(super) fn args(
    action: &ActionPlan,
    given: &[(String, String)],
    now: Instant,
) -> std::result::Result<Vec<(Arc<str>, Value)>, Failure> {
    let arg = |(name, text): &(String, String)| {
        let param = action.params.iter().find(|(known, ..)| **known == **name);
        let Some((name, ty, _)) = param else {
            let near = suggest::did_you_mean(name, action.params.iter().map(|(name, ..)| &**name));
            return Err(Failure::new(format!("`{}` has no parameter `{name}`", action.name)).help(near));
        };
        Ok((Arc::clone(name), value(text, ty, now).map_err(|why| Failure::new(format!("`{name}`: {why}")))?))
    };
    given.iter().map(arg).collect()
}

/// What a call is about: attributes as `account.name=Acme`.
pub(super) fn about(
    plan: &Plan,
    given: &[(String, String)],
    now: Instant,
) -> std::result::Result<About, Failure> {
    let (mut account, mut contact) = (Vec::new(), Vec::new());
    for (path, text) in given {
        let (known, subject, name) = match path.split_once('.') {
            Some(("account", name)) => (&mut account, Subject::Account, name),
            Some(("contact", name)) => (&mut contact, Subject::Contact, name),
            _ => return Err(Failure::new(format!("`{path}` is neither `account.…` nor `contact.…`"))),
        };
        let fields = plan.layout.schema(subject).fields();
        let Some(field) = fields.iter().find(|field| *field.name == *name) else {
            let near = suggest::did_you_mean(name, fields.iter().map(|field| &*field.name));
            return Err(Failure::new(format!("there is no attribute `{path}`")).help(near));
        };
        let value = value(text, &field.ty, now).map_err(|why| Failure::new(format!("`{path}`: {why}")))?;
        known.push((Arc::clone(&field.name), value));
    }
    let subject = if account.is_empty() && !contact.is_empty() { Subject::Contact } else { Subject::Account };
    let whole = if subject == Subject::Account { &account } else { &contact };
    let entity = Value::Map(whole.clone().into());
    Ok(About { at: now, zone: plan.zone, subject, account, contact, entity })
}

/// A value of a type from its text: texts as they stand, everything else as it stands in `.wf` or in JSON.
fn value(text: &str, ty: &Type, now: Instant) -> std::result::Result<Value, String> {
    let quoted = || serde_json::Value::String(text.to_owned());
    let json = match ty {
        Type::Number | Type::Bool | Type::Object => serde_json::from_str(text).unwrap_or_else(|_| quoted()),
        Type::List(_) => serde_json::from_str(text).unwrap_or_else(|_| {
            text.split(',').map(|item| serde_json::Value::String(item.trim().to_owned())).collect()
        }),
        Type::Time | Type::Date => match time::parse_period(text) {
            Some(period) => return Ok(Value::Time(now.plus(period.at_most()))),
            None => quoted(),
        },
        Type::Any => return Ok(Value::of_tree(&serde_json::from_str(text).unwrap_or_else(|_| quoted()))),
        _ => quoted(),
    };
    Value::from_json(&json, ty).map_err(|wrong| wrong.to_string())
}
