//! What the request of a declared action reads of accounts and contacts.
//!
//! In: an [`ActionPlan`]. Out: the slots that have to be at hand when its request is built ([`Plan::slots_read`]).
//! A declaration reads attributes alone (`check` sees to it), so slots are all there is.

use super::expr::{CondId, Dep, ExprId, Who};
use super::{ActionPlan, ArgPlan, AssigneePlan, BodyPlan, Plan, RequestPlan, RulesPlan, SourcePlan};
use std::sync::Arc;

impl ArgPlan {
    /// Calls `visit` with this argument and all inside it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        let mut open = vec![self];
        while let Some(arg) = open.pop() {
            visit(arg);
            match arg {
                Self::Object(fields) => open.extend(fields.iter().map(|(_, arg)| arg)),
                Self::List(items) => open.extend(items),
                _ => {}
            }
        }
    }
}

impl RequestPlan {
    /// Calls `visit` with every argument, those inside others too.
    pub fn args<'a>(&'a self, visit: &mut impl FnMut(&'a ArgPlan)) {
        let form: &[(Arc<str>, ArgPlan)] = if let BodyPlan::Form(form) = &self.body { form } else { &[] };
        let fields = self.query.iter().chain(&self.headers).chain(form);
        fields.for_each(|(_, arg)| arg.walk(visit));
        if let BodyPlan::Json(arg) = &self.body {
            arg.walk(visit);
        }
    }
}

impl ActionPlan {
    /// The names of what is looked up, in order.
    pub fn found(&self) -> impl Iterator<Item = &Arc<str>> {
        self.finds.iter().map(|find| &find.name)
    }

    /// Its request, and those of its lookups.
    fn requests(&self) -> impl Iterator<Item = &RequestPlan> {
        let sources = self.finds.iter().flat_map(|find| &find.sources);
        let asked = sources.filter_map(|source| match source {
            SourcePlan::Asked { request, .. } => Some(request),
            _ => None,
        });
        asked.chain([&self.request])
    }

    /// Whether a request sends the account or contact whole.
    pub fn sends_entity(&self) -> bool {
        let mut sends = false;
        for request in self.requests() {
            request.args(&mut |arg| sends |= matches!(arg, ArgPlan::Entity));
        }
        sends
    }
}

impl Plan {
    /// The slots of the account ([`Who::Account`]) and the contact ([`Who::This`]) that an action's requests and rules
    /// read, sorted.
    pub fn slots_read(&self, action: &ActionPlan) -> Vec<(Who, u16)> {
        let mut reads = Reads::default();
        for request in action.requests() {
            request.args(&mut |arg| reads.arg(arg));
            reads.values.extend(if let BodyPlan::Raw(value) = &request.body { Some(*value) } else { None });
        }
        reads.rules(&action.rules);
        for find in &action.finds {
            reads.rules(&find.rules);
            for source in &find.sources {
                match source {
                    SourcePlan::Value(value) | SourcePlan::Asked { take: value, .. } => {
                        reads.values.push(*value);
                    }
                    SourcePlan::Fail(reason) => reason.walk(&mut |arg| reads.arg(arg)),
                }
            }
        }
        let values = reads.values.iter().flat_map(|value| self.pool.value_reads(*value));
        let deps = values.chain(reads.conditions.iter().flat_map(|condition| self.pool.reads(*condition)));
        let slot = |dep: &Dep| if let Dep::Slot(of, slot) = dep { Some((*of, *slot)) } else { None };
        let mut slots: Vec<_> = deps.filter_map(slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}

/// Programs that are run.
#[derive(Default)]
struct Reads {
    values: Vec<ExprId>,
    conditions: Vec<CondId>,
}

impl Reads {
    fn arg(&mut self, arg: &ArgPlan) {
        if let ArgPlan::Value(value) | ArgPlan::Assignee(AssigneePlan::User(value)) = arg {
            self.values.push(*value);
        }
    }

    fn rules(&mut self, rules: &RulesPlan) {
        self.values.extend(rules.fail.iter().chain(rules.keep.iter().map(|(_, value)| value)));
        self.conditions.extend(rules.ok.iter().chain(&rules.retry));
    }
}
