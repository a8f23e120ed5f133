//! What a workflow reads: itself, and through the segments, stages, health, derived attributes and relations that it
//! asks for.

use super::*;
use crate::plan::expr::{AggId, Dep, RelId, Who};
use std::collections::BTreeSet;

/// What was read, with whom it is about made plain.
#[derive(Debug, Default)]
pub(super) struct Seen {
    slots: BTreeSet<(usize, u16)>,
    bits: BTreeSet<(usize, u16)>,
    aggregates: BTreeSet<AggId>,
    relations: BTreeSet<RelId>,
    pub(super) workflows: BTreeSet<u32>,
    /// Tests that time alone changes, with when.
    flips: BTreeSet<(String, String)>,
}

/// What is still to be looked at: (what, whose scope, who is outside).
type Open = Vec<(Asked, Subject, Subject)>;

struct Walk<'w, 'a> {
    lister: &'w Lister<'a>,
    kept: &'w [Arc<str>],
    seen: Seen,
    open: Open,
    done: BTreeSet<(Asked, usize, usize)>,
}

pub(super) fn of(lister: &Lister<'_>, workflow: &WorkflowPlan) -> Vec<Section> {
    let seen = seen(lister, workflow);
    let mut sections = vec![
        Section { title: "attributes", items: lister.attributes(&seen) },
        Section { title: "definitions", items: lister.definitions(&seen) },
        Section { title: "events", items: lister.events(&seen) },
        Section { title: "time", items: flips(&seen) },
    ];
    sections.retain(|section| !section.items.is_empty());
    sections
}

pub(super) fn seen(lister: &Lister<'_>, workflow: &WorkflowPlan) -> Seen {
    let mut walk = Walk {
        lister,
        kept: &workflow.kept,
        seen: Seen::default(),
        open: super::uses::asked(workflow),
        done: BTreeSet::new(),
    };
    for trigger in &workflow.triggers {
        walk.trigger(&trigger.kind, workflow.subject);
    }
    walk.all();
    walk.seen
}

impl Walk<'_, '_> {
    fn all(&mut self) {
        while let Some((asked, subject, outer)) = self.open.pop() {
            if !self.done.insert((asked, subject.index(), outer.index())) {
                continue;
            }
            let pool = &self.lister.plan.pool;
            let writer = self.lister.writer(subject).outside(outer).kept(self.kept);
            let (deps, flips) = match asked {
                Asked::Condition(id) => (pool.reads(id), writer.flips(id)),
                Asked::Value(id) => (pool.value_reads(id), writer.value_flips(id)),
            };
            self.seen.flips.extend(flips);
            for dep in deps {
                self.dep(*dep, subject, outer);
            }
        }
    }

    fn trigger(&mut self, kind: &TriggerPlanKind, subject: Subject) {
        match kind {
            TriggerPlanKind::Bit { bit, .. } => self.dep(Dep::Bit(Who::This, *bit), subject, subject),
            TriggerPlanKind::Stage { .. } => self.slot(BuiltInSlot::Stage as u16, subject),
            TriggerPlanKind::Health { .. } => self.slot(BuiltInSlot::Health as u16, subject),
            TriggerPlanKind::Slot { slot, .. } => self.slot(*slot, subject),
            _ => {}
        }
    }

    fn slot(&mut self, slot: u16, subject: Subject) {
        if self.seen.slots.insert((subject.index(), slot)) {
            self.fact(Made::Slot(subject.index(), slot));
        }
    }

    fn dep(&mut self, dep: Dep, this: Subject, outer: Subject) {
        let of = |who: Who| match who {
            Who::This => this,
            Who::Outer => outer,
            Who::Account => Subject::Account,
        };
        match dep {
            Dep::Slot(who, slot) => self.slot(slot, of(who)),
            Dep::Bit(who, bit) => {
                let side = of(who).index();
                if self.seen.bits.insert((side, bit)) {
                    self.fact(Made::Bit(side, bit));
                }
            }
            Dep::Aggregate(_, id) => {
                self.seen.aggregates.insert(id);
            }
            Dep::Relation(id) => self.relation(id),
            Dep::Workflow(_, workflow) => {
                self.seen.workflows.insert(workflow);
            }
            _ => {}
        }
    }

    fn relation(&mut self, id: RelId) {
        let relation = self.lister.plan.pool.relations().get(id.index());
        if let Some(relation) = relation.filter(|_| self.seen.relations.insert(id)) {
            self.open.push((Asked::Condition(relation.condition), relation.over, relation.outer));
        }
    }

    fn fact(&mut self, made: Made) {
        if let Some(fact) = self.lister.facts.get(&made) {
            let subject = fact.subject;
            self.open.extend(asks(fact).into_iter().map(|asked| (asked, subject, subject)));
            if matches!(&fact.kind, FactKind::Health(health) if !health.in_stage.is_empty()) {
                self.slot(BuiltInSlot::Stage as u16, subject);
            }
        }
    }
}

/// What a definition asks.
fn asks(fact: &FactPlan) -> Vec<Asked> {
    let rules =
        |rules: &[(Level, CondId)]| rules.iter().map(|(_, rule)| Asked::Condition(*rule)).collect::<Vec<_>>();
    match &fact.kind {
        FactKind::Slot(_, value) => vec![Asked::Value(*value)],
        FactKind::Bit(_, condition) => vec![Asked::Condition(*condition)],
        FactKind::Stage(stages) => stages.iter().filter_map(|(_, when)| when.map(Asked::Condition)).collect(),
        FactKind::Health(health) => {
            let own = health.in_stage.iter().flat_map(|(_, own)| rules(own));
            rules(&health.general).into_iter().chain(own).collect()
        }
        FactKind::Relation(_) => Vec::new(),
    }
}

fn flips(seen: &Seen) -> Vec<Item> {
    seen.flips.iter().map(|(test, when)| Item::plain(format!("{test}: flips {when}"))).collect()
}

pub(super) fn subject_of(side: usize) -> Subject {
    if side == 0 { Subject::Account } else { Subject::Contact }
}

impl Lister<'_> {
    fn attributes(&self, seen: &Seen) -> Vec<Item> {
        let attribute = |(side, slot): &(usize, u16)| {
            let subject = subject_of(*side);
            let field = self.plan.layout.schema(subject).field(*slot)?;
            Some(Item::plain(format!("{}.{}  {}", subject_word(subject), field.name, field.ty)))
        };
        let mut items: Vec<_> = seen.slots.iter().filter_map(attribute).collect();
        items.sort();
        items
    }

    fn definitions(&self, seen: &Seen) -> Vec<Item> {
        let slots = seen.slots.iter().map(|(side, slot)| Made::Slot(*side, *slot));
        let bits = seen.bits.iter().map(|(side, bit)| Made::Bit(*side, *bit));
        let mut items: Vec<_> =
            slots.chain(bits).filter_map(|made| self.definition(self.facts.get(&made)?)).collect();
        items.sort();
        items
    }

    /// A definition with its conditions; `None` for the condition of a trigger, which stands there.
    pub(super) fn definition(&self, fact: &FactPlan) -> Option<Item> {
        let (of, writer) = (subject_word(fact.subject), self.writer(fact.subject));
        let text = match &fact.kind {
            FactKind::Slot(slot, value) => {
                format!("{of}.{} = {}", self.slot(fact.subject, *slot), writer.value(*value))
            }
            FactKind::Bit(bit, condition) => {
                let bits = &self.plan.subject(fact.subject).bits;
                let bit = bits.get(usize::from(*bit)).filter(|bit| bit.segment)?;
                format!("segment {:?} of {of} where {}", bit.name, writer.text(*condition))
            }
            FactKind::Stage(stages) => {
                let stage = |(name, when): &(Arc<str>, Option<CondId>)| {
                    when.map_or_else(
                        || format!("{name:?}"),
                        |when| format!("{name:?} when {}", writer.text(when)),
                    )
                };
                let lines = stages.iter().map(stage).collect();
                return Some(Item { text: format!("stages of {of}"), lines });
            }
            FactKind::Health(health) => return Some(health_item(health, of, writer)),
            FactKind::Relation(_) => return None,
        };
        Some(Item::plain(text))
    }

    fn events(&self, seen: &Seen) -> Vec<Item> {
        let needs = self.plan.pool.events_needed_by(seen.aggregates.iter().copied());
        let mut items: Vec<_> = needs
            .iter()
            .map(|need| {
                let reach = need
                    .widest
                    .map_or_else(|| "all of them".into(), |widest| format!("as far back as {widest}"));
                let of = [Subject::Account, Subject::Contact]
                    .into_iter()
                    .filter(|of| need.subjects.get(of.index()) == Some(&true));
                let of = of.map(subject_word).collect::<Vec<_>>().join(" and ");
                Item {
                    text: format!("{} of {of}: {reach}", self.event(need.event)),
                    lines: self.need_lines(need),
                }
            })
            .collect();
        items.extend(self.activity(seen));
        items.sort();
        items
    }

    fn need_lines(&self, need: &crate::plan::expr::EventNeeds) -> Vec<String> {
        let writer = self.writer(Subject::Account);
        let mut filters: Vec<_> =
            need.filters.iter().map(|filter| format!("where {}", writer.text(*filter))).collect();
        filters.sort();
        let event = self.plan.events.get(need.event as usize);
        let property = |at: &u16| {
            let (name, _, ty) = event?.properties.get(usize::from(*at))?;
            Some(format!("{name}  {ty}"))
        };
        let mut properties: Vec<_> = need.properties.iter().filter_map(property).collect();
        properties.sort();
        filters.into_iter().chain(properties).collect()
    }

    fn activity(&self, seen: &Seen) -> Vec<Item> {
        let aggregates = self.plan.pool.aggregates();
        let texts = seen.aggregates.iter().filter_map(|id| {
            let aggregate = aggregates.get(id.index())?;
            let of = subject_word(aggregate.subject);
            (aggregate.kind == expr::AggregateKind::ActiveDays).then(|| match aggregate.window {
                expr::Window::All => format!("any activity of {of}: all of it"),
                expr::Window::Last(period) => format!("any activity of {of}: in last {period}"),
                expr::Window::Previous(period) => format!("any activity of {of}: in previous {period}"),
            })
        });
        texts.map(Item::plain).collect()
    }
}

fn health_item(health: &HealthPlan, of: &str, writer: Writer<'_>) -> Item {
    let rule = |stage: &str, (level, when): &(Level, CondId)| {
        format!("{stage}{} when {}", words::level(*level), writer.text(*when))
    };
    let mut lines: Vec<_> = health.general.iter().map(|found| rule("", found)).collect();
    for (stage, rules) in &health.in_stage {
        let stage = format!("in stage {stage:?}: ");
        lines.extend(rules.iter().map(|found| rule(&stage, found)));
    }
    Item { text: format!("health of {of}"), lines }
}
