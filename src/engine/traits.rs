//! Traits and properties, read as their declared types say (engine.md rule 8).

use super::effect::Reject;
use crate::plan::EventPlan;
use crate::value::Value;

/// The properties of an event in the order of its declaration; a value that its type refuses is missing and rejected.
pub(super) fn properties(event: &EventPlan, json: &str, rejects: &mut Vec<Reject>) -> Vec<Value> {
    if event.properties.is_empty() {
        return Vec::new();
    }
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    let read = |(name, key, ty): &(std::sync::Arc<str>, std::sync::Arc<str>, crate::value::Type)| {
        let Some(given) = object.get(&**key) else { return Value::Missing };
        Value::from_json(given, ty).unwrap_or_else(|wrong| {
            let name = format!("{}.{name}", event.name).into();
            rejects.push(Reject { name, reason: wrong.reason.into() });
            Value::Missing
        })
    };
    event.properties.iter().map(read).collect()
}
