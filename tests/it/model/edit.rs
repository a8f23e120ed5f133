//! The deploy of another text (S8.1, S8.3 to S8.6): what is known goes on under its name.

use super::expr::View;
use super::same::{left_behind, placed, same};
use super::values;
use super::world::{Fact, Facts, Model, Name, Run, RunKey, State, Text};
use super::{Line, log};
use std::collections::BTreeMap;
use wayfare::base::Instant;
use wayfare::check::checked::{
    Expr, ExprKind, OnEdit, State as Runs, Step, StepKind, TriggerKind, Wait, Workflow,
};
use wayfare::engine::{Input, InputKind};
use wayfare::value::Value;

impl<'a> Model<'a> {
    /// Time moves first, and what is due at the very instant is still of the old text.
    pub fn deploy(&mut self, at: Instant, new: Text<'a>) -> Vec<Line> {
        let mut lines = self.apply(&Input { at, kind: InputKind::Tick });
        self.moved_to(new);
        lines.extend(log::in_order(std::mem::take(&mut self.log)));
        lines
    }

    fn moved_to(&mut self, new: Text<'a>) {
        let old = std::mem::replace(&mut self.text, new);
        self.happened.clear();
        self.fresh.clear();
        self.asked.clear();
        self.depth = 0;
        self.values_over(old);
        let armed = self.armed_over(old);
        let retimed = self.runs_over(old);
        let before = self.facts_over();
        self.gaps_over(old);
        self.facts = self.all_facts(&before);
        self.log_facts(&before);
        self.flowed = false;
        self.arm_again(&armed, &before);
        self.round_of_deploy(old, &retimed);
        self.rest_of_instant();
    }

    /// A value goes where its trait goes; what is declared no more is kept, and taken in when it is declared (S1.4).
    fn values_over(&mut self, old: Text<'a>) {
        let new = self.text;
        for (id, entity) in &mut self.entities {
            let mut held = std::mem::take(&mut entity.given);
            let of = |text: Text<'a>| {
                let own = text.checked.attributes.values().filter(|it| it.subject == id.0);
                own.filter_map(|it| Some((it.from.clone()?, it.name.clone(), it.ty.clone())))
                    .collect::<Vec<_>>()
            };
            let before = of(old);
            for (from, name, ty) in of(new) {
                let same = before.iter().find(|it| it.0 == from && it.1 == name);
                let source = same.or_else(|| before.iter().find(|it| it.0 == from));
                let other_type = source.is_none_or(|(_, _, old_ty)| *old_ty != ty);
                if let Some((value, time)) = source.and_then(|(_, was, _)| held.remove(was)) {
                    let read =
                        if other_type { values::read(&value.to_json(), &ty) } else { Some(value.clone()) };
                    match read {
                        Some(value) => _ = entity.given.insert(name, (value, time)),
                        None => _ = entity.cold.insert(from, (value.to_json(), time)),
                    }
                } else if other_type
                    && let Some((json, time)) = entity.cold.get(&from).cloned()
                    && let Some(value) = values::read(&json, &ty)
                {
                    entity.cold.remove(&from);
                    entity.given.insert(name, (value, time));
                }
            }
            for (from, name, _) in before {
                if let Some((value, time)) = held.remove(&name) {
                    entity.cold.insert(from, (value.to_json(), time));
                }
            }
        }
    }

    /// The facts as they were, as far as they go on.
    fn facts_over(&self) -> Facts {
        let declared = |(id, fact): &(super::world::Id, Fact)| match fact {
            Fact::Attribute(name) => {
                self.text.checked.attributes.values().any(|it| it.subject == id.0 && it.name == *name)
            }
            _ => true,
        };
        self.facts
            .iter()
            .filter(|(key, _)| declared(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// The name that a workflow has now.
    fn heir(&self, old: &str) -> Name {
        let renamed = |it: &&Workflow| it.was.as_deref() == Some(old);
        match self.text.checked.workflows.values().find(renamed) {
            Some(new) if self.text.workflow(old).is_none() => new.name.clone(),
            _ => old.into(),
        }
    }

    /// For each trigger that waits for an instant: the one that it was, if it says the same (S2.7).
    fn armed_over(&mut self, old: Text<'a>) -> BTreeMap<(Name, usize), (Name, usize)> {
        let mut was = BTreeMap::new();
        for flow in old.checked.workflows.values() {
            let heir = self.heir(&flow.name);
            let Some(new) = self.text.workflow(&heir).filter(|new| new.subject == flow.subject) else {
                continue;
            };
            let mut left: Vec<(usize, String)> = instants(self.text, new);
            for (place, words) in instants(old, flow) {
                if let Some(at) = left.iter().position(|(_, other)| *other == words) {
                    was.insert((heir.clone(), left.remove(at).0), (flow.name.clone(), place));
                }
            }
        }
        was
    }

    /// New triggers are armed for instants to come; the others stay as they are, unless their value has changed.
    fn arm_again(&mut self, was: &BTreeMap<(Name, usize), (Name, usize)>, before: &Facts) {
        let mut all = BTreeMap::new();
        for flow in self.text.checked.workflows.values() {
            for (place, trigger) in flow.triggers.iter().enumerate() {
                let TriggerKind::Reaches(instant) = &trigger.kind else { continue };
                for id in self.created(flow.subject) {
                    let view = View::of(self, &self.facts, &id);
                    let ahead =
                        values::instant(&view.value(instant), view.zone()).is_some_and(|due| due > self.now);
                    let fact = (id.clone(), super::fire::base_of(self.text, instant));
                    let here = (flow.name.clone(), place);
                    let armed = match was.get(&here) {
                        Some(old) if before.get(&fact) == self.facts.get(&fact) => {
                            self.entities[&id].armed.contains(old)
                        }
                        _ => ahead,
                    };
                    if armed {
                        all.entry(id).or_insert_with(Vec::new).push(here);
                    }
                }
            }
        }
        for (id, entity) in &mut self.entities {
            entity.armed = all.remove(id).unwrap_or_default().into_iter().collect();
        }
        // The clock's next instant lies ahead.
        for flow in self.text.checked.workflows.values() {
            for place in 0..flow.triggers.len() {
                for id in self.created(flow.subject) {
                    self.ticked.insert((self.now, flow.name.clone(), place, id));
                }
            }
        }
    }

    /// Everybody under way, and everybody who was: S8.3, S8.4, S8.6. Those whose wait says something else.
    fn runs_over(&mut self, old: Text<'a>) -> Vec<RunKey> {
        let cleared = |model: &Self, name: &str, shadow: bool| {
            shadow && model.text.workflow(name).is_some_and(|new| new.state == Runs::Live)
        };
        for ((name, id, shadow), entry) in std::mem::take(&mut self.past) {
            let name = self.heir(&name);
            if !cleared(self, &name, shadow) {
                self.past.insert((name, id, shadow), entry);
            }
        }
        let disabled = std::mem::take(&mut self.disabled);
        self.disabled = disabled.iter().map(|name| self.heir(name)).collect();
        let mut gone = Vec::new();
        let mut retimed = Vec::new();
        for (key, mut run) in std::mem::take(&mut self.runs) {
            let was = old.workflow(&key.workflow);
            let key = RunKey { workflow: self.heir(&key.workflow), ..key };
            run.key = key.clone();
            let why = if cleared(self, &key.workflow, key.shadow) {
                Some("went live")
            } else {
                let (stays, other) = self.run_over(old, was, &mut run);
                if other {
                    retimed.push(key.clone());
                }
                (!stays).then_some("edited away")
            };
            gone.extend(why.map(|why| (key.clone(), why)));
            self.runs.insert(key, run);
        }
        gone.sort();
        for (key, why) in gone {
            self.leave(&key, "", "exited", why);
        }
        retimed
    }

    /// Whether an enrolment stays, and whether it waits on in a wait that says something else.
    fn run_over(&self, old: Text<'a>, was: Option<&'a Workflow>, run: &mut Run<'a>) -> (bool, bool) {
        let new = self.text.workflow(&run.key.workflow);
        let edited = was.zip(new).is_none_or(|(was, new)| !reads_alike((old, was), (self.text, new)));
        if !edited {
            if let (Some(new), true) = (new, std::ptr::eq(run.text.checked, old.checked)) {
                self.rebind(run, new);
            }
            return (true, false);
        }
        match new.or(was).map(|flow| flow.on_edit) {
            Some(OnEdit::Finish) => (true, false),
            Some(OnEdit::Exit) | None => (false, false),
            Some(OnEdit::Move) => match new {
                Some(new) if new.subject == run.flow.subject => self.relocate(run, new),
                _ => (false, false),
            },
        }
    }

    /// The same text, read again.
    fn rebind(&self, run: &mut Run<'a>, new: &'a Workflow) {
        let all = placed(self.text, new);
        let find = |path: &str| all.iter().find(|it| it.path == path).map(|it| it.step);
        for (path, step) in &mut run.todo {
            *step = find(path).unwrap();
        }
        if let State::Waiting(wait, _) = &mut run.state {
            *wait = as_wait(find(&run.path).unwrap()).unwrap();
        }
        (run.text, run.flow) = (self.text, new);
    }

    fn relocate(&self, run: &mut Run<'a>, new: &'a Workflow) -> (bool, bool) {
        let (before, after) = (placed(run.text, run.flow), placed(self.text, new));
        let same = same((run.text, run.flow), (self.text, new));
        let waiting = if let State::Waiting(_, entered) = run.state { Some(entered) } else { None };
        // Where it stands: in the wait at hand, or before the next step.
        let here = match waiting {
            Some(_) => Some(run.path.clone()),
            None => run.todo.last().map(|(path, _)| path.clone()),
        };
        let kept = here.as_ref().and_then(|here| same.get(here)).cloned();
        let to = match &here {
            Some(here) => match kept.clone().or_else(|| left_behind(&before, &same, here)) {
                Some(to) => Some(to),
                None => return (false, false),
            },
            None => None,
        };
        run.passed = run.passed.iter().filter_map(|path| same.get(path).cloned()).collect();
        let place = to.as_ref().map(|to| after.iter().position(|it| it.path == *to).unwrap());
        let mut other = false;
        run.todo = place.map_or(Vec::new(), |at| {
            run.passed.extend(after[at].inside.iter().map(|(outer, _)| outer.clone()));
            rest(&after, at)
        });
        if let (Some(entered), Some(at)) = (waiting, place) {
            let was = before.iter().find(|it| Some(&it.path) == here.as_ref()).unwrap();
            if let Some(wait) = as_wait(after[at].step).filter(|_| kept.is_some()) {
                other = was.words != after[at].words;
                run.state = State::Waiting(wait, entered);
                run.path.clone_from(&after[at].path);
                run.place = shown(&after[at]);
                run.todo.pop();
            } else {
                (run.state, run.timed_out) = (State::Ready, false);
            }
        }
        (run.text, run.flow) = (self.text, new);
        (true, other)
    }

    /// Exits and goals, then those who go on, in the order of S3.1.
    fn round_of_deploy(&mut self, old: Text<'a>, retimed: &[RunKey]) {
        for key in retimed {
            let zone = self.zone(&self.facts, &key.id);
            if let Some(run) = self.runs.get_mut(key) {
                run.zone = Some(zone);
            }
        }
        self.rekey(old);
        // As they stand at the beginning.
        let over: Vec<RunKey> = self.runs.keys().cloned().collect();
        let ended: BTreeMap<RunKey, super::waits::Ended> = over
            .iter()
            .filter_map(|key| {
                let run = &self.runs[key];
                let State::Waiting(wait, entered) = run.state else { return None };
                Some((key.clone(), self.over(run, wait, entered, false)?))
            })
            .collect();
        self.exits();
        for key in over {
            let Some(run) = self.runs.get(&key) else { continue };
            match run.state {
                State::Waiting(wait, entered) => {
                    let place = run.place.clone();
                    if let Some(ended) = ended.get(&key) {
                        self.past_wait(&key, &place, wait, *ended);
                        self.advance_or_hold(&key);
                    } else if retimed.contains(&key) {
                        let until = self.until(run, wait, entered);
                        let until = until.map_or("-".to_owned(), |until| until.to_string());
                        self.say(&key, &place, "waiting", &until);
                    }
                }
                State::Held => self.release(&key, false),
                State::Ready | State::Yielded => self.advance_or_hold(&key),
            }
        }
    }

    /// The value of `in parallel by` belongs to the present text.
    fn rekey(&mut self, old: Text<'a>) {
        let keys: Vec<RunKey> = self.runs.keys().cloned().collect();
        for key in keys {
            let Some(new) = self.text.workflow(&key.workflow) else { continue };
            let was = old.checked.workflows.values().find(|was| self.heir(&was.name) == key.workflow);
            let words = |text: Text<'a>, flow: &Workflow| {
                flow.enrolment.parallel_by.as_ref().map(|by| text.words(by.span))
            };
            if was.is_some_and(|was| words(old, was) == words(self.text, new)) {
                continue;
            }
            let view = View { text: self.text, ..self.view(&self.runs[&key]) };
            let value = new.enrolment.parallel_by.as_ref().map(|by| view.value(by));
            self.runs.get_mut(&key).unwrap().parallel = value.filter(|value| *value != Value::Missing);
        }
    }
}

/// The step itself and all behind it, the next one last.
fn rest<'a>(all: &[super::same::Placed<'a>], at: usize) -> Vec<(String, &'a Step)> {
    let around = &all[at].inside;
    let follows = |it: &&super::same::Placed<'a>| {
        it.inside.len() <= around.len() && it.inside == around[..it.inside.len()]
    };
    let mut rest: Vec<_> = all[at..].iter().filter(follows).map(|it| (it.path.clone(), it.step)).collect();
    rest.reverse();
    rest
}

fn shown(placed: &super::same::Placed<'_>) -> String {
    placed.step.label.as_ref().map_or(placed.path.clone(), ToString::to_string)
}

fn as_wait(step: &Step) -> Option<&Wait> {
    if let StepKind::Wait(wait) = &step.kind { Some(wait) } else { None }
}

/// Triggers that wait for an instant: their place, and what they say.
fn instants(text: Text<'_>, flow: &Workflow) -> Vec<(usize, String)> {
    let all = flow.triggers.iter().enumerate();
    let words = |(place, trigger): (usize, &wayfare::check::checked::Trigger)| match &trigger.kind {
        TriggerKind::Reaches(instant) => Some((place, instant_words(text, instant))),
        _ => None,
    };
    all.filter_map(words).collect()
}

fn instant_words(text: Text<'_>, instant: &Expr) -> String {
    match &instant.kind {
        ExprKind::Shift { base, period, before } => {
            format!("{period:?} {before} {}", instant_words(text, base))
        }
        _ => format!("{:?}", super::fire::base_of(text, instant)),
    }
}

/// Whether those under way see no difference: steps, goals, exits.
fn reads_alike<'a>(old: (Text<'a>, &'a Workflow), new: (Text<'a>, &'a Workflow)) -> bool {
    let steps = |(text, flow): (Text<'a>, &'a Workflow)| {
        let all = placed(text, flow).into_iter();
        all.map(|it| (it.path, it.words, it.blocks)).collect::<Vec<_>>()
    };
    let ends = |(text, flow): (Text<'a>, &'a Workflow)| {
        let words = |list: &[Expr]| list.iter().map(|one| text.words(one.span)).collect::<Vec<_>>();
        (words(&flow.goals), words(&flow.exits))
    };
    old.1.subject == new.1.subject && steps(old) == steps(new) && ends(old) == ends(new)
}
