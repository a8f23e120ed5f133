//! What a workflow asks, and the templates, actions, teams, calendars and limits that it uses.

use super::*;
use std::collections::BTreeSet;

/// What the steps name.
#[derive(Debug, Default)]
struct Used {
    messages: BTreeSet<u32>,
    texts: BTreeSet<u32>,
    actions: BTreeSet<ActionId>,
    teams: BTreeSet<u32>,
    calendars: BTreeSet<u32>,
}

/// Every condition and value of a workflow, with whose scope it stands in and who is outside.
pub(super) fn asked(workflow: &WorkflowPlan) -> Vec<(Asked, Subject, Subject)> {
    let mut asker = Asker { subject: workflow.subject, open: Vec::new(), used: Used::default() };
    asker.workflow(workflow);
    asker.open
}

pub(super) fn of(lister: &Lister<'_>, workflow: &WorkflowPlan) -> Vec<Section> {
    let mut asker = Asker { subject: workflow.subject, open: Vec::new(), used: Used::default() };
    asker.workflow(workflow);
    let used = asker.used;
    let plan = lister.plan;
    let sorted = |mut items: Vec<Item>| {
        items.sort();
        items
    };
    let texts = used.texts.iter().filter_map(|at| plan.texts.get(*at as usize)).flat_map(TextPlan::reads);
    let texts: BTreeSet<String> = texts.collect();
    let calendars = used.calendars.iter().filter_map(|at| plan.calendars.get(*at as usize));
    let teams = used.teams.iter().filter_map(|at| plan.teams.get(*at as usize));
    let messages = used.messages.iter().filter_map(|at| plan.templates.get(*at as usize));
    let limits = plan.limits.iter().filter(|limit| limits(limit, &used.actions));
    let mut sections = vec![
        Section { title: "texts of steps", items: texts.into_iter().map(Item::plain).collect() },
        Section {
            title: "templates",
            items: sorted(messages.map(|message| lister.template(message)).collect()),
        },
        Section {
            title: "actions",
            items: sorted(used.actions.iter().filter_map(|action| lister.action(*action)).collect()),
        },
        Section { title: "teams", items: sorted(teams.map(shared::team).collect()) },
        Section { title: "calendars", items: sorted(calendars.map(shared::calendar).collect()) },
        Section { title: "limits", items: sorted(limits.map(|limit| lister.limit(limit)).collect()) },
    ];
    sections.retain(|section| !section.items.is_empty());
    sections
}

/// Whether a limit holds for one of the actions; one of all e-mail does for the built-in ones.
fn limits(limit: &LimitPlan, actions: &BTreeSet<ActionId>) -> bool {
    match limit.action {
        Some(action) => actions.contains(&action),
        None => actions.iter().any(|action| matches!(action, ActionId::BuiltIn(_))),
    }
}

struct Asker {
    subject: Subject,
    open: Vec<(Asked, Subject, Subject)>,
    used: Used,
}

impl Asker {
    fn condition(&mut self, condition: impl IntoIterator<Item = CondId>) {
        let subject = self.subject;
        self.open.extend(condition.into_iter().map(|id| (Asked::Condition(id), subject, subject)));
    }

    fn value(&mut self, value: impl IntoIterator<Item = ExprId>) {
        let subject = self.subject;
        self.open.extend(value.into_iter().map(|id| (Asked::Value(id), subject, subject)));
    }

    fn workflow(&mut self, workflow: &WorkflowPlan) {
        self.condition(workflow.only_if);
        self.condition(workflow.goals.iter().chain(&workflow.exits).map(|watch| watch.condition));
        self.value(workflow.enrolment.parallel_by);
        for trigger in &workflow.triggers {
            match &trigger.kind {
                TriggerPlanKind::Performs { filter, .. } => self.condition(*filter),
                TriggerPlanKind::Reaches(instant) => self.value([*instant]),
                TriggerPlanKind::Clock(clock) => self.used.calendars.extend(clock.calendar),
                _ => {}
            }
        }
        workflow.ops.iter().for_each(|op| self.op(op));
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Do { guard, act, .. } => {
                self.condition(*guard);
                self.act(act);
            }
            Op::Wait { guard, wait, .. } => {
                self.condition(*guard);
                self.wait(wait);
            }
            Op::Branch { condition, .. } => self.condition([*condition]),
            Op::Exit { guard, .. } => self.condition(*guard),
            Op::Jump(_) | Op::Split { .. } | Op::End => {}
        }
    }

    fn wait(&mut self, wait: &WaitPlan) {
        match wait {
            WaitPlan::For(delay) => self.delay(Some(delay)),
            WaitPlan::Until { what, at_most, .. } => {
                self.delay(at_most.as_ref());
                match what {
                    WaitUntilPlan::Clock(_, calendar) => self.used.calendars.extend(*calendar),
                    WaitUntilPlan::Performs(_, filter) => self.condition(*filter),
                    WaitUntilPlan::Mail(_, message) => {
                        self.used.messages.insert(*message);
                    }
                    WaitUntilPlan::Date(date) => self.value([*date]),
                    WaitUntilPlan::Condition(condition) => self.condition([*condition]),
                }
            }
        }
    }

    fn delay(&mut self, delay: Option<&DelayPlan>) {
        if let Some(DelayPlan::BusinessDays(_, calendar)) = delay {
            self.used.calendars.extend(*calendar);
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Set(values) | Act::Record(_, values) => self.value(values.iter().map(|(_, value)| *value)),
            Act::AddTag(..) | Act::RemoveTag(..) => {}
            Act::Assign(_, to) => self.assignee(to),
            Act::Start(_, contacts) | Act::Stop(_, contacts) => self.contacts(contacts.as_ref()),
            Act::Call(call) => {
                self.used.actions.insert(call.action);
                self.args(call.args.iter().map(|(_, arg)| arg));
            }
        }
    }

    fn assignee(&mut self, to: &AssigneePlan) {
        match to {
            AssigneePlan::User(user) => self.value([*user]),
            AssigneePlan::NextOf(team) | AssigneePlan::LeastLoadedOf(team) => {
                self.used.teams.insert(*team);
            }
        }
    }

    fn contacts(&mut self, contacts: Option<&ContactsPlan>) {
        let filter = contacts.and_then(|contacts| contacts.filter);
        self.open.extend(filter.map(|filter| (Asked::Condition(filter), Subject::Contact, self.subject)));
    }

    /// Arguments, and those inside them.
    fn args<'p>(&mut self, args: impl Iterator<Item = &'p ArgPlan>) {
        let mut open: Vec<&ArgPlan> = args.collect();
        while let Some(arg) = open.pop() {
            match arg {
                ArgPlan::Value(value) => self.value([*value]),
                ArgPlan::Text(text) => {
                    self.used.texts.insert(*text);
                }
                ArgPlan::Message(message) => {
                    self.used.messages.insert(*message);
                }
                ArgPlan::Team(team) => {
                    self.used.teams.insert(*team);
                }
                ArgPlan::Recipients(RecipientsPlan::Contacts(contacts)) => self.contacts(Some(contacts)),
                ArgPlan::Recipients(RecipientsPlan::Address(address)) => self.value([*address]),
                ArgPlan::Recipients(_) | ArgPlan::Entity => {}
                ArgPlan::Object(fields) => open.extend(fields.iter().map(|(_, arg)| arg)),
                ArgPlan::List(items) => open.extend(items),
                ArgPlan::Assignee(to) => self.assignee(to),
            }
        }
    }
}
