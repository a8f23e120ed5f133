//! Steps and arguments, as written.

use super::{Clock, Expr, MailEvent, Name, Offset, Path, Text};
use crate::base::{At, Node, Period};
use rust_decimal::Decimal;

/// A step of a workflow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// `label "x":`
    pub label: Option<Text>,
    /// What it does.
    pub kind: StepKind,
    /// `if …` behind it: only then.
    pub guard: Option<Expr>,
    /// `on failure …` behind it.
    pub on_failure: Option<Node<OnFailure>>,
    /// `keep task_id = response.json.id` behind a call.
    pub keep: Vec<Keep>,
    /// The whole step.
    pub at: At,
}

/// What becomes of the enrolment when an action has failed for good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It goes on.
    Continue,
    /// It leaves.
    Exit,
}

/// `keep task_id = response.json.id`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keep {
    /// The name for later steps.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

/// What a step does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepKind {
    /// `if … { } else if … { } else { }`
    Branch(Branch),
    /// `split { 50% "a" { } … }`
    Split(Vec<Arm>),
    /// `wait …`
    Wait(Wait),
    /// `exit`
    Exit,
    /// `goal`
    Goal,
    /// `set plan_tier: "gold"`
    Set(Vec<Named>),
    /// `add tag "vip"`
    AddTag(Text),
    /// `remove tag "vip"`
    RemoveTag(Text),
    /// `record "Event" { … }`
    Record {
        /// The event.
        event: Text,
        /// Its properties; `None` if written without braces.
        fields: Option<Vec<Field>>,
    },
    /// `assign owner: …`
    Assign(Named),
    /// `start "Workflow" for: …`
    Start {
        /// The workflow.
        workflow: Text,
        /// `for: contacts where …` and other named arguments.
        named: Vec<Named>,
    },
    /// `stop "Workflow"`
    Stop {
        /// The workflow.
        workflow: Text,
        /// `for: contacts where …` and other named arguments.
        named: Vec<Named>,
    },
    /// `email "tpl" to: …`, `slack "#c" "m"`, …
    Call(Call),
}

/// `if … { } else if … { } else { }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// Each condition with its block.
    pub arms: Vec<(Expr, Vec<Step>)>,
    /// `else { … }`
    pub otherwise: Option<Vec<Step>>,
}

/// `50% "a" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arm {
    /// Its share, as the number before the sign.
    pub percent: Node<Decimal>,
    /// Its name.
    pub name: Text,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The whole arm.
    pub at: At,
}

/// `wait …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    /// `wait 3d`, `wait 2 business days in "office"`
    For(Delay),
    /// `wait until …`
    Until {
        /// What is waited for.
        what: WaitUntil,
        /// `at most 7d`
        at_most: Option<Delay>,
        /// `else exit`
        else_exit: bool,
    },
}

/// A length of a wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delay {
    /// `3d`
    Period(Node<Period>),
    /// `2 business days in "office"`
    BusinessDays {
        /// How many.
        count: Node<Decimal>,
        /// In which calendar.
        calendar: Option<Text>,
    },
}

/// What is waited for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WaitUntil {
    /// `09:00 in "office"`
    Clock {
        /// The time of day.
        time: Node<Clock>,
        /// The calendar.
        calendar: Option<Text>,
    },
    /// `performs "Login" where …`
    Performs {
        /// The event.
        event: Text,
        /// Only such.
        filter: Option<Expr>,
    },
    /// `sent "welcome"`, `opened`, `clicked`, `replied`
    Mail {
        /// What happens to it.
        what: Node<MailEvent>,
        /// The template of the message.
        template: Text,
    },
    /// `3d before renewal`; a bare `renewal` is a [`WaitUntil::Condition`] that `check` takes as its instant.
    Date {
        /// How far from it.
        offset: Offset,
        /// The attribute.
        attribute: Path,
    },
    /// `status = paid`
    Condition(Expr),
}

/// `email "tpl" to: …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The action, dotted.
    pub action: Path,
    /// Literals, in order, before any named argument.
    pub positional: Vec<Expr>,
    /// `name: value`, in order.
    pub named: Vec<Named>,
}

/// `to: contacts where …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The parameter.
    pub name: Name,
    /// The value.
    pub value: Arg,
    /// The whole.
    pub at: At,
}

/// A field of an object: `name: value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name, bare or quoted.
    pub name: Name,
    /// Whether it was quoted.
    pub quoted: bool,
    /// The value.
    pub value: Arg,
    /// The whole.
    pub at: At,
}

/// An argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arg {
    /// Which.
    pub kind: ArgKind,
    /// Where.
    pub at: At,
}

/// Which argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArgKind {
    /// `{ a: 1  b: "x" }`
    Object(Vec<Field>),
    /// `[1, 2]`
    List(Vec<Arg>),
    /// `contacts`, `contacts where …`
    Contacts(Option<Expr>),
    /// `next of "CSM"`
    NextOf(Text),
    /// `least loaded of "CSM"`
    LeastLoadedOf(Text),
    /// `secret "NAME"` (fields of `auth oauth` only)
    Secret(Text),
    /// any value or condition
    Value(Expr),
}
