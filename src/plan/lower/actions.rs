//! Calls, arguments, declared actions and connectors.

use super::super::*;
use super::Lowering;
use crate::check::builtin;
use crate::check::checked::{self, ActionRef, StepKind};

/// What runs a call.
pub(super) fn id(action: ActionRef) -> ActionId {
    match action {
        ActionRef::BuiltIn(action) => ActionId::BuiltIn(action),
        ActionRef::Declared(action) => ActionId::Declared(action.raw()),
    }
}

/// A length of a wait.
pub(super) fn delay(delay: &checked::Delay) -> DelayPlan {
    match delay {
        checked::Delay::Period(period) => DelayPlan::Period(*period),
        checked::Delay::BusinessDays { count, calendar } => {
            DelayPlan::BusinessDays(*count, calendar.map(crate::base::arena::Idx::raw))
        }
    }
}

impl Lowering<'_> {
    /// What a step does, if it does something.
    pub(super) fn act(&mut self, kind: &StepKind, step: &checked::Step, subject: Subject) -> Option<Act> {
        Some(match kind {
            StepKind::Set(values) => {
                let value =
                    |(attribute, value): &(_, _)| (self.layout.slot(*attribute), self.value(value, subject));
                Act::Set(values.iter().map(value).collect())
            }
            StepKind::AddTag(attribute, tag) => Act::AddTag(self.layout.slot(*attribute), Arc::clone(tag)),
            StepKind::RemoveTag(attribute, tag) => {
                Act::RemoveTag(self.layout.slot(*attribute), Arc::clone(tag))
            }
            StepKind::Record { event, fields } => {
                let field = |(property, value): &(crate::base::Idx<checked::Property>, checked::Expr)| {
                    (property.raw() as u16, self.value(value, subject))
                };
                Act::Record(event.raw(), fields.iter().map(field).collect())
            }
            StepKind::Assign { attribute, to } => {
                Act::Assign(self.layout.slot(*attribute), self.assignee(to, subject))
            }
            StepKind::Start { workflow, contacts } => {
                Act::Start(workflow.raw(), self.maybe_contacts(contacts.as_ref()))
            }
            StepKind::Stop { workflow, contacts } => {
                Act::Stop(workflow.raw(), self.maybe_contacts(contacts.as_ref()))
            }
            StepKind::Call(call) => Act::Call(self.call(call, step, subject)),
            StepKind::Branch { .. }
            | StepKind::Split { .. }
            | StepKind::Wait(_)
            | StepKind::Exit
            | StepKind::Goal => return None,
        })
    }

    fn assignee(&mut self, to: &checked::Assignee, subject: Subject) -> AssigneePlan {
        match to {
            checked::Assignee::User(user) => AssigneePlan::User(self.value(user, subject)),
            checked::Assignee::NextOf(team) => AssigneePlan::NextOf(team.raw()),
            checked::Assignee::LeastLoadedOf(team) => AssigneePlan::LeastLoadedOf(team.raw()),
        }
    }

    fn maybe_contacts(&mut self, contacts: Option<&checked::Contacts>) -> Option<ContactsPlan> {
        contacts.map(|contacts| self.contacts(contacts))
    }

    fn contacts(&mut self, contacts: &checked::Contacts) -> ContactsPlan {
        ContactsPlan {
            filter: contacts.filter.as_ref().map(|filter| self.condition(filter, Subject::Contact)),
        }
    }

    fn call(&mut self, call: &checked::Call, step: &checked::Step, subject: Subject) -> CallPlan {
        let names = self.params(call.action);
        let mut args = Vec::new();
        for (arg, name) in call.args.iter().zip(names) {
            if let Some(arg) = self.arg(arg, subject) {
                args.push((name, arg));
            }
        }
        let keep =
            call.keep.iter().map(|(place, value)| (*place as u16, self.value(value, subject))).collect();
        CallPlan {
            name: self.action_name(call.action),
            action: id(call.action),
            args,
            keep,
            on_failure: step.on_failure,
        }
    }

    fn params(&self, action: ActionRef) -> Vec<Arc<str>> {
        match action {
            ActionRef::BuiltIn(action) => {
                builtin::slots(action).into_iter().map(|slot| Arc::from(slot.name)).collect()
            }
            ActionRef::Declared(action) => {
                let declared = self.checked.actions.get(action);
                declared
                    .into_iter()
                    .flat_map(|action| &action.params)
                    .map(|param| Arc::clone(&param.name))
                    .collect()
            }
        }
    }

    fn action_name(&self, action: ActionRef) -> Arc<str> {
        match action {
            ActionRef::BuiltIn(action) => {
                let known = builtin::NAMES.iter().find(|(_, known)| *known == action);
                known.map_or_else(|| "".into(), |(name, _)| (*name).into())
            }
            ActionRef::Declared(action) => {
                self.checked.actions.get(action).map(|action| Arc::clone(&action.name)).unwrap_or_default()
            }
        }
    }

    /// An argument; `None` if it is absent.
    pub(super) fn arg(&mut self, arg: &checked::Arg, subject: Subject) -> Option<ArgPlan> {
        Some(match arg {
            checked::Arg::Absent => return None,
            checked::Arg::Value(value) => ArgPlan::Value(self.value(value, subject)),
            checked::Arg::Template(text) => ArgPlan::Text(self.text(text)),
            checked::Arg::Message(message) => ArgPlan::Message(message.raw()),
            checked::Arg::Team(team) => ArgPlan::Team(team.raw()),
            checked::Arg::Recipients(to) => ArgPlan::Recipients(self.recipients(to, subject)),
            checked::Arg::Object(fields) => ArgPlan::Object(self.fields(fields, subject)),
            checked::Arg::Entity => ArgPlan::Entity,
            checked::Arg::List(items) => {
                ArgPlan::List(items.iter().filter_map(|item| self.arg(item, subject)).collect())
            }
            checked::Arg::Assignee(to) => ArgPlan::Assignee(self.assignee(to, subject)),
        })
    }

    fn fields(&mut self, fields: &[(Arc<str>, checked::Arg)], subject: Subject) -> Vec<(Arc<str>, ArgPlan)> {
        let field = |(name, arg): &(Arc<str>, checked::Arg)| {
            self.arg(arg, subject).map(|arg| (Arc::clone(name), arg))
        };
        fields.iter().filter_map(field).collect()
    }

    fn recipients(&mut self, to: &checked::Recipients, subject: Subject) -> RecipientsPlan {
        match to {
            checked::Recipients::Contacts(contacts) => RecipientsPlan::Contacts(self.contacts(contacts)),
            checked::Recipients::Contact => RecipientsPlan::Contact,
            checked::Recipients::EventContact => RecipientsPlan::EventContact,
            checked::Recipients::Address(address) => RecipientsPlan::Address(self.value(address, subject)),
        }
    }

    /// A declared action. Its expressions read the account as [`checked::Who::Account`] and so know no subject.
    pub(super) fn action(&mut self, action: &checked::Action) -> ActionPlan {
        let param =
            |param: &checked::Param| (Arc::clone(&param.name), param.ty.clone(), param.default.clone());
        let through = action.through.and_then(|connector| self.checked.connectors.get(connector));
        let mut rules = self.rules_of(&action.rules);
        if let Some(connector) = through {
            let shared = self.rules_of(&connector.rules);
            rules.ok.extend(shared.ok);
            rules.retry.extend(shared.retry);
            rules.fail = rules.fail.or(shared.fail);
            rules.keep.extend(shared.keep);
        }
        ActionPlan {
            name: Arc::clone(&action.name),
            params: action.params.iter().map(param).collect(),
            through: action.through.map(crate::base::arena::Idx::raw),
            finds: Vec::new(),
            request: self.request(&action.request),
            rules,
        }
    }

    fn request(&mut self, request: &checked::Request) -> RequestPlan {
        let subject = Subject::Account;
        RequestPlan {
            method: request.method,
            path: self.text(&request.path),
            query: self.fields(&request.query, subject),
            headers: self.fields(&request.headers, subject),
            more_headers: request.more_headers.map(|place| place as u16),
            body: match &request.body {
                checked::Body::None => BodyPlan::None,
                checked::Body::Json(arg) => self.arg(arg, subject).map_or(BodyPlan::None, BodyPlan::Json),
                checked::Body::Form(fields) => BodyPlan::Form(self.fields(fields, subject)),
                checked::Body::Raw(value) => BodyPlan::Raw(self.value(value, subject)),
            },
        }
    }

    fn rules_of(&mut self, rules: &checked::Rules) -> RulesPlan {
        let subject = Subject::Account;
        RulesPlan {
            ok: rules.ok.iter().map(|rule| self.condition(rule, subject)).collect(),
            retry: rules.retry.iter().map(|rule| self.condition(rule, subject)).collect(),
            fail: rules.fail.as_ref().map(|fail| self.value(fail, subject)),
            keep: rules
                .keep
                .iter()
                .map(|(name, value)| (Arc::clone(name), self.value(value, subject)))
                .collect(),
        }
    }

    /// A connector.
    pub(super) fn connector(&mut self, connector: &checked::Connector) -> ConnectorPlan {
        let header = |(name, value): &(Arc<str>, checked::Expr)| {
            (Arc::clone(name), self.value(value, Subject::Account))
        };
        ConnectorPlan {
            name: Arc::clone(&connector.name),
            base: connector.base.clone(),
            auth: connector.auth.clone(),
            rates: connector.rates.clone(),
            headers: connector.headers.iter().map(header).collect(),
            idempotency: connector.idempotency.clone(),
            timeout: connector.timeout,
        }
    }

    /// A step as listings and logs show it: its head, without the blocks inside it.
    pub(super) fn step_words(&self, step: &checked::Step) -> String {
        let whole = self.words(step.span);
        let head = match &step.kind {
            StepKind::Branch { .. } | StepKind::Split { .. } => whole.split('{').next().unwrap_or(&whole),
            _ => &whole,
        };
        head.trim().to_owned()
    }
}
