//! Steps: an enrolment goes on until it waits, ends, or gives up the turn (S3.2, S3.3, S4.7).

use super::flow::block;
use super::world::{Change, Happening, Id, Model, Name, RunKey, State};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
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
        let run = self.runs.get_mut(key).unwrap();
        place.clone_into(&mut run.path);
        // S8.3: what was passed is never done again, and a branch once taken is not taken anew.
        if run.passed.contains(place) {
            return self.say(key, &shown, "skipped", "passed");
        }
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
        if !matches!(step.kind, StepKind::Wait(_)) {
            self.runs.get_mut(key).unwrap().passed.insert(place.to_owned());
        }
        if step.guard.as_ref().is_some_and(|guard| !self.holds(key, guard)) {
            if matches!(step.kind, StepKind::Wait(_)) {
                let run = self.runs.get_mut(key).unwrap();
                run.passed.insert(place.to_owned());
                run.timed_out = false;
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
                self.say(key, &shown, "arm", &arm.name);
            }
            StepKind::Wait(wait) => self.enter_wait(key, &shown, wait),
            StepKind::Exit => self.leave(key, &shown, "exited", "step"),
            StepKind::Goal => self.leave(key, &shown, "goal", "goal"),
            StepKind::Call(call) => self.call(key, &shown, call, step.on_failure),
            _ => self.change_step(key, &shown, &step.kind),
        }
    }

    pub fn holds(&self, key: &RunKey, condition: &Expr) -> bool {
        self.runs.get(key).is_some_and(|run| self.view(run).decides(condition))
    }

    pub fn value_at(&self, key: &RunKey, value: &Expr) -> Value {
        self.runs.get(key).map_or(Value::Missing, |run| self.view(run).value(value))
    }

    /// S4.7: the arm with the least `-log(hash) / share`, the hash being of workflow, label, entity and arm.
    #[expect(clippy::cast_precision_loss, reason = "a draw of 53 bits is as good")]
    fn arm(&self, key: &RunKey, label: &str, arms: &'a [Arm]) -> &'a Arm {
        let flow = self.runs[key].flow;
        let workflow = flow.was.as_ref().unwrap_or(&flow.name);
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
                let values: Vec<_> = values
                    .iter()
                    .map(|(at, value)| (self.attribute(key, *at), self.value_at(key, value)))
                    .collect();
                let detail = format!("set {}", described(&values));
                self.change(key, place, &detail, Change::Set(id, values));
            }
            StepKind::AddTag(at, tag) => {
                self.change(
                    key,
                    place,
                    "add tag",
                    Change::Tag(id, self.attribute(key, *at), Arc::clone(tag), true),
                );
            }
            StepKind::RemoveTag(at, tag) => {
                self.change(
                    key,
                    place,
                    "remove tag",
                    Change::Tag(id, self.attribute(key, *at), Arc::clone(tag), false),
                );
            }
            StepKind::Record { event, fields } => self.record(key, place, *event, fields),
            StepKind::Assign { attribute, to } => match self.assignee(key, *attribute, to) {
                Some(user) => {
                    let values = vec![(self.attribute(key, *attribute), user)];
                    let detail = format!("assign {}", described(&values));
                    self.change(key, place, &detail, Change::Set(id, values));
                }
                None => self.say(key, place, "skipped", "empty team"),
            },
            StepKind::Start { workflow, contacts } => {
                let whom = self.whom(key, contacts.as_ref());
                let workflow = self.runs[key].text.checked.workflows[*workflow].name.clone();
                let detail = format!("start {workflow} for {}", ids(&whom));
                self.change(key, place, &detail, Change::Start(workflow, whom));
            }
            StepKind::Stop { workflow, contacts } => {
                let whom = self.whom(key, contacts.as_ref());
                let workflow = self.runs[key].text.checked.workflows[*workflow].name.clone();
                let detail = format!("stop {workflow} for {}", ids(&whom));
                let by = Arc::clone(&key.workflow);
                self.change(key, place, &detail, Change::Stop(workflow, whom, by));
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

    fn attribute(&self, key: &RunKey, at: Idx<Attribute>) -> Name {
        self.runs[key].text.checked.attributes[at].name.clone()
    }

    fn record(&mut self, key: &RunKey, place: &str, event: Idx<Event>, fields: &[(Idx<Property>, Expr)]) {
        let declared = &self.runs[key].text.checked.events[event];
        let mut properties: BTreeMap<Name, Value> = BTreeMap::new();
        for (at, value) in fields {
            properties.insert(declared.properties[*at].name.clone(), self.value_at(key, value));
        }
        let named = declared.properties.values().filter_map(|it| Some((&it.name, properties.get(&it.name)?)));
        let named = named.filter(|(_, value)| !value.is_missing());
        let shown: String = named.map(|(name, value)| format!(" {name}={value:?}")).collect();
        let detail = format!("record {}{shown}", declared.name);
        let of_contact = key.id.0 == Subject::Contact;
        let happening = Happening {
            event: declared.name.clone(),
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
                let team = self.team(self.runs[key].text, *team);
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
                let attribute = self.attribute(key, attribute);
                let has = |id: &Id, member: &Arc<str>| {
                    let held =
                        self.facts.get(&(id.clone(), super::world::Fact::Attribute(attribute.clone())));
                    held == Some(&Value::Text(Arc::clone(member)))
                };
                let load = |member: &&Arc<str>| all.iter().filter(|id| has(id, member)).count();
                self.team(self.runs[key].text, *team)
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

fn described(values: &[(Name, Value)]) -> String {
    values.iter().map(|(name, value)| format!("{name}={value:?}")).collect::<Vec<_>>().join(" ")
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
