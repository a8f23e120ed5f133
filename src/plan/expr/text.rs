//! Programs as text, for reviewers: the words of the language again.
//!
//! Invariant: the text of a condition hangs on what it says alone, not on what else the pool holds: operands of `and`
//! and `or`, and words of a list, stand in alphabetical order. Nesting is bounded by the pool's own depth.

use super::node::{Aggregate, AggregateKind, Cmp, Leaf, Shape, Term, Test};
use super::{
    AggId, AggregateFn, CondId, Dep, ExprId, Layout, MovingBound, Pool, RelId, Subject, Who, Window,
};
use crate::check::checked::{ArithmeticOp, TextOp};
use crate::value::ValueRef;
use std::sync::Arc;

/// The condition in the words of the language.
pub fn text(pool: &Pool, condition: CondId, layout: &Layout, subject: Subject) -> String {
    Writer::new(pool, layout, subject).condition(condition).0
}

/// The value in the words of the language.
pub fn value_text(pool: &Pool, value: ExprId, layout: &Layout, subject: Subject) -> String {
    Writer::new(pool, layout, subject).value(value)
}

/// The aggregate in the words of the language.
pub fn aggregate_text(pool: &Pool, aggregate: AggId, layout: &Layout, subject: Subject) -> String {
    Writer::new(pool, layout, subject).aggregate(Who::This, aggregate)
}

/// What was read, each dep as a reviewer reads it, in order: `account.status`, `events "Login" in last 7d`, `time`.
pub fn reads_text(pool: &Pool, reads: &[Dep], layout: &Layout, subject: Subject) -> Vec<String> {
    let writer = Writer::new(pool, layout, subject);
    let mut lines: Vec<String> = reads.iter().map(|dep| writer.dep(*dep)).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// Writes programs in the scope of one kind of entity.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    pub(super) pool: &'a Pool,
    pub(super) layout: &'a Layout,
    pub(super) subject: Subject,
    /// Of what kind [`Who::Outer`] is.
    pub(super) outer: Subject,
    /// The names of kept values.
    kept: &'a [Arc<str>],
    /// The names of parameters.
    params: &'a [Arc<str>],
}

impl<'a> Writer<'a> {
    /// In the scope of that kind of entity, without names of kept values and parameters.
    pub fn new(pool: &'a Pool, layout: &'a Layout, subject: Subject) -> Self {
        Self { pool, layout, subject, outer: subject, kept: &[], params: &[] }
    }

    /// Where an entity of kind `outer` asks for the entities related to it.
    pub fn outside(self, outer: Subject) -> Self {
        Self { outer, ..self }
    }

    /// With the names of what steps keep.
    pub fn kept(self, kept: &'a [Arc<str>]) -> Self {
        Self { kept, ..self }
    }

    /// With the names of an action's parameters.
    pub fn params(self, params: &'a [Arc<str>]) -> Self {
        Self { params, ..self }
    }

    /// The condition.
    pub fn text(self, condition: CondId) -> String {
        self.condition(condition).0
    }
}

/// How tightly a text holds together: what is looser needs parentheses inside what is tighter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    Or,
    And,
    Not,
    One,
}

impl Writer<'_> {
    pub(super) fn condition(self, id: CondId) -> (String, Hold) {
        let tables = &self.pool.tables;
        let Some(condition) = tables.conditions.get(id.index()) else { return ("false".into(), Hold::One) };
        let nodes = condition.nodes.of(&tables.nodes);
        let mut stack: Vec<(String, Hold)> = Vec::new();
        for step in condition.shape.of(&tables.shapes) {
            let part = match *step {
                Shape::Always(is) => (is.to_string(), Hold::One),
                Shape::Leaf { node, negated } => match nodes.get(usize::from(node)) {
                    Some(node) => self.leaf(&node.leaf, negated),
                    None => ("false".into(), Hold::One),
                },
                Shape::And(count) => joined(&mut stack, count, " and ", Hold::And),
                Shape::Or(count) => joined(&mut stack, count, " or ", Hold::Or),
            };
            stack.push(part);
        }
        stack.pop().unwrap_or(("false".into(), Hold::One))
    }

    pub(super) fn leaf(self, leaf: &Leaf, negated: bool) -> (String, Hold) {
        let slot = || self.slot(leaf.of, leaf.slot);
        let a = || self.value(ExprId(leaf.a));
        let b = || self.value(ExprId(leaf.b));
        let not = if negated { "not " } else { "" };
        let plain = match leaf.test {
            Test::SlotWord => return comparison(&slot(), Cmp::Eq, &literal(leaf.word().as_ref()), negated),
            Test::SlotOrder(cmp) => {
                return comparison(&slot(), cmp, &literal(leaf.word().as_ref()), negated);
            }
            Test::SlotAmong => return (format!("{} {not}in ({})", slot(), self.words(leaf)), Hold::One),
            Test::SlotLong => return comparison(&slot(), Cmp::Eq, &self.constant(leaf.b), negated),
            Test::Slot(cmp) => return comparison(&slot(), cmp, &self.constant(leaf.b), negated),
            Test::Compare(cmp) => return comparison(&a(), cmp, &b(), negated),
            Test::SlotIn => return (format!("{} {not}in ({})", slot(), self.set(leaf.b)), Hold::One),
            Test::In => return (format!("{} {not}in ({})", a(), self.set(leaf.b)), Hold::One),
            Test::SlotMissing => return (format!("{} is {}", slot(), presence(negated)), Hold::One),
            Test::Missing => return (format!("{} is {}", a(), presence(negated)), Hold::One),
            Test::SlotReached => return comparison(&slot(), Cmp::Le, &self.bound(leaf.b), negated),
            Test::SlotAhead => return comparison(&slot(), Cmp::Gt, &self.bound(leaf.b), negated),
            Test::Reached => return comparison(&a(), Cmp::Le, &self.bound(leaf.b), negated),
            Test::Ahead => return comparison(&a(), Cmp::Gt, &self.bound(leaf.b), negated),
            Test::Bit => return (self.member(leaf, negated), Hold::One),
            Test::Workflow => return (self.enrolled(leaf, negated), Hold::One),
            Test::CountAtLeast => {
                let op = if negated { "<" } else { ">=" };
                return (format!("{} {op} {}", self.aggregate(leaf.of, AggId(leaf.a)), leaf.b), Hold::One);
            }
            Test::RelationAtLeast => {
                return (self.relation_at_least(RelId(leaf.a), leaf.b, negated), Hold::One);
            }
            Test::RelationEvery => self.related("every", RelId(leaf.a)),
            Test::SlotTrue => slot(),
            Test::True => a(),
            Test::SlotText(op) => format!("{} {} {}", slot(), search(op), self.constant(leaf.b)),
            Test::Text(op) => format!("{} {} {}", a(), search(op), b()),
            Test::SlotMatches => format!("{} matches /{}/", slot(), self.regex(leaf.b)),
            Test::Matches => format!("{} matches /{}/", a(), self.regex(leaf.b)),
            Test::TimedOut => "timed out".into(),
        };
        if negated { (format!("not {plain}"), Hold::Not) } else { (plain, Hold::One) }
    }

    /// Of what kind that one is.
    fn subject_of(self, of: Who) -> Subject {
        match of {
            Who::This => self.subject,
            Who::Outer => self.outer,
            Who::Account => Subject::Account,
        }
    }

    fn prefix(self, of: Who) -> &'static str {
        match of {
            Who::This => "",
            _ if self.subject_of(of) == Subject::Account => "account.",
            _ => "contact.",
        }
    }

    pub(super) fn slot(self, of: Who, slot: u16) -> String {
        let name = self.layout.schema(self.subject_of(of)).field(slot).map_or("?", |field| &*field.name);
        format!("{}{name}", self.prefix(of))
    }

    fn member(self, leaf: &Leaf, negated: bool) -> String {
        let [accounts, contacts] = &self.layout.names.segments;
        let names = if self.subject_of(leaf.of) == Subject::Account { accounts } else { contacts };
        let name = names.get(usize::from(leaf.slot)).map_or("?", |name| &**name);
        self.inside(leaf.of, negated, "segment", name)
    }

    fn enrolled(self, leaf: &Leaf, negated: bool) -> String {
        let name = self.layout.names.workflows.get(leaf.a as usize).map_or("?", |name| &**name);
        self.inside(leaf.of, negated, "workflow", name)
    }

    fn inside(self, of: Who, negated: bool, what: &str, name: &str) -> String {
        let whose = match self.prefix(of).strip_suffix('.') {
            Some(whose) => format!("{whose} "),
            None => String::new(),
        };
        format!("{whose}{}in {what} {name:?}", if negated { "not " } else { "" })
    }

    fn constant(self, id: u32) -> String {
        let constant = self.pool.tables.constants.get(id as usize);
        constant.map_or_else(|| "?".into(), |constant| literal(constant.as_ref()))
    }

    fn set(self, id: u32) -> String {
        let set = self.pool.tables.sets.get(id as usize);
        listed(set.into_iter().flatten().map(|id| self.constant(*id)))
    }

    fn words(self, leaf: &Leaf) -> String {
        listed(super::reads::words(self.pool, leaf).iter().map(|word| literal(word.as_ref())))
    }

    fn bound(self, id: u32) -> String {
        self.pool.tables.bounds.get(id as usize).map_or_else(|| "?".into(), |bound| moving(*bound))
    }

    fn regex(self, id: u32) -> String {
        self.pool
            .tables
            .regexes
            .get(id as usize)
            .map_or_else(|| "?".into(), |regex| regex.replace('/', "\\/"))
    }

    fn relation_at_least(self, id: RelId, n: u32, negated: bool) -> String {
        match (n, negated) {
            (1, false) => self.related("any", id),
            (1, true) => self.related("no", id),
            (n, false) => format!("{} >= {n}", self.count_of(id)),
            (n, true) => format!("{} < {n}", self.count_of(id)),
        }
    }

    fn related(self, how: &str, id: RelId) -> String {
        format!("{how} {}{}", self.over(id, ""), self.filter_of(id))
    }

    fn count_of(self, id: RelId) -> String {
        format!("count of {}{}", self.over(id, "s"), self.filter_of(id))
    }

    fn over(self, id: RelId, plural: &str) -> String {
        let over = self.pool.tables.relations.get(id.index()).map(|relation| relation.over);
        let name = if over == Some(Subject::Account) { "account" } else { "contact" };
        format!("{name}{plural}")
    }

    fn filter_of(self, id: RelId) -> String {
        let Some(relation) = self.pool.tables.relations.get(id.index()) else { return String::new() };
        let inner = Writer { subject: relation.over, outer: relation.outer, ..self };
        match inner.condition(relation.condition).0 {
            all if all == "true" => String::new(),
            condition => format!(" where ({condition})"),
        }
    }

    pub(super) fn aggregate(self, of: Who, id: AggId) -> String {
        let Some(aggregate) = self.pool.tables.aggregates.get(id.index()) else { return "?".into() };
        let whose = match self.prefix(of) {
            "" => String::new(),
            prefix => format!("{}: ", prefix.trim_end_matches('.')),
        };
        format!("{whose}{}{}", self.counted(aggregate), window(aggregate.window))
    }

    fn counted(self, aggregate: &Aggregate) -> String {
        let AggregateKind::Of { function, event, property, filter } = &aggregate.kind else {
            return "active days".into();
        };
        let names = self.layout.names.events.get(*event as usize);
        let event = names.map_or("?", |(name, _)| &**name);
        let property = property.and_then(|at| names.and_then(|(_, names)| names.get(usize::from(at))));
        let filter = filter.map_or_else(String::new, |filter| {
            let inner = Writer { subject: aggregate.subject, ..self };
            format!(" where ({})", inner.condition(filter).0)
        });
        match (function_name(*function), property) {
            (name @ ("first" | "last"), _) => format!("{name} {event:?}{filter}"),
            (name, Some(property)) => format!("{name} of {property} of {event:?}{filter}"),
            (name, None) => format!("{name} of {event:?}{filter}"),
        }
    }

    /// The value.
    pub fn value(self, id: ExprId) -> String {
        let Some(program) = self.pool.tables.programs.get(id.index()) else { return "?".into() };
        match &program.term {
            Term::Const(id) => self.constant(*id),
            Term::Moving(period, ago) => moving(MovingBound { period: *period, ago: *ago }),
            Term::Shift { base, period, before } => {
                format!("{period} {} {}", if *before { "before" } else { "after" }, self.value(*base))
            }
            Term::Slot(of, slot) => self.slot(*of, *slot),
            Term::Property(of) => self.property(of),
            Term::Enrolling(of) => format!("the enrolling {}", self.property(of)),
            Term::EventContact => "event.contact".into(),
            Term::Param(place) => named("parameter", self.params, *place),
            Term::Kept(place) => named("kept", self.kept, *place),
            Term::Response(path) => format!("response.{}", path.join(".")),
            Term::Aggregate(of, id) => self.aggregate(*of, *id),
            Term::Related(id) => self.count_of(*id),
            Term::Arithmetic(op, left, right) => {
                format!("({} {} {})", self.value(*left), sign(*op), self.value(*right))
            }
            Term::Negative(inner) => format!("-{}", self.value(*inner)),
            Term::Condition(condition) => match self.condition(*condition) {
                (text, Hold::One) => text,
                (text, _) => format!("({text})"),
            },
        }
    }

    fn property(self, of: &[(u32, u16)]) -> String {
        let name = of.first().and_then(|(event, property)| {
            let (_, names) = self.layout.names.events.get(*event as usize)?;
            names.get(usize::from(*property))
        });
        format!("event.{}", name.map_or("?", |name| &**name))
    }

    fn dep(self, dep: Dep) -> String {
        match dep {
            Dep::Slot(of, slot) => self.slot(of, slot),
            Dep::Bit(of, slot) => {
                let leaf = Leaf::new(Test::Bit, of, slot, (0, 0));
                self.member(&leaf, false).replacen("in segment", "segment", 1)
            }
            Dep::Aggregate(of, id) => self.aggregate(of, id),
            Dep::Relation(id) => self.count_of(id),
            Dep::Workflow(of, a) => {
                let leaf = Leaf::new(Test::Workflow, of, 0, (a, 0));
                self.enrolled(&leaf, false).replacen("in workflow", "workflow", 1)
            }
            Dep::Property => "the event".into(),
            Dep::Kept(_) => "kept values".into(),
            Dep::Param => "parameters".into(),
            Dep::Response => "the response".into(),
            Dep::TimedOut => "time-out".into(),
            Dep::Zone => "zone".into(),
            Dep::Time => "time".into(),
        }
    }
}

fn named(what: &str, names: &[Arc<str>], place: u32) -> String {
    names
        .get(place as usize)
        .map_or_else(|| format!("{what} {}", place.saturating_add(1)), ToString::to_string)
}

/// Takes so many parts off and joins them in alphabetical order.
fn joined(stack: &mut Vec<(String, Hold)>, count: u16, word: &str, hold: Hold) -> (String, Hold) {
    let parts = stack.split_off(stack.len().saturating_sub(usize::from(count)));
    let wrap = |(text, inner): (String, Hold)| if inner < hold { format!("({text})") } else { text };
    let mut parts: Vec<String> = parts.into_iter().map(wrap).collect();
    parts.sort();
    (parts.join(word), hold)
}

/// A missing side makes a comparison false, so its opposite is `not`, save for `=`.
fn comparison(left: &str, cmp: Cmp, right: &str, negated: bool) -> (String, Hold) {
    let op = match cmp {
        Cmp::Eq if negated => return (format!("{left} != {right}"), Hold::One),
        Cmp::Eq => "=",
        Cmp::Lt => "<",
        Cmp::Le => "<=",
        Cmp::Gt => ">",
        Cmp::Ge => ">=",
    };
    let plain = format!("{left} {op} {right}");
    if negated { (format!("not {plain}"), Hold::Not) } else { (plain, Hold::One) }
}

fn presence(negated: bool) -> &'static str {
    if negated { "present" } else { "missing" }
}

fn search(op: TextOp) -> &'static str {
    match op {
        TextOp::Contains => "contains",
        TextOp::StartsWith => "starts with",
        TextOp::EndsWith => "ends with",
    }
}

fn sign(op: ArithmeticOp) -> &'static str {
    match op {
        ArithmeticOp::Add => "+",
        ArithmeticOp::Subtract => "-",
        ArithmeticOp::Multiply => "*",
        ArithmeticOp::Divide => "/",
    }
}

fn function_name(function: AggregateFn) -> &'static str {
    match function {
        AggregateFn::Count => "count",
        AggregateFn::Sum => "sum",
        AggregateFn::Min => "min",
        AggregateFn::Max => "max",
        AggregateFn::Average => "average",
        AggregateFn::First => "first",
        AggregateFn::Last => "last",
    }
}

fn window(window: Window) -> String {
    match window {
        Window::All => String::new(),
        Window::Last(period) => format!(" in last {period}"),
        Window::Previous(period) => format!(" in previous {period}"),
    }
}

fn moving(bound: MovingBound) -> String {
    match bound {
        MovingBound { period, .. } if period.is_zero() => "now".into(),
        MovingBound { period, ago: true } => format!("{period} ago"),
        MovingBound { period, ago: false } => format!("{period} from now"),
    }
}

fn listed(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    items.sort();
    items.join(", ")
}

fn literal(constant: ValueRef<'_>) -> String {
    match constant {
        ValueRef::Missing => "missing".into(),
        ValueRef::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}
