//! The flow half of a plan: what a workflow does, flat, with conditions and values by their ids in the pool.
//!
//! Invariant: every [`Pc`] is inside its workflow's `ops`, which end with [`Op::End`]; ids are of the plan's tables.

use super::expr::{CondId, ExprId};
use crate::base::Period;
use crate::base::nest::nested;
use crate::check::checked::{
    BuiltInAction, Clock, ClockDay, HealthChange, MailEvent, Method, OnEdit, OnFailure, PartKind, State,
    Subject,
};
use crate::template::Template;
use crate::value::{Level, Type, Value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A place in [`WorkflowPlan::ops`].
pub type Pc = u32;

/// A workflow, ready to run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WorkflowPlan {
    /// Its name.
    pub name: Arc<str>,
    /// The name that it had before.
    pub was: Option<Arc<str>>,
    /// The name that goes into splits and idempotency keys: its first one, which stays when it is renamed.
    pub origin: Arc<str>,
    /// The project has it no more; whoever was in it is remembered.
    pub removed: bool,
    /// What it is about.
    pub subject: Subject,
    /// For people.
    pub description: Option<Arc<str>>,
    /// Whether it runs.
    pub state: State,
    /// What becomes of those in flight when the text changes.
    pub on_edit: OnEdit,
    /// How often an entity may be in it.
    pub enrolment: EnrolmentPlan,
    /// What starts it.
    pub triggers: Vec<TriggerPlan>,
    /// Only if this holds then.
    pub only_if: Option<CondId>,
    /// What ends it.
    pub exits: Vec<Watch>,
    /// What ends it as converted.
    pub goals: Vec<Watch>,
    /// Its steps, flat.
    pub ops: Vec<Op>,
    /// What each step is, for logs, reports and edits.
    pub steps: Vec<StepPlan>,
    /// Names kept by steps.
    pub kept: Vec<Arc<str>>,
}

/// An earlier text of a workflow that lives on until the last one in it has ended (`on edit finish`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RetiredPlan {
    /// Of which (an index of [`super::Plan::workflows`]).
    pub workflow: u32,
    /// The text.
    pub text: WorkflowPlan,
}

impl WorkflowPlan {
    /// The conditions that an enrolment watches: goals, exits, waits.
    pub fn watched(&self) -> impl Iterator<Item = CondId> + '_ {
        let waits = self.ops.iter().filter_map(|op| match op {
            Op::Wait { wait, .. } => match &**wait {
                WaitPlan::Until { what: WaitUntilPlan::Condition(condition), .. } => Some(*condition),
                _ => None,
            },
            _ => None,
        });
        self.goals.iter().chain(&self.exits).map(|watch| watch.condition).chain(waits)
    }

    /// The conditions that are asked at an instant: `if`, guards, branches.
    pub fn conditions(&self) -> impl Iterator<Item = CondId> + '_ {
        let asked = |op: &Op| match op {
            Op::Do { guard, .. } | Op::Wait { guard, .. } | Op::Exit { guard, .. } => *guard,
            Op::Branch { condition, .. } => Some(*condition),
            _ => None,
        };
        self.only_if.into_iter().chain(self.ops.iter().filter_map(asked))
    }

    /// Whether a step asks who has the fewest.
    pub fn asks_for_loads(&self) -> bool {
        let asks = |op: &Op| matches!(op, Op::Do { act, .. } if matches!(**act, Act::Assign(_, AssigneePlan::LeastLoadedOf(_))));
        self.ops.iter().any(asks)
    }
}

/// A condition that is watched, with its text for the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Watch {
    /// The condition.
    pub condition: CondId,
    /// As the user wrote it, on one line.
    pub text: Arc<str>,
}

/// How often an entity may be in a workflow.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct EnrolmentPlan {
    /// `every time` rather than `once`.
    pub every: bool,
    /// A firing while in ends the run and begins a new one.
    pub restart: bool,
    /// One run for each value of this.
    pub parallel_by: Option<ExprId>,
    /// At most one start in such a length of time.
    pub pause: Option<Period>,
}

/// A trigger.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TriggerPlan {
    /// Which.
    pub kind: TriggerPlanKind,
    /// As the user wrote it, on one line.
    pub text: Arc<str>,
}

/// What fires a trigger.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum TriggerPlanKind {
    /// A bit (a segment's membership, a `matches` condition) goes on, or off.
    Bit {
        /// Which.
        bit: u16,
        /// On.
        on: bool,
    },
    /// The stage becomes, or stops being, this one.
    Stage {
        /// Its name.
        stage: Arc<str>,
        /// `enters`
        enters: bool,
    },
    /// Health changes.
    Health {
        /// Which way.
        change: HealthChange,
        /// To this level only.
        to: Option<Level>,
    },
    /// A slot's value changes.
    Slot {
        /// Which.
        slot: u16,
        /// Only from this.
        from: Option<Value>,
        /// Only to this.
        to: Option<Value>,
        /// Fires at first sight too.
        becomes: bool,
    },
    /// An event arrives.
    Performs {
        /// Which (an index of [`super::Plan::events`]).
        event: u32,
        /// Only such.
        filter: Option<CondId>,
    },
    /// First sight.
    Created,
    /// The instant comes.
    Reaches(ExprId),
    /// The clock.
    Clock(ClockPlan),
    /// By hand only.
    ByHand,
}

/// A trigger of the clock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClockPlan {
    /// On which days.
    pub day: ClockDay,
    /// At what time.
    pub time: Clock,
    /// In which calendar.
    pub calendar: Option<u32>,
}

/// What a step is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StepPlan {
    /// Its label.
    pub label: Option<Arc<str>>,
    /// Where it stands: `3`, `4.a.1` (inside arm `a` of step 4): what logs call it when it has no label.
    pub path: Arc<str>,
    /// A short text of it: `email "welcome"`, `wait 3d`.
    pub text: Arc<str>,
    /// What it is made of, without its place: equal steps of two versions of a workflow have equal digests.
    pub digest: u64,
    /// The step in whose block it stands, and in which block of it; `None`: it stands at the top.
    pub inside: Option<(u32, u16)>,
    /// Its blocks: the names of a split's arms; the conditions of a branch as written, the last one empty: `else`.
    pub blocks: Vec<Arc<str>>,
    /// Its first op.
    pub entry: Pc,
    /// The op behind it and all that stands inside it.
    pub behind: Pc,
    /// The kept values that it reads, in its guard, its condition, its arguments and its texts: it waits for them
    /// (semantics S6.2).
    pub needs: Vec<u16>,
}

impl StepPlan {
    /// What logs call it.
    pub fn name(&self) -> &Arc<str> {
        self.label.as_ref().unwrap_or(&self.path)
    }
}

/// One instruction. `step` is an index of [`WorkflowPlan::steps`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Op {
    /// Does something.
    Do {
        /// Which step.
        step: u32,
        /// Only then.
        guard: Option<CondId>,
        /// What.
        act: Box<Act>,
    },
    /// Waits.
    Wait {
        /// Which step.
        step: u32,
        /// Only then.
        guard: Option<CondId>,
        /// For what.
        wait: Box<WaitPlan>,
    },
    /// Goes on when the condition holds, else to `otherwise`.
    Branch {
        /// Which step.
        step: u32,
        /// The condition.
        condition: CondId,
        /// Where to otherwise.
        otherwise: Pc,
    },
    /// Goes there.
    Jump(Pc),
    /// Goes to one arm by a stable hash.
    Split {
        /// Which step.
        step: u32,
        /// Goes into the hash.
        label: Arc<str>,
        /// The arms.
        arms: Vec<ArmPlan>,
    },
    /// Leaves.
    Exit {
        /// Which step.
        step: u32,
        /// Only then.
        guard: Option<CondId>,
        /// As converted.
        goal: bool,
    },
    /// The end.
    End,
}

impl Op {
    /// The step that it is of, if of one.
    pub fn step(&self) -> Option<u32> {
        match self {
            Self::Do { step, .. }
            | Self::Wait { step, .. }
            | Self::Branch { step, .. }
            | Self::Split { step, .. }
            | Self::Exit { step, .. } => Some(*step),
            Self::Jump(_) | Self::End => None,
        }
    }
}

/// An arm of a split.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ArmPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Its share, in millionths.
    pub share: u32,
    /// Its first op.
    pub target: Pc,
}

/// What a step does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Act {
    /// Sets slots of the subject.
    Set(Vec<(u16, ExprId)>),
    /// Adds to a list of texts.
    AddTag(u16, Arc<str>),
    /// Takes from a list of texts.
    RemoveTag(u16, Arc<str>),
    /// Records an event of the subject: (property, value).
    Record(u32, Vec<(u16, ExprId)>),
    /// Sets a slot of type user.
    Assign(u16, AssigneePlan),
    /// Enrols in a workflow (an index of [`super::Plan::workflows`]).
    Start(u32, Option<ContactsPlan>),
    /// Ends enrolments in a workflow.
    Stop(u32, Option<ContactsPlan>),
    /// Prepares an action.
    Call(CallPlan),
}

/// Who becomes owner.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum AssigneePlan {
    /// A value.
    User(ExprId),
    /// Round robin in a team.
    NextOf(u32),
    /// The member of a team with the fewest.
    LeastLoadedOf(u32),
}

/// `contacts where …`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ContactsPlan {
    /// Only those, in the scope of the contact.
    pub filter: Option<CondId>,
}

/// A call of an action.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallPlan {
    /// Its name, as in the text.
    pub name: Arc<str>,
    /// What runs it.
    pub action: ActionId,
    /// (parameter, argument), in the order of the parameters; absent ones are left out.
    pub args: Vec<(Arc<str>, ArgPlan)>,
    /// (index of [`WorkflowPlan::kept`], value over the response).
    pub keep: Vec<(u16, ExprId)>,
    /// What a final failure does.
    pub on_failure: OnFailure,
}

/// What runs a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ActionId {
    /// The machine itself.
    BuiltIn(BuiltInAction),
    /// An index of [`super::Plan::actions`].
    Declared(u32),
}

/// An argument.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ArgPlan {
    /// A value.
    Value(ExprId),
    /// A Liquid text (an index of [`super::Plan::texts`]).
    Text(u32),
    /// A template of a message (an index of [`super::Plan::templates`]).
    Message(u32),
    /// A team.
    Team(u32),
    /// Who gets it.
    Recipients(RecipientsPlan),
    /// An object.
    #[serde(deserialize_with = "nested")]
    Object(Vec<(Arc<str>, ArgPlan)>),
    /// A list.
    #[serde(deserialize_with = "nested")]
    List(Vec<ArgPlan>),
    /// The entity at hand, whole.
    Entity,
    /// A user of a team.
    Assignee(AssigneePlan),
}

/// Who gets a message.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum RecipientsPlan {
    /// Contacts of the account.
    Contacts(ContactsPlan),
    /// The contact that the workflow is about.
    Contact,
    /// Who did the event.
    EventContact,
    /// An address.
    Address(ExprId),
}

/// A wait.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum WaitPlan {
    /// For a length of time.
    For(DelayPlan),
    /// Until something.
    Until {
        /// What.
        what: WaitUntilPlan,
        /// At most so long.
        at_most: Option<DelayPlan>,
        /// Leave on time-out, or when the date is past.
        else_exit: bool,
    },
}

/// A length of a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DelayPlan {
    /// So long.
    Period(Period),
    /// So many open days in a calendar.
    BusinessDays(u32, Option<u32>),
}

/// What is waited for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum WaitUntilPlan {
    /// A time of day, in a calendar.
    Clock(Clock, Option<u32>),
    /// An event.
    Performs(u32, Option<CondId>),
    /// Something happens to a message of a template.
    Mail(MailEvent, u32),
    /// An instant that follows its attribute.
    Date(ExprId),
    /// A condition.
    Condition(CondId),
}

/// A Liquid text. Stored as its source and read again: no stored tree is deeper than the parser allows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "Arc<str>", into = "Arc<str>")]
pub struct TextPlan {
    /// Its source.
    pub source: Arc<str>,
    /// Its tree.
    pub template: Arc<Template>,
}

impl From<Arc<str>> for TextPlan {
    fn from(source: Arc<str>) -> Self {
        let (template, _) = crate::template::parse(&source, crate::template::Options::default());
        Self { source, template: Arc::new(template) }
    }
}

impl From<TextPlan> for Arc<str> {
    fn from(text: TextPlan) -> Self {
        text.source
    }
}

/// A template of a message.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MessagePlan {
    /// Its name.
    pub name: Arc<str>,
    /// Its parts: (which, index of [`super::Plan::texts`]).
    pub parts: Vec<(PartKind, u32)>,
}

/// A team.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TeamPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Addresses, in order.
    pub members: Vec<Arc<str>>,
}

/// A calendar.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CalendarPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Its zone.
    pub zone: Option<chrono_tz::Tz>,
    /// Opening hours for each weekday, Monday first; none at all: always open.
    pub hours: [Vec<(Clock, Clock)>; 7],
    /// Closed days, both ends included.
    pub closed: Vec<(chrono::NaiveDate, chrono::NaiveDate)>,
}

/// A limit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LimitPlan {
    /// How many at most.
    pub count: u32,
    /// Of one action; `None`: of all e-mail.
    pub action: Option<ActionId>,
    /// For each.
    pub per: Subject,
    /// In a window of this length.
    pub window: Period,
}

impl LimitPlan {
    /// The limit in words.
    pub fn text(&self) -> String {
        format!("{} per {} in {}", self.count, super::subject_word(self.per), self.window)
    }
}

/// An event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Its properties: (name, key in the data, type).
    pub properties: Vec<(Arc<str>, Arc<str>, Type)>,
}

/// A declared action.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ActionPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Its parameters: (name, type, default).
    pub params: Vec<(Arc<str>, Type, Option<Value>)>,
    /// Its connector (an index of [`super::Plan::connectors`]).
    pub through: Option<u32>,
    /// What is looked up before, in order.
    pub finds: Vec<FindPlan>,
    /// Its request.
    pub request: RequestPlan,
    /// What a response means.
    pub rules: RulesPlan,
}

/// A request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RequestPlan {
    /// The method.
    pub method: Method,
    /// The path (an index of [`super::Plan::texts`]).
    pub path: u32,
    /// Query parameters.
    pub query: Vec<(Arc<str>, ArgPlan)>,
    /// Headers.
    pub headers: Vec<(Arc<str>, ArgPlan)>,
    /// The parameter whose fields are more headers.
    pub more_headers: Option<u16>,
    /// The body.
    pub body: BodyPlan,
}

/// Something looked up before a request: the first source that has it. To programs it is one more parameter, behind
/// those that are declared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FindPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Where it is looked for, in order.
    pub sources: Vec<SourcePlan>,
    /// What a response to such a request means: the rules of the connector.
    pub rules: RulesPlan,
}

/// Where something is looked for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum SourcePlan {
    /// A value.
    Value(ExprId),
    /// A value of the response to a request.
    Asked {
        /// The request.
        request: RequestPlan,
        /// The value.
        take: ExprId,
    },
    /// It has to be there: without it the action fails with this reason.
    Fail(ArgPlan),
}

/// The body of a request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum BodyPlan {
    /// None.
    None,
    /// JSON.
    Json(ArgPlan),
    /// A form.
    Form(Vec<(Arc<str>, ArgPlan)>),
    /// As it is.
    Raw(ExprId),
}

/// What a response means; rules of the action stand before those of its connector.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RulesPlan {
    /// It succeeded.
    pub ok: Vec<CondId>,
    /// It is tried again.
    pub retry: Vec<CondId>,
    /// The reason of a failure.
    pub fail: Option<ExprId>,
    /// Values kept.
    pub keep: Vec<(Arc<str>, ExprId)>,
}

/// A connector.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConnectorPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Where requests go.
    pub base: Option<crate::check::checked::Base>,
    /// How it proves who it is.
    pub auth: Option<crate::check::checked::Auth>,
    /// Its rates.
    pub rates: Vec<crate::check::checked::Rate>,
    /// Headers of every request.
    pub headers: Vec<(Arc<str>, ExprId)>,
    /// The header that carries the idempotency key.
    pub idempotency: Option<Arc<str>>,
    /// The longest that one attempt may take.
    pub timeout: Option<Period>,
}
