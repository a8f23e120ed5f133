//! Whether a plan that was read from outside can be run.

use super::expr::{CondId, ExprId, Invalid, Room};
use super::*;

/// Arguments inside each other; the language allows fewer.
const DEPTH: usize = 200;

type Checked = Result<(), Invalid>;

fn check(is_good: bool, reason: &'static str) -> Checked {
    if is_good { Ok(()) } else { Err(Invalid { reason }) }
}

impl Plan {
    /// Whether every index is inside its table and every workflow's instructions lead forwards to their end.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.pool.validate()?;
        let properties: Vec<_> = self.events.iter().map(|event| event.properties.len()).collect();
        let [accounts, contacts] = &self.layout.schemas;
        let room = Room {
            slots: [accounts.len(), contacts.len()],
            bits: self.subjects.each_ref().map(|subject| subject.bits.len()),
            properties: &properties,
            workflows: self.workflows.len(),
        };
        self.pool.fits(&room)?;
        self.facts.iter().try_for_each(|fact| self.fact(fact))?;
        for subject in [Subject::Account, Subject::Contact] {
            let plan = self.subject(subject);
            let slots = [plan.zone_slot, plan.email_slot, plan.owner_slot];
            slots.into_iter().flatten().try_for_each(|slot| self.slot(subject, slot))?;
        }
        let in_order = |a: &WorkflowPlan, b: &WorkflowPlan| (a.removed, &a.name) < (b.removed, &b.name);
        check(self.workflows.is_sorted_by(in_order), "workflows out of order")?;
        self.workflows.iter().try_for_each(|workflow| self.flow(workflow))?;
        for retired in &self.retired {
            check((retired.workflow as usize) < self.workflows.len(), "a workflow that is not there")?;
            self.flow(&retired.text)?;
        }
        for (_, text) in self.templates.iter().flat_map(|message| &message.parts) {
            self.text(*text)?;
        }
        self.actions.iter().try_for_each(|action| self.action(action))?;
        let headers = self.connectors.iter().flat_map(|connector| &connector.headers);
        headers.map(|(_, value)| *value).try_for_each(|value| self.value(value))?;
        self.limits.iter().filter_map(|limit| limit.action).try_for_each(|action| self.action_id(action))
    }

    fn condition(&self, condition: impl IntoIterator<Item = CondId>) -> Checked {
        let count = self.pool.condition_count();
        check(condition.into_iter().all(|id| id.index() < count), "a condition that is not there")
    }

    fn value(&self, value: ExprId) -> Checked {
        check(value.index() < self.pool.value_count(), "a value that is not there")
    }

    fn slot(&self, subject: Subject, slot: u16) -> Checked {
        check(usize::from(slot) < self.layout.schema(subject).len(), "an attribute that is not there")
    }

    fn text(&self, text: u32) -> Checked {
        check((text as usize) < self.texts.len(), "a text that is not there")
    }

    fn event(&self, event: u32) -> Checked {
        check((event as usize) < self.events.len(), "an event that is not there")
    }

    fn team(&self, team: u32) -> Checked {
        check((team as usize) < self.teams.len(), "a team that is not there")
    }

    fn calendar(&self, calendar: Option<u32>) -> Checked {
        check(calendar.is_none_or(|at| (at as usize) < self.calendars.len()), "a calendar that is not there")
    }

    fn message(&self, message: u32) -> Checked {
        check((message as usize) < self.templates.len(), "a template that is not there")
    }

    fn action_id(&self, action: ActionId) -> Checked {
        let is_there = match action {
            ActionId::BuiltIn(_) => true,
            ActionId::Declared(at) => (at as usize) < self.actions.len(),
        };
        check(is_there, "an action that is not there")
    }

    fn fact(&self, fact: &FactPlan) -> Checked {
        let bits = self.subject(fact.subject).bits.len();
        match &fact.kind {
            FactKind::Slot(slot, value) => self.slot(fact.subject, *slot).and_then(|()| self.value(*value)),
            FactKind::Bit(bit, condition) => {
                check(usize::from(*bit) < bits, "a segment that is not there")?;
                self.condition([*condition])
            }
            FactKind::Stage(stages) => self.condition(stages.iter().filter_map(|(_, when)| *when)),
            FactKind::Health(health) => {
                let own = health.in_stage.iter().flat_map(|(_, rules)| rules);
                self.condition(health.general.iter().chain(own).map(|(_, when)| *when))
            }
            FactKind::Relation(relation) => {
                check(relation.index() < self.pool.relations().len(), "a relation that is not there")
            }
        }
    }

    fn flow(&self, workflow: &WorkflowPlan) -> Checked {
        let subject = workflow.subject;
        self.condition(workflow.only_if)?;
        self.condition(workflow.goals.iter().chain(&workflow.exits).map(|watch| watch.condition))?;
        workflow.enrolment.parallel_by.map_or(Ok(()), |value| self.value(value))?;
        workflow.triggers.iter().try_for_each(|trigger| self.trigger(&trigger.kind, subject))?;
        check(matches!(workflow.ops.last(), Some(Op::End)), "a workflow without an end")?;
        check(u16::try_from(workflow.triggers.len()).is_ok(), "too many triggers")?;
        for (op, at) in workflow.ops.iter().zip(0u32..) {
            self.op(op, at, workflow)?;
        }
        for (step, at) in workflow.steps.iter().zip(0u32..) {
            let inside = step.inside.is_none_or(|(outer, block)| {
                let blocks = workflow.steps.get(outer as usize).map_or(0, |outer| outer.blocks.len());
                outer < at && usize::from(block) < blocks
            });
            let leads = step.entry < step.behind && (step.behind as usize) < workflow.ops.len();
            check(inside && leads, "a step that stands nowhere")?;
        }
        Ok(())
    }

    fn trigger(&self, kind: &TriggerPlanKind, subject: Subject) -> Checked {
        match kind {
            TriggerPlanKind::Bit { bit, .. } => {
                check(usize::from(*bit) < self.subject(subject).bits.len(), "a segment that is not there")
            }
            TriggerPlanKind::Slot { slot, .. } => self.slot(subject, *slot),
            TriggerPlanKind::Performs { event, filter } => {
                self.event(*event).and_then(|()| self.condition(*filter))
            }
            TriggerPlanKind::Reaches(instant) => self.value(*instant),
            TriggerPlanKind::Clock(clock) => self.calendar(clock.calendar),
            TriggerPlanKind::Stage { .. }
            | TriggerPlanKind::Health { .. }
            | TriggerPlanKind::Created
            | TriggerPlanKind::ByHand => Ok(()),
        }
    }

    fn op(&self, op: &Op, at: Pc, workflow: &WorkflowPlan) -> Checked {
        let leads =
            |to: Pc| check(to > at && (to as usize) < workflow.ops.len(), "a step that leads nowhere");
        match op {
            Op::Do { guard, act, .. } => self.condition(*guard).and_then(|()| self.act(act, workflow))?,
            Op::Wait { guard, wait, .. } => self.condition(*guard).and_then(|()| self.wait(wait))?,
            Op::Branch { condition, otherwise, .. } => {
                leads(*otherwise)?;
                self.condition([*condition])?;
            }
            Op::Jump(to) => leads(*to)?,
            Op::Split { arms, .. } => {
                check(!arms.is_empty(), "a split without arms")?;
                arms.iter().try_for_each(|arm| leads(arm.target))?;
            }
            Op::Exit { guard, .. } => self.condition(*guard)?,
            Op::End => {}
        }
        check(op.step().is_none_or(|step| (step as usize) < workflow.steps.len()), "a step that is not there")
    }

    fn wait(&self, wait: &WaitPlan) -> Checked {
        let delay = |delay: &DelayPlan| match delay {
            DelayPlan::Period(_) => Ok(()),
            DelayPlan::BusinessDays(_, calendar) => self.calendar(*calendar),
        };
        let (what, at_most) = match wait {
            WaitPlan::For(length) => return delay(length),
            WaitPlan::Until { what, at_most, .. } => (what, at_most),
        };
        at_most.as_ref().map_or(Ok(()), delay)?;
        match what {
            WaitUntilPlan::Clock(_, calendar) => self.calendar(*calendar),
            WaitUntilPlan::Performs(event, filter) => {
                self.event(*event).and_then(|()| self.condition(*filter))
            }
            WaitUntilPlan::Mail(_, message) => self.message(*message),
            WaitUntilPlan::Date(date) => self.value(*date),
            WaitUntilPlan::Condition(condition) => self.condition([*condition]),
        }
    }

    fn act(&self, act: &Act, workflow: &WorkflowPlan) -> Checked {
        let slot = |slot: &u16| self.slot(workflow.subject, *slot);
        let contacts = |contacts: &Option<ContactsPlan>| {
            self.condition(contacts.as_ref().and_then(|contacts| contacts.filter))
        };
        match act {
            Act::Set(values) => {
                values.iter().try_for_each(|(at, value)| slot(at).and_then(|()| self.value(*value)))
            }
            Act::AddTag(at, _) | Act::RemoveTag(at, _) => slot(at),
            Act::Record(event, fields) => {
                let event = self
                    .events
                    .get(*event as usize)
                    .ok_or(Invalid { reason: "an event that is not there" })?;
                let known =
                    |at: u16| check(usize::from(at) < event.properties.len(), "a property that is not there");
                fields.iter().try_for_each(|(at, value)| known(*at).and_then(|()| self.value(*value)))
            }
            Act::Assign(at, to) => slot(at).and_then(|()| self.assignee(to)),
            Act::Start(other, filter) | Act::Stop(other, filter) => {
                check((*other as usize) < self.workflows.len(), "a workflow that is not there")?;
                contacts(filter)
            }
            Act::Call(call) => {
                let kept =
                    |at: u16| check(usize::from(at) < workflow.kept.len(), "a kept value that is not there");
                self.action_id(call.action)?;
                call.keep.iter().try_for_each(|(at, value)| kept(*at).and_then(|()| self.value(*value)))?;
                call.args.iter().try_for_each(|(_, arg)| self.arg(arg, 0))
            }
        }
    }

    fn assignee(&self, to: &AssigneePlan) -> Checked {
        match to {
            AssigneePlan::User(user) => self.value(*user),
            AssigneePlan::NextOf(team) | AssigneePlan::LeastLoadedOf(team) => self.team(*team),
        }
    }

    fn arg(&self, arg: &ArgPlan, depth: usize) -> Checked {
        check(depth < DEPTH, "arguments that are too deep")?;
        match arg {
            ArgPlan::Value(value) => self.value(*value),
            ArgPlan::Text(text) => self.text(*text),
            ArgPlan::Message(message) => self.message(*message),
            ArgPlan::Team(team) => self.team(*team),
            ArgPlan::Recipients(RecipientsPlan::Contacts(contacts)) => self.condition(contacts.filter),
            ArgPlan::Recipients(RecipientsPlan::Address(address)) => self.value(*address),
            ArgPlan::Recipients(_) | ArgPlan::Entity => Ok(()),
            ArgPlan::Object(fields) => fields.iter().try_for_each(|(_, arg)| self.arg(arg, depth + 1)),
            ArgPlan::List(items) => items.iter().try_for_each(|arg| self.arg(arg, depth + 1)),
            ArgPlan::Assignee(to) => self.assignee(to),
        }
    }

    fn action(&self, action: &ActionPlan) -> Checked {
        let through = action.through.is_none_or(|at| (at as usize) < self.connectors.len());
        check(through, "a connector that is not there")?;
        let names = action.params.len() + action.finds.len();
        for find in &action.finds {
            self.rules(&find.rules)?;
            find.sources.iter().try_for_each(|source| match source {
                SourcePlan::Value(value) => self.value(*value),
                SourcePlan::Asked { request, take } => {
                    self.value(*take).and_then(|()| self.request(request, names))
                }
                SourcePlan::Fail(reason) => self.arg(reason, 0),
            })?;
        }
        self.request(&action.request, names)?;
        self.rules(&action.rules)
    }

    fn request(&self, request: &RequestPlan, names: usize) -> Checked {
        self.text(request.path)?;
        let fields = |fields: &[(Arc<str>, ArgPlan)]| fields.iter().try_for_each(|(_, arg)| self.arg(arg, 0));
        fields(&request.query)?;
        fields(&request.headers)?;
        let more = request.more_headers.is_none_or(|at| usize::from(at) < names);
        check(more, "a parameter that is not there")?;
        match &request.body {
            BodyPlan::None => Ok(()),
            BodyPlan::Json(arg) => self.arg(arg, 0),
            BodyPlan::Form(form) => fields(form),
            BodyPlan::Raw(value) => self.value(*value),
        }
    }

    fn rules(&self, rules: &RulesPlan) -> Checked {
        self.condition(rules.ok.iter().chain(&rules.retry).copied())?;
        let kept = rules.keep.iter().map(|(_, value)| value);
        rules.fail.iter().chain(kept).try_for_each(|value| self.value(*value))
    }
}
