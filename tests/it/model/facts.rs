//! Facts: all of them, of everybody, in the order in which each stands behind those that it reads (S1.6).

use super::expr::View;
use super::log::Line;
use super::world::{Fact, Facts, Id, Model, Name};
use wayfare::check::checked::{Definition, Expr, Subject, TriggerKind};
use wayfare::value::{Level, Value};

impl Model<'_> {
    /// What can't be evaluated yet keeps what it held (S8.1).
    pub fn all_facts(&self, before: &Facts) -> Facts {
        let mut facts = Facts::new();
        for (id, entity) in self.entities.iter().filter(|(_, entity)| entity.created) {
            let given = if entity.created_at.0.is_missing() {
                Value::Time(entity.first_sight)
            } else {
                entity.created_at.0.clone()
            };
            facts.insert((id.clone(), Fact::CreatedAt), given);
            for (attribute, (value, _)) in &entity.given {
                facts.insert((id.clone(), Fact::Attribute(attribute.clone())), value.clone());
            }
        }
        for definition in &self.text.checked.order {
            let (subject, fact) = match definition {
                Definition::Attribute(at) => {
                    let attribute = &self.text.checked.attributes[*at];
                    (attribute.subject, Fact::Attribute(attribute.name.clone()))
                }
                Definition::Segment(at) => {
                    let segment = &self.text.checked.segments[*at];
                    (segment.subject, Fact::Segment(segment.name.clone()))
                }
                Definition::Stages(subject) => (*subject, Fact::Stage),
                Definition::Health(subject) => (*subject, Fact::Health),
            };
            for id in self.created(subject) {
                let key = (id, fact.clone());
                let value = if self.is_open(&key.0, &fact) {
                    before.get(&key).cloned()
                } else {
                    self.defined(&facts, *definition, &key.0)
                };
                if let Some(value) = value {
                    facts.insert(key, value);
                }
            }
        }
        for (workflow, place, condition) in self.matches() {
            for id in self.created(self.text.workflow(&workflow).unwrap().subject) {
                let fact = Fact::Matches(workflow.clone(), place);
                let value = if self.is_open(&id, &fact) {
                    before.get(&(id.clone(), fact.clone())).cloned().unwrap_or(Value::Bool(false))
                } else {
                    Value::Bool(View::of(self, &facts, &id).holds(condition))
                };
                facts.insert((id, fact), value);
            }
        }
        facts
    }

    fn matches(&self) -> Vec<(Name, usize, &Expr)> {
        let mut all = Vec::new();
        for workflow in self.text.checked.workflows.values() {
            for (place, trigger) in workflow.triggers.iter().enumerate() {
                if let TriggerKind::Matches(condition) = &trigger.kind {
                    all.push((workflow.name.clone(), place, condition));
                }
            }
        }
        all
    }

    fn defined(&self, facts: &Facts, definition: Definition, id: &Id) -> Option<Value> {
        let view = View::of(self, facts, id);
        match definition {
            Definition::Attribute(at) => {
                self.text.checked.attributes[at].derived.as_ref().map(|value| view.value(value))
            }
            Definition::Segment(at) => {
                Some(Value::Bool(view.holds(&self.text.checked.segments[at].condition)))
            }
            Definition::Stages(subject) => self.stage(&view, subject).map(|(_, name)| name),
            Definition::Health(subject) => self.health(&view, subject),
        }
    }

    /// The last stage whose condition holds, else the first.
    fn stage(&self, view: &View<'_, '_>, subject: Subject) -> Option<(usize, Value)> {
        let stages = self.text.checked.stages[subject.index()].as_ref()?;
        let holds =
            |condition: &Option<Expr>| condition.as_ref().is_some_and(|condition| view.holds(condition));
        let place = stages.stages.iter().rposition(|stage| holds(&stage.condition)).unwrap_or(0);
        Some((place, Value::Text(stages.stages.get(place)?.name.clone())))
    }

    /// The rules of the present stage, if it has any, else the general ones; bad wins over good.
    fn health(&self, view: &View<'_, '_>, subject: Subject) -> Option<Value> {
        let health = self.text.checked.health[subject.index()].as_ref()?;
        let stage = self.stage(view, subject).map(|(place, _)| place);
        let own = health.in_stage.iter().find(|(place, _)| Some(*place) == stage);
        let rules = own.map_or(&health.general, |(_, rules)| rules);
        let any = |level| rules.iter().any(|rule| rule.level == level && view.holds(&rule.condition));
        let level = if any(Level::Bad) {
            Level::Bad
        } else if any(Level::Good) {
            Level::Good
        } else {
            Level::Average
        };
        Some(Value::Level(level))
    }

    /// Logs changes of segments, stage, health and status, once each (S1.6).
    pub fn log_facts(&mut self, before: &Facts) {
        let mut lines = Vec::new();
        for ((id, fact), new) in &self.facts {
            let old = before.get(&(id.clone(), fact.clone())).cloned();
            let (name, old) = match fact {
                Fact::Segment(name) => (name.to_string(), old.unwrap_or(Value::Bool(false))),
                Fact::Stage => ("stage".to_owned(), old.unwrap_or_default()),
                Fact::Health => ("health".to_owned(), old.unwrap_or_default()),
                Fact::Attribute(name) if &**name == "status" => {
                    ("status".to_owned(), old.unwrap_or_default())
                }
                _ => continue,
            };
            if old != *new {
                let detail = format!("{name}: {old:?} -> {new:?}");
                lines.push(Line {
                    at: self.now,
                    workflow: String::new(),
                    entity: super::name(id),
                    number: 0,
                    step: String::new(),
                    kind: "fact",
                    detail,
                    shadow: false,
                });
            }
        }
        self.log.extend(lines);
    }
}
