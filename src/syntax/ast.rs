//! The tree of a `.wf` file as written: every word the user wrote, nothing resolved.
//!
//! In: made by lowering the pest pairs. Out: read by `format` and `check`. Spans do not count in comparisons
//! ([`At`]), so `==` asks whether two texts say the same. Literals keep their value only; the formatter prints them
//! from the source through their span. Not here: comments (they are a list beside the tree), types, names resolved.

pub use super::ast_expr::*;
pub use super::ast_step::*;
use super::stump::Stump;
use crate::base::{At, Instant, Node, Period};
pub use crate::value::Level;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// A word or a dotted path's part, with its place.
pub type Name = Node<String>;

/// A quoted text after escapes (or, for `"""`, after the common indentation is taken away).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Text {
    /// The text meant.
    pub value: String,
    /// The place of the whole literal, quotes included.
    pub at: At,
    /// Where its pieces stand in the source.
    pub map: TextMap,
}

/// Which source byte each byte of a decoded literal came from: pairs (offset in the value, offset in the source file),
/// ascending; between two pairs both run in step. Does not count in comparisons.
#[derive(Clone, Default)]
pub struct TextMap(pub Vec<(u32, u32)>);

impl PartialEq for TextMap {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for TextMap {}
impl std::hash::Hash for TextMap {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}
impl std::fmt::Debug for TextMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("map")
    }
}

impl TextMap {
    /// The source offset of the byte at `offset` of the value.
    pub fn source(&self, offset: usize) -> u32 {
        let offset = offset as u32;
        let after = self.0.partition_point(|(at, _)| *at <= offset);
        after.checked_sub(1).and_then(|at| self.0.get(at)).map_or(0, |(at, source)| source + (offset - at))
    }
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct File {
    /// Its declarations in order. A declaration that did not parse is left out.
    pub decls: Vec<Decl>,
    /// The heads of those that are left out.
    pub stumps: Vec<Stump>,
}

/// A declaration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decl {
    /// What it declares.
    pub kind: DeclKind,
    /// From its first word to its last.
    pub at: At,
}

/// What a declaration declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeclKind {
    /// `use std.saas`
    Use(Path),
    /// `attributes of account { … }`
    Attributes(Attributes),
    /// `event "Login" { … }`
    Event(EventDecl),
    /// `segment "Trial" of account where …`
    Segment(Segment),
    /// `stages of account { … }`
    Stages(Stages),
    /// `health of account { … }`
    Health(Health),
    /// `team "CSM" { … }`
    Team(Team),
    /// `calendar "office" { … }`
    Calendar(Calendar),
    /// `limit 2 emails per contact in 7d`
    Limit(Limit),
    /// `template "welcome" { … }`
    Template(Template),
    /// `workflow "Trial nurture" { … }`, or a bare `when …`
    Workflow(Workflow),
    /// `connector slack { … }`
    Connector(Connector),
    /// `action slack(…) through slack { … }`
    Action(ActionDecl),
    /// `test "…" { … }`
    Test(Test),
}

/// What a workflow, a segment or an attribute is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A customer: a company.
    Account,
    /// A person at customers.
    Contact,
}

/// `attributes of account { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attributes {
    /// Of what.
    pub subject: Node<Subject>,
    /// The attributes.
    pub items: Vec<Attribute>,
}

/// `signed_up time from "createdAt"`, `logins_7d number = count of "Login" in last 7d`; also an event's property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Where its value comes from.
    pub source: AttributeSource,
    /// The whole item.
    pub at: At,
}

/// Where an attribute's value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttributeSource {
    /// The trait of the same name.
    Own,
    /// `from "createdAt"`: the trait of that name.
    From(Text),
    /// `= …`: derived, never taken from the data.
    Derived(Expr),
}

/// A written type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeExpr {
    /// Which.
    pub kind: TypeKind,
    /// Where.
    pub at: At,
}

/// Which type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TypeKind {
    /// `text`
    Text,
    /// `email`: text, lower-cased and checked on entry
    Email,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `time`
    Time,
    /// `date`
    Date,
    /// `duration`
    Duration,
    /// `user`: a member of our own team, by e-mail address
    User,
    /// `template`: a Liquid text (parameters of actions only)
    Template,
    /// `object`: fields with names (parameters of actions only)
    Object,
    /// `one of (trial, paid, "past due")`
    OneOf(Vec<Word>),
    /// `list of text`
    List(Box<TypeExpr>),
}

/// A word of a `one of` list, bare or quoted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Whether it was quoted.
    pub quoted: bool,
    /// Where.
    pub at: At,
}

/// `event "Report Exported" { format text }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventDecl {
    /// Its name.
    pub name: Text,
    /// Its properties; `None` if it was declared without braces.
    pub properties: Option<Vec<Attribute>>,
}

/// `segment "Trial" of account where …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Its name.
    pub name: Text,
    /// Of what.
    pub subject: Node<Subject>,
    /// Who is in it.
    pub condition: Expr,
}

/// `stages of account { … }`: ordered; the last that matches wins, the first is the default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stages {
    /// Of what.
    pub subject: Node<Subject>,
    /// In order.
    pub stages: Vec<Stage>,
}

/// `stage "Mature" when …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    /// Its name.
    pub name: Text,
    /// When an entity is in it.
    pub condition: Option<Expr>,
    /// The whole item.
    pub at: At,
}

/// `health of account in stage "Onboarding" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// Of what.
    pub subject: Node<Subject>,
    /// Only in this stage.
    pub stage: Option<Text>,
    /// The rules.
    pub rules: Vec<HealthRule>,
}

/// `bad when …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthRule {
    /// The level.
    pub level: Node<Level>,
    /// When.
    pub condition: Expr,
    /// The whole item.
    pub at: At,
}

/// `team "CSM" { "ana@acme.com" }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Team {
    /// Its name.
    pub name: Text,
    /// E-mail addresses.
    pub members: Vec<Text>,
}

/// `calendar "office" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    /// Its name.
    pub name: Text,
    /// Its items in order.
    pub items: Vec<CalendarItem>,
}

/// One line of a calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarItem {
    /// Which.
    pub kind: CalendarItemKind,
    /// The whole item.
    pub at: At,
}

/// What a line of a calendar says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CalendarItemKind {
    /// `zone "Europe/Paris"`
    Zone(Text),
    /// `mon..fri 09:00..18:00`; one day has `first == last`
    Hours {
        /// First day.
        first: Node<Weekday>,
        /// Last day.
        last: Node<Weekday>,
        /// Opening.
        from: Node<Clock>,
        /// Closing; at or before `from` it is on the next day. `24:00` is midnight.
        to: Node<Clock>,
    },
    /// `closed 2026-12-25`, `closed 2026-12-24..2026-12-26`
    Closed {
        /// First day.
        first: Node<NaiveDate>,
        /// Last day.
        last: Node<NaiveDate>,
    },
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A time of day, in minutes from midnight (0 to 1440; 1440 only as the end of a calendar's hours).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Clock(pub u16);

/// `limit 2 emails per contact in 7d`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limit {
    /// How many at most.
    pub count: Node<Decimal>,
    /// Of what: `emails` (every e-mail action), or an action's name.
    pub what: Path,
    /// For each.
    pub per: Node<Subject>,
    /// In a window of this length.
    pub window: Node<Period>,
}

/// `template "welcome" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// Its name.
    pub name: Text,
    /// Its parts in order.
    pub parts: Vec<TemplatePart>,
}

/// `subject "…"`, `html file "…"`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplatePart {
    /// Which.
    pub kind: Node<PartKind>,
    /// `file`: the text is the path of a file, relative to the project.
    pub file: bool,
    /// The text, or the path.
    pub text: Text,
}

/// Which part of a template.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartKind {
    /// The subject line.
    Subject,
    /// Plain text.
    Text,
    /// HTML, or MJML where the file's name ends so.
    Html,
    /// Markdown, from which HTML and text are made.
    Markdown,
}

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

/// `when account enters segment "X"`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trigger {
    /// Who.
    pub subject: Node<Subject>,
    /// Does what.
    pub kind: TriggerKind,
    /// The whole, from `when`.
    pub at: At,
}

/// What fires a trigger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TriggerKind {
    /// `enters segment "X"`
    EntersSegment(Text),
    /// `leaves segment "X"`
    LeavesSegment(Text),
    /// `enters stage "X"`
    EntersStage(Text),
    /// `leaves stage "X"`
    LeavesStage(Text),
    /// `health drops to bad`, `health changes`
    Health {
        /// Which way.
        change: HealthChange,
        /// To this level only.
        to: Option<Node<Level>>,
    },
    /// `status becomes paid`
    Becomes {
        /// The attribute.
        attribute: Path,
        /// The value (arithmetic at most: no comparison).
        value: Expr,
    },
    /// `plan changes`, `plan changes from "free" to "pro"`, `plan changes to "pro"`
    Changes {
        /// The attribute.
        attribute: Path,
        /// Only from this value.
        from: Option<Expr>,
        /// Only to this value.
        to: Option<Expr>,
    },
    /// `matches …`
    Matches(Expr),
    /// `performs "X" where …`
    Performs {
        /// The event.
        event: Text,
        /// Only such.
        filter: Option<Expr>,
    },
    /// `is created`
    Created,
    /// `reaches 90d before renewal`, `reaches renewal`
    Reaches {
        /// How far from the attribute; `None` for the attribute's own instant.
        offset: Option<Offset>,
        /// The attribute, a time or a date.
        attribute: Path,
    },
    /// `reaches monday 09:00 in "office"`, `reaches 1st of month 09:00`
    Clock {
        /// On which days.
        day: Node<ClockDay>,
        /// At what time.
        time: Node<Clock>,
        /// In which calendar.
        calendar: Option<Text>,
    },
    /// `is enrolled by hand`
    ByHand,
}

/// Which way health changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthChange {
    /// To a worse level.
    Drops,
    /// To a better level.
    Rises,
    /// Either way.
    Changes,
}

/// The days of a clock trigger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockDay {
    /// `monday`
    Week(Weekday),
    /// `1st of month` … `31st of month`; in a shorter month its last day.
    Month(u8),
}

/// `90d before`, `1d after`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offset {
    /// How far.
    pub period: Node<Period>,
    /// Before rather than after.
    pub before: bool,
}

/// `connector slack { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connector {
    /// Its name.
    pub name: Name,
    /// Its items in order.
    pub items: Vec<ConnectorItem>,
}

/// An item of a connector or an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectorItem {
    /// Which.
    pub kind: ConnectorItemKind,
    /// The whole item.
    pub at: At,
}

/// What an item of a connector (or, where marked, of an action) says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConnectorItemKind {
    /// `base "https://…"`
    Base(Text),
    /// `base secret "NAME"`: the address itself is a secret
    BaseSecret(Text),
    /// `auth …`
    Auth(Auth),
    /// `rate 1 per 1s per channel`
    Rate {
        /// How many.
        count: Node<Decimal>,
        /// In how long.
        per: Node<Period>,
        /// For each value of this parameter.
        by: Option<Name>,
    },
    /// `header "Name" EXPR`
    Header {
        /// Its name.
        name: Text,
        /// Its value.
        value: Expr,
    },
    /// `idempotency header "Name"`
    Idempotency(Text),
    /// `timeout 15s`
    Timeout(Node<Period>),
    /// `ok when …` (connector or action)
    Ok(Expr),
    /// `retry when …` (connector or action)
    Retry(Expr),
    /// `fail with …` (connector or action)
    Fail(Expr),
    /// `keep task_id = …` (connector or action)
    Keep {
        /// The kept name.
        name: Name,
        /// Taken from the response.
        value: Expr,
    },
    /// `post "/path" json { … }` (action)
    Request(Request),
}

/// How a connector proves who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Auth {
    /// `auth bearer secret "X"`
    Bearer(Text),
    /// `auth basic secret "USER" secret "PASSWORD"`; one secret: the user name, with an empty password
    Basic(Text, Option<Text>),
    /// `auth header "X-Token" secret "X"`
    Header(Text, Text),
    /// `auth oauth { grant: "client_credentials" … }`
    OAuth(Vec<Field>),
    /// `auth signed secret "X"`: Standard Webhooks
    Signed(Text),
}

/// `post "/path" query { … } headers { … } json { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The method.
    pub method: Node<Method>,
    /// The path, a template.
    pub path: Text,
    /// Its parts in order.
    pub parts: Vec<RequestPart>,
}

/// An HTTP method.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A part of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestPart {
    /// `json { … }`, or `json EXPR`
    Json(Arg),
    /// `form { … }`
    Form(Vec<Field>),
    /// `raw EXPR`
    Raw(Expr),
    /// `query { … }`
    Query(Vec<Field>),
    /// `headers { … }`, or `headers PARAMETER`
    Headers(Arg),
}

/// `action slack(channel text, message template) through slack { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionDecl {
    /// Its name, dotted (`salesforce.task`).
    pub name: Path,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The connector.
    pub through: Option<Name>,
    /// Its items in order.
    pub items: Vec<ConnectorItem>,
}

/// `priority text = "NORMAL"`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Its value when it is not given.
    pub default: Option<Expr>,
    /// The whole parameter.
    pub at: At,
}

/// `test "…" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Its name.
    pub name: Text,
    /// Its statements in order.
    pub statements: Vec<Statement>,
}

/// A statement of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Which.
    pub kind: StatementKind,
    /// The whole statement.
    pub at: At,
}

/// Which statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StatementKind {
    /// `at 2026-01-05T09:00Z`
    At(Node<Instant>),
    /// `after 2d`
    After(Node<Period>),
    /// `account "acme" { … }`, `contact "ann" of "acme" { … }`
    Entity {
        /// Account or contact.
        subject: Node<Subject>,
        /// Its id.
        id: Text,
        /// `of "acme"`
        of: Option<Text>,
        /// Its attributes.
        fields: Vec<Field>,
    },
    /// `contact "ann" performs "Login" { … }`, `contact "ann" of "acme" performs …`
    Performs {
        /// Account or contact.
        subject: Node<Subject>,
        /// Its id.
        id: Text,
        /// The account it is done in.
        of: Option<Text>,
        /// The event.
        event: Text,
        /// Its properties.
        fields: Vec<Field>,
    },
    /// `contact "ann" opens "welcome"` (`clicks`, `replies to`)
    Mail {
        /// The contact.
        id: Text,
        /// What is done.
        what: Node<MailEvent>,
        /// To the message of this template.
        template: Text,
    },
    /// `enrol "acme" in "Trial nurture"`: by hand
    Enrol {
        /// The entity.
        id: Text,
        /// The workflow.
        workflow: Text,
    },
    /// `expect …`
    Expect(Expectation),
}

/// What happens to a message that was sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailEvent {
    /// It left the outbox.
    Sent,
    /// It was opened.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// It was answered.
    Replied,
}

/// What a test expects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expectation {
    /// `expect nothing more`
    NothingMore,
    /// `expect no slack`, `expect no email "welcome"`
    NoAction {
        /// The action.
        action: Path,
        /// Its positional arguments.
        args: Vec<Text>,
    },
    /// `expect email "welcome" to "ann@acme.com"`, `expect slack "#trials" containing "three days"`
    Action {
        /// The action.
        action: Path,
        /// Its positional arguments.
        args: Vec<Text>,
        /// `to "…"` and `containing "…"`, in order.
        checks: Vec<ActionCheck>,
    },
    /// `expect "acme" …`, `expect contact "acme" …`
    Entity {
        /// Where an account and a contact share the name.
        subject: Option<Node<Subject>>,
        /// The entity.
        id: Text,
        /// What of it.
        what: EntityExpectation,
    },
}

/// A check of an action that was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionCheck {
    /// `to "…"`
    To(Text),
    /// `containing "…"`
    Containing(Text),
}

/// What is expected of an entity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntityExpectation {
    /// `enrolled in "W"`, `not enrolled in "W"`
    Enrolled {
        /// `not`
        negated: bool,
        /// The workflow.
        workflow: Text,
    },
    /// `exited "W" because status = paid`
    Exited {
        /// The workflow.
        workflow: Text,
        /// The condition, as in the workflow's text.
        because: Option<Expr>,
    },
    /// `finished "W"`
    Finished(Text),
    /// `waiting in "W" until 2026-01-08T09:00Z`
    Waiting {
        /// The workflow.
        workflow: Text,
        /// Until when.
        until: Option<Node<Instant>>,
    },
    /// any condition: `in segment "Trial"`, `stage = "Adopting"`
    Holds(Expr),
}
