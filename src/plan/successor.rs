//! A text of an old plan in a new one: what lets an enrolment end in the text that it began in (`on edit finish`).
//!
//! In: the old plan, a workflow of it, the new plan. Out: that workflow with everything that it names by the new plan's
//! indices. What both plans have under one name is the new plan's (templates, segments, attributes are always the present
//! ones, semantics S8.3); what only the old one has is added to the new plan's tables, where nothing else reads it, and
//! lives as long as the text does. Invariant: tables only grow, so no index of the new plan changes.

use super::expr::{CondId, ExprId, Graft, Grafted, Layout, Names, RelId, View};
use super::*;
use crate::value::{Field, Schema};
use std::collections::{BTreeMap, BTreeSet};

/// Takes texts of an old plan over.
pub struct Successor<'o> {
    old: &'o Plan,
    /// For each old workflow the new one.
    workflows: Vec<Option<u32>>,
    known: Grafted,
    slots: BTreeMap<(Subject, u16), u16>,
    bits: BTreeMap<(Subject, u16), u16>,
    /// Facts of the old plan that are needed and that the new one has not.
    wanted: BTreeSet<usize>,
    tables: BTreeMap<(Table, u32), u32>,
}

/// Tables whose entries have names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Table {
    Template,
    Team,
    Calendar,
    Action,
    Connector,
}

/// Where names lie, with the parts of the new plan that may have to grow.
struct Places<'p, 'o> {
    old: &'o Plan,
    layout: &'p mut Layout,
    subjects: &'p mut [SubjectPlan; 2],
    events: &'p mut Vec<EventPlan>,
    slots: &'p mut BTreeMap<(Subject, u16), u16>,
    bits: &'p mut BTreeMap<(Subject, u16), u16>,
    wanted: &'p mut BTreeSet<usize>,
    workflows: &'p [Option<u32>],
}

impl Names for Places<'_, '_> {
    fn slot(&mut self, subject: Subject, slot: u16) -> u16 {
        if let Some(known) = self.slots.get(&(subject, slot)) {
            return *known;
        }
        let Some(field) = self.old.layout.schema(subject).field(slot) else { return u16::MAX };
        let schema = self.layout.schema(subject);
        let found = schema.fields().iter().position(|other| other.name == field.name);
        let place = found.map_or_else(|| self.add_slot(subject, slot, field), |at| at as u16);
        self.slots.insert((subject, slot), place);
        place
    }

    fn bit(&mut self, subject: Subject, bit: u16) -> u16 {
        if let Some(known) = self.bits.get(&(subject, bit)) {
            return *known;
        }
        let Some(described) = self.old.subject(subject).bits.get(usize::from(bit)) else { return u16::MAX };
        let Some(mine) = self.subjects.get_mut(subject.index()) else { return u16::MAX };
        let found = mine.bits.iter().position(|other| other == described);
        let place = found.unwrap_or(mine.bits.len()) as u16;
        if found.is_none() {
            mine.bits.push(described.clone());
            self.want(subject, |kind| matches!(kind, FactKind::Bit(of, _) if *of == bit));
        }
        self.bits.insert((subject, bit), place);
        place
    }

    fn property(&mut self, event: u32, property: u16) -> (u32, u16) {
        let at = self.event(event);
        let old = self.old.events.get(event as usize);
        let Some(wanted) = old.and_then(|event| event.properties.get(usize::from(property))) else {
            return (at, u16::MAX);
        };
        let Some(mine) = self.events.get_mut(at as usize) else { return (at, u16::MAX) };
        let found = mine.properties.iter().position(|(name, ..)| *name == wanted.0);
        let place = found.unwrap_or(mine.properties.len());
        if found.is_none() {
            mine.properties.push(wanted.clone());
            if let Some((_, names)) = self.layout.names.events.get_mut(at as usize) {
                names.push(Arc::clone(&wanted.0));
            }
        }
        (at, place as u16)
    }

    fn event(&mut self, event: u32) -> u32 {
        let Some(wanted) = self.old.events.get(event as usize) else { return u32::MAX };
        let found = self.events.iter().position(|other| other.name == wanted.name);
        if found.is_none() {
            self.events.push(EventPlan { name: Arc::clone(&wanted.name), properties: Vec::new() });
            self.layout.names.events.push((Arc::clone(&wanted.name), Vec::new()));
        }
        found.unwrap_or(self.events.len() - 1) as u32
    }

    fn workflow(&mut self, workflow: u32) -> u32 {
        self.workflows.get(workflow as usize).copied().flatten().unwrap_or(u32::MAX)
    }
}

impl Places<'_, '_> {
    fn add_slot(&mut self, subject: Subject, slot: u16, field: &Field) -> u16 {
        let Some(schema) = self.layout.schemas.get_mut(subject.index()) else { return u16::MAX };
        let mut fields = schema.fields().to_vec();
        fields.push(field.clone());
        *schema = Schema::new(fields);
        let place = schema.len() as u16 - 1;
        self.want(subject, |kind| matches!(kind, FactKind::Slot(of, _) if *of == slot));
        place
    }

    fn want(&mut self, subject: Subject, is: impl Fn(&FactKind) -> bool) {
        let fact = self.old.facts.iter().position(|fact| fact.subject == subject && is(&fact.kind));
        self.wanted.extend(fact);
    }
}

impl<'o> Successor<'o> {
    /// From a plan whose workflows have these places in the new one.
    pub fn new(old: &'o Plan, workflows: Vec<Option<u32>>) -> Self {
        let (known, slots, bits) = (Grafted::default(), BTreeMap::new(), BTreeMap::new());
        Self { old, workflows, known, slots, bits, wanted: BTreeSet::new(), tables: BTreeMap::new() }
    }

    fn graft<R>(&mut self, new: &mut Plan, take: impl FnOnce(&mut Graft<'_, Places<'_, 'o>>) -> R) -> R {
        let mut places = Places {
            old: self.old,
            layout: &mut new.layout,
            subjects: &mut new.subjects,
            events: &mut new.events,
            slots: &mut self.slots,
            bits: &mut self.bits,
            wanted: &mut self.wanted,
            workflows: &self.workflows,
        };
        let (from, to, known) = (&self.old.pool, &mut new.pool, &mut self.known);
        take(&mut Graft { from, to, names: &mut places, known })
    }

    fn condition(&mut self, new: &mut Plan, condition: CondId, view: View) -> CondId {
        self.graft(new, |graft| graft.condition(condition, view))
    }

    fn value(&mut self, new: &mut Plan, value: ExprId, view: View) -> ExprId {
        self.graft(new, |graft| graft.value(value, view))
    }

    /// A text of the old plan for the new one. It keeps who is in it and takes nobody in.
    pub fn take_over(&mut self, new: &mut Plan, text: &WorkflowPlan) -> WorkflowPlan {
        let view = View::of(text.subject);
        let mut watches = |new: &mut Plan, list: &[Watch]| -> Vec<Watch> {
            let watch = |watch: &Watch| Watch {
                condition: self.condition(new, watch.condition, view),
                text: Arc::clone(&watch.text),
            };
            list.iter().map(watch).collect()
        };
        let (exits, goals) = (watches(new, &text.exits), watches(new, &text.goals));
        let ops = text.ops.iter().map(|op| self.op(new, op, view)).collect();
        self.settle_facts(new);
        WorkflowPlan {
            enrolment: EnrolmentPlan::default(),
            triggers: Vec::new(),
            only_if: None,
            exits,
            goals,
            ops,
            ..text.clone()
        }
    }

    /// Adds the facts that are needed, each behind what it reads: in the order of the old plan.
    fn settle_facts(&mut self, new: &mut Plan) {
        let mut made: BTreeMap<usize, FactPlan> = BTreeMap::new();
        loop {
            self.want_relations(new, &made);
            let next = self.wanted.iter().copied().find(|at| !made.contains_key(at));
            let Some((at, fact)) = next.and_then(|at| Some((at, self.old.facts.get(at)?))) else { break };
            let kind = self.fact(new, fact);
            made.insert(at, FactPlan { subject: fact.subject, kind });
        }
        self.wanted.clear();
        new.facts.extend(made.into_values());
    }

    fn want_relations(&mut self, new: &Plan, made: &BTreeMap<usize, FactPlan>) {
        for (before, now) in &self.known.relations {
            let is = |fact: &FactPlan| fact.kind == FactKind::Relation(*now);
            if !new.facts.iter().chain(made.values()).any(is) {
                let old = self.old.facts.iter().position(|fact| fact.kind == FactKind::Relation(*before));
                self.wanted.extend(old);
            }
        }
    }

    fn fact(&mut self, new: &mut Plan, fact: &FactPlan) -> FactKind {
        let view = View::of(fact.subject);
        match &fact.kind {
            FactKind::Slot(slot, value) => {
                let value = self.value(new, *value, view);
                FactKind::Slot(self.slots.get(&(fact.subject, *slot)).copied().unwrap_or(u16::MAX), value)
            }
            FactKind::Bit(bit, condition) => {
                let condition = self.condition(new, *condition, view);
                FactKind::Bit(self.bits.get(&(fact.subject, *bit)).copied().unwrap_or(u16::MAX), condition)
            }
            FactKind::Relation(id) => {
                FactKind::Relation(self.known.relations.get(id).copied().unwrap_or(RelId(u32::MAX)))
            }
            // Stages and health are always the present ones: they are never wanted.
            FactKind::Stage(_) => FactKind::Stage(Vec::new()),
            FactKind::Health(_) => FactKind::Health(HealthPlan { general: Vec::new(), in_stage: Vec::new() }),
        }
    }

    fn op(&mut self, new: &mut Plan, op: &Op, view: View) -> Op {
        let mut op = op.clone();
        match &mut op {
            Op::Do { guard, act, .. } => {
                *guard = guard.map(|guard| self.condition(new, guard, view));
                self.act(new, act, view);
            }
            Op::Wait { guard, wait, .. } => {
                *guard = guard.map(|guard| self.condition(new, guard, view));
                self.wait(new, wait, view);
            }
            Op::Branch { condition, .. } => *condition = self.condition(new, *condition, view),
            Op::Exit { guard, .. } => *guard = guard.map(|guard| self.condition(new, guard, view)),
            Op::Jump(_) | Op::Split { .. } | Op::End => {}
        }
        op
    }

    fn wait(&mut self, new: &mut Plan, wait: &mut WaitPlan, view: View) {
        let (what, at_most) = match wait {
            WaitPlan::For(delay) => return self.delay(new, delay),
            WaitPlan::Until { what, at_most, .. } => (what, at_most),
        };
        if let Some(delay) = at_most {
            self.delay(new, delay);
        }
        match what {
            WaitUntilPlan::Clock(_, calendar) => *calendar = calendar.map(|at| self.calendar(new, at)),
            WaitUntilPlan::Performs(event, filter) => {
                *event = self.graft(new, |graft| graft.names.event(*event));
                *filter = filter.map(|filter| self.condition(new, filter, view));
            }
            WaitUntilPlan::Mail(_, message) => *message = self.message(new, *message),
            WaitUntilPlan::Date(date) => *date = self.value(new, *date, view),
            WaitUntilPlan::Condition(condition) => *condition = self.condition(new, *condition, view),
        }
    }

    fn delay(&mut self, new: &mut Plan, delay: &mut DelayPlan) {
        if let DelayPlan::BusinessDays(_, calendar) = delay {
            *calendar = calendar.map(|at| self.calendar(new, at));
        }
    }

    fn act(&mut self, new: &mut Plan, act: &mut Act, view: View) {
        let own = view.this;
        match act {
            Act::Set(values) => {
                for (slot, value) in values {
                    *slot = self.graft(new, |graft| graft.names.slot(own, *slot));
                    *value = self.value(new, *value, view);
                }
            }
            Act::AddTag(slot, _) | Act::RemoveTag(slot, _) => {
                *slot = self.graft(new, |graft| graft.names.slot(own, *slot));
            }
            Act::Record(event, fields) => {
                for (property, value) in fields {
                    (_, *property) = self.graft(new, |graft| graft.names.property(*event, *property));
                    *value = self.value(new, *value, view);
                }
                *event = self.graft(new, |graft| graft.names.event(*event));
            }
            Act::Assign(slot, to) => {
                *slot = self.graft(new, |graft| graft.names.slot(own, *slot));
                self.assignee(new, to, view);
            }
            Act::Start(workflow, contacts) | Act::Stop(workflow, contacts) => {
                *workflow = self.graft(new, |graft| graft.names.workflow(*workflow));
                self.contacts(new, contacts.as_mut(), view);
            }
            Act::Call(call) => self.call(new, call, view),
        }
    }

    fn contacts(&mut self, new: &mut Plan, contacts: Option<&mut ContactsPlan>, view: View) {
        if let Some(filter) = contacts.and_then(|contacts| contacts.filter.as_mut()) {
            let inner = View { this: Subject::Contact, outer: view.this };
            *filter = self.condition(new, *filter, inner);
        }
    }

    fn assignee(&mut self, new: &mut Plan, to: &mut AssigneePlan, view: View) {
        match to {
            AssigneePlan::User(user) => *user = self.value(new, *user, view),
            AssigneePlan::NextOf(team) | AssigneePlan::LeastLoadedOf(team) => {
                *team = self.team(new, *team);
            }
        }
    }

    fn call(&mut self, new: &mut Plan, call: &mut CallPlan, view: View) {
        call.action = self.action_id(new, call.action);
        for (_, value) in &mut call.keep {
            *value = self.value(new, *value, view);
        }
        for (_, arg) in &mut call.args {
            self.arg(new, arg, view);
        }
    }

    fn arg(&mut self, new: &mut Plan, arg: &mut ArgPlan, view: View) {
        match arg {
            ArgPlan::Value(value) | ArgPlan::Recipients(RecipientsPlan::Address(value)) => {
                *value = self.value(new, *value, view);
            }
            ArgPlan::Text(text) => *text = self.text(new, *text),
            ArgPlan::Message(message) => *message = self.message(new, *message),
            ArgPlan::Team(team) => *team = self.team(new, *team),
            ArgPlan::Recipients(RecipientsPlan::Contacts(contacts)) => {
                self.contacts(new, Some(contacts), view);
            }
            ArgPlan::Recipients(_) | ArgPlan::Entity => {}
            ArgPlan::Object(fields) => fields.iter_mut().for_each(|(_, arg)| self.arg(new, arg, view)),
            ArgPlan::List(items) => items.iter_mut().for_each(|arg| self.arg(new, arg, view)),
            ArgPlan::Assignee(to) => self.assignee(new, to, view),
        }
    }

    /// A text of a step: the old one, as it belongs to the step.
    fn text(&mut self, new: &mut Plan, text: u32) -> u32 {
        let Some(text) = self.old.texts.get(text as usize) else { return u32::MAX };
        new.texts.push(text.clone());
        new.texts.len() as u32 - 1
    }

    fn message(&mut self, new: &mut Plan, message: u32) -> u32 {
        let Some(old) = self.old.templates.get(message as usize) else { return u32::MAX };
        let known = new.templates.iter().position(|other| other.name == old.name);
        self.named(Table::Template, message, known, |this| {
            let parts = old.parts.iter().map(|(part, text)| (*part, this.text(new, *text))).collect();
            new.templates.push(MessagePlan { name: Arc::clone(&old.name), parts });
            new.templates.len()
        })
    }

    fn team(&mut self, new: &mut Plan, team: u32) -> u32 {
        let Some(old) = self.old.teams.get(team as usize) else { return u32::MAX };
        let known = new.teams.iter().position(|other| other.name == old.name);
        self.named(Table::Team, team, known, |_| {
            new.teams.push(old.clone());
            new.teams.len()
        })
    }

    fn calendar(&mut self, new: &mut Plan, calendar: u32) -> u32 {
        let Some(old) = self.old.calendars.get(calendar as usize) else { return u32::MAX };
        let known = new.calendars.iter().position(|other| other.name == old.name);
        self.named(Table::Calendar, calendar, known, |_| {
            new.calendars.push(old.clone());
            new.calendars.len()
        })
    }

    /// The place of an entry: of that name in the new plan, else where `add` puts it (which says how many there are then).
    fn named(
        &mut self,
        table: Table,
        at: u32,
        known: Option<usize>,
        add: impl FnOnce(&mut Self) -> usize,
    ) -> u32 {
        if let Some(known) = self.tables.get(&(table, at)) {
            return *known;
        }
        let place = known.unwrap_or_else(|| add(self) - 1) as u32;
        self.tables.insert((table, at), place);
        place
    }

    fn action_id(&mut self, new: &mut Plan, action: ActionId) -> ActionId {
        let ActionId::Declared(at) = action else { return action };
        let Some(old) = self.old.actions.get(at as usize) else { return action };
        let known = new.actions.iter().position(|other| other.name == old.name);
        ActionId::Declared(self.named(Table::Action, at, known, |this| {
            let action = this.action(new, old);
            new.actions.push(action);
            new.actions.len()
        }))
    }

    fn action(&mut self, new: &mut Plan, old: &ActionPlan) -> ActionPlan {
        let mut action = old.clone();
        action.through = old.through.map(|connector| self.connector(new, connector));
        for find in &mut action.finds {
            self.rules(new, &mut find.rules);
            find.sources.iter_mut().for_each(|source| self.source(new, source));
        }
        self.request(new, &mut action.request);
        self.rules(new, &mut action.rules);
        action
    }

    fn source(&mut self, new: &mut Plan, source: &mut SourcePlan) {
        let view = View::of(Subject::Account);
        match source {
            SourcePlan::Value(value) => *value = self.value(new, *value, view),
            SourcePlan::Fail(reason) => self.arg(new, reason, view),
            SourcePlan::Asked { request, take } => {
                *take = self.value(new, *take, view);
                self.request(new, request);
            }
        }
    }

    fn request(&mut self, new: &mut Plan, request: &mut RequestPlan) {
        let view = View::of(Subject::Account);
        request.path = self.text(new, request.path);
        for (_, arg) in request.query.iter_mut().chain(&mut request.headers) {
            self.arg(new, arg, view);
        }
        match &mut request.body {
            BodyPlan::None => {}
            BodyPlan::Json(arg) => self.arg(new, arg, view),
            BodyPlan::Form(fields) => fields.iter_mut().for_each(|(_, arg)| self.arg(new, arg, view)),
            BodyPlan::Raw(value) => *value = self.value(new, *value, view),
        }
    }

    fn rules(&mut self, new: &mut Plan, rules: &mut RulesPlan) {
        let view = View::of(Subject::Account);
        for condition in rules.ok.iter_mut().chain(&mut rules.retry) {
            *condition = self.condition(new, *condition, view);
        }
        rules.fail = rules.fail.map(|fail| self.value(new, fail, view));
        for (_, value) in &mut rules.keep {
            *value = self.value(new, *value, view);
        }
    }

    fn connector(&mut self, new: &mut Plan, connector: u32) -> u32 {
        let Some(old) = self.old.connectors.get(connector as usize) else { return u32::MAX };
        let known = new.connectors.iter().position(|other| other.name == old.name);
        self.named(Table::Connector, connector, known, |this| {
            let mut added = old.clone();
            for (_, value) in &mut added.headers {
                *value = this.value(new, *value, View::of(Subject::Account));
            }
            new.connectors.push(added);
            new.connectors.len()
        })
    }
}
