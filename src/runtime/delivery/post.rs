//! E-mail: from a prepared row to a letter, and the letter on its way, by the settings of `[mail]`.
//!
//! In: a job whose action is built in (`email`, `html`, `gmail`, `notify`). Out: an outcome. Secrets are read at each
//! attempt, so that what is changed in them holds from the next on; one that is missing leaves the row to be tried
//! again. Not here: composing, protocols (`connect::mail`).

use super::job::Job;
use super::worker::{Office, failed};
use crate::base::Instant;
use crate::connect::mail::deliver::{Draft, into_gmail, through_ses};
use crate::connect::mail::gmail::Google;
use crate::connect::mail::settings::{BadSettings, MailSettings};
use crate::connect::mail::smtp::Smtp;
use crate::connect::mail::{
    Body, Composed, Form, Keys, Letter, Mailbox, MessageKey, Parts, Purpose, Rewritten, Thread, Tracking,
    Unsubscribe, body, compose, message_id, provider, rewrite,
};
use crate::connect::secret::Secrets;
use crate::connect::{Call, Outcome};
use crate::engine::RowId;
use crate::engine::effect::About;
use crate::plan::{BuiltInAction, Subject};
use crate::runtime::posted::Posted;
use crate::runtime::record::{Record, What};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

/// How mail leaves.
pub(super) struct Post {
    settings: MailSettings,
    sender: Mailbox,
    smtp: Option<Smtp>,
    google: Option<Google>,
    secrets: Arc<dyn Secrets>,
    /// Members of a team that have been told, while others have not.
    told: Mutex<BTreeMap<RowId, BTreeSet<Arc<str>>>>,
}

impl Post {
    /// By settings that are checked here.
    pub fn new(
        settings: MailSettings,
        google: Option<Google>,
        secrets: Arc<dyn Secrets>,
    ) -> Result<Self, BadSettings> {
        settings.check()?;
        let sender = settings.sender()?;
        let smtp = settings.smtp_settings().map(Smtp::new).transpose();
        let smtp = smtp.map_err(|error| BadSettings { key: "mail.smtp".into(), why: error.to_string() })?;
        let own =
            settings.gmail.as_ref().and_then(|keys| Google::real(&keys.client_id, &keys.client_secret).ok());
        Ok(Self { settings, sender, smtp, google: google.or(own), secrets, told: Mutex::default() })
    }

    /// Ends the connections that are idle.
    pub async fn close(&self) {
        if let Some(smtp) = &self.smtp {
            smtp.close().await;
        }
    }

    pub async fn send(&self, office: &Office, job: &Job, (action, again): (BuiltInAction, bool)) -> Outcome {
        if action == BuiltInAction::Notify {
            return self.notify(office, job).await;
        }
        let Some(to) = job.row.address.as_deref() else {
            return failed("the contact has no e-mail address".into());
        };
        let mut letter = match self.letter(job, action, to) {
            Ok(letter) => letter,
            Err(why) => return failed(why),
        };
        if action == BuiltInAction::Gmail {
            return self.draft(office, letter, again || job.row.attempts > 1).await;
        }
        let links = match self.settings.keys(&*self.secrets) {
            Ok(keys) => self.address(&mut letter, job, keys.as_ref()),
            Err(why) => return later(why),
        };
        let posted = Posted {
            key: Arc::clone(&job.prepared.key),
            row: job.id,
            address: to.into(),
            message_id: message_id(&letter).into(),
            subject: letter.subject.as_str().into(),
            links,
            at: office.handle.now(),
        };
        // What a message refers to is durable before it leaves.
        let what = What::Posted(Box::new(posted));
        if let Err(why) = office.submit(vec![Record { by: "".into(), id: None, what }]).await {
            return later(why);
        }
        self.hand_over(office, job, &letter).await
    }

    /// Puts in where what comes back of the message goes, and what counts its opens and clicks; where its links lead.
    fn address(&self, letter: &mut Letter, job: &Job, keys: Option<&Keys>) -> Vec<String> {
        let (Some(keys), Some(message)) = (keys, MessageKey::parse(&job.prepared.key)) else {
            return Vec::new();
        };
        let back = |prefix, purpose| self.settings.address_for(prefix, &keys.token(purpose, message));
        letter.bounces_to = back("b", Purpose::Bounce);
        if self.settings.count_replies {
            letter.reply_to = back("r", Purpose::Reply).map(|address| Mailbox::new(None, address));
        }
        let Some(base) = self.settings.base().ok().flatten() else { return Vec::new() };
        let url = format!("{base}/u/{}", keys.token(Purpose::Unsubscribe, message));
        letter.unsubscribe = Some(Unsubscribe { url: url.clone(), mailto: back("u", Purpose::Unsubscribe) });
        let counted = &self.settings.tracking;
        let Some(html) = letter.body.html.as_ref().filter(|_| job.tracked) else { return Vec::new() };
        let tracking = Tracking {
            base: &base,
            keys,
            message,
            opens: counted.opens,
            clicks: counted.clicks,
            utm: counted.utm.as_ref(),
            unsubscribe: Some(&url),
        };
        let Rewritten { html, links } = rewrite(html, &tracking);
        letter.body.html = Some(html);
        links
    }

    /// A letter to each member of the team; one that is told is not told again because another could not be.
    async fn notify(&self, office: &Office, job: &Job) -> Outcome {
        let name = job.text("team").unwrap_or_default();
        let team = job.plan.teams.iter().find(|team| *team.name == *name);
        let Some(team) = team.filter(|team| !team.members.is_empty()) else {
            return failed(format!("nobody is in the team `{name}`"));
        };
        let mut last = failed(format!("nobody of the team `{name}` could be told"));
        let mut bad = None;
        for member in &team.members {
            if self.told(|told| told.get(&job.id).is_some_and(|some| some.contains(member))) {
                continue;
            }
            let outcome = match self.letter(job, BuiltInAction::Notify, member) {
                Ok(letter) => self.hand_over(office, job, &letter).await,
                Err(why) => failed(why),
            };
            if let Outcome::Ok { .. } = outcome {
                self.told(|told| told.entry(job.id).or_default().insert(Arc::clone(member)));
                last = outcome;
            } else {
                // What may work later says so; only where nothing will is the failure final.
                let passing = matches!(outcome, Outcome::Retry { .. });
                bad = Some(outcome).filter(|_| passing || bad.is_none()).or(bad);
            }
        }
        if !matches!(bad, Some(Outcome::Retry { .. })) {
            self.told(|told| told.remove(&job.id));
        }
        bad.unwrap_or(last)
    }

    fn told<T>(&self, with: impl FnOnce(&mut BTreeMap<RowId, BTreeSet<Arc<str>>>) -> T) -> T {
        with(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The letter to one recipient.
    fn letter(&self, job: &Job, action: BuiltInAction, to: &str) -> Result<Letter, String> {
        let notify = action == BuiltInAction::Notify;
        let from = match job.text("from").filter(|from| !from.is_empty()) {
            Some(from) => Mailbox::parse(from).map_err(|why| format!("the sender: {why}"))?,
            None => self.sender.clone(),
        };
        let subject = match job.text("subject").filter(|subject| !subject.trim().is_empty()) {
            Some(subject) => subject.to_owned(),
            None if notify => first_line(job.text("message").unwrap_or_default()),
            None => return Err("the message has no subject".into()),
        };
        let key = if notify { format!("{} {to}", job.prepared.key) } else { job.prepared.key.to_string() };
        Ok(Letter {
            from,
            reply_to: None,
            bounces_to: None,
            to: Mailbox::parse(to).map_err(|why| format!("the recipient: {why}"))?,
            subject,
            body: texts(job, action)?,
            key,
            at: job.row.first_attempt,
            thread: job.text("reply").filter(|reply| *reply == "thread").and_then(|_| thread(&job.earlier)),
            unsubscribe: None,
            automatic: notify,
        })
    }

    /// Leaves a draft with the sender.
    async fn draft(&self, office: &Office, letter: Letter, perhaps_there: bool) -> Outcome {
        let Some(google) = &self.google else {
            return later("drafts need `[mail.gmail]` in server.toml");
        };
        let message = match compose(&letter) {
            Ok(message) => message,
            Err(why) => return failed(why.to_string()),
        };
        let draft = Draft { sender: &letter.from.address, message: &message, thread: None, perhaps_there };
        into_gmail(&office.connections, google, draft).await
    }

    /// Hands a letter over, the way that the settings say.
    async fn hand_over(&self, office: &Office, job: &Job, letter: &Letter) -> Outcome {
        let message = match compose(letter) {
            Ok(message) => message,
            Err(why) => return failed(why.to_string()),
        };
        let now = office.handle.now();
        match (&self.smtp, self.settings.provider.as_deref()) {
            (Some(smtp), _) => self.over_smtp(smtp, message, now).await,
            (None, Some("ses")) => match self.settings.amazon(&*self.secrets) {
                Ok(Some(ses)) => {
                    through_ses(office.connections.client(), &ses, &message, &letter.key, now).await
                }
                Ok(None) => later("`provider = \"ses\"` needs `[mail.ses]` in server.toml"),
                Err(why) => later(why),
            },
            (None, Some(service)) => self.through(office, job, (service, letter, &message)).await,
            (None, None) => later("server.toml says no way of sending mail"),
        }
    }

    async fn over_smtp(&self, smtp: &Smtp, mut message: Composed, now: Instant) -> Outcome {
        let password = self.settings.smtp.as_ref().and_then(|smtp| smtp.password.as_deref());
        let password = match password.map(|name| self.secrets.secret(name)).transpose() {
            Ok(password) => password,
            Err(none) => return later(none),
        };
        match self.settings.signature(&*self.secrets) {
            Ok(Some(dkim)) => message.bytes = dkim.signed(&message.bytes, now),
            Ok(None) => {}
            Err(why) => return later(why),
        }
        smtp.send(&message, password.as_ref()).await
    }

    /// Through a service's declared action.
    async fn through(
        &self,
        office: &Office,
        job: &Job,
        (service, letter, message): (&str, &Letter, &Composed),
    ) -> Outcome {
        let Some(action) = super::job::declared(&job.plan, service) else {
            return later(format!(
                "`mail.provider` in server.toml names `{service}`, and the project has no such action; `use std.{service}` brings the usual ones"
            ));
        };
        if let Err(misfit) = provider::fits(action) {
            return later(misfit);
        }
        let about = About {
            at: office.handle.now(),
            zone: chrono_tz::UTC,
            subject: Subject::Contact,
            account: Vec::new(),
            contact: Vec::new(),
            entity: Value::Missing,
        };
        let args = provider::args(letter, message);
        let call = Call { plan: &job.plan, action, args: &args, about: &about, key: &letter.key, keep: &[] };
        office.connections.attempt(call, office.handle.now()).await
    }
}

fn later(why: impl Display) -> Outcome {
    Outcome::Retry { reason: why.to_string(), after: None, response: None, maybe_delivered: false }
}

/// What a message goes on with: the earlier ones of its enrolment to the same contact.
fn thread(earlier: &[Arc<Posted>]) -> Option<Thread> {
    let subject = earlier.first()?.subject.to_string();
    Some(Thread { messages: earlier.iter().map(|posted| posted.message_id.to_string()).collect(), subject })
}

fn first_line(text: &str) -> String {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("Wayfare").chars().take(120).collect()
}

fn texts(job: &Job, action: BuiltInAction) -> Result<Body, String> {
    let parts = match action {
        BuiltInAction::Notify => Parts { text: job.text("message"), ..Parts::default() },
        _ => Parts { text: job.text("text"), html: job.text("html"), markdown: job.text("markdown") },
    };
    body(Form::from(action), &parts).map_err(|why| why.to_string())
}
