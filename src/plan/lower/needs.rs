//! Which kept values a step reads: it waits for the answers that bring them (semantics S6.2).

use super::super::expr::Dep;
use super::super::*;
use super::Lowering;
use std::collections::BTreeSet;

impl Lowering<'_> {
    /// Notes with each step what its ops read.
    pub(super) fn note_needs(&self, ops: &[Op], steps: &mut [StepPlan], kept: &[Arc<str>]) {
        if kept.is_empty() {
            return;
        }
        for op in ops {
            let (step, found) = match op {
                Op::Do { step, guard, act } => (step, self.of_act(act, *guard, kept)),
                Op::Wait { step, guard, wait } => (step, self.of_wait(wait, *guard)),
                Op::Branch { step, condition, .. } => (step, self.of_conditions([*condition])),
                Op::Exit { step, guard, .. } => (step, self.of_conditions(*guard)),
                Op::Jump(_) | Op::Split { .. } | Op::End => continue,
            };
            if let Some(step) = steps.get_mut(*step as usize) {
                let all: BTreeSet<u16> = step.needs.iter().copied().chain(found).collect();
                step.needs = all.into_iter().collect();
            }
        }
    }

    fn of_conditions(&self, conditions: impl IntoIterator<Item = CondId>) -> BTreeSet<u16> {
        let reads = conditions.into_iter().flat_map(|condition| self.pool.reads(condition));
        reads.copied().filter_map(place).collect()
    }

    fn of_values(&self, values: impl IntoIterator<Item = ExprId>) -> BTreeSet<u16> {
        let reads = values.into_iter().flat_map(|value| self.pool.value_reads(value));
        reads.copied().filter_map(place).collect()
    }

    fn of_wait(&self, wait: &WaitPlan, guard: Option<CondId>) -> BTreeSet<u16> {
        let mut found = self.of_conditions(guard);
        if let WaitPlan::Until { what, .. } = wait {
            found.extend(match what {
                WaitUntilPlan::Condition(condition) => self.of_conditions([*condition]),
                WaitUntilPlan::Performs(_, filter) => self.of_conditions(*filter),
                WaitUntilPlan::Date(date) => self.of_values([*date]),
                WaitUntilPlan::Clock(..) | WaitUntilPlan::Mail(..) => BTreeSet::new(),
            });
        }
        found
    }

    fn of_act(&self, act: &Act, guard: Option<CondId>, kept: &[Arc<str>]) -> BTreeSet<u16> {
        let mut found = self.of_conditions(guard);
        found.extend(match act {
            Act::Set(values) => self.of_values(values.iter().map(|(_, value)| *value)),
            Act::Record(_, fields) => self.of_values(fields.iter().map(|(_, value)| *value)),
            Act::Assign(_, AssigneePlan::User(user)) => self.of_values([*user]),
            Act::Start(_, Some(contacts)) | Act::Stop(_, Some(contacts)) => {
                self.of_conditions(contacts.filter)
            }
            Act::Call(call) => self.of_args(&call.args, kept),
            _ => BTreeSet::new(),
        });
        found
    }

    fn of_args(&self, args: &[(Arc<str>, ArgPlan)], kept: &[Arc<str>]) -> BTreeSet<u16> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&ArgPlan> = args.iter().map(|(_, arg)| arg).collect();
        while let Some(arg) = open.pop() {
            found.extend(match arg {
                ArgPlan::Value(value) | ArgPlan::Recipients(RecipientsPlan::Address(value)) => {
                    self.of_values([*value])
                }
                ArgPlan::Assignee(AssigneePlan::User(user)) => self.of_values([*user]),
                ArgPlan::Text(text) => self.of_text(*text, kept),
                ArgPlan::Message(message) => self.of_message(*message, kept),
                ArgPlan::Recipients(RecipientsPlan::Contacts(contacts)) => {
                    self.of_conditions(contacts.filter)
                }
                ArgPlan::Object(fields) => {
                    open.extend(fields.iter().map(|(_, arg)| arg));
                    BTreeSet::new()
                }
                ArgPlan::List(items) => {
                    open.extend(items);
                    BTreeSet::new()
                }
                _ => BTreeSet::new(),
            });
        }
        found
    }

    fn of_message(&self, message: u32, kept: &[Arc<str>]) -> BTreeSet<u16> {
        let parts = self.messages.get(message as usize).into_iter().flat_map(|message| &message.parts);
        parts.flat_map(|(_, text)| self.of_text(*text, kept)).collect()
    }

    fn of_text(&self, text: u32, kept: &[Arc<str>]) -> BTreeSet<u16> {
        let roots = self.texts.get(text as usize).map(TextPlan::paths).unwrap_or_default();
        let place = |name: &Arc<str>| roots.iter().any(|path| path.first() == Some(name));
        kept.iter().zip(0u16..).filter(|(name, _)| place(name)).map(|(_, at)| at).collect()
    }
}

fn place(dep: Dep) -> Option<u16> {
    if let Dep::Kept(place) = dep { Some(place) } else { None }
}
