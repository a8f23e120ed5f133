//! Arguments of actions, rendered for one recipient.

use super::world::{Fact, Id, Model, RunKey, Text};
use std::sync::Arc;
use wayfare::check::checked::{Arg, Assignee, Call, Liquid, Subject, escape_of};
use wayfare::template::{self, Data, Escape, Limits, Now};
use wayfare::value::{Level, Value};

/// What templates see: `account`, `contact`, `owner`, `event`.
pub struct Texts<'m, 'a> {
    model: &'m Model<'a>,
    key: RunKey,
    account: Option<Id>,
    contact: Option<Id>,
}

impl<'m, 'a> Texts<'m, 'a> {
    pub fn of(model: &'m Model<'a>, key: &RunKey, recipient: Option<&Id>) -> Self {
        let own = |subject| (key.id.0 == subject).then(|| key.id.clone());
        let bound = model.runs[key].account.clone().map(|id| (Subject::Account, id));
        Self {
            model,
            key: key.clone(),
            account: own(Subject::Account).or(bound),
            contact: recipient.cloned().or_else(|| own(Subject::Contact)),
        }
    }

    fn text(&self) -> Text<'a> {
        self.model.runs[&self.key].text
    }

    /// The arguments in words, and what was missing where it was printed (S6.4).
    pub fn detail(&self, call: &Call) -> Result<String, String> {
        let (mut values, mut missing) = (Vec::new(), Vec::new());
        for arg in &call.args {
            match arg {
                Arg::Absent | Arg::Recipients(_) => {}
                Arg::Value(value) => values.push(self.model.value_at(&self.key, value)),
                Arg::Template(liquid) => values.push(self.render(liquid, Escape::None, &mut missing)?),
                Arg::Team(team) => {
                    values.push(Value::Text(Arc::clone(&self.model.team(self.text(), *team).name)));
                }
                Arg::Message(message) => {
                    let message = self.model.template(self.text(), *message);
                    values.push(Value::Text(Arc::clone(&message.name)));
                    for part in &message.parts {
                        let escape = escape_of(part.kind);
                        values.push(self.render(&part.text, escape, &mut missing)?);
                    }
                }
                Arg::Assignee(Assignee::User(user)) => values.push(self.model.value_at(&self.key, user)),
                Arg::Entity | Arg::Assignee(_) | Arg::Object(_) | Arg::List(_) => values.push(Value::Missing),
            }
        }
        Ok(format!(" {values:?} missing {missing:?}"))
    }

    fn render(&self, liquid: &Liquid, escape: Escape, missing: &mut Vec<String>) -> Result<Value, String> {
        let now = Now { ms: self.model.now.0, zone: self.model.zone(&self.model.facts, &self.key.id) };
        let rendered = template::render(&liquid.template, self, &Limits::default(), now, escape)
            .map_err(|error| error.to_string())?;
        for path in rendered.missing {
            if !missing.contains(&path.path) {
                missing.push(path.path);
            }
        }
        Ok(Value::Text(rendered.text.into()))
    }

    fn whole(&self, id: &Id) -> template::Value {
        let fact = |fact| self.model.facts.get(&(id.clone(), fact)).map_or(template::Value::Nil, liquid);
        let mut fields: Vec<(Arc<str>, template::Value)> = vec![
            ("id".into(), template::Value::Text(Arc::clone(&id.1))),
            ("created_at".into(), fact(Fact::CreatedAt)),
            ("stage".into(), fact(Fact::Stage)),
            ("health".into(), fact(Fact::Health)),
        ];
        let own = self.model.text.checked.attributes.values().filter(|attribute| attribute.subject == id.0);
        let attribute = |name: &Arc<str>| (Arc::clone(name), fact(Fact::Attribute(name.clone())));
        fields.extend(own.map(|it| attribute(&it.name)));
        template::Value::map(fields)
    }
}

impl Data for Texts<'_, '_> {
    fn root(&self, name: &str) -> Option<template::Value> {
        match name {
            "account" => self.account.as_ref().map(|id| self.whole(id)),
            "contact" => self.contact.as_ref().map(|id| self.whole(id)),
            "owner" => self.whole(self.account.as_ref().or(self.contact.as_ref())?).property("owner"),
            "event" => {
                let event = self.model.runs[&self.key].event.clone()?;
                let mut declared = self.model.text.checked.events.values();
                let declared = declared.find(|it| it.name == event.event)?;
                let value = |name| event.properties.get(name).map_or(template::Value::Nil, liquid);
                let names = declared.properties.values().map(|property| &property.name);
                Some(template::Value::map(names.map(|name| (Arc::clone(name), value(name)))))
            }
            _ => None,
        }
    }
}

/// A value as templates see it.
fn liquid(value: &Value) -> template::Value {
    match value {
        Value::Missing => template::Value::Nil,
        Value::Bool(is) => template::Value::Bool(*is),
        Value::Number(number) => template::Value::from(*number),
        Value::Text(text) => template::Value::Text(Arc::clone(text)),
        Value::Time(at) => template::Value::Time(at.0),
        Value::Date(day) => template::Value::Date(*day),
        Value::Period(period) => template::Value::Duration(period.at_most()),
        Value::Level(Level::Bad) => "bad".into(),
        Value::Level(Level::Average) => "average".into(),
        Value::Level(Level::Good) => "good".into(),
        Value::List(items) => template::Value::List(items.iter().map(liquid).collect()),
        Value::Map(fields) => {
            template::Value::map(fields.iter().map(|(name, value)| (Arc::clone(name), liquid(value))))
        }
    }
}
