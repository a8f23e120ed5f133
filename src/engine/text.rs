//! Arguments and Liquid texts of an action, rendered for one recipient.
//!
//! Templates see `account`, `contact` (the recipient, else the contact that the workflow is about), `event`, `owner`,
//! and kept values by name. What a template prints that is missing is listed: the message is held (semantics S6.4).

use super::effect::About;
use super::entity::Entity;
use super::env::{Here, zone};
use crate::plan::expr::{self, Env, Who};
use crate::plan::{ActionPlan, ArgPlan, AssigneePlan, PartKind, Subject, TextPlan, WorkflowPlan, escape_of};
use crate::template::{self, Data, Escape, Limits, Now};
use crate::value::Value;
use std::sync::Arc;

/// Why an action could not be prepared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Failure(pub Arc<str>);

/// The texts of one action for one recipient.
pub(super) struct Texts<'a> {
    here: Here<'a>,
    contact: Option<&'a Entity>,
    workflow: Option<&'a WorkflowPlan>,
    /// What was missing where it was printed.
    pub missing: Vec<Arc<str>>,
}

impl<'a> Texts<'a> {
    /// For an enrolment, seen from a recipient.
    pub fn new(here: Here<'a>, contact: Option<&'a Entity>, workflow: Option<&'a WorkflowPlan>) -> Self {
        let own = (here.this.subject == Subject::Contact).then_some(here.this);
        Self { here, contact: contact.or(own), workflow, missing: Vec::new() }
    }

    /// The arguments of a call, in order; a template of a message becomes its rendered parts.
    pub fn args(&mut self, args: &[(Arc<str>, ArgPlan)]) -> Result<Vec<(Arc<str>, Value)>, Failure> {
        let mut out = Vec::new();
        for (name, arg) in args {
            match arg {
                ArgPlan::Message(message) => self.message(name, *message, &mut out)?,
                ArgPlan::Recipients(_) => {}
                _ => out.push((Arc::clone(name), self.arg(arg)?)),
            }
        }
        Ok(out)
    }

    /// What a declared action's request reads besides its arguments.
    pub fn about(&self, action: u32) -> About {
        let plan = self.here.plan;
        let (mut account, mut contact) = (Vec::new(), Vec::new());
        let reads = plan.index.action_reads.get(action as usize).map_or(&[][..], Vec::as_slice);
        for (of, slot) in reads {
            let (root, known) = match of {
                Who::This => ("contact", &mut contact),
                Who::Account | Who::Outer => ("account", &mut account),
            };
            let Some(entity) = self.entity(root) else { continue };
            let name = plan.layout.schema(entity.subject).field(*slot).map(|field| Arc::clone(&field.name));
            known.extend(name.map(|name| (name, entity.snapshot.value(*slot))));
        }
        let sends = plan.actions.get(action as usize).is_some_and(ActionPlan::sends_entity);
        About {
            at: self.here.now,
            zone: zone(plan, self.here.this),
            subject: self.here.this.subject,
            account,
            contact,
            entity: if sends { self.known(self.here.this) } else { Value::Missing },
        }
    }

    fn message(
        &mut self,
        name: &Arc<str>,
        message: u32,
        out: &mut Vec<(Arc<str>, Value)>,
    ) -> Result<(), Failure> {
        let plan = self.here.plan;
        let Some(message) = plan.templates.get(message as usize) else { return Ok(()) };
        out.push((Arc::clone(name), Value::Text(Arc::clone(&message.name))));
        for (kind, text) in &message.parts {
            let escape = escape_of(*kind);
            let Some(text) = plan.texts.get(*text as usize) else { continue };
            out.push((part_name(*kind).into(), Value::Text(self.render(text, escape)?)));
        }
        Ok(())
    }

    fn arg(&mut self, arg: &ArgPlan) -> Result<Value, Failure> {
        let plan = self.here.plan;
        Ok(match arg {
            ArgPlan::Value(value) => expr::value(&plan.pool, *value, &self.here),
            ArgPlan::Text(text) => match plan.texts.get(*text as usize) {
                Some(text) => Value::Text(self.render(text, Escape::None)?),
                None => Value::Missing,
            },
            ArgPlan::Team(team) => named(plan.teams.get(*team as usize).map(|team| &team.name)),
            ArgPlan::Message(message) => {
                named(plan.templates.get(*message as usize).map(|message| &message.name))
            }
            ArgPlan::List(items) => {
                Value::List(items.iter().map(|item| self.arg(item)).collect::<Result<_, _>>()?)
            }
            ArgPlan::Object(fields) => {
                let field = |(name, arg): &(Arc<str>, ArgPlan)| -> Result<_, Failure> {
                    Ok((Arc::clone(name), self.arg(arg)?))
                };
                Value::Map(fields.iter().map(field).collect::<Result<_, _>>()?)
            }
            ArgPlan::Assignee(AssigneePlan::User(user)) => expr::value(&plan.pool, *user, &self.here),
            ArgPlan::Assignee(AssigneePlan::NextOf(team) | AssigneePlan::LeastLoadedOf(team)) => {
                named(plan.teams.get(*team as usize).and_then(|team| team.members.first()))
            }
            ArgPlan::Entity => self.known(self.here.this),
            ArgPlan::Recipients(_) => Value::Missing,
        })
    }

    /// Everything that is known of an entity.
    fn known(&self, entity: &Entity) -> Value {
        let fields = self.here.plan.layout.schema(entity.subject).fields().iter().zip(0u16..);
        let known = fields.map(|(field, slot)| (Arc::clone(&field.name), entity.snapshot.value(slot)));
        Value::Map(known.filter(|(_, value)| !value.is_missing()).collect())
    }

    fn render(&mut self, text: &TextPlan, escape: Escape) -> Result<Arc<str>, Failure> {
        let now = Now { ms: self.here.now.0, zone: zone(self.here.plan, self.here.this) };
        let rendered = template::render(&text.template, &*self, &Limits::default(), now, escape);
        let rendered = rendered.map_err(|error| Failure(error.to_string().into()))?;
        for missing in &rendered.missing {
            let path: Arc<str> = missing.path.as_str().into();
            if !self.missing.contains(&path) {
                self.missing.push(path);
            }
        }
        Ok(rendered.text.into())
    }

    fn entity(&self, root: &str) -> Option<&'a Entity> {
        match root {
            "account" if self.here.this.subject == Subject::Account => Some(self.here.this),
            "account" => self.here.account,
            "contact" => self.contact,
            _ => None,
        }
    }

    fn slot(&self, entity: &Entity, name: &str) -> Option<template::Value> {
        let schema = self.here.plan.layout.schema(entity.subject);
        let slot = schema.fields().iter().position(|field| &*field.name == name)?;
        Some(liquid(&entity.snapshot.value(slot as u16)))
    }

    fn event_field(&self, name: &str) -> Option<template::Value> {
        let event = self.here.event?;
        let declared = self.here.plan.events.get(event.event as usize)?;
        let place = declared.properties.iter().position(|(property, ..)| &**property == name)?;
        event.properties.get(place).map(liquid)
    }

    fn whole(&self, entity: &Entity) -> template::Value {
        let schema = self.here.plan.layout.schema(entity.subject);
        let fields = schema.fields().iter().zip(0u16..);
        template::Value::map(
            fields.map(|(field, slot)| (Arc::clone(&field.name), liquid(&entity.snapshot.value(slot)))),
        )
    }
}

impl Data for Texts<'_> {
    fn root(&self, name: &str) -> Option<template::Value> {
        if let Some(entity) = self.entity(name) {
            return Some(self.whole(entity));
        }
        match name {
            "owner" => self.entity("account").or(self.contact).and_then(|entity| self.slot(entity, "owner")),
            "event" => {
                let event = self.here.event?;
                let declared = self.here.plan.events.get(event.event as usize)?;
                let fields = declared.properties.iter().zip(&event.properties);
                Some(template::Value::map(
                    fields.map(|((name, ..), value)| (Arc::clone(name), liquid(value))),
                ))
            }
            _ => {
                let place = self.workflow?.kept.iter().position(|kept| &**kept == name)?;
                Some(liquid(&self.here.kept(place).to_value()))
            }
        }
    }

    fn field(&self, root: &str, field: &str) -> Option<template::Value> {
        if root == "event" {
            return self.event_field(field);
        }
        match self.entity(root) {
            Some(entity) => self.slot(entity, field),
            None => self.root(root)?.property(field),
        }
    }
}

fn named(name: Option<&Arc<str>>) -> Value {
    name.map_or(Value::Missing, |name| Value::Text(Arc::clone(name)))
}

/// What a part of a message is called among the arguments.
pub fn part_name(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Subject => "subject",
        PartKind::Text => "text",
        PartKind::Html => "html",
        PartKind::Markdown => "markdown",
    }
}

/// A value as templates see it.
pub fn liquid(value: &Value) -> template::Value {
    match value {
        Value::Missing => template::Value::Nil,
        Value::Bool(is) => template::Value::Bool(*is),
        Value::Number(number) => template::Value::from(*number),
        Value::Text(text) => template::Value::Text(Arc::clone(text)),
        Value::Time(at) => template::Value::Time(at.0),
        Value::Date(day) => template::Value::Date(*day),
        Value::Period(period) => template::Value::Duration(period.at_most()),
        Value::Level(level) => template::Value::Text(level.to_string().into()),
        Value::List(items) => template::Value::List(items.iter().map(liquid).collect()),
        Value::Map(fields) => {
            template::Value::map(fields.iter().map(|(name, value)| (Arc::clone(name), liquid(value))))
        }
    }
}
