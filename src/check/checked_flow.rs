//! Checked workflows, actions, connectors and tests.

use super::checked::*;
use crate::base::{Idx, Instant, Period, Span};
use crate::value::{Level, Type, Value};
use rust_decimal::Decimal;
use std::sync::Arc;

/// A workflow.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its name.
    pub name: Arc<str>,
    /// The name that it had before.
    pub was: Option<Arc<str>>,
    /// What it is about.
    pub subject: Subject,
    /// For people.
    pub description: Option<Arc<str>>,
    /// Whether it runs.
    pub state: State,
    /// What starts it; at least one.
    pub triggers: Vec<Trigger>,
    /// Only if this holds then.
    pub only_if: Option<Expr>,
    /// How often an entity may be in it.
    pub enrolment: Enrolment,
    /// Its steps.
    pub steps: Vec<Step>,
    /// `exit when …`, in order.
    pub exits: Vec<Expr>,
    /// `goal when …`, in order.
    pub goals: Vec<Expr>,
    /// What becomes of those in flight when the text changes.
    pub on_edit: OnEdit,
    /// Names kept by steps (`keep task_id = …`), in order of first use.
    pub kept: Vec<Arc<str>>,
    /// Where it is declared.
    pub span: Span,
}

/// How often an entity may be in a workflow (S4.2).
#[derive(Clone, Debug, Default)]
pub struct Enrolment {
    /// `every time` rather than `once`.
    pub every: bool,
    /// A firing while in ends the run and begins a new one.
    pub restart: bool,
    /// One run for each value of this (over the event at hand and the entity).
    pub parallel_by: Option<Expr>,
    /// At most one start in such a length of time.
    pub pause: Option<Period>,
}

/// A trigger; its subject is the workflow's.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Which.
    pub kind: TriggerKind,
    /// Where.
    pub span: Span,
}

/// What fires a trigger.
#[derive(Clone, Debug)]
pub enum TriggerKind {
    /// Membership begins or ends.
    Segment {
        /// Of which.
        segment: Idx<Segment>,
        /// `enters`
        enters: bool,
    },
    /// The stage becomes, or stops being, this one (by its place).
    Stage {
        /// Which.
        stage: usize,
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
    /// A value changes. What changes: an attribute or a built-in ([`ExprKind::Attribute`], [`ExprKind::BuiltIn`]).
    Changes {
        /// What.
        of: Expr,
        /// Only from this value (which was known directly before).
        from: Option<Value>,
        /// Only to this value; `becomes` is this, and fires at first sight too (S4.1).
        to: Option<Value>,
        /// Written as `becomes`.
        becomes: bool,
    },
    /// A condition goes from false to true.
    Matches(Expr),
    /// An event arrives.
    Performs {
        /// Which.
        event: Idx<Event>,
        /// Only such.
        filter: Option<Expr>,
    },
    /// First sight.
    Created,
    /// The instant comes: a time or date expression ([`ExprKind::Attribute`] or [`ExprKind::Shift`] of it).
    Reaches(Expr),
    /// The clock.
    Clock {
        /// On which days.
        day: ClockDay,
        /// At what time.
        time: Clock,
        /// In which calendar's zone; on its closed days it does not fire.
        calendar: Option<Idx<Calendar>>,
    },
    /// By hand only.
    ByHand,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its label.
    pub label: Option<Arc<str>>,
    /// What it does.
    pub kind: StepKind,
    /// Only then.
    pub guard: Option<Expr>,
    /// What a final failure does.
    pub on_failure: OnFailure,
    /// Where.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// The first arm whose condition holds, else the last block.
    Branch {
        /// Conditions with their blocks.
        arms: Vec<(Expr, Vec<Step>)>,
        /// Else.
        otherwise: Vec<Step>,
    },
    /// One arm by a stable hash.
    Split {
        /// The label that goes into the hash; empty for a workflow's only split.
        label: Arc<str>,
        /// The arms; the shares add up to 100.
        arms: Vec<Arm>,
    },
    /// Waits.
    Wait(Wait),
    /// Leaves.
    Exit,
    /// Leaves as converted.
    Goal,
    /// Sets attributes of the subject.
    Set(Vec<(Idx<Attribute>, Expr)>),
    /// Adds to the attribute `tags`.
    AddTag(Idx<Attribute>, Arc<str>),
    /// Takes from the attribute `tags`.
    RemoveTag(Idx<Attribute>, Arc<str>),
    /// Records an event of the subject.
    Record {
        /// Which.
        event: Idx<Event>,
        /// Its properties.
        fields: Vec<(Idx<Property>, Expr)>,
    },
    /// Sets an attribute of type user.
    Assign {
        /// Which.
        attribute: Idx<Attribute>,
        /// To whom.
        to: Assignee,
    },
    /// Enrols in another workflow.
    Start {
        /// Which.
        workflow: Idx<Workflow>,
        /// Whom: contacts of the account; `None`: the subject itself.
        contacts: Option<Contacts>,
    },
    /// Ends enrolments in another workflow.
    Stop {
        /// Which.
        workflow: Idx<Workflow>,
        /// Whose: contacts of the account; `None`: the subject's own.
        contacts: Option<Contacts>,
    },
    /// Prepares an action.
    Call(Call),
}

/// An arm of a split.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Its share in percent.
    pub percent: Decimal,
    /// Its name.
    pub name: Arc<str>,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// Who becomes owner.
#[derive(Clone, Debug)]
pub enum Assignee {
    /// A user value (or `missing`, which clears).
    User(Expr),
    /// Round robin.
    NextOf(Idx<Team>),
    /// The member with the fewest entities.
    LeastLoadedOf(Idx<Team>),
}

/// `contacts where …`: of the account (of a contact's account in a workflow about contacts).
#[derive(Clone, Debug)]
pub struct Contacts {
    /// Only those; in the scope of the contact, the subject outside is [`Who::Outer`].
    pub filter: Option<Expr>,
}

/// A wait.
#[derive(Clone, Debug)]
pub enum Wait {
    /// For a length of time.
    For(Delay),
    /// Until something.
    Until {
        /// What.
        what: WaitUntil,
        /// At most so long.
        at_most: Option<Delay>,
        /// Leave when it timed out or the date is past.
        else_exit: bool,
    },
}

/// A length of a wait.
#[derive(Clone, Debug)]
pub enum Delay {
    /// So long.
    Period(Period),
    /// So many open days.
    BusinessDays {
        /// How many.
        count: u32,
        /// In which calendar; `None`: Monday to Friday, all day.
        calendar: Option<Idx<Calendar>>,
    },
}

/// What is waited for.
#[derive(Clone, Debug)]
pub enum WaitUntil {
    /// A time of day; with a calendar on one of its open days.
    Clock {
        /// When.
        time: Clock,
        /// In which calendar.
        calendar: Option<Idx<Calendar>>,
    },
    /// An event of the subject.
    Performs {
        /// Which.
        event: Idx<Event>,
        /// Only such.
        filter: Option<Expr>,
    },
    /// A message of an earlier step.
    Mail {
        /// What happens to it.
        what: MailEvent,
        /// Of which template.
        template: Idx<MessageTemplate>,
    },
    /// An instant that follows its attribute.
    Date(Expr),
    /// A condition.
    Condition(Expr),
}

/// An action of a step, its arguments in the order of the parameters.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which.
    pub action: ActionRef,
    /// One for each parameter.
    pub args: Vec<Arg>,
    /// Values kept from the response, by their place in [`Workflow::kept`].
    pub keep: Vec<(usize, Expr)>,
}

/// An action that a step can call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ActionRef {
    /// One that the machine does itself.
    BuiltIn(BuiltInAction),
    /// A declared one.
    Declared(Idx<Action>),
}

/// The actions that are more than one HTTP request. Parameters, in order: see `check::builtin`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuiltInAction {
    /// A text message through the e-mail provider.
    Email,
    /// An HTML message through the e-mail provider.
    Html,
    /// A draft in the sender's own Gmail.
    Gmail,
    /// An e-mail to a team.
    Notify,
}

/// An argument.
#[derive(Clone, Debug)]
pub enum Arg {
    /// Not given, and the parameter has no default.
    Absent,
    /// A value.
    Value(Expr),
    /// A Liquid text.
    Template(Liquid),
    /// A template by its name.
    Message(Idx<MessageTemplate>),
    /// A team by its name.
    Team(Idx<Team>),
    /// Who gets it.
    Recipients(Recipients),
    /// An object.
    Object(Vec<(Arc<str>, Arg)>),
    /// A list.
    List(Vec<Arg>),
    /// A user of a team, as for `assign`.
    Assignee(Assignee),
    /// `entity`: the account or contact of the workflow, as an object of all its attributes.
    Entity,
}

/// Who gets a message.
#[derive(Clone, Debug)]
pub enum Recipients {
    /// Contacts of the account: one message each.
    Contacts(Contacts),
    /// The contact that the workflow is about.
    Contact,
    /// Who did the event.
    EventContact,
    /// A user or an address: `owner`, `"ana@acme.com"`.
    Address(Expr),
}

/// A declared action.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its name, dotted.
    pub name: Arc<str>,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its connector.
    pub through: Option<Idx<Connector>>,
    /// Its request.
    pub request: Request,
    /// Its rules (those of the connector come behind these).
    pub rules: Rules,
    /// Where it is declared.
    pub span: Span,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Its value when not given.
    pub default: Option<Value>,
}

/// What a response means.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// It succeeded; without any: a status of 200 to 299.
    pub ok: Vec<Expr>,
    /// It is tried again.
    pub retry: Vec<Expr>,
    /// The reason of a failure.
    pub fail: Option<Expr>,
    /// Values kept by name.
    pub keep: Vec<(Arc<str>, Expr)>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, a Liquid text over the parameters; values are percent-encoded.
    pub path: Liquid,
    /// Query parameters.
    pub query: Vec<(Arc<str>, Arg)>,
    /// Headers.
    pub headers: Vec<(Arc<str>, Arg)>,
    /// The parameter that holds more headers (`headers EXPR`), an object.
    pub more_headers: Option<usize>,
    /// The body.
    pub body: Body,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub enum Body {
    /// None.
    None,
    /// JSON.
    Json(Arg),
    /// A form.
    Form(Vec<(Arc<str>, Arg)>),
    /// As it is.
    Raw(Expr),
}

/// A connector.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Its name.
    pub name: Arc<str>,
    /// Where requests go; an action without a connector, or with one without a base, has the address in its path.
    pub base: Option<Base>,
    /// How it proves who it is.
    pub auth: Option<Auth>,
    /// Its rates.
    pub rates: Vec<Rate>,
    /// Headers of every request.
    pub headers: Vec<(Arc<str>, Expr)>,
    /// The header that carries the idempotency key.
    pub idempotency: Option<Arc<str>>,
    /// The longest that one attempt may take.
    pub timeout: Option<Period>,
    /// Rules for all of its actions.
    pub rules: Rules,
    /// Where it is declared.
    pub span: Span,
}

/// Where requests go.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Base {
    /// An address.
    Address(Arc<str>),
    /// The name of the secret that holds it.
    Secret(Arc<str>),
    /// The field that holds it in the answer that brings the access token (Salesforce's `instance_url`).
    Token(Arc<str>),
}

/// How a connector proves who it is. Texts named `…secret` are names of secrets, never values.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Auth {
    /// `Authorization: Bearer …`
    Bearer {
        /// The token.
        secret: Arc<str>,
    },
    /// `Authorization: Basic …`
    Basic {
        /// The user name.
        user_secret: Arc<str>,
        /// The password; `None`: empty.
        password_secret: Option<Arc<str>>,
    },
    /// A header of its own.
    Header {
        /// Its name.
        name: Arc<str>,
        /// Its value.
        secret: Arc<str>,
    },
    /// OAuth 2 (RFC 6749): client credentials or refresh token.
    OAuth(OAuth),
    /// Standard Webhooks.
    Signed {
        /// The signing secret.
        secret: Arc<str>,
    },
}

/// OAuth 2.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct OAuth {
    /// `client_credentials`, or `refresh_token` with that secret.
    pub refresh_secret: Option<Arc<str>>,
    /// Where tokens are asked for.
    pub token_url: Base,
    /// The client's id.
    pub client_id_secret: Arc<str>,
    /// The client's secret.
    pub client_secret_secret: Arc<str>,
    /// The scope asked for.
    pub scope: Option<Arc<str>>,
    /// The client proves itself by HTTP Basic rather than in the form.
    pub basic: bool,
}

/// `rate 1 per 1s per channel`
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Period,
    /// For each value of the parameter of this name.
    pub by: Option<Arc<str>>,
}

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: Arc<str>,
    /// Its statements.
    pub statements: Vec<TestStatement>,
    /// Where it is declared.
    pub span: Span,
}

/// A statement of a test.
#[derive(Clone, Debug)]
pub struct TestStatement {
    /// Which.
    pub kind: TestStatementKind,
    /// Where.
    pub span: Span,
}

/// An entity of a test.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TestEntity {
    /// Account or contact.
    pub subject: Subject,
    /// Its id.
    pub id: Arc<str>,
}

/// Which statement.
#[derive(Clone, Debug)]
pub enum TestStatementKind {
    /// The clock goes to this instant.
    At(Instant),
    /// The clock goes on by this.
    After(Period),
    /// Traits of an entity, by attribute; undeclared ones can't be named.
    Traits {
        /// Whose.
        entity: TestEntity,
        /// The account that a contact belongs to.
        of: Option<Arc<str>>,
        /// The instant at which it was first seen elsewhere (`created_at: …`).
        created_at: Option<Instant>,
        /// The values.
        traits: Vec<(Idx<Attribute>, Value)>,
    },
    /// An event.
    Performs {
        /// Whose.
        entity: TestEntity,
        /// The account that it is done in.
        of: Option<Arc<str>>,
        /// Which.
        event: Idx<Event>,
        /// Its properties.
        properties: Vec<(Idx<Property>, Value)>,
    },
    /// Something happens to a message.
    Mail {
        /// The contact.
        contact: Arc<str>,
        /// What.
        what: MailEvent,
        /// Of which template.
        template: Idx<MessageTemplate>,
    },
    /// Enrolment by hand.
    Enrol {
        /// The entity.
        entity: TestEntity,
        /// The workflow.
        workflow: Idx<Workflow>,
    },
    /// `expect nothing more`: no action since the last expectation that was met by one.
    ExpectNothingMore,
    /// An action was, or was not, done.
    ExpectAction {
        /// `no`
        negated: bool,
        /// Which.
        action: ActionRef,
        /// Its positional arguments as texts.
        args: Vec<Arc<str>>,
        /// To this recipient.
        to: Option<Arc<str>>,
        /// Its rendered text contains these.
        containing: Vec<Arc<str>>,
    },
    /// Enrolled, or not.
    ExpectEnrolled {
        /// `not`
        negated: bool,
        /// The entity.
        entity: TestEntity,
        /// The workflow.
        workflow: Idx<Workflow>,
    },
    /// Exited, because of one of its exits (by its place in [`Workflow::exits`]).
    ExpectExited {
        /// The entity.
        entity: TestEntity,
        /// The workflow.
        workflow: Idx<Workflow>,
        /// The exit, or a goal behind the exits.
        because: Option<usize>,
    },
    /// Came to its end.
    ExpectFinished {
        /// The entity.
        entity: TestEntity,
        /// The workflow.
        workflow: Idx<Workflow>,
    },
    /// Waiting.
    ExpectWaiting {
        /// The entity.
        entity: TestEntity,
        /// The workflow.
        workflow: Idx<Workflow>,
        /// Until exactly then.
        until: Option<Instant>,
    },
    /// A condition holds of an entity.
    ExpectHolds {
        /// The entity.
        entity: TestEntity,
        /// The condition.
        condition: Expr,
    },
}
