//! Requests of declared actions: what is built, what is sent, what answers mean. The services here are sockets that do
//! as they are told, since nobody else's service fails on demand.

mod faults;
mod golden;
mod oauth;
mod requests;
mod secrets;
pub(crate) mod server;
mod trial;

use std::collections::BTreeMap;
use std::sync::Arc;
use wayfare::base::{Instant, Period};
use wayfare::check::checked::{Base, Subject};
use wayfare::connect::guard::Allowed;
use wayfare::connect::secret::{NoSecret, Secret, Secrets};
use wayfare::connect::{Attempt, Call, Client, Connections, Outcome, Request, Settings, Step, With};
use wayfare::engine::effect::About;
use wayfare::plan::{ActionPlan, Plan};
use wayfare::project::{self, Target};
use wayfare::value::Value;

/// The plan of a text.
pub(super) fn plan(text: &str) -> Plan {
    let target = Target::Text { name: "case.wf".into(), bytes: text.as_bytes().to_vec() };
    let project = project::load(target).unwrap();
    let said: Vec<&str> = project.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    project.plan.unwrap_or_else(|| panic!("{said:?}"))
}

/// The plan of all of the standard library's connectors.
pub(super) fn library() -> Plan {
    plan(
        "use std.saas use std.slack use std.hubspot use std.salesforce use std.teams use std.intercom use std.webhook",
    )
}

/// The same plan with every connector's base at that address.
pub(super) fn based(mut plan: Plan, base: &str) -> Plan {
    for connector in &mut plan.connectors {
        if let Some(place) = &mut connector.base
            && !matches!(place, Base::Token(_))
        {
            *place = Base::Address(base.into());
        }
    }
    plan
}

/// The same plan with every connector that patient.
pub(super) fn patient(mut plan: Plan, millis: u64) -> Plan {
    for connector in &mut plan.connectors {
        connector.timeout = Some(Period::of_millis(millis));
    }
    plan
}

pub(super) fn at() -> Instant {
    Instant::parse("2026-01-05T09:00:00Z").unwrap()
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// What a call is about.
pub(super) fn about(account: &[(&str, Value)], contact: &[(&str, Value)]) -> About {
    let named = |known: &[(&str, Value)]| -> Vec<(Arc<str>, Value)> {
        known.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
    };
    let account = named(account);
    let entity = Value::Map(account.clone().into());
    About {
        at: at(),
        zone: chrono_tz::Europe::Paris,
        subject: Subject::Account,
        account,
        contact: named(contact),
        entity,
    }
}

/// A call, owned.
pub(super) struct Case {
    pub plan: Plan,
    pub action: &'static str,
    pub args: Vec<(Arc<str>, Value)>,
    pub about: About,
}

impl Case {
    pub fn new(plan: Plan, action: &'static str, args: &[(&str, Value)], about: About) -> Self {
        let args = args.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        Self { plan, action, args, about }
    }

    pub fn action(&self) -> &ActionPlan {
        self.plan.actions.iter().find(|action| *action.name == *self.action).unwrap()
    }

    pub fn call(&self) -> Call<'_> {
        let action = self.action();
        Call {
            plan: &self.plan,
            action,
            args: &self.args,
            about: &self.about,
            key: KEY,
            keep: &action.rules.keep,
        }
    }

    /// The first request, or why there is none.
    pub fn request(&self, secrets: &dyn Secrets) -> Result<Request, String> {
        let token = wayfare::connect::oauth::Token::placeholder();
        match Attempt::new(self.call()).next(With { secrets, token: Some(&token), at: at(), bases: None }) {
            Step::Send(request) => Ok(*request),
            Step::Done(Outcome::Fail { reason, .. } | Outcome::Retry { reason, .. }) => Err(reason),
            Step::Done(ok @ Outcome::Ok { .. }) => panic!("{ok:?}"),
        }
    }

    /// What comes of it.
    pub fn send(&self, connections: &Connections) -> Outcome {
        block_on(connections.attempt(self.call(), at()))
    }
}

pub(super) const KEY: &str = "wf_00112233445566778899aabbccddeeff";

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Secrets by their names.
#[derive(Clone, Default)]
pub(super) struct Fixed(pub BTreeMap<String, String>);

impl Fixed {
    /// Those of the standard library.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// One for every connector of the standard library; services are at that address.
    pub fn library(base: &str) -> Self {
        Self::of(&[
            ("SLACK_BOT_TOKEN", "xoxb-MARKER-slack"),
            ("SLACK_WEBHOOK_URL", &format!("{base}/services/T/B/MARKERhookMARKERhook")),
            ("HUBSPOT_TOKEN", "pat-MARKER-hubspot"),
            ("SALESFORCE_INSTANCE_URL", base),
            ("SALESFORCE_TOKEN_URL", &format!("{base}/services/oauth2/token")),
            ("SALESFORCE_CLIENT_ID", "MARKER-client-id"),
            ("SALESFORCE_CLIENT_SECRET", "MARKER client/secret"),
            ("TEAMS_WORKFLOW_URL", &format!("{base}/workflows/1?sig=MARKERsignature")),
            ("INTERCOM_TOKEN", "MARKER-intercom"),
            ("WEBHOOK_SECRET", SIGNING),
        ])
    }
}

/// 32 bytes that spell MARKER among others.
pub(super) const SIGNING: &str = "whsec_TUFSS0VSTUFSS0VSTUFSS0VSTUFSS0VSTUFSS0U=";

impl Secrets for Fixed {
    fn secret(&self, name: &str) -> Result<Secret, NoSecret> {
        self.0.get(name).map(|text| Secret::new(text.as_str())).ok_or_else(|| NoSecret::Unset(name.into()))
    }

    fn rotated(&self, name: &str, _: &Secret) -> Result<(), String> {
        Err(format!("{name} can't be kept here"))
    }
}

/// Connections that may reach this machine.
pub(super) fn connections(secrets: impl Secrets + 'static) -> Connections {
    let allowed = Allowed::parse(["127.0.0.0/8"]).unwrap();
    let client = Client::new(Settings { allowed, ..Settings::default() }).unwrap();
    Connections::new(client, Arc::new(secrets))
}
