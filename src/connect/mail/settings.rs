//! `[mail]` of `server.toml`.
//!
//! In: TOML. Out: [`MailSettings`], checked: every address and name is one, exactly one way of sending is chosen, what
//! needs something else has it. Secrets are only named here; [`MailSettings::keys`] and its like read them.
//! Invariant: settings that pass [`MailSettings::check`] fail later for want of a secret or a network alone.

use super::address::{Address, Mailbox, ascii_domain};
use super::dkim::Dkim;
use super::events::Proof;
use super::ses::Ses;
use super::smtp::{Authentication, SmtpSettings, Tls};
use super::token::Keys;
use super::track::Utm;
use crate::connect::secret::{NoSecret, Secrets};
use serde::Deserialize;
use std::fmt;
use std::time::Duration;
use url::Url;

/// `[mail]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Whom mail comes from where a step names nobody: `Acme <team@acme.com>`.
    pub from: String,
    /// The service to send through: `postmark`, `sendgrid`, `mailgun`, `resend`, `ses`, or an action of the project.
    pub provider: Option<String>,
    /// `[mail.smtp]`, the other way of sending.
    pub smtp: Option<Smtp>,
    /// `[mail.ses]`, with `provider = "ses"`.
    pub ses: Option<SesKeys>,
    /// `[mail.dkim]`, for SMTP.
    pub dkim: Option<DkimKey>,
    /// The domain whose mail comes back to us: answers, bounces, wishes to unsubscribe.
    pub reply_domain: Option<String>,
    /// Answers go to `reply_domain` instead of to the sender, so that they are counted; whoever receives mail there has to
    /// hand them on to people.
    #[serde(default)]
    pub count_replies: bool,
    /// Where our pages for pixels, links and unsubscribing are, as the world sees them.
    pub url: Option<String>,
    /// Names of the secrets that tokens are signed with: the first signs, all are accepted.
    #[serde(default)]
    pub signing_keys: Vec<String>,
    /// `[mail.tracking]`.
    #[serde(default)]
    pub tracking: TrackingSettings,
    /// `[mail.webhooks]`.
    #[serde(default)]
    pub webhooks: Webhooks,
    /// `[mail.gmail]`.
    pub gmail: Option<GmailKeys>,
}

/// `[mail.smtp]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// The server.
    pub host: String,
    /// Its port; by default that of its encryption: 465, 587, or 25 without.
    pub port: Option<u16>,
    /// `starttls` (the default), `implicit`, `none`.
    #[serde(default = "starttls")]
    pub tls: Tls,
    /// `tls = "none"` to another machine is meant.
    #[serde(default)]
    pub unencrypted: bool,
    /// The user; none: no authentication.
    pub user: Option<String>,
    /// The name of the secret that holds the password, or the access token.
    pub password: Option<String>,
    /// `password` (the default) or `xoauth2`.
    #[serde(default = "by_password")]
    pub auth: Authentication,
    /// What this machine calls itself; by default its host name.
    pub hello: Option<String>,
    /// The most connections at one time; 4 by default.
    #[serde(default = "four")]
    pub connections: usize,
    /// Seconds that an answer may take; 60 by default.
    #[serde(default = "minute")]
    pub timeout: u64,
}

fn starttls() -> Tls {
    Tls::StartTls
}

fn by_password() -> Authentication {
    Authentication::Password
}

fn four() -> usize {
    4
}

fn minute() -> u64 {
    60
}

fn yes() -> bool {
    true
}

/// `[mail.ses]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SesKeys {
    /// The region.
    pub region: String,
    /// Another address than the region's own.
    pub endpoint: Option<String>,
    /// The name of the secret with the access key's id.
    #[serde(default = "aws_id")]
    pub access_key_id: String,
    /// The name of the secret with the access key.
    #[serde(default = "aws_key")]
    pub secret_access_key: String,
    /// The name of the secret with the token of temporary keys.
    pub session_token: Option<String>,
    /// The configuration set that says where events go.
    pub configuration_set: Option<String>,
}

fn aws_id() -> String {
    "AWS_ACCESS_KEY_ID".into()
}

fn aws_key() -> String {
    "AWS_SECRET_ACCESS_KEY".into()
}

/// `[mail.dkim]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimKey {
    /// The domain that signs; by default that of `from`.
    pub domain: Option<String>,
    /// The selector under which the public key is in the DNS.
    pub selector: String,
    /// The name of the secret with the private key.
    pub key: String,
}

/// `[mail.tracking]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackingSettings {
    /// Whether opens are counted; they are unless it says no.
    #[serde(default = "yes")]
    pub opens: bool,
    /// Whether clicks are counted; they are unless it says no.
    #[serde(default = "yes")]
    pub clicks: bool,
    /// What is added to links.
    pub utm: Option<Utm>,
}

impl Default for TrackingSettings {
    fn default() -> Self {
        Self { opens: true, clicks: true, utm: None }
    }
}

/// `[mail.webhooks]`: what proves that a webhook comes from its service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// The public key of SendGrid's signed event webhook, as its settings show it.
    pub sendgrid_public_key: Option<String>,
    /// The name of the secret with Mailgun's signing key.
    pub mailgun_signing_key: Option<String>,
    /// The name of the secret with `user:password` of Postmark's webhooks.
    pub postmark_credentials: Option<String>,
    /// The name of the secret with Resend's signing secret.
    pub resend_secret: Option<String>,
    /// The topics (ARNs) over which SES sends events.
    #[serde(default)]
    pub sns_topics: Vec<String>,
    /// The name of the secret with `user:password` of webhooks for mail that services receive and don't sign.
    pub inbound_credentials: Option<String>,
}

/// `[mail.gmail]`: the application that asks senders for permission.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GmailKeys {
    /// The name of the secret with its id.
    #[serde(default = "google_id")]
    pub client_id: String,
    /// The name of the secret with its secret.
    #[serde(default = "google_secret")]
    pub client_secret: String,
}

fn google_id() -> String {
    "GOOGLE_CLIENT_ID".into()
}

fn google_secret() -> String {
    "GOOGLE_CLIENT_SECRET".into()
}

/// Settings that can't work: which, why, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadSettings {
    /// The key, with the tables that it is in.
    pub key: String,
    /// Why.
    pub why: String,
}

impl fmt::Display for BadSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in server.toml: {}", self.key, self.why)
    }
}

impl std::error::Error for BadSettings {}

fn bad<T>(key: &str, why: impl fmt::Display) -> Result<T, BadSettings> {
    Err(BadSettings { key: key.into(), why: why.to_string() })
}

impl MailSettings {
    /// Checks everything that needs no secret; the first fault.
    pub fn check(&self) -> Result<(), BadSettings> {
        self.sender()?;
        self.way()?;
        self.domain()?;
        self.base()?;
        if self.url.is_some() && self.signing_keys.is_empty() {
            return bad("mail.signing_keys", "links have to be signed: name a secret of at least 16 bytes");
        }
        match self.secret_names().into_iter().find(|(_, name)| !is_secret_name(name)) {
            // What stands there may be the secret itself, so it is not repeated.
            Some((key, _)) => {
                bad(key, "this is no name of a secret; write a name such as `MAIL_KEY`, never the secret")
            }
            None => Ok(()),
        }
    }

    /// All names of secrets, each with its key.
    fn secret_names(&self) -> Vec<(&'static str, &str)> {
        let (hooks, ses, gmail) = (&self.webhooks, self.ses.as_ref(), self.gmail.as_ref());
        let some = [
            ("mail.smtp.password", self.smtp.as_ref().and_then(|smtp| smtp.password.as_ref())),
            ("mail.dkim.key", self.dkim.as_ref().map(|dkim| &dkim.key)),
            ("mail.ses.access_key_id", ses.map(|ses| &ses.access_key_id)),
            ("mail.ses.secret_access_key", ses.map(|ses| &ses.secret_access_key)),
            ("mail.ses.session_token", ses.and_then(|ses| ses.session_token.as_ref())),
            ("mail.gmail.client_id", gmail.map(|gmail| &gmail.client_id)),
            ("mail.gmail.client_secret", gmail.map(|gmail| &gmail.client_secret)),
            ("mail.webhooks.mailgun_signing_key", hooks.mailgun_signing_key.as_ref()),
            ("mail.webhooks.postmark_credentials", hooks.postmark_credentials.as_ref()),
            ("mail.webhooks.resend_secret", hooks.resend_secret.as_ref()),
            ("mail.webhooks.inbound_credentials", hooks.inbound_credentials.as_ref()),
        ];
        let some = some.into_iter().filter_map(|(key, name)| Some((key, name?.as_str())));
        self.signing_keys.iter().map(|name| ("mail.signing_keys", name.as_str())).chain(some).collect()
    }

    /// Whom mail comes from where a step names nobody.
    pub fn sender(&self) -> Result<Mailbox, BadSettings> {
        Mailbox::parse(&self.from).or_else(|why| bad("mail.from", why))
    }

    fn way(&self) -> Result<(), BadSettings> {
        match (self.provider.as_deref(), &self.smtp) {
            (Some(_), Some(_)) => bad("mail.provider", "there is `[mail.smtp]` too; keep one of the two"),
            (None, None) => {
                bad("mail", "nothing says how mail is sent; add `provider = \"postmark\"` or `[mail.smtp]`")
            }
            (Some("ses"), None) if self.ses.is_none() => {
                bad("mail.ses", "`provider = \"ses\"` needs `[mail.ses]` with a `region`")
            }
            (Some(_), None) if self.dkim.is_some() => {
                bad("mail.dkim", "the service signs mail itself; take `[mail.dkim]` out")
            }
            (Some(_), None) => Ok(()),
            (None, Some(smtp)) if smtp.user.is_some() != smtp.password.is_some() => {
                bad("mail.smtp", "`user` and `password` stand together; `password` is the name of a secret")
            }
            (None, Some(smtp)) => self.smtp_of(smtp).check().map(drop).or_else(|why| bad("mail.smtp", why)),
        }
    }

    /// The domain whose mail comes back to us, in ASCII.
    pub fn domain(&self) -> Result<Option<String>, BadSettings> {
        let Some(domain) = &self.reply_domain else { return Ok(None) };
        match ascii_domain(domain).filter(|domain| domain.contains('.') || domain == "localhost") {
            Some(domain) => Ok(Some(domain)),
            None => bad(
                "mail.reply_domain",
                format!("`{domain}` is no domain; write one such as `reply.acme.com`"),
            ),
        }
    }

    /// Where our pages are, without a slash at the end.
    pub fn base(&self) -> Result<Option<String>, BadSettings> {
        let Some(url) = &self.url else { return Ok(None) };
        let parsed = Url::parse(url).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        match parsed {
            Some(url) => Ok(Some(url.as_str().trim_end_matches('/').to_owned())),
            None => {
                bad("mail.url", format!("`{url}` is no address of the web; write it as `https://t.acme.com`"))
            }
        }
    }

    /// The settings of SMTP, if that is the way.
    pub fn smtp_settings(&self) -> Option<SmtpSettings> {
        self.smtp.as_ref().map(|smtp| self.smtp_of(smtp))
    }

    #[expect(clippy::unused_self, reason = "reads as a part of the settings")]
    fn smtp_of(&self, smtp: &Smtp) -> SmtpSettings {
        let usual = match smtp.tls {
            Tls::Implicit => 465,
            Tls::StartTls => 587,
            Tls::None => 25,
        };
        SmtpSettings {
            host: smtp.host.clone(),
            port: smtp.port.unwrap_or(usual),
            tls: smtp.tls,
            unencrypted: smtp.unencrypted,
            user: smtp.user.clone().map(|user| (user, smtp.auth)),
            hello: smtp.hello.clone(),
            connections: smtp.connections,
            authorities: Vec::new(),
            timeout: Duration::from_secs(smtp.timeout.clamp(1, 600)),
        }
    }

    /// The keys that tokens are signed with; none: there are no tokens.
    pub fn keys(&self, secrets: &dyn Secrets) -> Result<Option<Keys>, BadSettings> {
        if self.signing_keys.is_empty() {
            return Ok(None);
        }
        let key = |name: &String| secrets.secret(name).or_else(|none| missing("mail.signing_keys", &none));
        let keys = self.signing_keys.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let keys = Keys::new(keys.iter().map(|key| key.expose().as_bytes()));
        keys.map(Some).or_else(|why| bad("mail.signing_keys", why))
    }

    /// What mail is signed with, if it is.
    pub fn signature(&self, secrets: &dyn Secrets) -> Result<Option<Dkim>, BadSettings> {
        let Some(dkim) = &self.dkim else { return Ok(None) };
        let key = secrets.secret(&dkim.key).or_else(|none| missing("mail.dkim.key", &none))?;
        let sender = self.sender()?;
        let domain = dkim.domain.as_deref().unwrap_or(sender.address.domain());
        Dkim::new(domain, &dkim.selector, key.expose()).map(Some).or_else(|why| bad("mail.dkim", why))
    }

    /// How SES is reached, if that is the way.
    pub fn amazon(&self, secrets: &dyn Secrets) -> Result<Option<Ses>, BadSettings> {
        let Some(ses) = &self.ses else { return Ok(None) };
        let secret = |name: &str| secrets.secret(name).or_else(|none| missing("mail.ses", &none));
        let endpoint = match ses.endpoint.as_deref().map(Url::parse) {
            Some(Err(why)) => return bad("mail.ses.endpoint", why),
            Some(Ok(url)) => Some(url),
            None => None,
        };
        let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if ses.region.is_empty() || !ses.region.chars().all(is_region) {
            return bad(
                "mail.ses.region",
                format!("`{}` is no region; write one such as `eu-west-1`", ses.region),
            );
        }
        Ok(Some(Ses {
            region: ses.region.clone(),
            endpoint,
            key_id: secret(&ses.access_key_id)?,
            key: secret(&ses.secret_access_key)?,
            session_token: ses.session_token.as_deref().map(secret).transpose()?,
            configuration_set: ses.configuration_set.clone(),
        }))
    }

    /// What proves the webhooks of a service (`sendgrid`, `mailgun`, `postmark`, `resend`); none: it has none.
    pub fn proof(&self, service: &str, secrets: &dyn Secrets) -> Result<Option<Proof>, BadSettings> {
        let hooks = &self.webhooks;
        let secret = |name: &Option<String>| {
            name.as_deref()
                .map(|name| secrets.secret(name).or_else(|none| missing("mail.webhooks", &none)))
                .transpose()
        };
        Ok(match service {
            "sendgrid" => hooks.sendgrid_public_key.clone().map(|public_key| Proof::SendGrid { public_key }),
            "mailgun" => {
                secret(&hooks.mailgun_signing_key)?.map(|signing_key| Proof::Mailgun { signing_key })
            }
            "postmark" => {
                secret(&hooks.postmark_credentials)?.map(|credentials| Proof::Postmark { credentials })
            }
            "resend" => secret(&hooks.resend_secret)?.map(|secret| Proof::Resend { secret }),
            _ => None,
        })
    }

    /// The address that something about a message comes back to: `prefix+TOKEN@reply_domain`.
    pub fn address_for(&self, prefix: &str, token: &str) -> Option<Address> {
        let domain = self.domain().ok().flatten()?;
        Address::parse(&format!("{prefix}+{token}@{domain}")).ok()
    }
}

fn missing<T>(key: &str, none: &NoSecret) -> Result<T, BadSettings> {
    bad(key, none)
}

fn is_secret_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
