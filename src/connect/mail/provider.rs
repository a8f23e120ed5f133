//! Sending through a service's own interface: a declared action, as any other, that takes a message.
//!
//! In: a composed [`Letter`]. Out: a value for each parameter that such an action may have ([`PARAMETERS`]); it
//! declares those that it needs. `std.postmark`, `std.sendgrid`, `std.mailgun`, `std.resend` are such actions, and the
//! setting `provider` may name one of a project's own. Amazon SES signs requests in a way that `.wf` can't say: see
//! [`super::ses`]. Not here: the request and its answer (`connect` as for all actions).

use super::compose::{Composed, Header, Letter, headers};
use super::events::KEY;
use crate::plan::ActionPlan;
use crate::value::Value;
use data_encoding::BASE64;
use std::fmt;
use std::sync::Arc;

/// The parameters that are given a value, and what each holds.
pub const PARAMETERS: [(&str, &str); 25] = [
    ("from", "the sender: `\"Name\" <address>`"),
    ("from_email", "the sender's address"),
    ("from_name", "the sender's name"),
    ("from_box", "the sender as `{ email, name }`"),
    ("to", "the recipient: `\"Name\" <address>`"),
    ("to_email", "the recipient's address"),
    ("to_name", "the recipient's name"),
    ("to_box", "the recipient as `{ email, name }`"),
    ("reply_to", "where answers go: `\"Name\" <address>`"),
    ("reply_to_box", "where answers go as `{ email, name }`"),
    ("subject", "the subject"),
    ("text", "the text part"),
    ("html", "the HTML part; missing if there is none"),
    ("content", "both parts as `[{ type, value }]`, the text first"),
    ("headers", "further headers as an object"),
    ("header_list", "further headers as `[{ Name, Value }]`"),
    ("message_id", "the Message-ID, in angle brackets"),
    ("in_reply_to", "the header In-Reply-To"),
    ("references", "the header References"),
    ("list_unsubscribe", "the header List-Unsubscribe"),
    ("list_unsubscribe_post", "the header List-Unsubscribe-Post"),
    ("key", "the idempotency key; it has to come back with the service's events"),
    ("metadata", "the key as `{ wayfare_key }`"),
    ("metadata_list", "the key as `[{ name, value }]`"),
    ("raw", "the whole message (RFC 5322), base64"),
];
/// The domain of the sender is a parameter too, since it stands in the path of some.
const DOMAIN: &str = "domain";

/// Why an action can't send a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Misfit {
    action: Arc<str>,
    params: Vec<Arc<str>>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.params.iter().map(|name| format!("`{name}`")).collect();
        write!(
            f,
            "`{}` can't send mail: no message has a value for {}; give it a default",
            self.action,
            names.join(", ")
        )
    }
}

impl std::error::Error for Misfit {}

/// Whether an action can send a message: each of its parameters has a value in every message, or a default.
pub fn fits(action: &ActionPlan) -> Result<(), Misfit> {
    let known = |name: &str| name == DOMAIN || PARAMETERS.iter().any(|(known, _)| *known == name);
    let sometimes = [
        "reply_to",
        "reply_to_box",
        "html",
        "in_reply_to",
        "references",
        "list_unsubscribe",
        "list_unsubscribe_post",
        "from_name",
        "to_name",
    ];
    let lacks = |(name, _, default): &&(Arc<str>, _, Option<Value>)| {
        default.is_none() && (!known(name) || sometimes.contains(&&**name))
    };
    let params: Vec<Arc<str>> =
        action.params.iter().filter(lacks).map(|(name, ..)| Arc::clone(name)).collect();
    if params.is_empty() { Ok(()) } else { Err(Misfit { action: Arc::clone(&action.name), params }) }
}

/// The arguments of an action that sends a letter: one for each of [`PARAMETERS`].
pub fn args(letter: &Letter, composed: &Composed) -> Vec<(Arc<str>, Value)> {
    let all = headers(letter);
    let further: Vec<&Header> = all.iter().filter(|header| !OWN.contains(&header.name)).collect();
    let header = |name: &str| {
        all.iter().find(|header| header.name == name).map_or(Value::Missing, |it| text(&it.value))
    };
    let boxed = |mailbox: &super::address::Mailbox| {
        map([
            ("email", text(mailbox.address.as_str())),
            ("name", mailbox.name().map_or(Value::Missing, text)),
        ])
    };
    let name = |mailbox: &super::address::Mailbox| mailbox.name().map_or(Value::Missing, text);
    let reply = letter.reply_to.as_ref();
    let html = letter.body.html.as_deref();
    let part = |kind, value| map([("type", text(kind)), ("value", text(value))]);
    let content = [Some(part("text/plain", &letter.body.text)), html.map(|html| part("text/html", html))];
    let values = [
        ("from", text(&letter.from.to_string())),
        ("from_email", text(letter.from.address.as_str())),
        ("from_name", name(&letter.from)),
        ("from_box", boxed(&letter.from)),
        ("to", text(&letter.to.to_string())),
        ("to_email", text(letter.to.address.as_str())),
        ("to_name", name(&letter.to)),
        ("to_box", boxed(&letter.to)),
        ("reply_to", reply.map_or(Value::Missing, |reply| text(&reply.to_string()))),
        ("reply_to_box", reply.map_or(Value::Missing, boxed)),
        ("subject", header("Subject")),
        ("text", text(&letter.body.text)),
        ("html", html.map_or(Value::Missing, text)),
        ("content", Value::List(content.into_iter().flatten().collect())),
        ("headers", Value::Map(further.iter().map(|it| (it.name.into(), text(&it.value))).collect())),
        (
            "header_list",
            list(further.iter().map(|it| map([("Name", text(it.name)), ("Value", text(&it.value))]))),
        ),
        ("message_id", text(&format!("<{}>", composed.message_id))),
        ("in_reply_to", header("In-Reply-To")),
        ("references", header("References")),
        ("list_unsubscribe", header("List-Unsubscribe")),
        ("list_unsubscribe_post", header("List-Unsubscribe-Post")),
        ("key", text(&letter.key)),
        ("metadata", map([(KEY, text(&letter.key))])),
        ("metadata_list", list([map([("name", text(KEY)), ("value", text(&letter.key))])])),
        ("raw", text(&BASE64.encode(&composed.bytes))),
        (DOMAIN, text(letter.from.address.domain())),
    ];
    values.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// Headers that services take as fields of their own.
const OWN: [&str; 4] = ["From", "To", "Reply-To", "Subject"];

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let known = fields.into_iter().filter(|(_, value)| !value.is_missing());
    Value::Map(known.map(|(name, value)| (name.into(), value)).collect())
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}
