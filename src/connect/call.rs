//! One call of a declared action, and what its programs see of the world.
//!
//! In: the plan, the action as prepared ([`Prepared`](crate::engine::effect::Prepared): arguments, key, what it is
//! about). Out: an [`Env`] over parameters, attributes of the account and the contact, what was found, and the
//! response, where there is one. Invariant: nothing here can change between two attempts but what is found and answered.

use super::answer::Response;
use crate::base::Instant;
use crate::engine::effect::About;
use crate::plan::Subject;
use crate::plan::expr::{AggId, Env, ExprId, RelId, Who};
use crate::plan::{ActionPlan, ConnectorPlan, Plan};
use crate::value::{Schema, Snapshot, Value, ValueRef};
use chrono_tz::Tz;
use std::fmt;
use std::sync::Arc;

/// A call of a declared action.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// What it is declared in.
    pub plan: &'a Plan,
    /// The action.
    pub action: &'a ActionPlan,
    /// (parameter, value), rendered.
    pub args: &'a [(Arc<str>, Value)],
    /// What the request reads besides.
    pub about: &'a About,
    /// The idempotency key.
    pub key: &'a str,
    /// Values of the response to be kept, by name.
    pub keep: &'a [(Arc<str>, ExprId)],
}

/// Why a request can't be made of a call. Trying again helps only after something was mended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unready {
    /// Parameters without a default are missing, or a path needs what is missing.
    Missing(Vec<Arc<str>>),
    /// A secret is not there.
    Secret(super::secret::NoSecret),
    /// What was given or read can't be sent: in words.
    Unfit(String),
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "{} {} missing", names.join(", "), if names.len() == 1 { "is" } else { "are" })
            }
            Self::Secret(none) => none.fmt(f),
            Self::Unfit(why) => f.write_str(why),
        }
    }
}

impl From<super::secret::NoSecret> for Unready {
    fn from(none: super::secret::NoSecret) -> Self {
        Self::Secret(none)
    }
}

impl<'a> Call<'a> {
    /// The connector that it goes through.
    pub fn connector(&self) -> Option<&'a ConnectorPlan> {
        self.plan.connectors.get(self.action.through? as usize)
    }

    /// The parameters without a default that are missing: with any, nothing is sent (the action is held).
    pub fn missing(&self) -> Vec<Arc<str>> {
        let params = self.action.params.iter();
        let required = params.filter(|(_, _, default)| default.is_none()).map(|(name, ..)| name);
        required.filter(|name| self.arg(name).is_none_or(Value::is_missing)).cloned().collect()
    }

    fn arg(&self, name: &str) -> Option<&'a Value> {
        self.args.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// The value of a parameter, by its place; behind the parameters stands what was found.
    pub(super) fn param(&self, place: usize, found: &'a [Value]) -> &'a Value {
        const MISSING: &Value = &Value::Missing;
        let Some((name, _, default)) = self.action.params.get(place) else {
            return found.get(place - self.action.params.len()).unwrap_or(MISSING);
        };
        match self.arg(name) {
            Some(value) if !value.is_missing() => value,
            _ => default.as_ref().unwrap_or(MISSING),
        }
    }
}

/// What a program of a declaration sees.
pub(super) struct Sight<'a> {
    pub call: Call<'a>,
    /// What the lookups have found so far.
    pub found: &'a [Value],
    /// The answer to the request.
    response: Option<&'a Response>,
    contact: Snapshot,
    account: Snapshot,
}

impl<'a> Sight<'a> {
    pub fn new(call: Call<'a>, found: &'a [Value], response: Option<&'a Response>) -> Self {
        let (contact, account) = (&call.about.contact, &call.about.account);
        let [contact, account] = [(Subject::Contact, contact), (Subject::Account, account)]
            .map(|(subject, known)| snapshot(call.plan.layout.schema(subject), known, call.about.at));
        Self { call, found, response, contact, account }
    }
}

/// Attributes kept by name, in the slots of the plan at hand.
fn snapshot(schema: &Schema, known: &[(Arc<str>, Value)], at: Instant) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, value) in known {
        let slot = (0u16..).zip(schema.fields()).find(|(_, field)| field.name == *name);
        if let Some((slot, _)) = slot {
            snapshot.set(slot, value.as_ref(), at);
        }
    }
    snapshot
}

impl Env for Sight<'_> {
    fn now(&self) -> Instant {
        self.call.about.at
    }

    fn zone(&self) -> Tz {
        self.call.about.zone
    }

    fn snapshot(&self, of: Who) -> Option<&Snapshot> {
        Some(match of {
            Who::This => &self.contact,
            Who::Account | Who::Outer => &self.account,
        })
    }

    fn param(&self, place: usize) -> ValueRef<'_> {
        self.call.param(place, self.found).as_ref()
    }

    fn response(&self, path: &[Arc<str>]) -> Value {
        self.response.map_or(Value::Missing, |response| response.part(path))
    }

    // What follows no declaration can ask (`check` sees to it).

    fn bit(&self, _: Who, _: u16) -> bool {
        false
    }

    fn in_workflow(&self, _: Who, _: u32) -> bool {
        false
    }

    fn aggregate(&self, _: Who, _: AggId) -> Value {
        Value::Missing
    }

    fn aggregate_next(&self, _: Who, _: AggId) -> Instant {
        Instant::MAX
    }

    fn count_flip(&self, _: Who, _: AggId, _: u64) -> Instant {
        Instant::MAX
    }

    fn relation(&self, _: RelId) -> (u32, u32) {
        (0, 0)
    }

    fn event(&self) -> Option<u32> {
        None
    }

    fn property(&self, _: u16) -> ValueRef<'_> {
        ValueRef::Missing
    }

    fn enrolling(&self, _: &[(u32, u16)]) -> ValueRef<'_> {
        ValueRef::Missing
    }

    fn event_contact(&self) -> ValueRef<'_> {
        ValueRef::Missing
    }

    fn kept(&self, _: usize) -> ValueRef<'_> {
        ValueRef::Missing
    }

    fn timed_out(&self) -> bool {
        false
    }
}
