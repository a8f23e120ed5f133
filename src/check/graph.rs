//! The order of definitions (semantics S1.6): each comes behind those that it reads; a circle is an error that prints
//! it. All stages of a subject are one definition, all its health rules one that reads its stage.
//!
//! The walk over definitions keeps its own stack, since a chain of them is as long as the project; the walk over one
//! expression recurses, as deep as the parser let it be.

use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use crate::base::Span;
use crate::diag::{Code, Diagnostic};
use std::collections::BTreeMap;

/// Fills `Checked::order`, and reports circles.
pub(super) fn order(cx: &mut Cx<'_>) {
    let reads = edges(&cx.out);
    let mut walk = Walk { reads: &reads, state: BTreeMap::new(), order: Vec::new(), circles: Vec::new() };
    for definition in reads.keys() {
        walk.visit(*definition);
    }
    let Walk { order, circles, .. } = walk;
    for circle in circles {
        let diagnostic = describe(&cx.out, &circle);
        cx.report(diagnostic);
    }
    cx.out.order = order;
}

/// A definition that is read, and where.
type Edge = (Definition, Span);

fn edges(checked: &Checked) -> BTreeMap<Definition, Vec<Edge>> {
    let mut reads: BTreeMap<Definition, Vec<Edge>> = BTreeMap::new();
    for (idx, attribute) in checked.attributes.iter() {
        if let Some(derived) = &attribute.derived {
            reads.insert(Definition::Attribute(idx), found_in([derived], checked));
        }
    }
    for (idx, segment) in checked.segments.iter() {
        reads.insert(Definition::Segment(idx), found_in([&segment.condition], checked));
    }
    for subject in [Subject::Account, Subject::Contact] {
        if let Some(stages) = checked.stages_of(subject) {
            let conditions = stages.stages.iter().filter_map(|stage| stage.condition.as_ref());
            reads.insert(Definition::Stages(subject), found_in(conditions, checked));
        }
        if let Some(health) = checked.health_of(subject) {
            let in_stage = health.in_stage.iter().flat_map(|(_, rules)| rules);
            let rules = health.general.iter().chain(in_stage);
            let mut found = found_in(rules.map(|rule| &rule.condition), checked);
            if checked.stages_of(subject).is_some() {
                found.push((Definition::Stages(subject), health.span));
            }
            reads.insert(Definition::Health(subject), found);
        }
    }
    reads
}

fn found_in<'e>(exprs: impl IntoIterator<Item = &'e Expr>, checked: &Checked) -> Vec<Edge> {
    let mut found: Vec<Edge> = Vec::new();
    for expr in exprs {
        expr.walk(&mut |inner| {
            let read = match &inner.kind {
                ExprKind::Attribute { attribute, .. } => checked
                    .attributes
                    .get(*attribute)
                    .and_then(|found| found.derived.as_ref())
                    .map(|_| Definition::Attribute(*attribute)),
                ExprKind::InSegment { segment, .. } => Some(Definition::Segment(*segment)),
                ExprKind::BuiltIn { subject, which, .. } => match which {
                    BuiltIn::Stage => checked.stages_of(*subject).map(|_| Definition::Stages(*subject)),
                    BuiltIn::Health => checked.health_of(*subject).map(|_| Definition::Health(*subject)),
                    BuiltIn::Id | BuiltIn::CreatedAt => None,
                },
                _ => None,
            };
            if let Some(read) = read
                && found.iter().all(|(known, _)| *known != read)
            {
                found.push((read, inner.span));
            }
        });
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

struct Walk<'r> {
    reads: &'r BTreeMap<Definition, Vec<Edge>>,
    state: BTreeMap<Definition, State>,
    order: Vec<Definition>,
    circles: Vec<Vec<Edge>>,
}

impl Walk<'_> {
    /// Visits a definition and all that it reads, depth first.
    fn visit(&mut self, root: Definition) {
        if self.state.contains_key(&root) {
            return;
        }
        // each entry: the definition, and how many of its reads are done with
        let mut stack: Vec<(Definition, usize)> = vec![(root, 0)];
        self.state.insert(root, State::Open);
        while let Some((at, done)) = stack.last_mut() {
            let next = self.reads.get(at).and_then(|reads| reads.get(*done)).copied();
            *done += 1;
            match next {
                None => {
                    self.state.insert(*at, State::Done);
                    self.order.push(*at);
                    stack.pop();
                }
                Some((read, _)) => match self.state.get(&read) {
                    Some(State::Done) => {}
                    Some(State::Open) => self.circle(&stack, read),
                    None => {
                        self.state.insert(read, State::Open);
                        stack.push((read, 0));
                    }
                },
            }
        }
    }

    /// The definitions on the stack from `back` on, each with the place where it reads the next.
    fn circle(&mut self, stack: &[(Definition, usize)], back: Definition) {
        let from = stack.iter().position(|(at, _)| *at == back).unwrap_or(0);
        let edge = |(at, done): &(Definition, usize)| {
            let read = self.reads.get(at).and_then(|reads| reads.get(done.saturating_sub(1)));
            (*at, read.map_or_else(Span::default, |(_, span)| *span))
        };
        let circle = stack.iter().skip(from).map(edge).collect();
        self.circles.push(circle);
    }
}

fn describe(checked: &Checked, circle: &[Edge]) -> Diagnostic {
    let names: Vec<String> = circle.iter().map(|(at, _)| name(checked, *at)).collect();
    let first = names.first().cloned().unwrap_or_default();
    let ring = names.iter().chain([&first]).cloned().collect::<Vec<_>>().join(" -> ");
    let place = circle.first().map(|(_, span)| *span).unwrap_or_default();
    let next = |at: usize| names.get((at + 1) % names.len().max(1)).cloned().unwrap_or_default();
    let message = format!("these hang on each other in a circle: {ring}");
    let mut diagnostic =
        Diagnostic::new(Code::Circle, place, message).label(format!("{first} reads {}", next(0)));
    for (at, (_, span)) in circle.iter().enumerate().skip(1) {
        let reader = names.get(at).cloned().unwrap_or_default();
        diagnostic = diagnostic.other(*span, format!("{reader} reads {}", next(at)));
    }
    diagnostic.help("take one of these out of the circle")
}

fn name(checked: &Checked, definition: Definition) -> String {
    match definition {
        Definition::Attribute(idx) => checked.attributes.get(idx).map_or_else(String::new, |attribute| {
            format!("`{}.{}`", subject_word(attribute.subject), attribute.name)
        }),
        Definition::Segment(idx) => {
            format!("segment `{}`", checked.segments.get(idx).map_or("", |segment| &segment.name))
        }
        Definition::Stages(subject) => format!("stages of {}", subject_word(subject)),
        Definition::Health(subject) => format!("health of {}", subject_word(subject)),
    }
}
