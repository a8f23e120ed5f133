//! Steps: an enrolment goes on until it waits, ends, or gives up the turn (S3.2, S3.3, S4.7).

use super::flow::block;
use super::world::{Change, Happening, Id, Model, RunKey, State};
use sha2::{Digest, Sha256};
use std::rc::Rc;
use std::sync::Arc;
use wayfare::base::Idx;
use wayfare::check::checked::{
    Arm, Assignee, Attribute, Contacts, Event, Expr, Property, Step, StepKind, Subject,
};
use wayfare::value::Value;

impl<'a> Model<'a> {
    pub fn advance(&mut self, key: &RunKey) {
        loop {
            let Some(run) = self.runs.get_mut(key) else { return };
            if !matches!(run.state, State::Ready) {
                return;
            }
            let Some((place, step)) = run.todo.pop() else {
                return self.leave(key, "", "finished", "");
            };
            self.step(key, &place, step);
        }
    }

    fn step(&mut self, key: &RunKey, place: &str, step: &'a Step) {
        let shown = step.label.as_ref().map_or(place, |label| label).to_owned();
        let is_action = !matches!(
            step.kind,
            StepKind::Branch { .. }
                | StepKind::Split { .. }
                | StepKind::Wait(_)
                | StepKind::Exit
                | StepKind::Goal
        );
        if is_action && self.left_before_action(key) {
            return;
        }
        if step.guard.as_ref().is_some_and(|guard| !self.holds(key, guard)) {
            if matches!(step.kind, StepKind::Wait(_)) {
                self.runs.get_mut(key).unwrap().timed_out = false;
            }
            return self.say(key, &shown, "skipped", "guard");
        }
        match &step.kind {
            StepKind::Branch { arms, otherwise } => {
                let taken = arms.iter().position(|(condition, _)| self.holds(key, condition));
                let (steps, prefix) = match taken {
                    Some(at) => (&arms[at].1, format!("{place}.{}.", at + 1)),
                    None => (otherwise, format!("{place}.else.")),
                };
                self.runs.get_mut(key).unwrap().todo.extend(block(steps, &prefix));
            }
            StepKind::Split { label, arms } => {
                let arm = self.arm(key, label, arms);
                let steps = block(&arm.steps, &format!("{place}.{}.", arm.name));
                self.runs.get_mut(key).unwrap().todo.extend(steps);
            }
            StepKind::Wait(wait) => self.enter_wait(key, &shown, wait),
            StepKind::Exit => self.leave(key, &shown, "exited", "step"),
            StepKind::Goal => self.leave(key, &shown, "goal", "goal"),
            StepKind::Call(call) => self.call(key, &shown, call, step.on_failure),
            _ => self.change_step(key, &shown, &step.kind),
        }
    }

    pub fn holds(&self, key: &RunKey, condition: &Expr) -> bool {
        self.runs.get(key).is_some_and(|run| self.view(run).holds(condition))
    }

    pub fn value_at(&self, key: &RunKey, value: &Expr) -> Value {
        self.runs.get(key).map_or(Value::Missing, |run| self.view(run).value(value))
    }

    /// S4.7: the arm with the least `-log(hash) / share`, the hash being of workflow, label, entity and arm.
    #[expect(clippy::cast_precision_loss, reason = "a draw of 53 bits is as good")]
    fn arm(&self, key: &RunKey, label: &str, arms: &'a [Arm]) -> &'a Arm {
        let workflow = &self.workflow(key.workflow).name;
        let entity = super::name(&key.id);
        let cost = |arm: &&Arm| {
            let drawn = hash(&[workflow, label, &entity, &arm.name]);
            let share: f64 = arm.percent.to_string().parse().unwrap();
            -((drawn as f64 + 1.0) / 2f64.powi(64)).ln() / share
        };
        let drawn = arms.iter().filter(|arm| !arm.percent.is_zero());
        drawn.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap()
    }

    /// `set`, tags, `assign`, `record`, `start`, `stop`.
    fn change_step(&mut self, key: &RunKey, place: &str, kind: &'a StepKind) {
        let id = key.id.clone();
        match kind {
            StepKind::Set(values) => {
                let values: Vec<_> =
                    values.iter().map(|(at, value)| (*at, self.value_at(key, value))).collect();
                let detail = format!("set {}", self.described(&values));
                self.change(key, place, &detail, Change::Set(id, values));
            }
            StepKind::AddTag(at, tag) => {
                self.change(key, place, "add tag", Change::Tag(id, *at, Arc::clone(tag), true));
            }
            StepKind::RemoveTag(at, tag) => {
                self.change(key, place, "remove tag", Change::Tag(id, *at, Arc::clone(tag), false));
            }
            StepKind::Record { event, fields } => self.record(key, place, *event, fields),
            StepKind::Assign { attribute, to } => match self.assignee(key, *attribute, to) {
                Some(user) => {
                    let values = vec![(*attribute, user)];
                    let detail = format!("assign {}", self.described(&values));
                    self.change(key, place, &detail, Change::Set(id, values));
                }
                None => self.say(key, place, "skipped", "empty team"),
            },
            StepKind::Start { workflow, contacts } => {
                let whom = self.whom(key, contacts.as_ref());
                let detail = format!("start {} for {}", self.workflow(*workflow).name, ids(&whom));
                self.change(key, place, &detail, Change::Start(*workflow, whom));
            }
            StepKind::Stop { workflow, contacts } => {
                let whom = self.whom(key, contacts.as_ref());
                let detail = format!("stop {} for {}", self.workflow(*workflow).name, ids(&whom));
                let by = Arc::clone(&self.workflow(key.workflow).name);
                self.change(key, place, &detail, Change::Stop(*workflow, whom, by));
            }
            _ => {}
        }
    }

    /// S3.2: the change is the next input of the instant, behind which the enrolment goes on. A draft makes none (S8.4).
    fn change(&mut self, key: &RunKey, place: &str, detail: &str, change: Change) {
        self.say(key, place, "action", detail);
        if key.shadow {
            return;
        }
        if self.enqueue(change, Some(key.clone())) {
            self.runs.get_mut(key).unwrap().state = State::Yielded;
        } else {
            self.say(key, place, "skipped", "too deep");
        }
    }

    fn described(&self, values: &[(Idx<Attribute>, Value)]) -> String {
        let one = |(at, value): &(Idx<Attribute>, Value)| {
            format!("{}={value:?}", self.checked.attributes[*at].name)
        };
        values.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn record(&mut self, key: &RunKey, place: &str, event: Idx<Event>, fields: &[(Idx<Property>, Expr)]) {
        let declared = &self.checked.events[event];
        let mut properties = vec![Value::Missing; declared.properties.len()];
        for (at, value) in fields {
            properties[at.index()] = self.value_at(key, value);
        }
        let named = declared.properties.values().zip(&properties).filter(|(_, value)| !value.is_missing());
        let shown: String = named.map(|(property, value)| format!(" {}={value:?}", property.name)).collect();
        let detail = format!("record {}{shown}", declared.name);
        let of_contact = key.id.0 == Subject::Contact;
        let happening = Happening {
            event: Some(event),
            properties,
            contact: of_contact.then(|| Arc::clone(&key.id.1)),
            account: if of_contact { self.runs[key].account.clone() } else { Some(Arc::clone(&key.id.1)) },
            time: self.now,
            activity: false,
        };
        self.change(key, place, &detail, Change::Record(Rc::new(happening)));
    }

    fn assignee(&mut self, key: &RunKey, attribute: Idx<Attribute>, to: &Assignee) -> Option<Value> {
        match to {
            Assignee::User(user) => Some(self.value_at(key, user)),
            Assignee::NextOf(team) => {
                let team = &self.checked.teams[*team];
                let turn = self.turns.get(&team.name).copied().unwrap_or(0);
                let member = team.members.get(turn.checked_rem(team.members.len())?)?;
                // S8.4: a draft does not use the turn up.
                if !key.shadow {
                    self.turns.insert(Arc::clone(&team.name), turn + 1);
                }
                Some(Value::Text(Arc::clone(member)))
            }
            Assignee::LeastLoadedOf(team) => {
                let all = self.created(key.id.0);
                let has = |id: &Id, member: &Arc<str>| {
                    let held = self.facts.get(&(id.clone(), super::world::Fact::Attribute(attribute)));
                    held == Some(&Value::Text(Arc::clone(member)))
                };
                let load = |member: &&Arc<str>| all.iter().filter(|id| has(id, member)).count();
                self.checked.teams[*team]
                    .members
                    .iter()
                    .min_by_key(load)
                    .map(|member| Value::Text(Arc::clone(member)))
            }
        }
    }

    /// The entity itself, or the contacts that meet a filter.
    fn whom(&self, key: &RunKey, contacts: Option<&Contacts>) -> Vec<Id> {
        match contacts {
            None => vec![key.id.clone()],
            Some(contacts) => self.contacts_for(key, contacts),
        }
    }
}

fn ids(list: &[Id]) -> String {
    list.iter().map(|(_, id)| id.to_string()).collect::<Vec<_>>().join(",")
}

/// 64 bits of the SHA-256 of the parts, each with its length.
fn hash(parts: &[&str]) -> u64 {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    let digest = Sha256::digest(&bytes);
    u64::from_be_bytes(digest[..8].try_into().unwrap())
}
