//! `workflow-cycle`: workflows that set each other off in a circle (semantics S3.3).
//!
//! A graph of workflows, attributes, events and definitions: an edge goes from what changes to what follows from it.
//! A workflow that enrols `once` ends every circle through it. The circles are the strongly connected parts of the
//! graph with a workflow among them; they are found in time linear in the text.

use super::walk;
use crate::base::Span;
use crate::check::checked::*;
use crate::check::cx::Cx;
use crate::diag::{Code, Diagnostic};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Node {
    Workflow(u32),
    Attribute(u32),
    Event(u32),
    Segment(u32),
    Stages(Subject),
    Health(Subject),
}

/// Edges, with the place in the text of those that a step makes.
#[derive(Default)]
struct Graph {
    edges: BTreeMap<Node, Vec<(Node, Option<Span>)>>,
}

/// Workflows that set each other off in a circle.
pub(super) fn check(cx: &mut Cx<'_>) {
    let graph = Graph::of(&cx.out);
    let part = graph.parts();
    let mut seen = HashMap::new();
    for (index, workflow) in cx.out.workflows.iter() {
        let node = Node::Workflow(index.raw());
        let Some(own) = part.get(&node) else { continue };
        let step = graph.edges.get(&node).into_iter().flatten();
        let inside = step.filter(|(to, _)| part.get(to) == Some(own)).find_map(|(_, span)| *span);
        if let Some(span) = inside {
            seen.entry(*own).or_insert_with(Vec::new).push((workflow.name.to_string(), workflow.span, span));
        }
    }
    let mut circles: Vec<_> = seen.into_values().collect();
    circles.sort();
    for circle in circles {
        report(cx, &circle);
    }
}

fn report(cx: &mut Cx<'_>, circle: &[(String, Span, Span)]) {
    let Some((name, _, step)) = circle.first() else { return };
    let message = if circle.len() == 1 {
        format!("the workflow `{name}` sets itself off again")
    } else {
        let names: Vec<String> = circle.iter().map(|(name, ..)| format!("`{name}`")).collect();
        format!("the workflows {} set each other off in a circle", names.join(", "))
    };
    let mut odd = Diagnostic::new(Code::WorkflowCycle, *step, message).label("by this step");
    for (_, _, step) in circle.iter().skip(1) {
        odd = odd.other(*step, "and by this one");
    }
    cx.report(odd.help("let one of them enrol `once`, or break the circle by a condition of its trigger"));
}

impl Graph {
    fn of(checked: &Checked) -> Self {
        let mut graph = Self::default();
        for (index, attribute) in checked.attributes.iter() {
            graph.reads(attribute.derived.iter(), Node::Attribute(index.raw()), checked);
        }
        for (index, segment) in checked.segments.iter() {
            graph.reads(Some(&segment.condition), Node::Segment(index.raw()), checked);
        }
        for subject in [Subject::Account, Subject::Contact] {
            let stages = checked.stages_of(subject).into_iter().flat_map(|stages| &stages.stages);
            graph.reads(stages.filter_map(|stage| stage.condition.as_ref()), Node::Stages(subject), checked);
            let health = checked.health_of(subject).into_iter();
            let rules = health
                .flat_map(|it| it.general.iter().chain(it.in_stage.iter().flat_map(|(_, rules)| rules)));
            graph.reads(rules.map(|rule| &rule.condition), Node::Health(subject), checked);
            graph.edge(Node::Stages(subject), Node::Health(subject), None);
        }
        for (index, workflow) in checked.workflows.iter() {
            let node = Node::Workflow(index.raw());
            graph.steps(&workflow.steps, node, checked);
            if workflow.enrolment.every {
                workflow
                    .triggers
                    .iter()
                    .for_each(|trigger| graph.trigger(trigger, node, workflow.subject, checked));
            }
        }
        graph
    }

    fn edge(&mut self, from: Node, to: Node, span: Option<Span>) {
        self.edges.entry(from).or_default().push((to, span));
    }

    /// Everything that the expressions read leads to `to`.
    fn reads<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, to: Node, checked: &Checked) {
        for expr in exprs {
            walk::parts(expr, &mut |part| {
                let from = match &part.kind {
                    ExprKind::Attribute { attribute, .. } => Node::Attribute(attribute.raw()),
                    ExprKind::InSegment { segment, .. } => Node::Segment(segment.raw()),
                    ExprKind::BuiltIn { which: BuiltIn::Stage, subject, .. } => Node::Stages(*subject),
                    ExprKind::BuiltIn { which: BuiltIn::Health, subject, .. } => Node::Health(*subject),
                    ExprKind::Aggregate { aggregate, .. } => match checked.aggregates.get(*aggregate) {
                        Some(Aggregate { function: Function::Of { event, .. }, .. }) => {
                            Node::Event(event.raw())
                        }
                        _ => return,
                    },
                    _ => return,
                };
                self.edge(from, to, None);
            });
        }
    }

    fn trigger(&mut self, trigger: &Trigger, to: Node, subject: Subject, checked: &Checked) {
        match &trigger.kind {
            TriggerKind::Segment { segment, .. } => self.edge(Node::Segment(segment.raw()), to, None),
            TriggerKind::Stage { .. } => self.edge(Node::Stages(subject), to, None),
            TriggerKind::Health { .. } => self.edge(Node::Health(subject), to, None),
            TriggerKind::Changes { of, .. } => self.reads(Some(of), to, checked),
            TriggerKind::Matches(condition) => self.reads(Some(condition), to, checked),
            TriggerKind::Performs { event, .. } => self.edge(Node::Event(event.raw()), to, None),
            _ => {}
        }
    }

    fn steps(&mut self, steps: &[Step], from: Node, checked: &Checked) {
        for step in steps {
            let span = Some(step.span);
            match &step.kind {
                StepKind::Branch { arms, otherwise } => {
                    for (_, block) in arms {
                        self.steps(block, from, checked);
                    }
                    self.steps(otherwise, from, checked);
                }
                StepKind::Split { arms, .. } => {
                    for arm in arms {
                        self.steps(&arm.steps, from, checked);
                    }
                }
                StepKind::Set(values) => {
                    for (attribute, _) in values {
                        self.edge(from, Node::Attribute(attribute.raw()), span);
                    }
                }
                StepKind::AddTag(attribute, _)
                | StepKind::RemoveTag(attribute, _)
                | StepKind::Assign { attribute, .. } => {
                    self.edge(from, Node::Attribute(attribute.raw()), span);
                }
                StepKind::Record { event, .. } => self.edge(from, Node::Event(event.raw()), span),
                StepKind::Start { workflow, .. }
                    if checked.workflows.get(*workflow).is_some_and(|workflow| workflow.enrolment.every) =>
                {
                    self.edge(from, Node::Workflow(workflow.raw()), span);
                }
                _ => {}
            }
        }
    }

    /// Each node that lies on a circle, with a number that it shares with the others of its circle. Tarjan's method,
    /// with a stack of its own instead of recursion.
    fn parts(&self) -> HashMap<Node, usize> {
        let mut search = Search::default();
        for node in self.edges.keys() {
            if !search.order.contains_key(node) {
                search.from(*node, self);
            }
        }
        search.part
    }

    fn next(&self, node: Node, at: usize) -> Option<Node> {
        self.edges.get(&node)?.get(at).map(|(to, _)| *to)
    }
}

#[derive(Default)]
struct Search {
    order: HashMap<Node, usize>,
    low: HashMap<Node, usize>,
    open: Vec<Node>,
    done: HashSet<Node>,
    part: HashMap<Node, usize>,
    parts: usize,
}

impl Search {
    fn from(&mut self, root: Node, graph: &Graph) {
        self.enter(root);
        let mut path = vec![(root, 0usize)];
        while let Some((node, at)) = path.last_mut() {
            let node = *node;
            let Some(next) = graph.next(node, *at) else {
                path.pop();
                self.leave(node, graph);
                if let Some((above, _)) = path.last() {
                    self.lower(*above, self.low.get(&node).copied());
                }
                continue;
            };
            *at += 1;
            if !self.order.contains_key(&next) {
                self.enter(next);
                path.push((next, 0));
            } else if !self.done.contains(&next) {
                self.lower(node, self.order.get(&next).copied());
            }
        }
    }

    fn enter(&mut self, node: Node) {
        let order = self.order.len();
        self.order.insert(node, order);
        self.low.insert(node, order);
        self.open.push(node);
    }

    fn lower(&mut self, node: Node, to: Option<usize>) {
        if let (Some(low), Some(to)) = (self.low.get_mut(&node), to) {
            *low = (*low).min(to);
        }
    }

    /// If nothing above is reached from here, what is open from here on is one part.
    fn leave(&mut self, node: Node, graph: &Graph) {
        if self.low.get(&node) != self.order.get(&node) {
            return;
        }
        let start = self.open.iter().rposition(|open| *open == node).unwrap_or(0);
        let members = self.open.split_off(start);
        let own = graph.edges.get(&node).into_iter().flatten().any(|(to, _)| *to == node);
        let circle = members.len() > 1 || own;
        self.parts += 1;
        for member in members {
            self.done.insert(member);
            if circle {
                self.part.insert(member, self.parts);
            }
        }
    }
}
