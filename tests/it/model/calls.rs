//! Actions: to whom, within which limits, with which arguments (S5.3, S6.4).

use super::text::Texts;
use super::world::{Id, Model, Prepared, RunKey};
use std::sync::Arc;
use wayfare::check::checked::{
    ActionRef, Arg, BuiltInAction, Call, Contacts, Limit, LimitOf, MailEvent, OnFailure, Recipients, Subject,
};
use wayfare::value::Value;

/// Who gets one message: a contact, or only an address, or (of an action without recipients) nobody.
type Recipient = (Option<Id>, Option<Arc<str>>);

impl<'a> Model<'a> {
    pub fn call(&mut self, key: &RunKey, place: &str, call: &'a Call, on_failure: OnFailure) {
        let to = call.args.iter().find_map(|arg| if let Arg::Recipients(to) = arg { Some(to) } else { None });
        let recipients = match to {
            None => vec![(None, None)],
            Some(to) => self.recipients(key, to),
        };
        if recipients.is_empty() {
            return self.say(key, place, "skipped", "nobody");
        }
        let action = self.action_name(key, call.action);
        for recipient in recipients {
            let whom = self.limited(key, to.is_some(), &recipient);
            if self
                .text
                .checked
                .limits
                .iter()
                .any(|limit| !key.shadow && self.is_reached(limit, &action, &whom))
            {
                self.say(key, place, "skipped", "limit");
                continue;
            }
            match Texts::of(self, key, recipient.0.as_ref()).detail(call) {
                Ok(detail) => {
                    let shown = recipient.1.clone().or(recipient.0.as_ref().map(|id| Arc::clone(&id.1)));
                    let to = shown.map_or(String::new(), |to| format!(" to {to}"));
                    self.say(key, place, "action", &format!("{action}{to}{detail}"));
                    self.note(key, call, whom, recipient.0);
                }
                Err(why) => {
                    self.say(key, place, "failed", &why);
                    if on_failure == OnFailure::Exit {
                        return self.leave(key, place, "exited", "failed");
                    }
                }
            }
        }
    }

    fn action_name(&self, key: &RunKey, action: ActionRef) -> String {
        match action {
            ActionRef::BuiltIn(BuiltInAction::Email) => "email".into(),
            ActionRef::BuiltIn(BuiltInAction::Html) => "html".into(),
            ActionRef::BuiltIn(BuiltInAction::Gmail) => "gmail".into(),
            ActionRef::BuiltIn(BuiltInAction::Notify) => "notify".into(),
            ActionRef::Declared(at) => self.runs[key].text.checked.actions[at].name.to_string(),
        }
    }

    fn note(&mut self, key: &RunKey, call: &Call, whom: [Option<Id>; 2], to: Option<Id>) {
        let (at, action) = (self.now, self.action_name(key, call.action));
        let [account, contact] = whom;
        if !key.shadow {
            self.prepared.push(Prepared { at, action, contact, account });
        }
        let template =
            call.args.iter().find_map(|arg| if let Arg::Message(at) = arg { Some(*at) } else { None });
        let template = template.map(|at| self.runs[key].text.checked.templates[at].name.clone());
        if let (Some(template), Some(run)) = (template, self.runs.get_mut(key)) {
            run.mail.push((template, to.map(|id| id.1), None::<MailEvent>));
        }
    }

    fn recipients(&self, key: &RunKey, to: &Recipients) -> Vec<Recipient> {
        let contact = |id: Id| {
            let fact = self.facts.get(&(id.clone(), super::world::Fact::Attribute("email".into())));
            let address =
                if let Some(Value::Text(address)) = fact { Some(Arc::clone(address)) } else { None };
            (Some(id), address)
        };
        match to {
            Recipients::Contacts(contacts) => {
                self.contacts_for(key, contacts).into_iter().map(contact).collect()
            }
            Recipients::Contact => vec![contact(key.id.clone())],
            Recipients::EventContact => {
                let who = self.runs[key].event.as_ref().and_then(|event| event.contact.clone());
                who.map(|who| contact((Subject::Contact, self.lasting(&who)))).into_iter().collect()
            }
            Recipients::Address(address) => match self.value_at(key, address) {
                Value::Text(address) => vec![(None, Some(address))],
                _ => Vec::new(),
            },
        }
    }

    /// The contacts of the account at hand that meet a filter, by id.
    pub fn contacts_for(&self, key: &RunKey, contacts: &Contacts) -> Vec<Id> {
        let run = &self.runs[key];
        let account =
            if key.id.0 == Subject::Account { Some(Arc::clone(&key.id.1)) } else { run.account.clone() };
        let Some(account) = account else { return Vec::new() };
        let view = self.view(run);
        let meets = |id: &Id| {
            let outer = Some(key.id.clone());
            let account = Some((Subject::Account, Arc::clone(&account)));
            let here = super::expr::View { this: id.clone(), outer, account, ..view.clone() };
            self.is_created(id) && contacts.filter.as_ref().is_none_or(|filter| here.decides(filter))
        };
        let mut found: Vec<Id> = self.contacts(&account).into_iter().filter(meets).collect();
        found.sort();
        found
    }

    /// Whom an action counts for: `[account, contact]`.
    fn limited(&self, key: &RunKey, has_recipients: bool, recipient: &Recipient) -> [Option<Id>; 2] {
        let own = |subject| (key.id.0 == subject).then(|| key.id.clone());
        let of_run = self.runs[key].account.clone().map(|id| (Subject::Account, id));
        let contact = if has_recipients { recipient.0.clone() } else { own(Subject::Contact) };
        [own(Subject::Account).or(of_run), contact]
    }

    fn is_reached(&self, limit: &Limit, action: &str, whom: &[Option<Id>; 2]) -> bool {
        let Some(id) = &whom[limit.per.index()] else { return false };
        let from = self.now.minus(limit.window.at_most());
        let counted = |prepared: &&Prepared| {
            let who = if limit.per == Subject::Account { &prepared.account } else { &prepared.contact };
            who.as_ref() == Some(id) && prepared.at > from && self.counts(limit, &prepared.action)
        };
        self.counts(limit, action) && self.prepared.iter().filter(counted).count() >= limit.count as usize
    }

    /// `emails` are `email`, `html` and `gmail` together.
    fn counts(&self, limit: &Limit, action: &str) -> bool {
        match &limit.what {
            LimitOf::Action(one) => match one {
                ActionRef::BuiltIn(one) => format!("{one:?}").to_lowercase() == action,
                ActionRef::Declared(one) => *self.text.checked.actions[*one].name == *action,
            },
            LimitOf::Emails => matches!(action, "email" | "html" | "gmail"),
        }
    }
}
