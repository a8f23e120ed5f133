//! Definitions: attributes, events, segments, stages, health.
//!
//! Two passes: [`declare`] gives every attribute, property and stage its type before any expression is read;
//! [`define`] reads the expressions. A definition whose expression has an error keeps its place, with a condition
//! that never holds, so that indices stay good.

use super::checked::*;
use super::cx::Cx;
use super::names::{Entry, Table};
use super::scope::Scope;
use crate::base::Arena;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, AttributeSource};
use crate::value::{Type, Words};
use std::sync::Arc;

/// Types of attributes and properties, names of stages.
pub(super) fn declare(cx: &mut Cx<'_>) {
    let names = cx.names;
    for (subject, table) in names.attributes.iter() {
        for entry in table.iter() {
            let attribute = cx.attribute(subject, entry);
            cx.out.attributes.push(attribute);
        }
    }
    for (entry, properties) in names.events.iter().zip(&names.properties) {
        let properties = cx.properties(properties);
        cx.out.events.push(Event { name: Arc::clone(&entry.name), properties, span: entry.span });
    }
    for (subject, stages) in names.stages.iter() {
        if let Some((stages, ..)) = stages {
            cx.stage_words[subject] = cx.stage_names(stages);
        }
    }
}

/// Everything that is worked out.
pub(super) fn define(cx: &mut Cx<'_>) {
    let names = cx.names;
    for (subject, table) in names.attributes.iter() {
        for entry in table.iter() {
            cx.derived(subject, entry);
        }
    }
    for entry in names.segments.iter() {
        let subject = entry.decl.subject.node;
        let condition = cx.definition(&entry.decl.condition, subject);
        let name = Arc::clone(&entry.name);
        cx.out.segments.push(Segment { name, subject, condition, span: entry.span });
    }
    cx.out.stages = [Subject::Account, Subject::Contact].map(|subject| cx.stages(subject));
    cx.out.health = [Subject::Account, Subject::Contact].map(|subject| cx.health(subject));
}

impl Cx<'_> {
    fn attribute(&mut self, subject: Subject, entry: &Entry<'_, Attribute, ast::Attribute>) -> Attribute {
        let ty = self.stored_type(&entry.decl.ty).unwrap_or(Type::Any);
        let from = match &entry.decl.source {
            AttributeSource::Own => Some(Arc::clone(&entry.name)),
            AttributeSource::From(key) => Some(self.intern(&key.value)),
            AttributeSource::Derived(_) => None,
        };
        Attribute { name: Arc::clone(&entry.name), subject, ty, from, derived: None, span: entry.span }
    }

    fn properties(&mut self, table: &Table<'_, Property, ast::Attribute>) -> Arena<Property> {
        let mut properties = Arena::new();
        for entry in table.iter() {
            let ty = self.stored_type(&entry.decl.ty).unwrap_or(Type::Any);
            let from = match &entry.decl.source {
                AttributeSource::From(key) => self.intern(&key.value),
                _ => Arc::clone(&entry.name),
            };
            properties.push(Property { name: Arc::clone(&entry.name), ty, from, span: entry.span });
        }
        properties
    }

    fn stage_names(&mut self, stages: &ast::Stages) -> Words {
        stages.stages.iter().map(|stage| self.intern(&stage.name.value)).collect::<Vec<_>>().into()
    }

    fn derived(&mut self, subject: Subject, entry: &Entry<'_, Attribute, ast::Attribute>) {
        let AttributeSource::Derived(expr) = &entry.decl.source else { return };
        let Some(ty) = self.out.attributes.get(entry.idx).map(|attribute| attribute.ty.clone()) else {
            return;
        };
        let derived = self.value(expr, &Scope::definition(subject), Some(&ty));
        let derived = derived.unwrap_or_else(|| Expr::unknown(expr.at.0));
        if let Some(attribute) = self.out.attributes.get_mut(entry.idx) {
            attribute.derived = Some(derived);
        }
    }

    fn definition(&mut self, condition: &ast::Expr, subject: Subject) -> Expr {
        let checked = self.condition(condition, &Scope::definition(subject));
        checked.unwrap_or_else(|| Expr::unknown(condition.at.0))
    }

    fn stages(&mut self, subject: Subject) -> Option<Stages> {
        let (block, span, _) = self.names.stages[subject]?;
        let mut stages: Vec<Stage> = Vec::with_capacity(block.stages.len());
        for (at, stage) in block.stages.iter().enumerate() {
            let name = self.intern(&stage.name.value);
            if let Some(first) = stages.iter().find(|first| first.name == name) {
                let message = format!("the stage `{name}` is declared twice");
                let twice = Diagnostic::new(Code::DuplicateStage, stage.name.at.0, message);
                let twice = twice.other(first.span, "first here");
                self.report(twice.help("give it another name, or join both conditions by `or`"));
            }
            self.stage_shape(stage, at == 0);
            let condition = stage.condition.as_ref().map(|condition| self.definition(condition, subject));
            stages.push(Stage { name, condition, span: stage.name.at.0 });
        }
        Some(Stages { names: self.stage_words[subject].clone(), stages, span })
    }

    fn stage_shape(&mut self, stage: &ast::Stage, first: bool) {
        match &stage.condition {
            Some(condition) if first => {
                let message = "the first stage is where everyone begins, so it has no condition";
                let wrong = Diagnostic::new(Code::FirstStageCondition, condition.at.0, message);
                self.report(wrong.help("leave `when …` out, or put a stage without condition before it"));
            }
            None if !first => {
                let message =
                    format!("nobody ever comes into the stage `{}`: it has no condition", stage.name.value);
                let wrong = Diagnostic::new(Code::StageWithoutCondition, stage.at.0, message);
                self.report(wrong.help(format!("say when: `stage \"{}\" when …`", stage.name.value)));
            }
            _ => {}
        }
    }

    fn health(&mut self, subject: Subject) -> Option<Health> {
        let blocks = &self.names.health[subject];
        let (_, span, _) = blocks.first()?;
        let mut health = Health { general: Vec::new(), in_stage: Vec::new(), span: *span };
        for (block, ..) in blocks {
            let rules = self.health_rules(block, subject);
            match &block.stage {
                None => health.general = rules,
                Some(stage) => {
                    if let Some(stage) = self.stage(subject, stage) {
                        health.in_stage.push((stage, rules));
                    }
                }
            }
        }
        health.in_stage.sort_by_key(|(stage, _)| *stage);
        Some(health)
    }

    fn health_rules(&mut self, block: &ast::Health, subject: Subject) -> Vec<HealthRule> {
        let rule = |rule: &ast::HealthRule| HealthRule {
            level: rule.level.node,
            condition: self.definition(&rule.condition, subject),
        };
        block.rules.iter().map(rule).collect()
    }
}
