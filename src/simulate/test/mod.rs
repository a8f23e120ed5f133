//! `test` blocks in virtual time.
//!
//! In: a checked project and its plan with the tests' conditions. Out: for each test what failed, with the timeline of
//! what happened instead, and which steps it reached. Every workflow that is not disabled runs as live (S4.3).
//! Statements about different entities with neither a time nor an expectation between them are one instant.

mod coverage;
mod edit;
mod expect;

pub use coverage::{Coverage, WorkflowCoverage};
pub use edit::{Edition, run_editions};

use crate::base::{Instant, Span};
use crate::check::checked::{Checked, Subject, Test, TestEntity, TestStatement, TestStatementKind};
use crate::engine::{InputKind, LogEntry, World, apply_together};
use crate::plan::Plan;
use crate::plan::TestConditions;
use crate::plan::expr::CondId;
use crate::value::Value;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What became of a test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Its name.
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// What was expected and did not come; the first such expectation ends a test.
    pub failure: Option<Failure>,
    /// Steps taken: (workflow, from this op, to that).
    pub trace: BTreeSet<(u32, u32, u32)>,
}

/// An expectation that was not met.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where it stands.
    pub span: Span,
    /// When, in the test's time.
    pub at: Instant,
    /// What was expected, and what is.
    pub message: String,
    /// What happened, one line each.
    pub timeline: Vec<String>,
}

/// The instant at which a test without `at` begins.
pub const BEGIN: Instant = Instant(1_767_225_600_000);

/// Runs the tests whose name contains `filter`, in parallel; the results are in the order of the project.
pub fn run_tests(
    checked: &Checked,
    plan: &Plan,
    conditions: &TestConditions,
    filter: Option<&str>,
) -> Vec<TestResult> {
    let wanted =
        |test: &&(&Test, &Vec<Option<CondId>>)| filter.is_none_or(|filter| test.0.name.contains(filter));
    let tests: Vec<_> = checked.tests.iter().zip(conditions).collect();
    let tests: Vec<_> = tests.iter().filter(wanted).collect();
    tests.par_iter().map(|(test, conditions)| Running::new(checked, plan).run(test, conditions)).collect()
}

/// The traits that a statement gives.
type Given<'t> = &'t [(crate::base::Idx<crate::check::checked::Attribute>, Value)];

/// A test at work.
struct Running<'a> {
    checked: &'a Checked,
    plan: Cow<'a, Plan>,
    world: World,
    now: Instant,
    /// What comes together with the next statement.
    batch: Vec<InputKind>,
    /// Whom it is about.
    about: BTreeSet<TestEntity>,
    log: Vec<LogEntry>,
    /// The log in words.
    lines: Vec<String>,
    /// Lines of the log that met an expectation.
    met: BTreeSet<usize>,
}

impl<'a> Running<'a> {
    fn new(checked: &'a Checked, plan: &'a Plan) -> Self {
        let mut world = World::simulated();
        world.all_live = true;
        world.trace = Some(BTreeSet::new());
        let (batch, about, log, met) = (Vec::new(), BTreeSet::new(), Vec::new(), BTreeSet::new());
        let plan = Cow::Borrowed(plan);
        Self { checked, plan, world, now: BEGIN, batch, about, log, lines: Vec::new(), met }
    }

    fn run(mut self, test: &Test, conditions: &[Option<CondId>]) -> TestResult {
        let failure = self.statements(test, conditions, 0);
        self.flush();
        let trace = self.world.trace.take().unwrap_or_default();
        TestResult { name: Arc::clone(&test.name), span: test.span, failure, trace }
    }

    /// Runs the statements behind the first `skip` ones, up to the first expectation that is not met.
    fn statements(&mut self, test: &Test, conditions: &[Option<CondId>], skip: usize) -> Option<Failure> {
        for (statement, condition) in test.statements.iter().zip(conditions).skip(skip) {
            if let Err(message) = self.statement(statement, *condition) {
                let timeline = self.timeline();
                return Some(Failure { span: statement.span, at: self.now, message, timeline });
            }
        }
        None
    }

    fn timeline(&self) -> Vec<String> {
        self.lines.clone()
    }

    /// Takes lines of the log, which are in the plan at hand.
    fn take_log(&mut self, log: Vec<LogEntry>) {
        let line = |entry: &LogEntry| {
            let workflow = super::words::workflow(&self.plan, entry).map_or("", |name| &**name);
            let entity = super::words::entity(&self.world, entry.entity);
            format!("{}  {workflow}  {entity}  {}", entry.at, super::words::sentence(entry))
        };
        self.lines.extend(log.iter().map(line));
        self.log.extend(log);
    }

    fn statement(&mut self, statement: &TestStatement, condition: Option<CondId>) -> Result<(), String> {
        match &statement.kind {
            TestStatementKind::At(at) => self.go_to(*at),
            TestStatementKind::After(period) => {
                let at = crate::engine::clock::forward(self.now, *period, self.plan.zone);
                self.go_to(at);
            }
            TestStatementKind::Traits { entity, of, traits, created_at } => {
                self.traits(entity, of.as_ref(), traits, created_at.as_ref());
            }
            TestStatementKind::Performs { entity, of, event, properties } => {
                let event = self.checked.events.get(*event);
                let fields = properties.iter().filter_map(|(property, value)| {
                    Some((event?.properties.get(*property)?.from.as_ref(), value))
                });
                let properties = object(fields);
                let name = event.map_or_else(|| "".into(), |event| Arc::clone(&event.name));
                self.performs(entity, of.as_ref(), name, properties);
            }
            TestStatementKind::Mail { contact, what, template } => {
                let entity = TestEntity { subject: Subject::Contact, id: Arc::clone(contact) };
                let template = self.checked.templates.get(*template);
                let template = template.map_or_else(|| "".into(), |template| Arc::clone(&template.name));
                self.add(&entity, InputKind::Mail { contact: Arc::clone(contact), template, what: *what });
            }
            TestStatementKind::Enrol { entity, workflow } => {
                let workflow = self.checked.workflows.get(*workflow);
                let workflow = workflow.map_or_else(|| "".into(), |workflow| Arc::clone(&workflow.name));
                let (subject, id) = (entity.subject, Arc::clone(&entity.id));
                self.add(entity, InputKind::Enrol { subject, id, workflow });
            }
            expectation => {
                self.flush();
                return self.expect(expectation, condition);
            }
        }
        Ok(())
    }

    fn go_to(&mut self, at: Instant) {
        self.flush();
        self.now = at;
        self.apply(&[InputKind::Tick]);
    }

    fn traits(
        &mut self,
        entity: &TestEntity,
        of: Option<&Arc<str>>,
        traits: Given<'_>,
        created_at: Option<&Instant>,
    ) {
        let (id, time) = (Arc::clone(&entity.id), self.now);
        let created_at = created_at.map(|at| Value::Time(*at));
        let named = traits.iter().filter_map(|(attribute, value)| {
            let attribute = self.checked.attributes.get(*attribute)?;
            Some((attribute.from.as_deref().unwrap_or(&attribute.name), value))
        });
        let traits = object(named.chain(created_at.iter().map(|at| ("created_at", at))));
        match entity.subject {
            Subject::Account => {
                self.add(entity, InputKind::Group { account: id, contact: None, traits, time });
            }
            Subject::Contact => {
                self.add(
                    entity,
                    InputKind::Identify { contact: Arc::clone(&id), account: None, traits, time },
                );
                if let Some(account) = of {
                    let account = Arc::clone(account);
                    self.batch.push(InputKind::Group {
                        account,
                        contact: Some(id),
                        traits: "{}".into(),
                        time,
                    });
                }
            }
        }
    }

    fn performs(
        &mut self,
        entity: &TestEntity,
        of: Option<&Arc<str>>,
        event: Arc<str>,
        properties: Arc<str>,
    ) {
        let (id, time) = (Some(Arc::clone(&entity.id)), self.now);
        let (contact, account) = match entity.subject {
            Subject::Account => (None, id),
            Subject::Contact => (id, of.cloned()),
        };
        self.add(entity, InputKind::Track { contact, account, event, properties, time });
    }

    /// Puts an input to those that come together; one about an entity that is among them already begins anew.
    fn add(&mut self, entity: &TestEntity, input: InputKind) {
        if !self.about.insert(entity.clone()) {
            self.flush();
            self.about.insert(entity.clone());
        }
        self.batch.push(input);
    }

    fn flush(&mut self) {
        self.about.clear();
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.apply(&batch);
        }
    }

    fn apply(&mut self, inputs: &[InputKind]) {
        let effects = apply_together(&mut self.world, &self.plan, self.now, inputs);
        self.take_log(effects.log);
    }
}

fn object<'v>(fields: impl Iterator<Item = (&'v str, &'v Value)>) -> Arc<str> {
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_json()));
    serde_json::Value::Object(fields.collect()).to_string().into()
}
