//! Checked to Plan: slots, facts in order, flat workflows.
//!
//! In: a [`Checked`] without errors, and the sources, from which the texts that logs show are taken. Out: a [`Plan`]
//! with its index. Total: what can't be lowered does not exist in a checked project.

mod actions;
mod facts;
mod flow;
mod needs;
mod order;
mod tests;
pub(super) mod words;

use super::expr::{CondId, ExprId, Layout, Pool, Scope};
use super::*;
use crate::base::{SourceMap, Span};
use crate::check::checked::{self, Checked, LimitOf};
use std::collections::HashMap;

/// What lowering fills.
pub(super) struct Lowering<'a> {
    pub checked: &'a Checked,
    pub sources: &'a SourceMap,
    pub layout: Layout,
    pub pool: Pool,
    pub texts: Vec<TextPlan>,
    pub messages: Vec<MessagePlan>,
    /// Conditions of `matches` triggers by subject, with the bit that each has.
    pub matched: [Vec<CondId>; 2],
    /// The bits of those, by the subject's index.
    pub matched_bits: HashMap<(usize, CondId), u16>,
    pub bits: [Vec<BitPlan>; 2],
}

pub use tests::TestConditions;

/// Lowers a project that has no errors.
pub fn lower(checked: &Checked, sources: &SourceMap) -> Plan {
    lower_with(checked, sources, &[]).0
}

/// Lowers a project that has no errors, and the conditions that its tests expect.
pub fn lower_tests(checked: &Checked, sources: &SourceMap) -> (Plan, TestConditions) {
    lower_with(checked, sources, &checked.tests)
}

fn lower_with(checked: &Checked, sources: &SourceMap, tests: &[checked::Test]) -> (Plan, TestConditions) {
    let layout = Layout::of(checked);
    let segments = |side: usize| {
        let names = layout.names.segments.get(side).into_iter().flatten();
        names.map(|name| BitPlan { name: Arc::clone(name), segment: true }).collect()
    };
    let bits = [segments(0), segments(1)];
    let pool = Pool::default();
    let mut lowering = Lowering {
        checked,
        sources,
        layout,
        pool,
        texts: Vec::new(),
        messages: Vec::new(),
        matched: Default::default(),
        matched_bits: HashMap::new(),
        bits,
    };
    lowering.messages = checked.templates.values().map(|template| lowering.message(template)).collect();
    let workflows = checked.workflows.values().map(|workflow| lowering.workflow(workflow)).collect();
    let actions = checked.actions.values().map(|action| lowering.action(action)).collect();
    let connectors = checked.connectors.values().map(|connector| lowering.connector(connector)).collect();
    let conditions = lowering.tests(tests);
    let facts = lowering.facts();
    let mut plan = Plan {
        format: FORMAT,
        settings: checked.settings.clone(),
        zone: checked.settings.timezone.parse().unwrap_or(chrono_tz::UTC),
        subjects: [lowering.subject(Subject::Account), lowering.subject(Subject::Contact)],
        facts,
        events: checked.events.values().map(event).collect(),
        calendars: checked.calendars.values().map(calendar).collect(),
        teams: checked.teams.values().map(team).collect(),
        limits: checked.limits.iter().map(limit).collect(),
        texts: lowering.texts,
        templates: lowering.messages,
        actions,
        connectors,
        workflows,
        retired: Vec::new(),
        layout: lowering.layout,
        pool: lowering.pool,
        index: Index::default(),
    };
    plan.index = Index::of(&plan);
    (plan, conditions)
}

impl Lowering<'_> {
    fn subject(&self, subject: Subject) -> SubjectPlan {
        let side = subject.index();
        let schema = self.layout.schema(subject);
        let slot = |name: &str| {
            schema.fields().iter().position(|field| &*field.name == name).map(|slot| slot as u16)
        };
        let stages = self.checked.stages.get(side).and_then(Option::as_ref);
        SubjectPlan {
            bits: self.bits.get(side).cloned().unwrap_or_default(),
            stages: stages.map_or_else(|| Arc::from([]), |stages| Arc::clone(&stages.names)),
            zone_slot: slot("timezone"),
            email_slot: slot("email"),
            owner_slot: slot("owner"),
        }
    }

    /// The id of a condition in the scope of a subject.
    pub fn condition(&mut self, condition: &checked::Expr, subject: Subject) -> CondId {
        self.pool.condition(condition, Scope { checked: self.checked, layout: &self.layout, subject })
    }

    /// The id of a value in the scope of a subject.
    pub fn value(&mut self, value: &checked::Expr, subject: Subject) -> ExprId {
        self.pool.value(value, Scope { checked: self.checked, layout: &self.layout, subject })
    }

    /// The source text of a span on one line, without comments.
    pub fn words(&self, span: Span) -> Arc<str> {
        words::one_line(self.sources.slice(span)).into()
    }

    /// Puts a Liquid text in its table.
    pub fn text(&mut self, text: &checked::Liquid) -> u32 {
        let at = self.texts.len() as u32;
        self.texts.push(TextPlan { source: Arc::clone(&text.source), template: Arc::clone(&text.template) });
        at
    }

    fn message(&mut self, template: &checked::MessageTemplate) -> MessagePlan {
        let parts = template.parts.iter().map(|part| (part.kind, self.text(&part.text))).collect();
        MessagePlan { name: Arc::clone(&template.name), parts }
    }
}

fn event(event: &checked::Event) -> EventPlan {
    let property = |property: &checked::Property| {
        (Arc::clone(&property.name), Arc::clone(&property.from), property.ty.clone())
    };
    EventPlan { name: Arc::clone(&event.name), properties: event.properties.values().map(property).collect() }
}

fn calendar(calendar: &checked::Calendar) -> CalendarPlan {
    CalendarPlan {
        name: Arc::clone(&calendar.name),
        zone: calendar.zone.as_ref().and_then(|zone| zone.parse().ok()),
        hours: calendar.hours.clone(),
        closed: calendar.closed.clone(),
    }
}

fn team(team: &checked::Team) -> TeamPlan {
    TeamPlan { name: Arc::clone(&team.name), members: team.members.clone() }
}

fn limit(limit: &checked::Limit) -> LimitPlan {
    let action = match &limit.what {
        LimitOf::Emails => None,
        LimitOf::Action(action) => Some(actions::id(*action)),
    };
    LimitPlan { count: limit.count, action, per: limit.per, window: limit.window }
}
