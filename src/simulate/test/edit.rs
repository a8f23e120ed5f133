//! Tests that go through several texts of a project: the later ones are deployed into the world of the test.

use super::{Running, TestResult};
use crate::check::checked::Checked;
use crate::engine::LogKind;
use crate::engine::migrate::{Options, Table, deploy};
use crate::plan::{ActionId, Plan, TestConditions};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One text of a project.
#[derive(Clone)]
pub struct Edition<'a> {
    /// As checked.
    pub checked: &'a Checked,
    /// Its plan.
    pub plan: &'a Plan,
    /// What its tests expect to hold.
    pub conditions: &'a TestConditions,
    /// What is asked of its deploy; of no account for the first.
    pub options: Options,
    /// So many statements at the beginning of each test are left out: they only make names known.
    pub skip: usize,
}

/// Runs the tests of several texts: a test begins with the first text, and behind each deploy its statements of that text
/// go on. For each test what became of it, and the table of each deploy. `drafts`: drafts run in the shadow.
pub fn run_editions(editions: &[Edition<'_>], drafts: bool) -> Vec<(TestResult, Vec<Table>)> {
    let mut seen = BTreeSet::new();
    let names = editions.iter().flat_map(|edition| &edition.checked.tests).map(|test| Arc::clone(&test.name));
    let names: Vec<Arc<str>> = names.filter(|name| seen.insert(Arc::clone(name))).collect();
    names.iter().filter_map(|name| run(editions, drafts, name)).collect()
}

fn run(editions: &[Edition<'_>], drafts: bool, name: &Arc<str>) -> Option<(TestResult, Vec<Table>)> {
    let (first, rest) = editions.split_first()?;
    let mut running = Running::new(first.checked, first.plan);
    running.world.all_live = !drafts;
    let (mut tables, mut span) = (Vec::new(), None);
    let mut failure = None;
    for (edition, is_first) in [(first, true)].into_iter().chain(rest.iter().map(|edition| (edition, false)))
    {
        if !is_first {
            tables.push(running.deploy(edition));
        }
        let tests = edition.checked.tests.iter().zip(edition.conditions);
        for (test, conditions) in tests.filter(|(test, _)| test.name == *name) {
            span = span.or(Some(test.span));
            let skip = edition.skip;
            failure = failure.or_else(|| running.statements(test, conditions, skip));
        }
    }
    running.flush();
    let trace = running.world.trace.take().unwrap_or_default();
    Some((TestResult { name: Arc::clone(name), span: span?, failure, trace }, tables))
}

impl<'a> Running<'a> {
    /// Goes on with another text.
    fn deploy(&mut self, edition: &Edition<'a>) -> Table {
        self.flush();
        let deployed = deploy(&mut self.world, &self.plan, edition.plan.clone(), self.now, &edition.options);
        self.take_log(deployed.before.log);
        self.rename(&deployed.workflows, &deployed.plan);
        (self.checked, self.plan) = (edition.checked, Cow::Owned(deployed.plan));
        self.take_log(deployed.effects.log);
        deployed.table
    }

    /// What was logged before names workflows and actions by the plan of then.
    fn rename(&mut self, workflows: &[Option<u32>], new: &Plan) {
        let action = |old: ActionId| match old {
            ActionId::BuiltIn(_) => Some(old),
            ActionId::Declared(at) => {
                let name = &self.plan.actions.get(at as usize)?.name;
                let place = new.actions.iter().position(|action| action.name == *name)?;
                Some(ActionId::Declared(place as u32))
            }
        };
        for entry in &mut self.log {
            entry.workflow = entry.workflow.and_then(|at| workflows.get(at as usize).copied().flatten());
            (entry.step, entry.version) = (None, 0);
            if let LogKind::Action(prepared) = &mut entry.kind {
                prepared.action = prepared.action.and_then(action);
            }
        }
    }
}
