//! A plan as text, for code review: what each workflow does, step by step, what its conditions read, and the
//! definitions that it hangs on.
//!
//! Invariant: a workflow's listing hangs on that workflow and on the definitions that it reads, not on what else the
//! project holds or in which order, so that a diff shows what an edit did. Not here: files (`cli`).
//! Tests: tests/it/cli/plan.rs.

use super::expr::{CondId, Dep, ExprId, Who, reads_text, text, value_text};
use super::flow::{Op, WorkflowPlan};
use super::{FactKind, FactPlan, Plan, index, subject_word};
use crate::check::checked::Subject;
use crate::value::Level;
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// The listing of a workflow of the plan; it ends with a line end.
pub fn listing(plan: &Plan, workflow: &WorkflowPlan) -> String {
    let mut listing = Listing {
        plan,
        subject: workflow.subject,
        text: String::new(),
        seen: BTreeSet::new(),
        facts: Vec::new(),
    };
    listing.head(workflow);
    listing.triggers(workflow);
    listing.steps(workflow);
    listing.watches(workflow);
    listing.definitions();
    listing.text
}

struct Listing<'a> {
    plan: &'a Plan,
    subject: Subject,
    text: String,
    /// What was followed already: whose, what kind the entity outside is, what.
    seen: BTreeSet<(Subject, Subject, Dep)>,
    /// The facts that were met.
    facts: Vec<&'a FactPlan>,
}

impl<'a> Listing<'a> {
    fn line(&mut self, indent: usize, words: &str) {
        let words = words.replace('\n', " ");
        let _ = writeln!(self.text, "{:indent$}{words}", "");
    }

    fn head(&mut self, workflow: &WorkflowPlan) {
        let name = &workflow.name;
        self.line(0, &format!("workflow \"{name}\" of {}", subject_word(workflow.subject)));
        if let Some(was) = &workflow.was {
            self.line(2, &format!("was \"{was}\""));
        }
        let state = word(&workflow.state);
        let edit = word(&workflow.on_edit);
        self.line(2, &format!("{state}, on edit {edit}, {}", enrolment(self.plan, workflow)));
    }

    fn triggers(&mut self, workflow: &WorkflowPlan) {
        self.line(0, "starts");
        for trigger in &workflow.triggers {
            self.line(2, &trigger.text);
            self.trigger_reads(&trigger.kind);
        }
        if let Some(condition) = workflow.only_if {
            self.condition(2, "if", condition);
        }
    }

    /// What a trigger hangs on besides its own words.
    fn trigger_reads(&mut self, kind: &super::TriggerPlanKind) {
        use super::TriggerPlanKind as Kind;
        let subject = self.subject;
        match kind {
            Kind::Bit { bit, .. } => self.follow(subject, subject, &[Dep::Bit(Who::This, *bit)]),
            Kind::Slot { slot, .. } => self.follow(subject, subject, &[Dep::Slot(Who::This, *slot)]),
            Kind::Stage { .. } => self.follow(subject, subject, &[stage()]),
            Kind::Health { .. } => self.follow(subject, subject, &[health()]),
            Kind::Performs { filter: Some(filter), .. } => self.condition(4, "where", *filter),
            Kind::Reaches(value) => self.value(4, "at", *value),
            Kind::Performs { .. } | Kind::Created | Kind::Clock(_) | Kind::ByHand => {}
        }
    }

    fn steps(&mut self, workflow: &WorkflowPlan) {
        self.line(0, "does");
        let words = |step: u32| workflow.steps.get(step as usize).map_or("", |step| &*step.text);
        for (at, op) in workflow.ops.iter().enumerate() {
            match op {
                Op::Do { step, guard, .. } | Op::Wait { step, guard, .. } | Op::Exit { step, guard, .. } => {
                    self.line(2, &format!("{at:>3}  {}", words(*step)));
                    if let Some(guard) = guard {
                        self.condition(7, "if", *guard);
                    }
                }
                Op::Branch { condition, otherwise, .. } => {
                    self.line(2, &format!("{at:>3}  branch, else go to {otherwise}"));
                    self.condition(7, "if", *condition);
                }
                Op::Jump(to) => self.line(2, &format!("{at:>3}  go to {to}")),
                Op::Split { arms, label, .. } => {
                    let label = if label.is_empty() { String::new() } else { format!(" \"{label}\"") };
                    self.line(2, &format!("{at:>3}  split{label}"));
                    for arm in arms {
                        let percent = Decimal::new(i64::from(arm.share), 4).normalize();
                        self.line(7, &format!("{percent}% \"{}\": go to {}", arm.name, arm.target));
                    }
                }
                Op::End => self.line(2, &format!("{at:>3}  end")),
            }
            self.inside(op);
        }
    }

    /// What an instruction waits for.
    fn inside(&mut self, op: &Op) {
        use super::{WaitPlan, WaitUntilPlan};
        let Op::Wait { wait, .. } = op else { return };
        let WaitPlan::Until { what, .. } = &**wait else { return };
        match what {
            WaitUntilPlan::Condition(condition) => self.condition(7, "until", *condition),
            WaitUntilPlan::Performs(_, Some(filter)) => self.condition(7, "where", *filter),
            WaitUntilPlan::Date(value) => self.value(7, "until", *value),
            WaitUntilPlan::Performs(_, None) | WaitUntilPlan::Clock(..) | WaitUntilPlan::Mail(..) => {}
        }
    }

    fn watches(&mut self, workflow: &WorkflowPlan) {
        if workflow.goals.is_empty() && workflow.exits.is_empty() {
            return;
        }
        self.line(0, "watches");
        for goal in &workflow.goals {
            self.condition(2, "goal when", goal.condition);
        }
        for exit in &workflow.exits {
            self.condition(2, "exit when", exit.condition);
        }
    }

    /// A condition with what it reads.
    fn condition(&mut self, indent: usize, words: &str, condition: CondId) {
        let Plan { pool, layout, .. } = self.plan;
        self.line(indent, &format!("{words} {}", text(pool, condition, layout, self.subject)));
        self.reads(indent + 2, pool.reads(condition));
    }

    /// A value with what it reads.
    fn value(&mut self, indent: usize, words: &str, value: ExprId) {
        let Plan { pool, layout, .. } = self.plan;
        self.line(indent, &format!("{words} {}", value_text(pool, value, layout, self.subject)));
        self.reads(indent + 2, pool.value_reads(value));
    }

    fn reads(&mut self, indent: usize, reads: &[Dep]) {
        let words = reads_text(&self.plan.pool, reads, &self.plan.layout, self.subject);
        if !words.is_empty() {
            self.line(indent, &format!("reads {}", words.join(", ")));
        }
        self.follow(self.subject, self.subject, reads);
    }

    /// Goes from what is read to the facts behind it, and on from these.
    fn follow(&mut self, this: Subject, outer: Subject, reads: &[Dep]) {
        let mut waiting: Vec<(Subject, Subject, Dep)> = reads.iter().map(|dep| (this, outer, *dep)).collect();
        while let Some((this, outer, dep)) = waiting.pop() {
            if !self.seen.insert((this, outer, dep)) {
                continue;
            }
            if let Dep::Relation(id) = dep {
                let relation = self.plan.pool.relations().get(id.index());
                let Some(relation) = relation else { continue };
                let reads = self.plan.pool.reads(relation.condition).iter();
                waiting.extend(reads.map(|dep| (relation.over, relation.outer, *dep)));
            }
            let Some((of, fact)) = self.fact(this, outer, dep) else { continue };
            if !self.facts.iter().any(|known| std::ptr::eq(*known, fact)) {
                self.facts.push(fact);
            }
            waiting.extend(self.plan.fact_reads(fact).into_iter().map(|dep| (of, of, dep)));
        }
    }

    /// The fact that is read, if it is one, and whose it is.
    fn fact(&self, this: Subject, outer: Subject, dep: Dep) -> Option<(Subject, &'a FactPlan)> {
        let subject = |who| match who {
            Who::This => this,
            Who::Outer => outer,
            Who::Account => Subject::Account,
        };
        let is = |kind: &FactKind, dep: Dep| match (kind, dep) {
            (FactKind::Slot(slot, _), Dep::Slot(_, read)) => *slot == read,
            (FactKind::Bit(bit, _), Dep::Bit(_, read)) => *bit == read,
            (FactKind::Stage(_), Dep::Slot(..)) => same_slot(dep, stage()),
            (FactKind::Health(_), Dep::Slot(..)) => same_slot(dep, health()),
            _ => false,
        };
        let (Dep::Slot(who, _) | Dep::Bit(who, _)) = dep else { return None };
        let of = subject(who);
        let fact = self.plan.facts.iter().find(|fact| fact.subject == of && is(&fact.kind, dep))?;
        Some((of, fact))
    }

    /// The definitions that were met, in the order of their texts.
    fn definitions(&mut self) {
        if self.facts.is_empty() {
            return;
        }
        let facts = std::mem::take(&mut self.facts);
        let mut texts: Vec<String> = facts.into_iter().map(|fact| definition(self.plan, fact)).collect();
        texts.sort();
        self.line(0, "where");
        for text in texts {
            for line in text.lines() {
                self.line(2, line);
            }
        }
    }
}

fn stage() -> Dep {
    Dep::Slot(Who::This, super::expr::BuiltInSlot::Stage as u16)
}

fn health() -> Dep {
    Dep::Slot(Who::This, super::expr::BuiltInSlot::Health as u16)
}

fn same_slot(a: Dep, b: Dep) -> bool {
    matches!((a, b), (Dep::Slot(_, a), Dep::Slot(_, b)) if a == b)
}

fn enrolment(plan: &Plan, workflow: &WorkflowPlan) -> String {
    let enrolment = &workflow.enrolment;
    let mut words = String::from(if enrolment.every { "every time" } else { "once" });
    if enrolment.restart {
        words.push_str(", restart");
    }
    if let Some(key) = enrolment.parallel_by {
        let key = value_text(&plan.pool, key, &plan.layout, workflow.subject);
        let _ = write!(words, ", in parallel by {key}");
    }
    if let Some(pause) = enrolment.pause {
        let _ = write!(words, ", at most once per {pause}");
    }
    words
}

/// A definition with what it reads, as lines.
fn definition(plan: &Plan, fact: &FactPlan) -> String {
    let subject = fact.subject;
    let of = subject_word(subject);
    let condition = |id: CondId| text(&plan.pool, id, &plan.layout, subject);
    let mut lines = match &fact.kind {
        FactKind::Slot(slot, value) => {
            let name = reads_text(&plan.pool, &[Dep::Slot(Who::This, *slot)], &plan.layout, subject).join("");
            format!("attribute {name} of {of} = {}", value_text(&plan.pool, *value, &plan.layout, subject))
        }
        FactKind::Bit(bit, id) => {
            format!("{} of {of} where {}", bit_name(plan, subject, *bit), condition(*id))
        }
        FactKind::Stage(stages) => {
            let stage = |(name, when): &(Arc<str>, Option<CondId>)| match when {
                Some(id) => format!("\n  stage \"{name}\" when {}", condition(*id)),
                None => format!("\n  stage \"{name}\""),
            };
            format!("stages of {of}{}", stages.iter().map(stage).collect::<String>())
        }
        FactKind::Health(health) => {
            let rules = |rules: &[(Level, CondId)]| {
                let rule = |(level, id): &(Level, CondId)| format!("{} when {}", word(level), condition(*id));
                rules.iter().map(rule).collect::<Vec<_>>()
            };
            let own = health.in_stage.iter().flat_map(|(name, own)| {
                rules(own).into_iter().map(move |rule| format!("in stage \"{name}\" {rule}"))
            });
            let lines = rules(&health.general).into_iter().chain(own).map(|line| format!("\n  {line}"));
            format!("health of {of}{}", lines.collect::<String>())
        }
        FactKind::Relation(_) => format!("relation of {}", subject_word(index::other(subject))),
    };
    let reads = reads_text(&plan.pool, &plan.fact_reads(fact), &plan.layout, subject);
    if !reads.is_empty() {
        let _ = write!(lines, "\n  reads {}", reads.join(", "));
    }
    lines
}

fn bit_name(plan: &Plan, subject: Subject, bit: u16) -> String {
    let bits = plan.subjects.get(subject.index()).map(|subject| &subject.bits);
    match bits.and_then(|bits| bits.get(usize::from(bit))) {
        Some(bit) if bit.segment => format!("segment \"{}\"", bit.name),
        _ => "condition".into(),
    }
}

/// The word of the language for a value of one of its closed lists.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
