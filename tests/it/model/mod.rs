//! The reference model: a slow, obvious interpreter of checked workflows, to which the engine is compared.
//!
//! In: a checked project and the same inputs as the engine. Out: a log, and state that can be listed. It shares nothing
//! with the plan or the engine: no slots, no index of readers, no counts kept by increments, no timers. Every fact of
//! every entity is worked out anew in every round, and time moves through every instant at which anything could change.

pub mod calls;
pub mod compare;
pub mod edit;
pub mod expr;
pub mod facts;
pub mod fire;
pub mod flow;
pub mod gaps;
pub mod history;
pub mod input;
pub mod log;
pub mod make;
pub mod make_edit;
pub mod make_flow;
pub mod moments;
pub mod project;
pub mod random;
pub mod same;
pub mod shrink;
pub mod state;
pub mod steps;
pub mod text;
pub mod time;
pub mod values;
pub mod waits;
pub mod words;
pub mod world;

pub use log::Line;
pub use world::{Model, Text};

use self::world::{Change, Fact, Firing, Queued, Run, RunKey, State};
use wayfare::engine::{Input, InputKind};
use wayfare::value::Value;

/// S3.3: how many changes may cause one another.
pub const DEPTH: u32 = 100;

/// How many rounds of one instant a test waits for.
const ROUNDS: u32 = 500;

/// What a round begins with.
pub enum Cause<'i> {
    Time,
    Input(&'i InputKind),
    Change(Change),
}

impl Model<'_> {
    /// S3.1: time moves first, instant by instant; then the input and all that is due at its instant, as one.
    pub fn apply(&mut self, input: &Input) -> Vec<Line> {
        let at = input.at.max(self.now);
        while let Some(next) = self.next_moment(at) {
            self.now = next;
            self.instant(Cause::Time);
        }
        self.now = at;
        self.instant(Cause::Input(&input.kind));
        log::in_order(std::mem::take(&mut self.log))
    }

    /// S3.2: each change that a step made is the next input of the instant; behind it its enrolment goes on.
    fn instant(&mut self, cause: Cause<'_>) {
        self.depth = 0;
        self.round(cause);
        self.rest_of_instant();
    }

    pub fn rest_of_instant(&mut self) {
        for _ in 0..ROUNDS {
            let Some(Queued { change, depth, behind }) = self.queue.pop_front() else {
                if !self.flowed {
                    return;
                }
                self.depth += 1;
                self.round(Cause::Time);
                continue;
            };
            self.depth = depth;
            self.round(Cause::Change(change));
            if let Some(key) = behind {
                // The step behind is caused by what caused the run to go, not by its own last change (S3.3).
                self.depth = depth - 1;
                self.go_on(&key);
            }
        }
        self.exhausted = true;
        self.queue.clear();
    }

    /// Snapshots and facts of all, then exits and goals, then waits, then triggers (S3.1).
    fn round(&mut self, cause: Cause<'_>) {
        self.happened.clear();
        self.fresh.clear();
        self.asked.clear();
        match cause {
            Cause::Time => {}
            Cause::Input(kind) => self.take_in(kind),
            Cause::Change(change) => self.make(change),
        }
        self.flowed = false;
        let before = std::mem::take(&mut self.facts);
        self.facts = self.all_facts(&before);
        self.log_facts(&before);
        let fired = self.fired(&before);
        self.exits();
        self.waits();
        for (key, resume) in std::mem::take(&mut self.released) {
            self.release(&key, resume);
        }
        self.enrol_all(fired);
    }

    fn go_on(&mut self, key: &RunKey) {
        if let Some(run) = self.runs.get_mut(key).filter(|run| matches!(run.state, State::Yielded)) {
            run.state = State::Ready;
            self.advance(key);
        }
    }

    /// A change that a step makes.
    fn make(&mut self, change: Change) {
        let now = self.now;
        match change {
            Change::Set(id, values) => {
                for (attribute, value) in values {
                    self.give(&id, &attribute, value, now);
                }
            }
            Change::Tag(id, attribute, tag, add) => {
                let held = self.facts.get(&(id.clone(), Fact::Attribute(attribute.clone()))).cloned();
                let mut tags = if let Some(Value::List(tags)) = held { tags.to_vec() } else { Vec::new() };
                let tag = Value::Text(tag);
                if tags.contains(&tag) != add {
                    tags.retain(|held| *held != tag);
                    tags.extend(add.then_some(tag));
                    self.give(&id, &attribute, Value::List(tags.into()), now);
                }
            }
            Change::Record(happening) => self.happen(&happening),
            Change::Start(workflow, ids) => {
                let firing = |id| Firing { workflow: workflow.clone(), id, event: None };
                self.asked.extend(ids.into_iter().map(firing));
            }
            Change::Stop(workflow, ids, by) => {
                for id in ids {
                    for key in self.runs_of(&id, Some(&workflow)) {
                        self.leave(&key, "", "exited", &format!("stopped by {by}"));
                    }
                }
            }
        }
    }

    /// The enrolments of an entity, in the order of S3.1.
    pub fn runs_of(&self, id: &world::Id, workflow: Option<&str>) -> Vec<RunKey> {
        let wanted =
            |key: &&RunKey| key.id == *id && workflow.is_none_or(|workflow| &*key.workflow == workflow);
        self.runs.keys().filter(wanted).cloned().collect()
    }

    /// Puts a change behind those that wait (S3.2); false if the chain of causes is too long (S3.3).
    pub fn enqueue(&mut self, change: Change, behind: Option<RunKey>) -> bool {
        let depth = self.depth + 1;
        if depth > DEPTH {
            return false;
        }
        self.queue.push_back(Queued { change, depth, behind });
        true
    }

    /// Logs a line about an enrolment.
    pub fn say(&mut self, key: &RunKey, step: &str, kind: &'static str, detail: &str) {
        let line = Line {
            at: self.now,
            workflow: key.workflow.to_string(),
            entity: name(&key.id),
            number: key.number,
            step: step.to_owned(),
            kind,
            detail: detail.to_owned(),
            shadow: key.shadow,
        };
        self.log.push(line);
    }

    /// Ends an enrolment with a line.
    pub fn leave(&mut self, key: &RunKey, step: &str, kind: &'static str, detail: &str) {
        let Some(Run { key, .. }) = self.runs.remove(key) else { return };
        self.say(&key, step, kind, detail);
        self.flow_changed(&key);
    }

    /// Who is in a workflow is a fact that others read: it is looked at again with the next change of the instant.
    pub fn flow_changed(&mut self, key: &RunKey) {
        self.flowed |= !key.shadow;
    }
}

/// `account:acme`
pub fn name(id: &world::Id) -> String {
    let subject = if id.0 == wayfare::check::checked::Subject::Account { "account" } else { "contact" };
    format!("{subject}:{}", id.1)
}
