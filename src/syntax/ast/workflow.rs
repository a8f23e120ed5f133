//! Workflows and their clauses, as written.

use super::{Expr, Path, Step, Text, Trigger};
use crate::base::{At, Node, Period};

/// `workflow "Trial nurture" { … }`, or a bare `when …`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workflow {
    /// Its name; `None` for the bare form, which is named after its file.
    pub name: Option<Text>,
    /// `was "Old"`
    pub was: Option<Text>,
    /// Its clauses in order.
    pub clauses: Vec<Clause>,
}

/// A clause of a workflow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// Which.
    pub kind: ClauseKind,
    /// The whole clause.
    pub at: At,
}

/// Which clause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClauseKind {
    /// `description "…"`
    Description(Text),
    /// `draft`, `live`, `disabled`
    State(State),
    /// `when account … or when account …`
    When(Vec<Trigger>),
    /// `if …`: only if this holds at that instant
    OnlyIf(Expr),
    /// `once`, `every time, …`
    Enrolment(Enrolment),
    /// `do …`
    Do(Vec<Step>),
    /// `exit when …`
    ExitWhen(Expr),
    /// `goal when …`
    GoalWhen(Expr),
    /// `on edit move`
    OnEdit(OnEdit),
}

/// Whether a workflow runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// In the shadow: logged as what would have happened.
    Draft,
    /// For real.
    Live,
    /// Nobody in, nothing sent.
    Disabled,
}

/// What becomes of those in flight when the text changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnEdit {
    /// They go on in the new text.
    Move,
    /// They end in the old text.
    Finish,
    /// They leave.
    Exit,
}

/// `once`, `every time, restart, at most once per 30d`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolment {
    /// `every time` rather than `once`.
    pub every: bool,
    /// `, restart` · `, in parallel by …` · `, at most once per …`, in order.
    pub options: Vec<EnrolmentOption>,
}

/// An option behind `every time`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnrolmentOption {
    /// Which.
    pub kind: EnrolmentOptionKind,
    /// Where.
    pub at: At,
}

/// Which option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EnrolmentOptionKind {
    /// `restart`
    Restart,
    /// `in parallel by event.order_id`
    ParallelBy(Path),
    /// `at most once per 30d`
    AtMostOncePer(Node<Period>),
}
