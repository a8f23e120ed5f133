//! A readable, stable text of what was checked: for snapshots of the checked form and as the key under which equal
//! aggregates are one.
//!
//! One line a definition, a step or an item, an expression as `(operator operand …)`, spans left out: two texts are
//! the same when they mean the same. Not here: the trees of templates, whose text is shown as it is written.

mod connect;
mod expr;
mod flow;
mod shared;
mod statement;

pub(super) use expr::aggregate_key;

use super::checked::*;
use super::collect::subject_word;
use crate::base::{Arena, Idx};
use expr::{aggregate_text, expression, level};
use std::fmt::Write;

/// A whole checked project: what is defined and in which order it is worked out, then workflows, what they call, tests.
pub fn listing(checked: &Checked) -> String {
    let mut out = definitions(checked);
    let mut lines = Lines { out: &mut out, checked, depth: 0 };
    shared::shared(&mut lines);
    connect::connectors(&mut lines);
    flow::workflows(&mut lines);
    statement::tests(&mut lines);
    out
}

fn definitions(checked: &Checked) -> String {
    let mut out = String::new();
    for (_, attribute) in checked.attributes.iter() {
        attribute_line(&mut out, checked, attribute);
    }
    for (_, event) in checked.events.iter() {
        let properties =
            event.properties.values().map(|property| format!(" {} {}", property.name, property.ty));
        line(&mut out, &format!("event {:?}{}", event.name, properties.collect::<Vec<_>>().join(",")));
    }
    for (_, segment) in checked.segments.iter() {
        let condition = expression(Some(checked), &segment.condition);
        line(
            &mut out,
            &format!("segment {:?} of {} {condition}", segment.name, subject_word(segment.subject)),
        );
    }
    for subject in [Subject::Account, Subject::Contact] {
        for stage in checked.stages_of(subject).iter().flat_map(|stages| &stages.stages) {
            let condition = stage.condition.as_ref().map_or("-".into(), |it| expression(Some(checked), it));
            line(&mut out, &format!("stage {:?} of {} {condition}", stage.name, subject_word(subject)));
        }
    }
    for subject in [Subject::Account, Subject::Contact] {
        if let Some(health) = checked.health_of(subject) {
            health_lines(&mut out, checked, subject, health);
        }
    }
    for (idx, aggregate) in checked.aggregates.iter() {
        line(&mut out, &format!("aggregate {} {}", idx.raw(), aggregate_text(Some(checked), aggregate)));
    }
    let order: Vec<String> = checked.order.iter().map(|it| definition(checked, *it)).collect();
    line(&mut out, format!("order {}", order.join(" ")).trim_end());
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// Lines with their depth, in a project whose names they show.
struct Lines<'a> {
    out: &'a mut String,
    checked: &'a Checked,
    depth: usize,
}

impl Lines<'_> {
    fn line(&mut self, text: impl AsRef<str>) {
        self.out.push_str(&"  ".repeat(self.depth));
        self.out.push_str(text.as_ref());
        self.out.push('\n');
    }

    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    fn expr(&self, expr: &Expr) -> String {
        expression(Some(self.checked), expr)
    }

    /// ` word (…)` where there is a condition.
    fn optional(&self, word: &str, expr: Option<&Expr>) -> String {
        expr.map_or(String::new(), |expr| format!(" {word}{}", self.expr(expr)))
    }
}

/// A variant as a word: `StartsWith` as `starts-with`.
fn word(of: impl std::fmt::Debug) -> String {
    let mut out = String::new();
    for c in format!("{of:?}").chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The quoted name of what stands there.
fn name<T>(arena: &Arena<T>, at: Idx<T>, of: impl Fn(&T) -> &str) -> String {
    arena.get(at).map_or_else(|| format!("{at:?}"), |found| format!("{:?}", of(found)))
}

/// The items with a space in front of each.
fn joined<T>(items: &[T], print: impl Fn(&T) -> String) -> String {
    items.iter().fold(String::new(), |out, item| out + " " + &print(item))
}

fn attribute_line(out: &mut String, checked: &Checked, attribute: &Attribute) {
    let mut text =
        format!("attribute {}.{} {}", subject_word(attribute.subject), attribute.name, attribute.ty);
    if let Some(from) = attribute.from.as_ref().filter(|from| **from != attribute.name) {
        let _ = write!(text, " from {from:?}");
    }
    if let Some(derived) = &attribute.derived {
        let _ = write!(text, " = {}", expression(Some(checked), derived));
    }
    line(out, &text);
}

fn health_lines(out: &mut String, checked: &Checked, subject: Subject, health: &Health) {
    let mut rules = |stage: String, rules: &[HealthRule]| {
        for rule in rules {
            let (of, level) = (subject_word(subject), level(rule.level));
            line(
                out,
                &format!("health of {of}{stage} {level} {}", expression(Some(checked), &rule.condition)),
            );
        }
    };
    rules(String::new(), &health.general);
    for (at, in_stage) in &health.in_stage {
        let name = checked.stages_of(subject).and_then(|stages| stages.names.get(*at));
        rules(format!(" in {:?}", name.map_or("", |name| name)), in_stage);
    }
}

fn definition(checked: &Checked, definition: Definition) -> String {
    match definition {
        Definition::Attribute(idx) => checked.attributes.get(idx).map_or_else(String::new, |attribute| {
            format!("{}.{}", subject_word(attribute.subject), attribute.name)
        }),
        Definition::Segment(idx) => {
            format!("segment:{:?}", checked.segments.get(idx).map_or("", |segment| &segment.name))
        }
        Definition::Stages(subject) => format!("stages:{}", subject_word(subject)),
        Definition::Health(subject) => format!("health:{}", subject_word(subject)),
    }
}
