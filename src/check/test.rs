//! `test` blocks: statements in their order, entities that are known, values that fit, expectations that are resolved.
//!
//! A name is known once an `account` or `contact` statement, or an `of`, has said it. Expectations are in `expect`.

use super::change::{literal, settable};
use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::once::firsts;
use crate::base::{Idx, Instant, Node, Period, Span};
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast::{self, StatementKind as Written};
use crate::value::{Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Checks all tests.
pub(super) fn tests(cx: &mut Cx<'_>) {
    let names = cx.names;
    for entry in names.tests.iter() {
        let world = World { clock: None, known: BTreeMap::new() };
        let statements = Bench { cx, world }.statements(&entry.decl.statements);
        let asks = |statement: &ast::Statement| matches!(statement.kind, Written::Expect(_));
        if !entry.decl.statements.iter().any(asks) {
            let odd = Diagnostic::new(
                Code::TestWithoutExpectation,
                entry.span,
                "this test expects nothing, so it can't fail",
            );
            cx.report(odd.help("add an expectation, such as `expect nothing more`"));
        }
        cx.out.tests.push(Test { name: Arc::clone(&entry.name), statements, span: entry.span });
    }
}

/// What a test has said so far.
pub(super) struct World {
    clock: Option<Instant>,
    /// Names, with whether they are an account and a contact, and the first place.
    known: BTreeMap<Arc<str>, (BySubject<bool>, Span)>,
}

/// The checking of one test.
pub(super) struct Bench<'c, 'a> {
    pub cx: &'c mut Cx<'a>,
    world: World,
}

impl Bench<'_, '_> {
    fn statements(&mut self, statements: &[ast::Statement]) -> Vec<TestStatement> {
        let mut made = Vec::with_capacity(statements.len());
        for (at, statement) in statements.iter().enumerate() {
            if at == 0 && !matches!(statement.kind, Written::At(_)) {
                let message = "a test begins with its clock";
                let wrong = Diagnostic::new(Code::TestClock, statement.at.0, message);
                let wrong = wrong.help("begin with an instant: `at 2026-01-05T09:00Z`");
                self.cx.report(wrong.fix(statement.at.0.before(), "at 2026-01-05T09:00Z\n  "));
                self.world.clock = Some(Instant::FIRST);
            }
            let kind = self.statement(statement);
            made.extend(kind.map(|kind| TestStatement { kind, span: statement.at.0 }));
        }
        made
    }

    fn statement(&mut self, statement: &ast::Statement) -> Option<TestStatementKind> {
        match &statement.kind {
            Written::At(at) => self.at(at),
            Written::After(period) => self.after(period),
            Written::Entity { subject, id, of, fields } => self.traits(subject.node, id, of.as_ref(), fields),
            Written::Performs { subject, id, of, event, fields } => {
                self.performs((subject.node, id, of.as_ref()), event, fields)
            }
            Written::Mail { id, what, template } => {
                let contact = self.entity(id, Subject::Contact);
                let template = self.cx.template(template);
                Some(TestStatementKind::Mail { contact: contact?.id, what: what.node, template: template? })
            }
            Written::Enrol { id, workflow } => {
                let workflow = self.cx.workflow(workflow)?;
                let subject = self.cx.names.workflow_subject(workflow);
                Some(TestStatementKind::Enrol { entity: self.entity(id, subject)?, workflow })
            }
            Written::Expect(expectation) => self.expectation(expectation),
        }
    }

    fn at(&mut self, at: &Node<Instant>) -> Option<TestStatementKind> {
        if let Some(now) = self.world.clock.filter(|now| at.node < *now) {
            let message = "the clock of a test never goes back";
            let wrong =
                Diagnostic::new(Code::TestClock, at.span(), message).label(format!("it is {now} already"));
            return self.cx.fail(wrong.help("name a later instant, or go on with `after 2d`"));
        }
        self.world.clock = Some(at.node);
        Some(TestStatementKind::At(at.node))
    }

    fn after(&mut self, period: &Node<Period>) -> Option<TestStatementKind> {
        let period = self.cx.period(period, "step of a test's clock")?;
        // A month is counted as its shortest, so that no clock is said to go back that does not.
        let least = period.exact().unwrap_or(i64::from(period.months) * 28 * crate::base::period::DAY);
        self.world.clock = self.world.clock.map(|now| now.plus(least));
        Some(TestStatementKind::After(period))
    }

    /// Says that an entity is there.
    fn know(&mut self, id: &ast::Text, subject: Subject) -> TestEntity {
        let id_text = self.cx.intern(&id.value);
        let entry = self.world.known.entry(Arc::clone(&id_text)).or_insert((BySubject::default(), id.at.0));
        entry.0[subject] = true;
        TestEntity { subject, id: id_text }
    }

    /// An entity that was named before.
    pub(super) fn entity(&mut self, id: &ast::Text, subject: Subject) -> Option<TestEntity> {
        let known = self.world.known.get(id.value.as_str());
        if known.is_some_and(|(known, _)| known[subject]) {
            return Some(TestEntity { subject, id: self.cx.intern(&id.value) });
        }
        let word = subject_word(subject);
        let message = format!("this test has no {word} `{}` so far", id.value);
        let mut unknown = Diagnostic::new(Code::UnknownTestEntity, id.at.0, message);
        if let Some((_, first)) = known {
            let other =
                subject_word(if subject == Subject::Account { Subject::Contact } else { Subject::Account });
            unknown = unknown.other(
                *first,
                format!(
                    "here it is {}",
                    other.replace("account", "an account").replace("contact", "a contact")
                ),
            );
        }
        let names = self.world.known.iter().filter(|(_, (known, _))| known[subject]).map(|(name, _)| &**name);
        let unknown = match suggest::nearest(&id.value, names.take(self.cx.patience())) {
            Some(near) => {
                unknown.help(format!("did you mean `{near}`?")).fix(id.at.0, super::lookup::quoted(near))
            }
            None => unknown.help(format!("say it first: `{word} \"{}\" {{ … }}`", id.value)),
        };
        self.cx.fail(unknown)
    }

    /// An entity named without saying what it is.
    pub(super) fn either(&mut self, id: &ast::Text) -> Option<TestEntity> {
        let known = self
            .world
            .known
            .get(id.value.as_str())
            .map(|(known, _)| (known[Subject::Account], known[Subject::Contact]));
        match known {
            Some((true, true)) => {
                let message = format!("`{}` is an account and a contact", id.value);
                let wrong = Diagnostic::new(Code::AmbiguousTestEntity, id.at.0, message);
                self.cx.fail(wrong.help(format!("say which: `expect account \"{}\" …`", id.value)))
            }
            Some((false, true)) => self.entity(id, Subject::Contact),
            _ => self.entity(id, Subject::Account),
        }
    }

    fn traits(
        &mut self,
        subject: Subject,
        id: &ast::Text,
        of: Option<&ast::Text>,
        fields: &[ast::Field],
    ) -> Option<TestStatementKind> {
        let entity = self.know(id, subject);
        let of = self.account_of(subject, of);
        let names = fields.iter().map(|field| (field.name.node.as_str(), field.name.span()));
        firsts(self.cx, names, (Code::DuplicateField, "field"));
        let (mut traits, mut created_at, mut whole) = (Vec::new(), None, true);
        for field in fields {
            if field.name.node == "created_at" {
                created_at = self.created_at(&field.value);
                whole &= created_at.is_some();
                continue;
            }
            match self.attribute_value(subject, field) {
                Some(value) => traits.push(value),
                None => whole = false,
            }
        }
        let of = of?;
        whole.then_some(TestStatementKind::Traits { entity, of, created_at, traits })
    }

    fn created_at(&mut self, arg: &ast::Arg) -> Option<Instant> {
        match literal(self.cx, arg, &Type::Time)? {
            Value::Time(at) => Some(at),
            _ => self.cx.error(Code::WrongArgument, arg.at.0, "`created_at` is always known"),
        }
    }

    fn attribute_value(&mut self, subject: Subject, field: &ast::Field) -> Option<(Idx<Attribute>, Value)> {
        let (attribute, ty) = settable(self.cx, &field.name, subject)?;
        Some((attribute, literal(self.cx, &field.value, &ty)?))
    }

    /// The account that a contact belongs to, or does something in; outer `None` after an error.
    #[expect(clippy::option_option, reason = "there may be none")]
    fn account_of(&mut self, subject: Subject, of: Option<&ast::Text>) -> Option<Option<Arc<str>>> {
        let Some(of) = of else { return Some(None) };
        if subject == Subject::Account {
            let message = "an account belongs to no other";
            let wrong = Diagnostic::new(Code::WrongSubject, of.at.0, message);
            return self.cx.fail(wrong.help("leave `of …` out"));
        }
        Some(Some(self.know(of, Subject::Account).id))
    }

    fn performs(
        &mut self,
        (subject, id, of): (Subject, &ast::Text, Option<&ast::Text>),
        event: &ast::Text,
        fields: &[ast::Field],
    ) -> Option<TestStatementKind> {
        let entity = self.entity(id, subject);
        let of = self.account_of(subject, of);
        let event = self.cx.event(event)?;
        let names = fields.iter().map(|field| (field.name.node.as_str(), field.name.span()));
        firsts(self.cx, names, (Code::DuplicateField, "field"));
        let properties: Vec<_> = fields.iter().map(|field| self.property_value(event, field)).collect();
        let properties = properties.into_iter().collect::<Option<_>>();
        Some(TestStatementKind::Performs { entity: entity?, of: of?, event, properties: properties? })
    }

    fn property_value(&mut self, event: Idx<Event>, field: &ast::Field) -> Option<(Idx<Property>, Value)> {
        let property = self.cx.property(event, &field.name.node, field.name.span())?;
        let ty = self.cx.out.events.get(event)?.properties.get(property)?.ty.clone();
        Some((property, literal(self.cx, &field.value, &ty)?))
    }
}
