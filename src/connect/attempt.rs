//! One attempt at a call, step by step, without doing any of it: lookups first, then the request itself.
//!
//! In: a [`Call`]; then, in turn, what came of each request that it asks to be sent. Out: requests ([`Step::Send`]), at
//! the end an [`Outcome`]. Invariant: a lookup is only sent when all that it reads is known, and the request itself is
//! sent at most once. Not here: sending (`send`), trying again later.

use super::answer::Response;
use super::call::{Call, Sight, Unready};
use super::judge::{self, Outcome, Verdict};
use super::redact::Redactor;
use super::request::{self, Request, With};
use crate::base::Instant;
use crate::plan::{Auth, OAuth};
use crate::plan::{FindPlan, SourcePlan, expr};
use crate::value::Value;

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Send this, and tell what came of it.
    Send(Box<Request>),
    /// It is over.
    Done(Outcome),
}

/// How a request came to no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It must not be sent there.
    Refused(String),
    /// Nothing was sent.
    Unreachable(String),
    /// It was sent, at least in part, and no whole answer came.
    Broken(String),
}

/// An attempt under way.
pub struct Attempt<'a> {
    call: Call<'a>,
    found: Vec<Value>,
    /// Which source of the present lookup is next.
    source: usize,
    /// What lookups came to that found nothing.
    notes: Vec<String>,
}

impl<'a> Attempt<'a> {
    /// At the beginning.
    pub fn new(call: Call<'a>) -> Self {
        Self { call, found: Vec::new(), source: 0, notes: Vec::new() }
    }

    /// How the connector gets its access tokens, if it uses them.
    pub fn oauth(&self) -> Option<&'a OAuth> {
        match self.call.connector()?.auth.as_ref()? {
            Auth::OAuth(oauth) => Some(oauth),
            _ => None,
        }
    }

    /// What the lookups have found so far, by name.
    pub fn found(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.call.action.found().map(|name| &**name).zip(&self.found)
    }

    fn find(&self) -> Option<&'a FindPlan> {
        self.call.action.finds.get(self.found.len())
    }

    /// What to do next; asked again without an answer, the same once more.
    pub fn next(&mut self, with: With<'_>) -> Step {
        let missing = self.call.missing();
        if !missing.is_empty() {
            return Step::Done(unready(Unready::Missing(missing)));
        }
        while let Some(find) = self.find() {
            match self.look(find, with) {
                Look::Nothing => self.source += 1,
                Look::Found(value) => self.take(value),
                Look::Step(step) => return step,
            }
        }
        match request::build(self.call, &self.found, &self.call.action.request, with) {
            Ok(request) => Step::Send(Box::new(request)),
            Err(why) => Step::Done(unready(why)),
        }
    }

    /// Asks the next source of a lookup.
    fn look(&self, find: &FindPlan, with: With<'_>) -> Look {
        let sight = Sight::new(self.call, &self.found, None);
        match find.sources.get(self.source) {
            None => Look::Found(Value::Missing),
            Some(SourcePlan::Value(value)) => match expr::value(&self.call.plan.pool, *value, &sight) {
                Value::Missing => Look::Nothing,
                value => Look::Found(value),
            },
            Some(SourcePlan::Fail(reason)) => {
                let said = request::said(&sight, reason).unwrap_or_else(|why| why.to_string());
                let notes = self.notes.join("; ");
                let reason = if notes.is_empty() { said } else { format!("{said} ({notes})") };
                Look::Step(Step::Done(Outcome::Fail { reason: judge::short(&reason), response: None }))
            }
            Some(SourcePlan::Asked { request, .. }) if !request::is_known(&sight, request) => Look::Nothing,
            Some(SourcePlan::Asked { request, .. }) => {
                match request::build(self.call, &self.found, request, with) {
                    Ok(request) => Look::Step(Step::Send(Box::new(request))),
                    Err(Unready::Missing(_)) => Look::Nothing,
                    Err(why) => Look::Step(Step::Done(unready(why))),
                }
            }
        }
    }

    fn take(&mut self, value: Value) {
        self.found.push(value);
        self.source = 0;
    }

    /// Goes on as if the lookup at hand had found its own name in angle brackets; the name, if a lookup is at hand.
    pub fn suppose(&mut self) -> Option<std::sync::Arc<str>> {
        let name = std::sync::Arc::clone(&self.find()?.name);
        self.take(Value::Text(format!("<{name}>").into()));
        Some(name)
    }

    /// Takes what came of the request that was sent last, at an instant; `None`: there is more to do.
    pub fn answered(
        &mut self,
        came: Result<&Response, Fault>,
        redactor: &Redactor,
        now: Instant,
    ) -> Option<Outcome> {
        let asked = self.find();
        match (came, asked) {
            (Err(fault), asked) => Some(judge::fault(fault, asked.is_none())),
            (Ok(response), None) => Some(judge::judge(self.call, &self.found, response, (redactor, now))),
            (Ok(response), Some(find)) => self.looked(find, response, (redactor, now)),
        }
    }

    /// Takes the answer to a lookup. One that is no success finds nothing, and what it said is told if all fails.
    fn looked(&mut self, find: &FindPlan, response: &Response, to: (&Redactor, Instant)) -> Option<Outcome> {
        let sight = Sight::new(self.call, &self.found, Some(response));
        let Some(SourcePlan::Asked { take, .. }) = find.sources.get(self.source) else { return None };
        let value = match judge::verdict(&sight, &find.rules, response) {
            Verdict::Ok => expr::value(&self.call.plan.pool, *take, &sight),
            Verdict::Retry => return Some(judge::not_now(&sight, &find.rules, response, to)),
            Verdict::Fail => Value::Missing,
        };
        if value.is_missing() {
            self.notes.push(judge::reason(&sight, &find.rules, response, to.0));
            self.source += 1;
        } else {
            self.take(value);
        }
        None
    }
}

/// What one source of a lookup has.
enum Look {
    Nothing,
    Found(Value),
    Step(Step),
}

/// The outcome where no request could be made: what a person mends without touching the call is tried again.
fn unready(why: Unready) -> Outcome {
    match why {
        Unready::Secret(_) => {
            Outcome::Retry { reason: why.to_string(), after: None, response: None, maybe_delivered: false }
        }
        Unready::Missing(_) | Unready::Unfit(_) => Outcome::Fail { reason: why.to_string(), response: None },
    }
}
