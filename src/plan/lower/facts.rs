//! Definitions to facts.

use super::super::*;
use super::{Lowering, order};
use crate::check::checked::{self, Definition};

impl Lowering<'_> {
    /// All facts of the project, in order. Workflows must have been lowered: their conditions count.
    pub(super) fn facts(&mut self) -> Vec<FactPlan> {
        let mut facts = Vec::new();
        for definition in &self.checked.order {
            facts.extend(self.definition(*definition));
        }
        for subject in [Subject::Account, Subject::Contact] {
            let segments = self.layout.bit_counts.get(subject.index()).copied().unwrap_or(0);
            let matched = self.matched.get(subject.index()).cloned().unwrap_or_default();
            let bit = |(condition, bit)| FactPlan { subject, kind: FactKind::Bit(bit, condition) };
            facts.extend(matched.into_iter().zip(segments..).map(bit));
        }
        let relations = self.pool.relations().iter().zip(0u32..);
        facts.extend(
            relations.map(|(relation, at)| FactPlan {
                subject: relation.over,
                kind: FactKind::Relation(RelId(at)),
            }),
        );
        let read = |fact: FactPlan| (self.reads(&fact), fact);
        let facts = facts.into_iter().map(read).map(|(deps, fact)| (fact, deps)).collect();
        order::sorted(facts)
    }

    fn reads(&self, fact: &FactPlan) -> Vec<Dep> {
        fact_reads(&self.pool, fact)
    }

    fn definition(&mut self, definition: Definition) -> Option<FactPlan> {
        let checked = self.checked;
        match definition {
            Definition::Attribute(attribute) => {
                let slot = self.layout.slot(attribute);
                let attribute = checked.attributes.get(attribute)?;
                let value = self.value(attribute.derived.as_ref()?, attribute.subject);
                Some(FactPlan { subject: attribute.subject, kind: FactKind::Slot(slot, value) })
            }
            Definition::Segment(segment) => {
                let bit = self.layout.bit(segment);
                let segment = checked.segments.get(segment)?;
                let condition = self.condition(&segment.condition, segment.subject);
                Some(FactPlan { subject: segment.subject, kind: FactKind::Bit(bit, condition) })
            }
            Definition::Stages(subject) => {
                let stages = checked.stages.get(subject.index())?.as_ref()?;
                let mut stage = |stage: &checked::Stage| {
                    let condition =
                        stage.condition.as_ref().map(|condition| self.condition(condition, subject));
                    (Arc::clone(&stage.name), condition)
                };
                let stages = stages.stages.iter().map(&mut stage).collect();
                Some(FactPlan { subject, kind: FactKind::Stage(stages) })
            }
            Definition::Health(subject) => {
                let health = checked.health.get(subject.index())?.as_ref()?;
                let names =
                    checked.stages.get(subject.index())?.as_ref().map(|stages| Arc::clone(&stages.names));
                let general = self.rules(&health.general, subject);
                let mut in_stage = Vec::new();
                for (stage, rules) in &health.in_stage {
                    let name = names.as_ref().and_then(|names| names.get(*stage)).cloned()?;
                    in_stage.push((name, self.rules(rules, subject)));
                }
                Some(FactPlan { subject, kind: FactKind::Health(HealthPlan { general, in_stage }) })
            }
        }
    }

    fn rules(&mut self, rules: &[checked::HealthRule], subject: Subject) -> Vec<(Level, CondId)> {
        rules.iter().map(|rule| (rule.level, self.condition(&rule.condition, subject))).collect()
    }

    /// The bit of a `matches` condition; equal conditions have one.
    pub(super) fn matched_bit(&mut self, condition: CondId, text: &Arc<str>, subject: Subject) -> u16 {
        let side = subject.index();
        let segments = self.layout.bit_counts.get(side).copied().unwrap_or(0);
        let Some(matched) = self.matched.get_mut(side) else { return u16::MAX };
        if let Some(known) = self.matched_bits.get(&(side, condition)) {
            return *known;
        }
        let bit = segments + matched.len() as u16;
        matched.push(condition);
        self.matched_bits.insert((side, condition), bit);
        if let Some(bits) = self.bits.get_mut(side) {
            bits.push(BitPlan { name: Arc::clone(text), segment: false });
        }
        bit
    }
}
