//! [`Template`] and [`Schema`] -> what the template reads, and what is wrong with its meaning.
//!
//! One walk in the order of the text, over every branch. It knows the types of paths, variables and filters, which paths
//! are known to be there, and at which place of the HTML each value is printed. Partials with a constant name are walked
//! where they are included. Not here: mistakes of form (the parser reports them), and everything that depends on data.
//! Tests: tests/it/template.rs with tests/cases/template/check.txt.

mod expr;
mod flow;
mod path;
mod problem;
mod tags;
mod types;

use std::sync::Arc;

use self::flow::Flow;
pub use self::problem::{Problem, ProblemKind, Severity};
pub use self::types::Ty;
use super::ast::{Node, Span, Template};
use super::html::{Escape, Tracker};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub ty: Ty,
    /// It can be missing.
    pub optional: bool,
}

/// The names that a template may use.
pub trait Schema {
    /// A root name: `contact`, `account`.
    fn root(&self, name: &str) -> Option<Field>;

    /// All root names, for suggestions.
    fn roots(&self) -> Vec<&str>;

    /// A field of an object type.
    fn field(&self, object: &str, field: &str) -> Option<Field>;

    /// All fields of an object type, for suggestions.
    fn fields(&self, object: &str) -> Vec<&str>;

    /// The template that `include` and `render` know by this name.
    fn partial(&self, _name: &str) -> Option<&Template> {
        None
    }

    /// All names of such templates, for suggestions.
    fn partials(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// In the order of the text, but for those of one expression; at most 200.
    pub problems: Vec<Problem>,
    /// In the order of the text; a path for every place that reads it.
    pub reads: Vec<Read>,
}

/// A place that reads a path of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// From a root on, as far as names go: `account.contacts[0].email` reads `account.contacts`, and so does a loop
    /// over it, whose variable then reads `account.contacts.email`.
    pub path: Vec<Arc<str>>,
    pub span: Span,
    /// The included template in which it stands; `None` in the template itself.
    pub partial: Option<Arc<str>>,
}

const MOST_PROBLEMS: usize = 200;
/// Partials inside each other are followed this far.
const MOST_PARTIALS: usize = 10;
/// Blocks inside each other, those of partials included, are followed this far: no render gets deeper.
const MOST_DEPTH: usize = 200;
/// Bytes of partials that are looked at in all, so that partials of partials can't multiply without end.
const MOST_PARTIAL_BYTES: usize = 4 << 20;

/// Checks a template against the names and types that it may use.
pub fn check(template: &Template, schema: &dyn Schema, escape: Escape) -> Checked {
    let mut checker = Checker {
        schema,
        escape,
        template,
        partials: Vec::new(),
        partial_bytes: 0,
        depth: 0,
        flow: Flow::default(),
        later: tags::assigned_names(&template.nodes),
        loops: Vec::new(),
        tracker: tracker(escape),
        checked: Checked::default(),
    };
    checker.nodes(&template.nodes);
    checker.checked
}

fn tracker(escape: Escape) -> Option<Tracker> {
    match escape {
        Escape::None | Escape::Markdown => None,
        Escape::Html => Some(Tracker::new()),
    }
}

/// The loops around a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LoopKind {
    For,
    TableRow,
}

struct Checker<'a> {
    schema: &'a dyn Schema,
    escape: Escape,
    template: &'a Template,
    /// The partials that are open, the innermost last.
    partials: Vec<Arc<str>>,
    partial_bytes: usize,
    depth: usize,
    flow: Flow,
    /// Every name that the template assigns anywhere: a loop may read it before.
    later: std::collections::BTreeSet<Arc<str>>,
    loops: Vec<LoopKind>,
    tracker: Option<Tracker>,
    checked: Checked,
}

impl<'a> Checker<'a> {
    fn report(&mut self, kind: ProblemKind, span: Span) {
        let severity = kind.severity();
        self.report_as(kind, span, severity);
    }

    fn report_as(&mut self, kind: ProblemKind, span: Span, severity: Severity) {
        let partial = self.partials.last().cloned();
        let problem = Problem { kind, span, severity, partial };
        if self.checked.problems.len() < MOST_PROBLEMS && !self.checked.problems.contains(&problem) {
            self.checked.problems.push(problem);
        }
    }

    /// The known name perhaps meant, as long as problems are still kept.
    fn near<'n>(&self, name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        if self.checked.problems.len() < MOST_PROBLEMS {
            crate::diag::suggest::nearest(name, names)
        } else {
            None
        }
    }

    fn nodes(&mut self, nodes: &'a [Node]) {
        if self.depth >= MOST_DEPTH {
            return;
        }
        self.depth += 1;
        let mut nodes = nodes.iter();
        while let Some(node) = nodes.next() {
            self.node(node);
            let after = match node {
                Node::Break(_) => "`break`",
                Node::Continue(_) => "`continue`",
                _ => continue,
            };
            if let Some(next) = nodes.next() {
                self.report(ProblemKind::Unreachable { after }, next.span());
                self.node(next);
            }
        }
        self.depth -= 1;
    }

    fn node(&mut self, node: &'a Node) {
        match node {
            Node::Text(span) => self.literal(span.of(&self.template.text), *span),
            Node::Output(expr) => {
                self.expr(expr, true);
                self.print(expr.span);
            }
            Node::Assign { name, value, .. } => self.assign(name, value),
            Node::Capture { name, body, span } => self.capture(name, body, *span),
            Node::If { branches, span } => self.if_block(branches, *span),
            Node::Case(case) => self.case(case),
            Node::For(of) => self.for_loop(of, LoopKind::For),
            Node::TableRow(of) => self.for_loop(of, LoopKind::TableRow),
            Node::Break(span) => self.outside_loop("break", *span),
            Node::Continue(span) => self.outside_loop("continue", *span),
            Node::Cycle(cycle) => self.cycle(cycle),
            Node::Count { name, span, .. } => self.count(name, *span),
            Node::IfChanged { body, span } => self.if_changed(body, *span),
            Node::Partial(partial) => self.partial(partial),
        }
    }

    fn outside_loop(&mut self, tag: &'static str, span: Span) {
        if self.loops.is_empty() && self.partials.is_empty() {
            self.report(ProblemKind::OutsideLoop { tag }, span);
        }
    }

    /// Text of the template.
    fn literal(&mut self, text: &str, span: Span) {
        if let Some(tracker) = &mut self.tracker
            && let Err(fault) = tracker.feed(text)
        {
            *tracker = Tracker::new();
            self.report(ProblemKind::Html(fault), span);
        }
    }

    /// A value is printed here.
    fn print(&mut self, span: Span) {
        let Some(tracker) = &mut self.tracker else { return };
        let slot = tracker.slot();
        tracker.unknown_value();
        if let Err(fault) = slot {
            self.report(ProblemKind::Html(fault), span);
        }
    }

    /// The place in the HTML, where the ways through `of` have to agree.
    fn agree(&mut self, ends: Option<Tracker>, of: &'static str, span: Span) {
        if let (Some(tracker), Some(ends)) = (&self.tracker, &ends)
            && !tracker.agrees(ends)
        {
            self.report(ProblemKind::HtmlPaths { of }, span);
        }
    }
}
