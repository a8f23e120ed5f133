//! What steps do: changes of the world, which give up the turn, and actions, which are prepared here (semantics S6).

use super::deliver::is_mail;
use super::effect::{Exited, LogKind, Prepared, Skipped};
use super::entity::{Entity, Links, Occurrence, RunState, SentMail};
use super::outbox::Suppression;
use super::run::Then;
use super::text::{Failure, Texts};
use super::turn::{Change, RunKey, Turn};
use super::world::Eid;
use crate::base::Instant;
use crate::base::hash::digest;
use crate::plan::expr::{self, ExprId};
use crate::plan::{
    Act, ActionId, ArgPlan, AssigneePlan, BuiltInAction, CallPlan, ContactsPlan, LimitPlan, MailEvent,
    OnFailure, RecipientsPlan, Subject,
};
use crate::value::Value;
use std::sync::Arc;

/// Who gets one message.
#[derive(Clone, Debug)]
struct Recipient {
    contact: Option<Eid>,
    address: Option<Arc<str>>,
}

impl<'a> Turn<'a> {
    /// Does a step.
    pub(super) fn act(&mut self, key: RunKey, step: u32, act: &'a Act) -> Then {
        let eid = key.entity;
        match act {
            Act::Set(values) => {
                let values = values.iter().map(|(slot, value)| (*slot, self.value(key, *value))).collect();
                self.change(key, step, "set", Change::Set(eid, values))
            }
            Act::AddTag(slot, tag) => self.tag(key, step, *slot, tag, true),
            Act::RemoveTag(slot, tag) => self.tag(key, step, *slot, tag, false),
            Act::Record(event, fields) => self.record(key, step, *event, fields),
            Act::Assign(slot, to) => match self.assignee(key, to) {
                Some(user) => self.change(key, step, "assign", Change::Set(eid, vec![(*slot, user)])),
                None => self.skip(key, step, Skipped::EmptyTeam),
            },
            Act::Start(workflow, contacts) => {
                let by: Arc<str> = format!("start in \"{}\"", self.workflow_name(key.workflow)).into();
                let whom = self.whom(key, contacts.as_ref());
                self.change(key, step, "start", Change::Start(*workflow, whom, by))
            }
            Act::Stop(workflow, contacts) => {
                let whom = self.whom(key, contacts.as_ref());
                let by = self.workflow_name(key.workflow);
                self.change(key, step, "stop", Change::Stop(*workflow, whom, by))
            }
            Act::Call(call) => self.call(key, step, call),
        }
    }

    fn value(&self, key: RunKey, value: ExprId) -> Value {
        self.run(key).map_or(Value::Missing, |run| expr::value(&self.plan.pool, value, &self.here(key, run)))
    }

    fn skip(&mut self, key: RunKey, step: u32, why: Skipped) -> Then {
        self.log_run(key, Some(step), LogKind::Skipped(why));
        self.next(key)
    }

    fn next(&self, key: RunKey) -> Then {
        self.run(key).map_or(Then::Rest, |run| Then::Go(run.pc + 1))
    }

    /// A change of the world: the next input of the instant, behind which the run goes on. A draft makes none.
    fn change(&mut self, key: RunKey, step: u32, name: &str, change: Change) -> Then {
        let args = self.described(key, &change);
        let prepared =
            Prepared { name: name.into(), args, key: self.key(key, step, ""), ..Prepared::default() };
        self.log_run(key, Some(step), LogKind::Action(Box::new(prepared)));
        if key.shadow {
            return self.next(key);
        }
        if !self.enqueue(change, Some(key)) {
            self.log_too_deep(key, step);
            return self.next(key);
        }
        if let Some(run) = self.run_mut(key) {
            run.state = RunState::Yielded;
            run.pc += 1;
        }
        Then::Rest
    }

    fn described(&self, key: RunKey, change: &Change) -> Vec<(Arc<str>, Value)> {
        let slots = &self.plan.layout.schema(self.world.entity(key.entity).subject);
        match change {
            Change::Set(_, values) => {
                let name =
                    |slot: u16| slots.field(slot).map_or_else(|| "".into(), |field| Arc::clone(&field.name));
                values.iter().map(|(slot, value)| (name(*slot), value.clone())).collect()
            }
            Change::Tag(_, slot, tag, _) => {
                let name = slots.field(*slot).map_or_else(|| "".into(), |field| Arc::clone(&field.name));
                vec![(name, Value::Text(Arc::clone(tag)))]
            }
            Change::Record(occurrence) => {
                let event = self.plan.events.get(occurrence.event as usize);
                let name = event.map_or_else(|| "".into(), |event| Arc::clone(&event.name));
                let fields =
                    event.into_iter().flat_map(|event| &event.properties).map(|(name, ..)| Arc::clone(name));
                let mut args = vec![("event".into(), Value::Text(name))];
                args.extend(
                    fields
                        .zip(occurrence.properties.iter().cloned())
                        .filter(|(_, value)| !value.is_missing()),
                );
                args
            }
            Change::Start(workflow, whom, _) | Change::Stop(workflow, whom, _) => {
                let ids = whom.iter().map(|eid| Value::Text(Arc::clone(&self.world.entity(*eid).id)));
                let workflow = Value::Text(self.workflow_name(*workflow));
                vec![("workflow".into(), workflow), ("for".into(), Value::List(ids.collect()))]
            }
        }
    }

    fn tag(&mut self, key: RunKey, step: u32, slot: u16, tag: &Arc<str>, add: bool) -> Then {
        let name = if add { "add tag" } else { "remove tag" };
        self.change(key, step, name, Change::Tag(key.entity, slot, Arc::clone(tag), add))
    }

    fn record(&mut self, key: RunKey, step: u32, event: u32, fields: &[(u16, ExprId)]) -> Then {
        let count = self.plan.events.get(event as usize).map_or(0, |event| event.properties.len());
        let mut properties = vec![Value::Missing; count];
        for (property, value) in fields {
            let value = self.value(key, *value);
            if let Some(place) = properties.get_mut(usize::from(*property)) {
                *place = value;
            }
        }
        let of_contact = self.world.entity(key.entity).subject == Subject::Contact;
        let account = if of_contact { self.run(key).and_then(|run| run.account) } else { Some(key.entity) };
        let contact = of_contact.then_some(key.entity);
        let occurrence = Occurrence { event, properties, contact, account, time: self.now };
        self.change(key, step, "record", Change::Record(Arc::new(occurrence)))
    }

    fn assignee(&mut self, key: RunKey, to: &AssigneePlan) -> Option<Value> {
        match to {
            AssigneePlan::User(user) => Some(self.value(key, *user)),
            AssigneePlan::NextOf(team) => {
                let team = self.plan.teams.get(*team as usize)?;
                let turn = self.world.turns.get(&team.name).copied().unwrap_or(0);
                let member =
                    team.members.get(usize::try_from(turn).ok()?.checked_rem(team.members.len())?)?;
                if !key.shadow {
                    self.world.turns.insert(Arc::clone(&team.name), turn + 1);
                }
                Some(Value::Text(Arc::clone(member)))
            }
            AssigneePlan::LeastLoadedOf(team) => {
                let team = self.plan.teams.get(*team as usize)?;
                let subject = self.world.entity(key.entity).subject;
                let slot = self.plan.subject(subject).owner_slot?;
                let load = |member: &&Arc<str>| self.world.load_of(subject, slot, member);
                team.members.iter().min_by_key(load).map(|member| Value::Text(Arc::clone(member)))
            }
        }
    }

    /// The contacts of the account at hand that meet a filter, by id; without `contacts` the entity itself.
    fn whom(&self, key: RunKey, contacts: Option<&ContactsPlan>) -> Vec<Eid> {
        match contacts {
            None => vec![key.entity],
            Some(contacts) => self.contacts(key, contacts),
        }
    }

    fn contacts(&self, key: RunKey, contacts: &ContactsPlan) -> Vec<Eid> {
        let Some(run) = self.run(key) else { return Vec::new() };
        let account = if self.world.entity(key.entity).subject == Subject::Account {
            Some(key.entity)
        } else {
            run.account
        };
        let Some(Links::Account { contacts: all, .. }) =
            account.map(|account| &self.world.entity(account).links)
        else {
            return Vec::new();
        };
        let here = self.here(key, run);
        let meets = |eid: &&Eid| {
            let contact = self.world.entity(**eid);
            contact.created && contacts.filter.is_none_or(|filter| here.contact(contact).holds(filter))
        };
        let mut found: Vec<Eid> = all.iter().filter(meets).copied().collect();
        found.sort_by(|a, b| self.world.entity(*a).id.cmp(&self.world.entity(*b).id));
        found
    }

    fn call(&mut self, key: RunKey, step: u32, call: &'a CallPlan) -> Then {
        let recipients = self.recipients(key, call);
        if recipients.is_empty() {
            return self.skip(key, step, Skipped::NoRecipient);
        }
        for recipient in recipients {
            if let Some((address, why)) = self.suppressed(call.action, &recipient) {
                self.log_run(key, Some(step), LogKind::Skipped(Skipped::Suppressed(address, why)));
                continue;
            }
            if let Some(limit) = self.limit_reached(key, call.action, recipient.contact) {
                self.log_run(key, Some(step), LogKind::Skipped(Skipped::Limit(limit)));
                continue;
            }
            match self.prepare(key, step, call, &recipient) {
                Ok(prepared) => self.prepared(key, step, call, prepared),
                Err(Failure(why)) => {
                    self.log_run(key, Some(step), LogKind::Failed(why));
                    if call.on_failure == OnFailure::Exit {
                        self.exit(key, Some(step), LogKind::Exited(Exited::Failed));
                        return Then::Rest;
                    }
                }
            }
        }
        self.next(key)
    }

    fn suppressed(&self, action: ActionId, to: &Recipient) -> Option<(Arc<str>, Suppression)> {
        let address = to.address.as_ref().filter(|_| is_mail(action))?;
        self.world.suppressed(address).map(|why| (Arc::clone(address), why))
    }

    fn recipients(&self, key: RunKey, call: &CallPlan) -> Vec<Recipient> {
        let to = call
            .args
            .iter()
            .find_map(|(_, arg)| if let ArgPlan::Recipients(to) = arg { Some(to) } else { None });
        let nobody = Recipient { contact: None, address: None };
        let contact = |contact: Eid| Recipient { contact: Some(contact), address: self.email(contact) };
        match to {
            None => vec![nobody],
            Some(RecipientsPlan::Contacts(contacts)) => {
                self.contacts(key, contacts).into_iter().map(contact).collect()
            }
            Some(RecipientsPlan::Contact) => vec![contact(key.entity)],
            Some(RecipientsPlan::EventContact) => {
                let who = self.run(key).and_then(|run| run.event.as_ref()).and_then(|event| event.contact);
                who.map(|who| contact(self.world.lasting(who))).into_iter().collect()
            }
            Some(RecipientsPlan::Address(address)) => match self.value(key, *address) {
                Value::Text(address) => vec![Recipient { contact: None, address: Some(address) }],
                _ => Vec::new(),
            },
        }
    }

    fn email(&self, contact: Eid) -> Option<Arc<str>> {
        let slot = self.plan.subject(Subject::Contact).email_slot?;
        match self.world.entity(contact).snapshot.value(slot) {
            Value::Text(email) => Some(email),
            _ => None,
        }
    }

    fn prepare(&self, key: RunKey, step: u32, call: &CallPlan, to: &Recipient) -> Result<Prepared, Failure> {
        let Some(run) = self.run(key) else { return Err(Failure("the enrolment is gone".into())) };
        let here = self.here(key, run);
        let mut texts =
            Texts::new(here, to.contact.map(|contact| self.world.entity(contact)), self.text(key));
        let args = texts.args(&call.args)?;
        let id = to.contact.map(|contact| Arc::clone(&self.world.entity(contact).id));
        let recipient = id.or_else(|| to.address.clone()).unwrap_or_default();
        let idempotency = self.key(key, step, &recipient);
        let about = match call.action {
            ActionId::Declared(action) => Some(Box::new(texts.about(action))),
            ActionId::BuiltIn(_) => None,
        };
        Ok(Prepared {
            name: Arc::clone(&call.name),
            action: Some(call.action),
            to: to.address.clone().or(to.contact.map(|_| recipient)),
            contact: to.contact,
            args,
            missing: texts.missing,
            key: idempotency,
            about,
        })
    }

    /// Prepares a call again, for the one who was to get it.
    pub(super) fn prepare_for(
        &self,
        key: RunKey,
        step: u32,
        call: &CallPlan,
        to: (Option<Eid>, Option<Arc<str>>),
    ) -> Result<Prepared, Failure> {
        self.prepare(key, step, call, &Recipient { contact: to.0, address: to.1 })
    }

    fn prepared(&mut self, key: RunKey, step: u32, call: &'a CallPlan, prepared: Prepared) {
        self.count_limits(key, call.action, prepared.contact);
        let template = call
            .args
            .iter()
            .find_map(|(_, arg)| if let ArgPlan::Message(at) = arg { Some(*at) } else { None });
        let undelivered = self.world.simulated || key.shadow;
        let reached = (undelivered && prepared.is_automatic()).then_some(MailEvent::Sent);
        if let (Some(template), Some(run)) = (template, self.run_mut(key)) {
            run.mail.push(SentMail { template, contact: prepared.contact, reached });
        }
        self.log_run(key, Some(step), LogKind::Action(Box::new(prepared.clone())));
        if undelivered {
            self.keep_names(key, call);
        } else {
            self.put_in_outbox(key, step, call, prepared);
        }
    }

    /// Where nothing is delivered, a kept value is its name in angle brackets.
    fn keep_names(&mut self, key: RunKey, call: &CallPlan) {
        let Some(workflow) = self.text(key) else { return };
        for (place, _) in &call.keep {
            let name =
                workflow.kept.get(usize::from(*place)).map(|name| Value::Text(format!("<{name}>").into()));
            let kept = self.run_mut(key).and_then(|run| run.kept.get_mut(usize::from(*place)));
            if let (Some(kept), Some(name)) = (kept, name) {
                *kept = name;
            }
        }
    }

    /// The idempotency key (semantics S6.1).
    fn key(&self, key: RunKey, step: u32, recipient: &str) -> Arc<str> {
        let entity = self.world.entity(key.entity);
        let number = key.number.to_string();
        let workflow = self.text(key);
        let step =
            workflow.and_then(|workflow| workflow.steps.get(step as usize)).map_or("", |step| &**step.name());
        let subject = crate::plan::subject_word(entity.subject);
        let name = workflow.map_or("", |workflow| &*workflow.origin);
        let half = |salt: &str| digest(&[salt, name, subject, &entity.id, &number, step, recipient]);
        format!("wf_{:016x}{:016x}", half("a"), half("b")).into()
    }

    fn limited_entity(&self, key: RunKey, limit: &LimitPlan, contact: Option<Eid>) -> Option<Eid> {
        let subject = self.world.entity(key.entity).subject;
        match limit.per {
            Subject::Contact => contact.or((subject == Subject::Contact).then_some(key.entity)),
            Subject::Account if subject == Subject::Account => Some(key.entity),
            Subject::Account => self.run(key).and_then(|run| run.account),
        }
    }

    fn limit_reached(&self, key: RunKey, action: ActionId, contact: Option<Eid>) -> Option<Arc<str>> {
        let plan = self.plan;
        let over = |(at, limit): (usize, &LimitPlan)| {
            if !counts(limit, action) || key.shadow {
                return None;
            }
            let entity = self.world.entity(self.limited_entity(key, limit, contact)?);
            let from = self.now.minus(limit.window.at_most());
            let recent = entity.limited(at as u32).iter().filter(|at| **at > from).count();
            (recent >= limit.count as usize).then(|| Arc::from(limit.text()))
        };
        plan.limits.iter().enumerate().find_map(over)
    }

    fn count_limits(&mut self, key: RunKey, action: ActionId, contact: Option<Eid>) {
        let (plan, now) = (self.plan, self.now);
        for (at, limit) in
            plan.limits.iter().enumerate().filter(|(_, limit)| counts(limit, action) && !key.shadow)
        {
            let Some(eid) = self.limited_entity(key, limit, contact) else { continue };
            let from = now.minus(limit.window.at_most());
            note_limited(self.world.entity_mut(eid), at as u32, now, from);
        }
    }
}

fn counts(limit: &LimitPlan, action: ActionId) -> bool {
    match limit.action {
        Some(one) => one == action,
        None => matches!(
            action,
            ActionId::BuiltIn(BuiltInAction::Email | BuiltInAction::Html | BuiltInAction::Gmail)
        ),
    }
}

fn note_limited(entity: &mut Entity, limit: u32, now: Instant, from: Instant) {
    match entity.limited.iter_mut().find(|(at, _)| *at == limit) {
        Some((_, times)) => {
            times.retain(|at| *at > from);
            times.push(now);
        }
        None => entity.limited.push((limit, vec![now])),
    }
}
