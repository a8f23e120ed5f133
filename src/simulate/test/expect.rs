//! Expectations against the world and the log.

use super::Running;
use crate::base::Idx;
use crate::base::Instant;
use crate::check::checked::{ActionRef, TestEntity, TestStatementKind, Workflow};
use crate::engine::effect::{Exited, Prepared};
use crate::engine::entity::{Run, RunState};
use crate::engine::{Eid, Here, LogEntry, LogKind};
use crate::plan::ActionId;
use crate::plan::expr::{self, CondId};
use crate::simulate::words;
use crate::value::Value;
use std::sync::Arc;

type Met = Result<(), String>;

impl Running<'_> {
    /// Checks an expectation; the error says what was expected and what is.
    pub(super) fn expect(&mut self, expectation: &TestStatementKind, condition: Option<CondId>) -> Met {
        match expectation {
            TestStatementKind::ExpectNothingMore => self.nothing_more(),
            TestStatementKind::ExpectAction { negated: true, action, args, .. } => {
                self.no_action(*action, args)
            }
            TestStatementKind::ExpectAction { action, args, to, containing, .. } => {
                self.action(&Wanted { action: *action, args, to: to.as_ref(), containing })
            }
            TestStatementKind::ExpectEnrolled { negated, entity, workflow } => {
                self.enrolled(*negated, entity, *workflow)
            }
            TestStatementKind::ExpectExited { entity, workflow, because } => {
                self.exited(entity, *workflow, *because)
            }
            TestStatementKind::ExpectFinished { entity, workflow } => self.finished(entity, *workflow),
            TestStatementKind::ExpectWaiting { entity, workflow, until } => {
                self.waiting(entity, *workflow, *until)
            }
            TestStatementKind::ExpectHolds { entity, .. } => self.holds(entity, condition),
            _ => Ok(()),
        }
    }

    fn name(&self, workflow: Idx<Workflow>) -> &str {
        self.checked.workflows.get(workflow).map_or("", |workflow| &workflow.name)
    }

    fn find(&self, entity: &TestEntity) -> Result<Eid, String> {
        let found = self.world.find(entity.subject, &entity.id);
        found.ok_or_else(|| {
            format!("there is no {} `{}` yet", crate::plan::subject_word(entity.subject), entity.id)
        })
    }

    fn run_of(&self, eid: Eid, workflow: Idx<Workflow>) -> Option<&Run> {
        self.world.entity(eid).runs.iter().rev().find(|run| run.workflow == workflow.raw())
    }

    fn last_of(&self, eid: Eid, workflow: Idx<Workflow>) -> Option<&LogEntry> {
        let ends = |kind: &LogKind| !matches!(kind, LogKind::Fact(_) | LogKind::Noted(_));
        let of = |entry: &&LogEntry| {
            entry.entity == eid && entry.workflow == Some(workflow.raw()) && ends(&entry.kind)
        };
        self.log.iter().rev().find(of)
    }

    fn instead(&self, eid: Eid, workflow: Idx<Workflow>) -> String {
        match self.last_of(eid, workflow) {
            Some(entry) => {
                format!("the last that happened in it, at {}: {}", entry.at, words::sentence(entry))
            }
            None => "none of its triggers has fired".into(),
        }
    }

    fn enrolled(&self, negated: bool, entity: &TestEntity, workflow: Idx<Workflow>) -> Met {
        let eid = self.find(entity)?;
        let is = self.run_of(eid, workflow).is_some();
        let (id, name) = (&entity.id, self.name(workflow));
        match (is, negated) {
            (true, true) => Err(format!("expected `{id}` not enrolled in `{name}`, but it is")),
            (false, false) => {
                Err(format!("expected `{id}` enrolled in `{name}`; {}", self.instead(eid, workflow)))
            }
            _ => Ok(()),
        }
    }

    fn exited(&self, entity: &TestEntity, workflow: Idx<Workflow>, because: Option<usize>) -> Met {
        let eid = self.find(entity)?;
        let wanted = because.and_then(|at| {
            let plan = self.plan.workflows.get(workflow.index())?;
            plan.exits.iter().chain(&plan.goals).nth(at).map(|watch| &watch.text)
        });
        let right = |entry: &LogEntry| match (&entry.kind, wanted) {
            (LogKind::Exited(Exited::When(text)) | LogKind::Goal(text), Some(wanted)) => text == wanted,
            (LogKind::Exited(_) | LogKind::Goal(_), None) => true,
            _ => false,
        };
        if self.run_of(eid, workflow).is_none() && self.last_end(eid, workflow).is_some_and(right) {
            return Ok(());
        }
        let because = wanted.map_or_else(String::new, |text| format!(" because `{text}`"));
        let name = self.name(workflow);
        Err(format!("expected `{}` exited `{name}`{because}; {}", entity.id, self.instead(eid, workflow)))
    }

    fn last_end(&self, eid: Eid, workflow: Idx<Workflow>) -> Option<&LogEntry> {
        let ends = |kind: &LogKind| matches!(kind, LogKind::Exited(_) | LogKind::Goal(_) | LogKind::Finished);
        let of = |entry: &&LogEntry| {
            entry.entity == eid && entry.workflow == Some(workflow.raw()) && ends(&entry.kind)
        };
        self.log.iter().rev().find(of)
    }

    fn finished(&self, entity: &TestEntity, workflow: Idx<Workflow>) -> Met {
        let eid = self.find(entity)?;
        let ended = self.last_end(eid, workflow).is_some_and(|entry| entry.kind == LogKind::Finished);
        if ended && self.run_of(eid, workflow).is_none() {
            return Ok(());
        }
        Err(format!(
            "expected `{}` finished `{}`; {}",
            entity.id,
            self.name(workflow),
            self.instead(eid, workflow)
        ))
    }

    fn waiting(&self, entity: &TestEntity, workflow: Idx<Workflow>, until: Option<Instant>) -> Met {
        let eid = self.find(entity)?;
        let (id, name) = (&entity.id, self.name(workflow));
        let state = self.run_of(eid, workflow).map(|run| run.state);
        let Some(RunState::Waiting { until: end, next }) = state else {
            return Err(format!("expected `{id}` waiting in `{name}`; {}", self.instead(eid, workflow)));
        };
        match until {
            Some(wanted) if end != wanted && next != wanted => {
                let end = end.min(next);
                Err(format!("expected `{id}` waiting in `{name}` until {wanted}, but it waits until {end}"))
            }
            _ => Ok(()),
        }
    }

    fn holds(&self, entity: &TestEntity, condition: Option<CondId>) -> Met {
        let eid = self.find(entity)?;
        let here = Here::of(&self.world, &self.plan, self.now, self.world.entity(eid));
        if condition.is_none_or(|condition| expr::eval(&self.plan.pool, condition, &here)) {
            return Ok(());
        }
        Err(format!("the condition does not hold of `{}`: {}", entity.id, self.values(eid, condition)))
    }

    /// The values that a condition reads of an entity, in words.
    fn values(&self, eid: Eid, condition: Option<CondId>) -> String {
        let entity = self.world.entity(eid);
        let schema = self.plan.layout.schema(entity.subject);
        let value = |dep: &expr::Dep| match dep {
            expr::Dep::Slot(expr::Who::This, slot) => {
                let name = &schema.field(*slot)?.name;
                Some(format!("`{name}` is {}", entity.snapshot.value(*slot)))
            }
            expr::Dep::Bit(expr::Who::This, bit) => {
                let name = &self.plan.subject(entity.subject).bits.get(usize::from(*bit))?.name;
                Some(format!("it is {}in segment `{name}`", if entity.bits.get(*bit) { "" } else { "not " }))
            }
            _ => None,
        };
        let reads = condition.map_or(&[][..], |condition| self.plan.pool.reads(condition));
        reads.iter().filter_map(value).collect::<Vec<_>>().join(", ")
    }

    /// The actions of the log that go out and have met no expectation yet.
    fn calls(&self) -> impl DoubleEndedIterator<Item = (usize, &LogEntry, &Prepared)> {
        let unmet = self.log.iter().enumerate().filter(|(at, _)| !self.met.contains(at));
        unmet.filter_map(|(at, entry)| call(entry).map(|prepared| (at, entry, prepared)))
    }

    fn action(&mut self, wanted: &Wanted<'_>) -> Met {
        let found = self.calls().find(|(_, _, prepared)| wanted.matches(self, prepared)).map(|(at, ..)| at);
        if let Some(at) = found {
            self.met.insert(at);
            return Ok(());
        }
        let same = self.calls().filter(|(_, _, prepared)| prepared.action == Some(action_id(wanted.action)));
        let others: Vec<String> =
            same.map(|(_, entry, _)| format!("{}: {}", entry.at, words::sentence(entry))).collect();
        let instead = if others.is_empty() {
            "there was none".into()
        } else {
            format!("there was {}", others.join("; "))
        };
        Err(format!("expected {}; {instead}", wanted.words(self)))
    }

    fn no_action(&self, action: ActionRef, args: &[Arc<str>]) -> Met {
        let wanted = Wanted { action, args, to: None, containing: &[] };
        match self.calls().find(|(_, _, prepared)| wanted.matches(self, prepared)) {
            Some((_, entry, _)) => Err(format!(
                "expected no {}, but at {}: {}",
                wanted.words(self),
                entry.at,
                words::sentence(entry)
            )),
            None => Ok(()),
        }
    }

    fn nothing_more(&self) -> Met {
        let last = self.met.last().copied();
        match self.calls().find(|(at, ..)| last.is_none_or(|last| *at > last)) {
            Some((_, entry, _)) => {
                Err(format!("expected nothing more, but at {}: {}", entry.at, words::sentence(entry)))
            }
            None => Ok(()),
        }
    }
}

fn call(entry: &LogEntry) -> Option<&Prepared> {
    match &entry.kind {
        LogKind::Action(prepared) if prepared.action.is_some() => Some(prepared),
        _ => None,
    }
}

fn action_id(action: ActionRef) -> ActionId {
    match action {
        ActionRef::BuiltIn(action) => ActionId::BuiltIn(action),
        ActionRef::Declared(action) => ActionId::Declared(action.raw()),
    }
}

/// An action that is expected.
struct Wanted<'w> {
    action: ActionRef,
    args: &'w [Arc<str>],
    to: Option<&'w Arc<str>>,
    containing: &'w [Arc<str>],
}

impl Wanted<'_> {
    fn matches(&self, running: &Running<'_>, prepared: &Prepared) -> bool {
        let params = running.params(self.action);
        let is = |(arg, param): (&Arc<str>, &Arc<str>)| {
            prepared.args.iter().any(|(name, value)| name == param && text(value) == **arg)
        };
        prepared.action == Some(action_id(self.action))
            && self.args.len() <= params.len()
            && self.args.iter().zip(&params).all(is)
            && self.to.is_none_or(|to| prepared.to.as_ref() == Some(to) || running.is_contact(prepared, to))
            && self
                .containing
                .iter()
                .all(|part| prepared.args.iter().any(|(_, value)| text(value).contains(&**part)))
    }

    fn words(&self, running: &Running<'_>) -> String {
        let mut words = running.action_name(self.action);
        for arg in self.args {
            words.push_str(&format!(" \"{arg}\""));
        }
        for part in self.containing {
            words.push_str(&format!(" containing \"{part}\""));
        }
        if let Some(to) = self.to {
            words.push_str(&format!(" to \"{to}\""));
        }
        words
    }
}

impl Running<'_> {
    fn params(&self, action: ActionRef) -> Vec<Arc<str>> {
        match action {
            ActionRef::BuiltIn(action) => {
                crate::check::builtin::slots(action).iter().map(|slot| slot.name.into()).collect()
            }
            ActionRef::Declared(action) => {
                let action = self.checked.actions.get(action);
                action
                    .into_iter()
                    .flat_map(|action| &action.params)
                    .map(|param| Arc::clone(&param.name))
                    .collect()
            }
        }
    }

    fn action_name(&self, action: ActionRef) -> String {
        match action {
            ActionRef::BuiltIn(action) => {
                let names = crate::check::builtin::NAMES;
                names.iter().find(|(_, known)| *known == action).map_or("", |(name, _)| name).to_owned()
            }
            ActionRef::Declared(action) => {
                self.checked.actions.get(action).map_or_else(String::new, |action| action.name.to_string())
            }
        }
    }

    fn is_contact(&self, prepared: &Prepared, id: &str) -> bool {
        prepared.contact.is_some_and(|contact| &*self.world.entity(contact).id == id)
    }
}

fn text(value: &Value) -> String {
    value.to_string()
}
