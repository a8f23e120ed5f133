//! Checked to Plan: what runs. Conditions and values are programs over slots in one pool ([`expr`]); definitions are
//! facts in an order in which each comes behind what it reads; workflows are flat lists of instructions ([`flow`]);
//! an index says, for everything that can change, what must be worked out anew.
//!
//! Invariant: all indices are inside their tables ([`Plan::validate`] for a plan read from disk). A plan has a stored
//! form with a version, a content hash, and a listing for people ([`listing`]). Not here: running it (`engine`).

pub mod expr;
pub mod flow;
mod index;
pub mod listing;
mod lower;
mod needs;
mod requests;
pub mod stored;
mod successor;
mod texts;
mod valid;

/// The words of the language that stand in a plan: what runs it knows no room but this one for them.
pub use crate::check::checked::{
    AggregateFn, Auth, Base, BuiltInAction, Clock, ClockDay, HealthChange, MailEvent, Method, OAuth, OnEdit,
    OnFailure, PartKind, Rate, State, Subject, Weekday, Window, escape_of,
};
pub use flow::*;
pub use index::{Index, Readers, Target, TriggerId, is_account, other};
pub use lower::words::one_line;
pub use lower::{TestConditions, lower, lower_tests};
pub use needs::{AggregateView, Need};
pub use stored::StoredError;
pub use successor::Successor;

use crate::check::checked::Settings;
use crate::value::Level;
use expr::{BuiltInSlot, CondId, Dep, ExprId, Layout, Pool, RelId, Who};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The version of the stored form.
pub const FORMAT: u32 = 3;

/// A project, ready to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the stored form.
    pub format: u32,
    /// What `wayfare.toml` says.
    pub settings: Settings,
    /// The project's zone.
    pub zone: chrono_tz::Tz,
    /// Where the values of entities lie.
    pub layout: Layout,
    /// What else accounts and contacts hold (see [`Subject::index`]).
    pub subjects: [SubjectPlan; 2],
    /// Conditions, values, aggregates, relations.
    pub pool: Pool,
    /// Everything that is worked out, each behind what it reads.
    pub facts: Vec<FactPlan>,
    /// Events.
    pub events: Vec<EventPlan>,
    /// Calendars.
    pub calendars: Vec<CalendarPlan>,
    /// Teams.
    pub teams: Vec<TeamPlan>,
    /// Limits.
    pub limits: Vec<LimitPlan>,
    /// Liquid texts.
    pub texts: Vec<TextPlan>,
    /// Templates of messages.
    pub templates: Vec<MessagePlan>,
    /// Declared actions.
    pub actions: Vec<ActionPlan>,
    /// Connectors.
    pub connectors: Vec<ConnectorPlan>,
    /// Workflows, by name; behind them those that were removed and are remembered, by name.
    pub workflows: Vec<WorkflowPlan>,
    /// Earlier texts of workflows that live on, as someone is in them: made by moving a world to this plan, never by
    /// lowering.
    pub retired: Vec<RetiredPlan>,
    /// What reads what; worked out anew when a plan is loaded.
    #[serde(skip)]
    pub index: Index,
}

/// What an account or a contact holds besides its slots, which are in the layout.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SubjectPlan {
    /// Its logical facts: segments first, then conditions of `matches` triggers.
    pub bits: Vec<BitPlan>,
    /// The names of its stages.
    pub stages: Arc<[Arc<str>]>,
    /// The slot of the attribute `timezone`.
    pub zone_slot: Option<u16>,
    /// The slot of the attribute `email`.
    pub email_slot: Option<u16>,
    /// The slot of the attribute `owner`.
    pub owner_slot: Option<u16>,
}

/// A logical fact of an entity.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BitPlan {
    /// The segment's name, or the condition's text.
    pub name: Arc<str>,
    /// Whether it is a segment.
    pub segment: bool,
}

/// Something that is worked out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FactPlan {
    /// Of what. For a relation: of the entities that are counted over.
    pub subject: Subject,
    /// What.
    pub kind: FactKind,
}

/// What is worked out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum FactKind {
    /// A derived attribute.
    Slot(u16, ExprId),
    /// A logical fact.
    Bit(u16, CondId),
    /// The stage: the last whose condition holds, else the first.
    Stage(Vec<(Arc<str>, Option<CondId>)>),
    /// Health.
    Health(HealthPlan),
    /// How many related entities meet a condition: worked out for each pair, kept as a count.
    Relation(RelId),
}

/// A level, when its condition holds.
pub type LevelRule = (Level, CondId);

/// The rules of health.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HealthPlan {
    /// For every stage without rules of its own.
    pub general: Vec<LevelRule>,
    /// For one stage, by its name.
    pub in_stage: Vec<(Arc<str>, Vec<LevelRule>)>,
}

impl HealthPlan {
    /// The rules that hold in a stage.
    pub fn rules(&self, stage: Option<&str>) -> &[(Level, CondId)] {
        let own = self.in_stage.iter().find(|(name, _)| Some(&**name) == stage);
        own.map_or(&self.general, |(_, rules)| rules)
    }
}

impl Plan {
    /// What entities of that kind hold.
    pub fn subject(&self, subject: Subject) -> &SubjectPlan {
        let [account, contact] = &self.subjects;
        match subject {
            Subject::Account => account,
            Subject::Contact => contact,
        }
    }

    /// The workflows that the project has, by name.
    pub fn present(&self) -> &[WorkflowPlan] {
        let count = self.workflows.partition_point(|workflow| !workflow.removed);
        self.workflows.get(..count).unwrap_or(&[])
    }

    /// The workflow of that name, if the project has it.
    pub fn workflow(&self, name: &str) -> Option<(u32, &WorkflowPlan)> {
        let at = self.present().binary_search_by(|workflow| (*workflow.name).cmp(name)).ok()?;
        self.workflows.get(at).map(|workflow| (at as u32, workflow))
    }

    /// The place of a workflow among all by their names, the removed ones too.
    pub fn rank(&self, workflow: u32) -> u32 {
        self.index.ranks.get(workflow as usize).copied().unwrap_or(workflow)
    }

    /// A text of a workflow: version 0 is the present one, others are those of [`Self::retired`], from 1.
    pub fn version(&self, workflow: u32, version: u16) -> Option<&WorkflowPlan> {
        match usize::from(version).checked_sub(1) {
            None => self.workflows.get(workflow as usize),
            Some(at) => self
                .retired
                .get(at)
                .filter(|retired| retired.workflow == workflow)
                .map(|retired| &retired.text),
        }
    }

    /// What a fact reads, as seen from the entity that it is of; for a relation what its condition reads.
    pub fn fact_reads(&self, fact: &FactPlan) -> Vec<Dep> {
        fact_reads(&self.pool, fact)
    }
}

fn fact_reads(pool: &Pool, fact: &FactPlan) -> Vec<Dep> {
    let mut deps = Vec::new();
    let mut add = |condition: CondId| deps.extend_from_slice(pool.reads(condition));
    match &fact.kind {
        FactKind::Slot(_, value) => return pool.value_reads(*value).to_vec(),
        FactKind::Bit(_, condition) => add(*condition),
        FactKind::Stage(stages) => stages.iter().filter_map(|(_, condition)| *condition).for_each(add),
        FactKind::Health(health) => {
            let own = health.in_stage.iter().flat_map(|(_, rules)| rules);
            health.general.iter().chain(own).for_each(|(_, condition)| add(*condition));
            if !health.in_stage.is_empty() {
                deps.push(Dep::Slot(Who::This, BuiltInSlot::Stage as u16));
            }
        }
        FactKind::Relation(relation) => {
            if let Some(relation) = pool.relations().get(relation.index()) {
                add(relation.condition);
            }
        }
    }
    deps.sort_unstable();
    deps.dedup();
    deps
}

/// `account` or `contact`.
pub fn subject_word(subject: Subject) -> &'static str {
    match subject {
        Subject::Account => "account",
        Subject::Contact => "contact",
    }
}
