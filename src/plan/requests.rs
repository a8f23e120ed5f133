//! What the request of a declared action reads of accounts and contacts.
//!
//! In: an [`ActionPlan`]. Out: the slots that have to be at hand when its request is built ([`Plan::slots_read`]).
//! A declaration reads attributes alone (`check` sees to it), so slots are all there is.

use super::expr::{CondId, Dep, ExprId, Who};
use super::{ActionPlan, ArgPlan, AssigneePlan, BodyPlan, Plan};
use std::sync::Arc;

impl ActionPlan {
    /// Calls `visit` with every argument of the request, those inside others too.
    pub fn args(&self, visit: &mut impl FnMut(&ArgPlan)) {
        let form: &[(Arc<str>, ArgPlan)] = if let BodyPlan::Form(form) = &self.body { form } else { &[] };
        let json = if let BodyPlan::Json(json) = &self.body { Some(json) } else { None };
        let fields = self.query.iter().chain(&self.headers).chain(form).map(|(_, arg)| arg);
        let mut open: Vec<&ArgPlan> = fields.chain(json).collect();
        while let Some(arg) = open.pop() {
            visit(arg);
            match arg {
                ArgPlan::Object(fields) => open.extend(fields.iter().map(|(_, arg)| arg)),
                ArgPlan::List(items) => open.extend(items),
                _ => {}
            }
        }
    }

    /// Whether the request sends the account or contact whole.
    pub fn sends_entity(&self) -> bool {
        let mut sends = false;
        self.args(&mut |arg| sends |= matches!(arg, ArgPlan::Entity));
        sends
    }
}

impl Plan {
    /// The slots of the account ([`Who::Account`]) and the contact ([`Who::This`]) that an action's request and rules
    /// read, sorted.
    pub fn slots_read(&self, action: &ActionPlan) -> Vec<(Who, u16)> {
        let (mut values, mut conditions): (Vec<ExprId>, Vec<CondId>) = (Vec::new(), Vec::new());
        action.args(&mut |arg| match arg {
            ArgPlan::Value(value) | ArgPlan::Assignee(AssigneePlan::User(value)) => values.push(*value),
            _ => {}
        });
        if let BodyPlan::Raw(value) = &action.body {
            values.push(*value);
        }
        let rules = &action.rules;
        values.extend(rules.fail.iter().chain(rules.keep.iter().map(|(_, value)| value)));
        conditions.extend(rules.ok.iter().chain(&rules.retry));
        let values = values.into_iter().flat_map(|value| self.pool.value_reads(value));
        let reads = values.chain(conditions.into_iter().flat_map(|condition| self.pool.reads(condition)));
        let slot = |dep: &Dep| if let Dep::Slot(of, slot) = dep { Some((*of, *slot)) } else { None };
        let mut slots: Vec<_> = reads.filter_map(slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}
