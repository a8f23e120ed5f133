//! Declarations: what each kind puts on a line, and the columns of attributes, stages and rules of health.
//!
//! In: declarations. Out: their tokens. A column is as wide as the widest of the items that follow each other without
//! an empty line; blocks on one line have no columns.

use super::doc::Gap;
use super::print::{Printer, Shape, Spread};
use crate::base::{At, Span};
use crate::syntax::ast::{
    Attribute, AttributeSource, Decl, DeclKind, Health, Segment, Stages, Template, TypeExpr, TypeKind,
};

impl Printer<'_> {
    /// A declaration.
    pub fn decl(&mut self, decl: &Decl) {
        if let DeclKind::Workflow(workflow) = &decl.kind
            && workflow.name.is_none()
        {
            return self.clauses(&workflow.clauses);
        }
        self.item(|p| {
            p.decl_kind(&decl.kind);
            p.through(decl.at);
        });
    }

    fn decl_kind(&mut self, kind: &DeclKind) {
        match kind {
            DeclKind::Attributes(attributes) => self.attributes(&attributes.items),
            DeclKind::Event(event) => {
                self.through(event.name.at);
                if let Some(properties) = &event.properties {
                    self.attributes(properties);
                }
            }
            DeclKind::Segment(segment) => self.segment(segment),
            DeclKind::Stages(stages) => self.stages(stages),
            DeclKind::Health(health) => self.health(health),
            DeclKind::Team(team) => {
                self.through(team.name.at);
                self.list(Shape::WORDS, &team.members, |member| member.at.0, |p, member| p.whole(member.at));
            }
            DeclKind::Calendar(calendar) => {
                self.through(calendar.name.at);
                self.list(Shape::FIELDS, &calendar.items, |item| item.at.0, |p, item| p.words(item.at));
            }
            DeclKind::Template(template) => self.template(template),
            DeclKind::Workflow(workflow) => self.workflow(workflow),
            DeclKind::Connector(connector) => self.connector(connector),
            DeclKind::Action(action) => self.action(action),
            DeclKind::Test(test) => self.test(test),
            DeclKind::Use(_) | DeclKind::Limit(_) => {}
        }
    }

    fn segment(&mut self, segment: &Segment) {
        self.group(|p| {
            p.through(segment.subject.at);
            p.doc.gap(Gap::Line(1));
            p.item(|p| p.expr(&segment.condition));
        });
    }

    /// An item that is but words.
    pub fn words(&mut self, at: At) {
        self.item(|p| p.through(at));
    }

    fn attributes(&mut self, items: &[Attribute]) {
        let columns = self.columns(items, |item| (item.at.0, Some(item.name.at.0)));
        let mut columns = columns.into_iter();
        self.list(
            Shape::FIELDS,
            items,
            |item| item.at.0,
            |p, item| p.attribute(item, columns.next().unwrap_or(1)),
        );
    }

    fn attribute(&mut self, attribute: &Attribute, column: usize) {
        self.item(|p| {
            p.doc.gap(Gap::Column(column + 1));
            p.type_of(&attribute.ty);
            match &attribute.source {
                AttributeSource::Own => {}
                AttributeSource::From(name) => p.through(name.at),
                AttributeSource::Derived(value) => p.expr(value),
            }
            p.through(attribute.at);
        });
    }

    /// A type, with the words before it.
    pub fn type_of(&mut self, ty: &TypeExpr) {
        let mut inner = ty;
        while let TypeKind::List(of) = &inner.kind {
            inner = of;
        }
        if let TypeKind::OneOf(words) = &inner.kind {
            self.list(Shape::VALUES, words, |word| word.at.0, |p, word| p.whole(word.at));
        }
        self.through(ty.at);
    }

    fn stages(&mut self, stages: &Stages) {
        let columns = self.columns(&stages.stages, |stage| {
            let head = Span { end: stage.name.at.0.end, ..stage.at.0 };
            (stage.at.0, stage.condition.is_some().then_some(head))
        });
        let mut columns = columns.into_iter();
        let shape = Shape { spread: Spread::Author, ..Shape::FIELDS };
        self.list(
            shape,
            &stages.stages,
            |stage| stage.at.0,
            |p, stage| {
                let column = columns.next().unwrap_or(1);
                p.item(|p| {
                    p.through(stage.name.at);
                    if let Some(condition) = &stage.condition {
                        p.doc.gap(Gap::Column(column));
                        p.expr(condition);
                    }
                });
            },
        );
    }

    fn health(&mut self, health: &Health) {
        if let Some(stage) = &health.stage {
            self.through(stage.at);
        }
        let columns = self.columns(&health.rules, |rule| (rule.at.0, Some(rule.level.at.0)));
        let mut columns = columns.into_iter();
        self.list(
            Shape::FIELDS,
            &health.rules,
            |rule| rule.at.0,
            |p, rule| {
                let column = columns.next().unwrap_or(1);
                p.item(|p| {
                    p.doc.gap(Gap::Column(column));
                    p.expr(&rule.condition);
                });
            },
        );
    }

    fn template(&mut self, template: &Template) {
        self.through(template.name.at);
        self.list(Shape::FIELDS, &template.parts, |part| part.text.at.0, |p, part| p.words(part.text.at));
    }

    /// For each item the spaces behind its head that bring what follows into one column; `spans` gives the place of
    /// an item and of its head, if something follows that.
    fn columns<T>(&self, items: &[T], spans: impl Fn(&T) -> (Span, Option<Span>)) -> Vec<usize> {
        let mut spaces = Vec::new();
        let groups = items.chunk_by(|item, _| !self.has_blank(spans(item).0.end as usize));
        for group in groups {
            let widths: Vec<_> =
                group.iter().map(|item| spans(item).1.map_or(0, |head| self.width(At(head)))).collect();
            let widest = widths.iter().copied().max().unwrap_or(0);
            spaces.extend(widths.into_iter().map(|width| widest - width + 1));
        }
        spaces
    }

    /// The characters of a head, as it is copied.
    fn width(&self, at: At) -> usize {
        let words = self.source(at).split_whitespace().map(|word| word.chars().count() + 1);
        words.sum::<usize>().saturating_sub(1)
    }
}
