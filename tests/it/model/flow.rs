//! Exits and goals, and who comes in (S4.2 to S4.5).

use super::expr::View;
use super::world::{Firing, Model, Run, RunKey, State};
use std::sync::Arc;
use wayfare::check::checked::{State as Runs, Step, Subject, Workflow};
use wayfare::value::Value;

impl<'a> Model<'a> {
    /// The point of view of an enrolment.
    pub fn view<'m>(&'m self, run: &'m Run<'a>) -> View<'m, 'a> {
        let account = run.account.clone().map(|id| (Subject::Account, id));
        View {
            text: run.text,
            account,
            event: run.event.clone(),
            run: Some(run),
            ..View::of(self, &self.facts, &run.key.id)
        }
    }

    /// Goals, then exits, of all enrolments as they stand at the beginning; then each is ended in order (S3.1, S3.4).
    pub fn exits(&mut self) {
        let ends: Vec<(RunKey, &'static str, String)> =
            self.runs.values().filter_map(|run| self.end_of(run)).collect();
        for (key, kind, why) in ends {
            self.leave(&key, "", kind, &why);
        }
    }

    /// The goal or exit of a run that holds now; the goal wins (S3.4).
    fn end_of(&self, run: &Run<'a>) -> Option<(RunKey, &'static str, String)> {
        let view = self.view(run);
        let (goal, exit) = first_true(&view, run.flow);
        let found = goal.map(|text| ("goal", text)).or(exit.map(|text| ("exited", format!("when {text}"))));
        found.map(|(kind, why)| (run.key.clone(), kind, why))
    }

    /// S8.5: nobody goes on in a disabled workflow; a draft holds those who came in while it was live (S8.4).
    fn is_halted(&self, key: &RunKey) -> bool {
        let Some(run) = self.runs.get(key) else { return false };
        let flow = self.text.workflow(&key.workflow).unwrap_or(run.flow);
        let draft = flow.state == Runs::Draft && !self.all_live && !key.shadow;
        flow.state == Runs::Disabled || self.disabled.contains(&key.workflow) || draft
    }

    pub fn advance_or_hold(&mut self, key: &RunKey) {
        if !self.is_halted(key) {
            return self.advance(key);
        }
        if let Some(run) = self.runs.get_mut(key).filter(|run| matches!(run.state, State::Ready)) {
            run.state = State::Held;
        }
    }

    /// What becomes of one that was held when its workflow runs again.
    pub fn release(&mut self, key: &RunKey, resume: bool) {
        let held = self.runs.get(key).is_some_and(|run| matches!(run.state, State::Held));
        if !held || self.is_halted(key) {
            return;
        }
        if !resume {
            return self.leave(key, "", "exited", "disabled");
        }
        self.runs.get_mut(key).unwrap().state = State::Ready;
        self.advance(key);
    }

    /// S4.4: exits are asked before every action too. Whether the run is gone.
    pub fn left_before_action(&mut self, key: &RunKey) -> bool {
        let Some(end) = self.runs.get(key).map(|run| self.end_of(run)) else { return true };
        if let Some((key, kind, why)) = &end {
            self.leave(key, "", kind, why);
        }
        end.is_some()
    }

    pub fn enrol_all(&mut self, fired: Vec<Firing>) {
        // What changes of enrolments alone bring about is bounded too (S3.3).
        for firing in fired.into_iter().filter(|_| self.depth <= super::DEPTH).collect::<Vec<_>>() {
            self.enrol(firing);
        }
    }

    fn enrol(&mut self, firing: Firing) {
        let Some(workflow) = self.text.workflow(&firing.workflow) else { return };
        let shadow = workflow.state == Runs::Draft && !self.all_live;
        let account = self.account_for(&firing);
        match self.admit(workflow, &firing, account.as_ref(), shadow) {
            Err(why) => {
                let key = RunKey { workflow: firing.workflow, id: firing.id, number: 0, shadow };
                self.say(&key, "", "not-enrolled", &why);
            }
            Ok((parallel, instead)) => {
                if let Some(old) = instead {
                    self.leave(&old, "", "exited", "restarted");
                }
                self.begin(workflow, firing, account, parallel, shadow);
            }
        }
    }

    /// S5.2: the account that the enrolling event names, else the contact's first.
    fn account_for(&self, firing: &Firing) -> Option<Arc<str>> {
        if firing.id.0 == Subject::Account {
            return None;
        }
        let named = firing.event.as_ref().and_then(|event| event.account.clone());
        named.or_else(|| self.accounts(&firing.id.1).into_iter().next())
    }

    /// The checks of a firing, in their order: the value of `in parallel by` and the run whose place it takes, or why not.
    fn admit(
        &self,
        workflow: &Workflow,
        firing: &Firing,
        account: Option<&Arc<str>>,
        shadow: bool,
    ) -> Result<(Option<Value>, Option<RunKey>), String> {
        if workflow.state == Runs::Disabled || self.disabled.contains(&workflow.name) {
            return Err("disabled".into());
        }
        let account = account.map(|id| (Subject::Account, Arc::clone(id)));
        let view = View { account, event: firing.event.clone(), ..View::of(self, &self.facts, &firing.id) };
        let policy = &workflow.enrolment;
        let parallel = policy.parallel_by.as_ref().map(|by| view.value(by));
        if parallel == Some(Value::Missing) {
            return Err("no key".into());
        }
        let same = |run: &&Run<'a>| {
            run.key.workflow == firing.workflow
                && run.key.id == firing.id
                && run.key.shadow == shadow
                && run.parallel == parallel
        };
        let there = self.runs.values().find(same).map(|run| run.key.clone());
        if there.is_some() && !policy.restart {
            return Err("already in".into());
        }
        let past = self.past.get(&(firing.workflow.clone(), firing.id.clone(), shadow));
        if past.is_some() && !policy.every {
            return Err("once".into());
        }
        if let (Some((_, started)), Some(pause)) = (past, policy.pause) {
            let over = super::time::shift(*started, pause, false, view.zone());
            if over > self.now {
                return Err(format!("pause {over}"));
            }
        }
        if workflow.only_if.as_ref().is_some_and(|condition| !view.decides(condition)) {
            return Err("if".into());
        }
        match first_true(&view, workflow) {
            (Some(goal), _) => Err(format!("goal {goal}")),
            (None, Some(exit)) => Err(format!("exit {exit}")),
            (None, None) => Ok((parallel, there)),
        }
    }

    fn begin(
        &mut self,
        workflow: &'a Workflow,
        firing: Firing,
        account: Option<Arc<str>>,
        parallel: Option<Value>,
        shadow: bool,
    ) {
        let past =
            self.past.entry((firing.workflow.clone(), firing.id.clone(), shadow)).or_insert((0, self.now));
        *past = (past.0 + 1, self.now);
        let key = RunKey { workflow: firing.workflow, id: firing.id, number: past.0, shadow };
        let run = Run {
            key: key.clone(),
            text: self.text,
            flow: workflow,
            parallel,
            account,
            event: firing.event,
            todo: block(&workflow.steps, ""),
            state: State::Ready,
            place: String::new(),
            path: String::new(),
            passed: std::collections::BTreeSet::new(),
            timed_out: false,
            zone: None,
            mail: Vec::new(),
        };
        self.runs.insert(key.clone(), run);
        self.say(&key, "", "enrolled", "");
        self.flow_changed(&key);
        self.advance(&key);
    }
}

/// The steps of a block with their places, the first one last.
pub fn block<'a>(steps: &'a [Step], prefix: &str) -> Vec<(String, &'a Step)> {
    let place = |(at, step): (usize, &'a Step)| (format!("{prefix}{}", at + 1), step);
    steps.iter().enumerate().map(place).rev().collect()
}

/// The first goal and the first exit that hold.
fn first_true(view: &View<'_, '_>, workflow: &Workflow) -> (Option<String>, Option<String>) {
    let first = |list: &[wayfare::check::checked::Expr]| {
        let held = list.iter().find(|condition| view.decides(condition));
        held.map(|condition| view.text.words(condition.span))
    };
    (first(&workflow.goals), first(&workflow.exits))
}
