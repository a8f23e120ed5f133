//! The tags.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::flow::{self, Flow, Join, Variable};
use super::path::unknown;
use super::problem::{ProblemKind, Severity};
use super::types::Ty;
use super::{Checker, LoopKind, MOST_PARTIAL_BYTES, MOST_PARTIALS, tracker};
use crate::template::ast::{
    Branch, Case, Comparison, Cycle, Expr, Literal, Loop, Name, Node, Offset, Operand, Partial, Span,
    Template,
};
use crate::template::html;

/// What failing tests say is kept for so many of them.
const MOST_FACTS: usize = 32;

/// Every name that these nodes give a value to.
pub(super) fn assigned_names(nodes: &[Node]) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    collect_names(nodes, &mut names);
    names
}

fn collect_names(nodes: &[Node], names: &mut BTreeSet<Arc<str>>) {
    for node in nodes {
        if let Node::Assign { name, .. } | Node::Count { name, .. } | Node::Capture { name, .. } = node {
            names.insert(name.text.clone());
        }
        for body in bodies(node) {
            collect_names(body, names);
        }
    }
}

/// The blocks inside a node.
fn bodies(node: &Node) -> Vec<&[Node]> {
    match node {
        Node::Capture { body, .. } | Node::IfChanged { body, .. } => vec![body],
        Node::If { branches, .. } => branches.iter().map(|branch| &*branch.body).collect(),
        Node::Case(case) => case.arms.iter().map(|arm| &*arm.body).collect(),
        Node::For(of) | Node::TableRow(of) => {
            let otherwise = of.otherwise.as_deref().unwrap_or_default();
            vec![&of.body, otherwise]
        }
        Node::Text(_) | Node::Output(_) | Node::Assign { .. } | Node::Break(_) | Node::Continue(_) => {
            Vec::new()
        }
        Node::Cycle(_) | Node::Count { .. } | Node::Partial(_) => Vec::new(),
    }
}

impl<'a> Checker<'a> {
    pub(super) fn assign(&mut self, name: &'a Name, value: &'a Expr) {
        let variable = self.expr(value, false);
        self.hides_root(name);
        self.flow.assign(&name.text, variable);
    }

    fn hides_root(&mut self, name: &Name) {
        if self.schema.root(&name.text).is_some() {
            self.report(ProblemKind::HidesRoot { name: name.text.to_string() }, name.span);
        }
    }

    pub(super) fn capture(&mut self, name: &'a Name, body: &'a [Node], span: Span) {
        self.hides_root(name);
        let outer = std::mem::replace(&mut self.tracker, tracker(self.escape));
        self.nodes(body);
        self.agree(tracker(self.escape), "this `capture`", span);
        self.tracker = outer;
        self.flow.assign(&name.text, Variable { ty: Ty::Text, ..unknown() });
    }

    pub(super) fn count(&mut self, name: &'a Name, span: Span) {
        self.hides_root(name);
        self.flow.assign(&name.text, Variable { ty: Ty::Number, ..unknown() });
        self.print(span);
    }

    pub(super) fn cycle(&mut self, cycle: &'a Cycle) {
        for operand in cycle.group.iter().chain(&cycle.values) {
            self.operand(operand);
        }
        self.print(cycle.span);
    }

    pub(super) fn if_changed(&mut self, body: &'a [Node], span: Span) {
        let before = self.tracker;
        self.nodes(body);
        self.agree(before, "this `ifchanged`", span);
    }

    /// The branches of a block: each begins where the block begins, and all have to end at one place of the HTML.
    fn branch(&mut self, ends: &mut Ends, body: &'a [Node], facts: Vec<flow::Words>) {
        self.tracker = ends.start;
        let mark = self.flow.mark();
        self.flow.learn(facts);
        self.nodes(body);
        self.flow.end_branch(mark, &mut ends.join);
        if ends.branches == 0 {
            ends.end = self.tracker;
        } else {
            self.agree(ends.end, "this block", ends.span);
        }
        ends.branches += 1;
    }

    fn end_branches(&mut self, ends: Ends, exhaustive: bool) {
        self.flow.join(ends.join, exhaustive);
        if !exhaustive {
            self.agree(ends.start, "this block", ends.span);
        }
        self.tracker = if ends.branches == 0 { ends.start } else { ends.end };
    }

    pub(super) fn if_block(&mut self, branches: &'a [Branch], span: Span) {
        let mut ends = Ends::new(self.tracker, span);
        let mut exhaustive = false;
        // What the failing tests above a branch say.
        let mut against = Vec::new();
        for branch in branches {
            if exhaustive {
                self.report(ProblemKind::Unreachable { after: "the `else`" }, branch.span);
            }
            let mut facts = against.clone();
            match &branch.test {
                Some(test) => {
                    self.condition(test);
                    let (holding, failing) = (flow::facts(test), flow::facts_against(test));
                    let (here, later) = if branch.negated { (failing, holding) } else { (holding, failing) };
                    facts.extend(here);
                    if against.len() < MOST_FACTS {
                        against.extend(later);
                    }
                }
                None => exhaustive = true,
            }
            self.branch(&mut ends, &branch.body, facts);
        }
        self.end_branches(ends, exhaustive);
    }

    pub(super) fn case(&mut self, case: &'a Case) {
        let subject = self.operand(&case.subject);
        let mut ends = Ends::new(self.tracker, case.span);
        let mut exhaustive = false;
        for arm in &case.arms {
            exhaustive |= arm.values.is_none();
            let mut facts = Vec::new();
            for value in arm.values.iter().flatten() {
                let candidate = self.operand(value);
                let how = (Comparison::Equal, value.span());
                self.compare((&case.subject, &subject), (value, &candidate), how);
            }
            let constant =
                |value: &Operand| matches!(value, Operand::Literal(..)) && !flow::is_nothing(value);
            if let (Operand::Path(path), Some(values)) = (&case.subject, &arm.values)
                && values.iter().all(constant)
            {
                facts.extend(flow::whole(path));
            }
            self.branch(&mut ends, &arm.body, facts);
        }
        self.end_branches(ends, exhaustive);
    }

    pub(super) fn for_loop(&mut self, of: &'a Loop, kind: LoopKind) {
        let items = self.operand(&of.items);
        let offset = match &of.offset {
            Some(Offset::At(operand)) => Some(operand),
            Some(Offset::Continue) | None => None,
        };
        for option in of.limit.iter().chain(offset).chain(&of.columns) {
            self.operand(option);
        }
        let item = items.ty.item();
        if item.is_none() {
            self.report(ProblemKind::NoItems { found: items.ty.word() }, of.items.span());
        }
        if self.schema.root(&of.variable.text).is_some() {
            let kind = ProblemKind::HidesRoot { name: of.variable.text.to_string() };
            self.report_as(kind, of.variable.span, Severity::Warning);
        }
        let variable = Variable { ty: item.unwrap_or(Ty::Any), optional: false, origin: items.origin };
        let mut ends = Ends::new(self.tracker, of.span);
        if kind == LoopKind::TableRow {
            self.literal("<tr><td>", of.span);
            ends.start = self.tracker;
        }
        self.flow.scopes.push((of.variable.text.clone(), variable));
        self.loops.push(kind);
        self.branch(&mut ends, &of.body, Vec::new());
        self.loops.pop();
        self.flow.scopes.pop();
        self.agree(ends.start, "this loop", of.span);
        if let Some(otherwise) = &of.otherwise {
            self.branch(&mut ends, otherwise, Vec::new());
        }
        self.flow.join(ends.join, false);
    }

    pub(super) fn partial(&mut self, partial: &'a Partial) {
        let mut arguments: Vec<(Arc<str>, Variable)> = Vec::new();
        for (name, operand) in &partial.arguments {
            arguments.push((name.text.clone(), self.operand(operand)));
        }
        let bound = partial.binding.as_ref().map(|binding| (binding, self.operand(&binding.value)));
        let Operand::Literal(Literal::Text(name), span) = &partial.name else {
            self.operand(&partial.name);
            self.report(ProblemKind::DynamicPartial, partial.name.span());
            return;
        };
        let Some(template) = self.schema.partial(name) else {
            let near = self.near(name, self.schema.partials().into_iter()).map(str::to_owned);
            self.report(ProblemKind::UnknownPartial { name: name.to_string(), near }, *span);
            return;
        };
        if let Some((binding, value)) = bound {
            let base = name.rsplit('/').next().unwrap_or_default();
            let variable = binding.alias.as_ref().map_or_else(|| base.into(), |alias| alias.text.clone());
            let each = binding.each || !partial.isolated && matches!(value.ty, Ty::List(_));
            let ty = if each { value.ty.item().unwrap_or(Ty::Any) } else { value.ty };
            arguments.push((variable, Variable { ty, ..value }));
        }
        if self.partials.contains(name) {
            self.report(ProblemKind::PartialCycle { name: name.to_string() }, *span);
            return;
        }
        self.partial_bytes += 1 + template.text.len();
        if self.partials.len() < MOST_PARTIALS && self.partial_bytes < MOST_PARTIAL_BYTES {
            self.enter_partial(partial, (name, template), arguments);
        }
    }

    fn enter_partial(
        &mut self,
        partial: &'a Partial,
        (name, template): (&Arc<str>, &'a Template),
        arguments: Vec<(Arc<str>, Variable)>,
    ) {
        let outer = std::mem::replace(&mut self.template, template);
        let mut later = assigned_names(&template.nodes);
        if !partial.isolated {
            later.extend(self.later.iter().cloned());
        }
        let later = std::mem::replace(&mut self.later, later);
        self.partials.push(name.clone());
        let place = self.flow.scopes.len();
        if partial.isolated {
            let inner = Flow::within(arguments);
            let flow = std::mem::replace(&mut self.flow, inner);
            let each = partial.binding.as_ref().is_some_and(|binding| binding.each);
            let loops =
                std::mem::replace(&mut self.loops, if each { vec![LoopKind::For] } else { Vec::new() });
            self.nodes(&template.nodes);
            self.flow = flow;
            self.loops = loops;
        } else {
            self.flow.scopes.extend(arguments);
            self.nodes(&template.nodes);
            self.flow.scopes.truncate(place);
        }
        self.partials.pop();
        self.later = later;
        self.template = outer;
    }
}

/// Where the branches of a block begin and end.
struct Ends {
    start: Option<html::Tracker>,
    /// Where the first branch ended.
    end: Option<html::Tracker>,
    /// Branches so far.
    branches: usize,
    join: Join,
    span: Span,
}

impl Ends {
    fn new(start: Option<html::Tracker>, span: Span) -> Self {
        Ends { start, end: None, branches: 0, join: Join::default(), span }
    }
}
