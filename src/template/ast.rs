//! The syntax tree of a template. Every node carries the bytes of the template text that it was read from.
//!
//! Comments and `doc` blocks leave no node. A `liquid` tag leaves its lines as ordinary nodes. The tree holds no
//! value of an entity and no type: what a name means is asked of a [`super::Schema`] or a [`super::Data`].

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::filters::Filter;

/// Bytes `start..end` of the template text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The span of `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The bytes of `text` that the span names; empty when it names none.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A parsed template: its text and the nodes that point into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// The text as written.
    pub text: Arc<str>,
    /// What it consists of, in order.
    pub nodes: Vec<Node>,
}

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// Text that is printed as it stands (after white space control).
    Text(Span),
    /// `{{ … }}` and `{% echo … %}`.
    Output(Expr),
    /// `{% assign name = … %}`.
    Assign { name: Name, value: Expr, span: Span },
    /// `{% capture name %}…{% endcapture %}`.
    Capture { name: Name, body: Vec<Node>, span: Span },
    /// `{% if %}` and `{% unless %}` with their `elsif` and `else`.
    If { branches: Vec<Branch>, span: Span },
    /// `{% case %}`.
    Case(Box<Case>),
    /// `{% for %}`.
    For(Box<Loop>),
    /// `{% tablerow %}`.
    TableRow(Box<Loop>),
    /// `{% break %}`.
    Break(Span),
    /// `{% continue %}`.
    Continue(Span),
    /// `{% cycle %}`.
    Cycle(Box<Cycle>),
    /// `{% increment name %}` and `{% decrement name %}`.
    Count { name: Name, by: i8, span: Span },
    /// `{% ifchanged %}`.
    IfChanged { body: Vec<Node>, span: Span },
    /// `{% include %}` and `{% render %}`.
    Partial(Box<Partial>),
}

impl Node {
    /// Where the node stands: a block from its opening tag to its end tag.
    pub fn span(&self) -> Span {
        match self {
            Node::Text(span) | Node::Break(span) | Node::Continue(span) => *span,
            Node::Output(expr) => expr.span,
            Node::Assign { span, .. } | Node::Capture { span, .. } | Node::If { span, .. } => *span,
            Node::Count { span, .. } | Node::IfChanged { span, .. } => *span,
            Node::Case(case) => case.span,
            Node::For(of) | Node::TableRow(of) => of.span,
            Node::Cycle(cycle) => cycle.span,
            Node::Partial(partial) => partial.span,
        }
    }
}

/// A name that a tag introduces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Name {
    pub text: Arc<str>,
    pub span: Span,
}

/// One arm of an `if`. The first whose test holds is rendered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// `None` for `else`.
    pub test: Option<Condition>,
    /// `unless`: the test has to fail.
    pub negated: bool,
    pub body: Vec<Node>,
    /// The tag that opens the arm.
    pub span: Span,
}

/// `{% case subject %}`: every value of every `when` that equals the subject renders its body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub subject: Operand,
    pub arms: Vec<Arm>,
    pub span: Span,
}

/// A `when` or an `else` of a `case`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// `None` for `else`, which is rendered when no `when` above it was.
    pub values: Option<Vec<Operand>>,
    pub body: Vec<Node>,
    /// The tag that opens the arm.
    pub span: Span,
}

/// A `for` or `tablerow` loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loop {
    pub variable: Name,
    pub items: Operand,
    /// `variable-collection`, under which `offset: continue` remembers where the loop stopped.
    pub label: Arc<str>,
    pub limit: Option<Operand>,
    pub offset: Option<Offset>,
    /// `cols:` of a `tablerow`.
    pub columns: Option<Operand>,
    pub reversed: bool,
    pub body: Vec<Node>,
    /// Rendered when there was nothing to loop over.
    pub otherwise: Option<Vec<Node>>,
    pub span: Span,
}

/// Where a loop begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Offset {
    /// After this many items.
    At(Operand),
    /// Where the last loop of the same label stopped.
    Continue,
}

/// `{% cycle group: a, b, c %}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cycle {
    pub group: Option<Operand>,
    /// The written values: the group of a cycle without a name.
    pub label: Arc<str>,
    pub values: Vec<Operand>,
    pub span: Span,
}

/// `{% include %}` and `{% render %}`: another template by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    pub name: Operand,
    /// `render`: the partial doesn't see the variables around it, nor they its own.
    pub isolated: bool,
    pub binding: Option<Binding>,
    pub arguments: Vec<(Name, Operand)>,
    pub span: Span,
}

/// `with value as name`, `for values as name`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    pub value: Operand,
    /// `for`: once for each item.
    pub each: bool,
    /// Without one, the partial's own name.
    pub alias: Option<Name>,
}

/// Tests joined by `and` and `or`, right associative: `a and b or c` is `a and (b or c)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub tests: Vec<Test>,
    /// `links[i]` stands between `tests[i]` and `tests[i + 1]`.
    pub links: Vec<Link>,
    pub span: Span,
}

/// The word between two tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    And,
    Or,
}

/// A value on its own (is it there, and not false?) or a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    pub left: Operand,
    pub compare: Option<(Comparison, Operand)>,
    pub span: Span,
}

/// The comparing words of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

impl Comparison {
    /// As written in a template.
    pub fn word(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Contains => "contains",
        }
    }
}

/// An operand and the filters that it runs through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// `None` in an empty `{{ }}`.
    pub value: Option<Operand>,
    pub filters: Vec<FilterCall>,
    pub span: Span,
}

/// `| name: argument, key: argument`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterCall {
    pub name: Name,
    /// `None` when there is no filter of that name.
    pub filter: Option<Filter>,
    pub arguments: Vec<Operand>,
    pub named: Vec<(Name, Operand)>,
    pub span: Span,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Operand {
    Literal(Literal, Span),
    Path(Path),
    Range(Box<(Operand, Operand)>, Span),
}

impl Operand {
    /// Where the operand stands.
    pub fn span(&self) -> Span {
        match self {
            Operand::Literal(_, span) | Operand::Range(_, span) => *span,
            Operand::Path(path) => path.span,
        }
    }
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    Nil,
    /// Equals everything that has nothing to show.
    Blank,
    /// Equals a text, list or map without content.
    Empty,
    Bool(bool),
    Int(i64),
    #[serde(with = "decimal_text")]
    Decimal(Decimal),
    Text(Arc<str>),
}

/// `root.field['key'][0]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    pub root: Key,
    /// The root's name alone.
    pub root_span: Span,
    pub segments: Vec<Segment>,
    pub span: Span,
}

impl Path {
    /// The path as plain words, `None` as soon as a part of it is only known when it is rendered.
    pub fn words(&self) -> Option<Vec<Arc<str>>> {
        let keys = std::iter::once(&self.root).chain(self.segments.iter().map(|segment| &segment.key));
        keys.map(|key| match key {
            Key::Name(name) => Some(name.clone()),
            Key::Index(_) | Key::Path(_) => None,
        })
        .collect()
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub key: Key,
    pub span: Span,
}

/// What a step of a path looks up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Key {
    /// `.name`, `['name']`.
    Name(Arc<str>),
    /// `[0]`, from the end when negative.
    Index(i64),
    /// `[other.path]`: the value found there.
    Path(Box<Path>),
}

/// Decimals are stored as their digits, which every format can hold.
mod decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
