//! The model's state as a list of lines, to be compared with the engine's.

use super::world::{Fact, Model, State};
use wayfare::value::Value;

impl Model<'_> {
    /// What is known of every created entity, and every enrolment.
    pub fn state(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for ((id, fact), value) in &self.facts {
            let name = match fact {
                Fact::CreatedAt => "created_at".to_owned(),
                Fact::Attribute(name) => name.to_string(),
                Fact::Segment(name) => format!("segment {name}"),
                Fact::Stage => "stage".to_owned(),
                Fact::Health => "health".to_owned(),
                Fact::Matches(..) => continue,
            };
            let out = matches!(fact, Fact::Segment(_)) && *value == Value::Bool(false);
            if !value.is_missing() && !out {
                lines.push(format!("{} {name} = {value:?}", super::name(id)));
            }
        }
        for run in self.runs.values() {
            let key = &run.key;
            let waits = matches!(run.state, State::Waiting(..));
            let name = &key.workflow;
            lines.push(format!(
                "{} in {name} #{} shadow {} waits {waits}",
                super::name(&key.id),
                key.number,
                key.shadow
            ));
        }
        for (contact, account) in self.members.keys() {
            lines.push(format!("contact:{contact} of {account}"));
        }
        lines.sort();
        lines
    }
}
