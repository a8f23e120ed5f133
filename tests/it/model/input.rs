//! Inputs: what they do to attributes, events and memberships (S4.1, S5.1, S7).

use super::values;
use super::world::{Entity, Firing, Happening, Id, Model};
use std::rc::Rc;
use std::sync::Arc;
use wayfare::base::Instant;
use wayfare::check::checked::{MailEvent, Subject};
use wayfare::engine::InputKind;
use wayfare::value::{Type, Value};

type Object = serde_json::Map<String, serde_json::Value>;

impl Model<'_> {
    pub fn take_in(&mut self, kind: &InputKind) {
        match &self.led(kind) {
            InputKind::Group { account, contact, traits, time } => {
                let id = self.mention(Subject::Account, account);
                self.see(&id, traits, *time);
                // S5.1: only `group` adds a membership.
                if let Some(contact) = contact {
                    self.mention(Subject::Contact, contact);
                    self.members.entry((Arc::clone(contact), Arc::clone(account))).or_insert(*time);
                }
            }
            InputKind::Identify { contact, traits, time, .. } => {
                let id = self.mention(Subject::Contact, contact);
                self.see(&id, traits, *time);
            }
            InputKind::Track { contact, account, event, properties, time } => {
                self.track(contact.as_ref(), account.as_ref(), event, properties, *time);
            }
            InputKind::Enrol { subject, id, workflow } => self.enrol_by_hand(*subject, id, workflow),
            InputKind::TakeOut { subject, id, workflow } => {
                if self.text.workflow(workflow).is_none() {
                    return;
                }
                for key in self.runs_of(&(*subject, Arc::clone(id)), Some(workflow)) {
                    self.leave(&key, "", "exited", "by hand");
                }
            }
            InputKind::Mail { contact, template, what } => self.mail(contact, template, *what),
            InputKind::Delete { subject, id } => self.delete(&(*subject, Arc::clone(id))),
            InputKind::Alias { previous, contact } => self.alias(previous, contact),
            // In the histories of the model nothing is delivered, so there is no outbox.
            InputKind::Tick | InputKind::Row { .. } | InputKind::Suppress { .. } => {}
            InputKind::Disable { workflow } => {
                if self.text.workflow(workflow).is_some() {
                    self.disabled.insert(Arc::clone(workflow));
                }
            }
            InputKind::Enable { workflow, resume } => {
                if self.disabled.remove(workflow) && self.text.workflow(workflow).is_some() {
                    let own = self.runs.keys().filter(|key| key.workflow == *workflow);
                    self.released.extend(own.map(|key| (key.clone(), *resume)));
                }
            }
        }
    }

    /// Traits arrive; the first time is the entity's first sight (S4.1).
    fn see(&mut self, id: &Id, traits: &str, time: Instant) {
        let traits: Object = serde_json::from_str(traits).unwrap();
        self.create(id);
        let checked = self.text.checked;
        for attribute in checked.attributes.values().filter(|attribute| attribute.subject == id.0) {
            let given = attribute.from.as_ref().and_then(|from| traits.get(&**from));
            if let Some(value) = given.and_then(|json| values::read(json, &attribute.ty)) {
                self.give(id, &attribute.name, value, time);
            }
        }
        // What nobody declares is kept as it came (S1.4).
        let declared = |key: &str| {
            let mut own = checked.attributes.values().filter(|attribute| attribute.subject == id.0);
            own.any(|attribute| attribute.from.as_deref() == Some(key))
        };
        let aside =
            traits.iter().filter(|(key, _)| !declared(key) && !matches!(&***key, "created_at" | "createdAt"));
        let cold = &mut self.entities.get_mut(id).unwrap().cold;
        for (key, json) in aside {
            if cold.get(&**key).is_none_or(|(_, held)| *held <= time) {
                cold.insert(key.as_str().into(), (json.clone(), time));
            }
        }
        let given = traits.get("created_at").or_else(|| traits.get("createdAt"));
        if let Some(value) = given.and_then(|json| values::read(json, &Type::Time)) {
            let entity = self.entities.get_mut(id).unwrap();
            if entity.created_at.1 <= time {
                entity.created_at = (value, time);
            }
        }
    }

    /// S7.1: a value older than the one held does not overwrite it; among equal times the later in order wins.
    pub fn give(&mut self, id: &Id, attribute: &Arc<str>, value: Value, time: Instant) {
        let given = &mut self.entities.get_mut(id).unwrap().given;
        let held = given.get(attribute).map_or(Instant::MIN, |(_, at)| *at);
        if held <= time {
            given.insert(attribute.clone(), (value, time));
        }
    }

    pub fn create(&mut self, id: &Id) {
        let now = self.now;
        let entity = self.entities.get_mut(id).unwrap();
        if !entity.created {
            (entity.created, entity.first_sight) = (true, now);
            self.fresh.insert(id.clone());
        }
    }

    fn track(
        &mut self,
        contact: Option<&Arc<str>>,
        account: Option<&Arc<str>>,
        event: &str,
        properties: &str,
        time: Instant,
    ) {
        if let Some(contact) = contact {
            self.mention(Subject::Contact, contact);
        }
        // S5.1: to the account that it names, else to the contact's only one.
        let own = contact.map_or(Vec::new(), |contact| self.accounts(contact));
        let only = if own.len() == 1 { own.first() } else { None };
        let of = account.or(only).cloned();
        let object: Object = serde_json::from_str(properties).unwrap();
        let known = self.text.checked.events.values().find(|it| &*it.name == event);
        let read = |property: &wayfare::check::checked::Property| {
            let given = object.get(&*property.from);
            let value = given.and_then(|json| values::read(json, &property.ty));
            (property.name.clone(), value.unwrap_or_default())
        };
        let properties = known.into_iter().flat_map(|event| event.properties.values().map(read)).collect();
        let happening = Happening {
            event: event.into(),
            properties,
            contact: contact.cloned(),
            account: of,
            time,
            activity: true,
        };
        self.happen(&Rc::new(happening));
        match (event, contact, account) {
            ("Account Removed User", Some(contact), Some(account)) => {
                self.members.remove(&(Arc::clone(contact), Arc::clone(account)));
            }
            ("Account Deleted", _, Some(account)) => self.delete(&(Subject::Account, Arc::clone(account))),
            _ => {}
        }
    }

    /// An account performs what its contacts perform (S5.1).
    pub fn happen(&mut self, happening: &Rc<Happening>) {
        let account = happening.account.clone().map(|id| (Subject::Account, id));
        let contact = happening.contact.clone().map(|id| (Subject::Contact, id));
        for id in account.into_iter().chain(contact) {
            let id = self.mention(id.0, &id.1);
            self.entities.get_mut(&id).unwrap().events.push(Rc::clone(happening));
            // S7.3: what is too late fires nothing and ends no wait.
            let late = self.now.0.saturating_sub(happening.time.0);
            if late <= self.text.checked.settings.lateness {
                self.happened.push((id, Rc::clone(happening)));
            }
        }
    }

    /// S4.3: by hand replaces the trigger only; it creates whom nobody has seen (S4.1).
    fn enrol_by_hand(&mut self, subject: Subject, id: &Arc<str>, workflow: &str) {
        let id = self.mention(subject, id);
        self.create(&id);
        if self.text.workflow(workflow).is_some_and(|it| it.subject == subject) {
            self.asked.push(Firing { workflow: workflow.into(), id, event: None });
        }
    }

    /// S5.4: an id that was merged leads to whom it was merged into.
    fn led(&self, kind: &InputKind) -> InputKind {
        let lasting = |id: &Arc<str>| self.lasting(id);
        match kind.clone() {
            InputKind::Group { account, contact, traits, time } => {
                InputKind::Group { account, contact: contact.as_ref().map(lasting), traits, time }
            }
            InputKind::Identify { contact, account, traits, time } => {
                InputKind::Identify { contact: lasting(&contact), account, traits, time }
            }
            InputKind::Track { contact, account, event, properties, time } => {
                let contact = contact.as_ref().map(lasting);
                InputKind::Track { contact, account, event, properties, time }
            }
            InputKind::Enrol { subject: Subject::Contact, id, workflow } => {
                InputKind::Enrol { subject: Subject::Contact, id: lasting(&id), workflow }
            }
            InputKind::TakeOut { subject: Subject::Contact, id, workflow } => {
                InputKind::TakeOut { subject: Subject::Contact, id: lasting(&id), workflow }
            }
            InputKind::Mail { contact, template, what } => {
                InputKind::Mail { contact: lasting(&contact), template, what }
            }
            InputKind::Delete { subject: Subject::Contact, id } => {
                InputKind::Delete { subject: Subject::Contact, id: lasting(&id) }
            }
            InputKind::Alias { previous, contact } => {
                InputKind::Alias { previous, contact: lasting(&contact) }
            }
            other => other,
        }
    }

    /// Who a contact turned out to be.
    pub fn lasting(&self, id: &Arc<str>) -> Arc<str> {
        let mut id = id;
        while let Some(into) = self.merged.get(id) {
            id = into;
        }
        Arc::clone(id)
    }

    /// S5.4: what is known of the former contact is the other's, once.
    fn alias(&mut self, previous: &Arc<str>, contact: &Arc<str>) {
        let into = self.mention(Subject::Contact, contact);
        if self.merged.contains_key(previous) || previous == contact {
            return;
        }
        let from = self.mention(Subject::Contact, previous);
        let old = self.entities[&from].clone();
        if old.created {
            self.create(&into);
        }
        for (name, (value, time)) in &old.given {
            let held = self.entities[&into].given.get(name);
            if !value.is_missing() && held.is_none_or(|(held, _)| held.is_missing()) {
                self.give(&into, name, value.clone(), *time);
            }
        }
        let own = self.entities.get_mut(&into).unwrap();
        for (key, held) in old.cold {
            own.cold.entry(key).or_insert(held);
        }
        own.events.extend(old.events);
        for account in self.accounts(previous) {
            let since = self.members[&(Arc::clone(previous), Arc::clone(&account))];
            self.members.entry((Arc::clone(contact), account)).or_insert(since);
        }
        for run in self.runs.values_mut() {
            for (_, to, _) in run.mail.iter_mut().filter(|(_, to, _)| to.as_ref() == Some(previous)) {
                *to = Some(Arc::clone(contact));
            }
        }
        self.end(&from, "merged");
        self.merged.insert(Arc::clone(previous), Arc::clone(contact));
    }

    /// S5.1: deletion ends enrolments with that reason and fires nothing.
    fn delete(&mut self, id: &Id) {
        if self.entities.contains_key(id) {
            self.end(id, "deleted");
        }
    }

    fn end(&mut self, id: &Id, why: &str) {
        for key in self.runs_of(id, None) {
            self.leave(&key, "", "exited", why);
        }
        let of = |(contact, account): &(Arc<str>, Arc<str>)| {
            if id.0 == Subject::Account { *account == id.1 } else { *contact == id.1 }
        };
        self.members.retain(|pair, _| !of(pair));
        let mentioned = self.entities[id].mentioned;
        self.entities.insert(id.clone(), Entity { mentioned, ..Entity::default() });
        self.facts.retain(|(whose, _), _| whose != id);
        self.fresh.remove(id);
    }

    fn mail(&mut self, contact: &Arc<str>, template: &str, what: MailEvent) {
        for run in self.runs.values_mut() {
            let own =
                run.mail.iter_mut().filter(|(of, to, _)| &**of == template && to.as_ref() == Some(contact));
            for (_, _, reached) in own {
                *reached = (*reached).max(Some(what));
            }
        }
    }
}
