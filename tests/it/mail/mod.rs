//! E-mail: what is composed parses back, whatever the input; what comes back is understood. Real counterparts
//! (mail servers, other people's parsers and oracles) are in [`counterparts`].

mod compose;
mod counterparts;
mod events;
mod inbound;
mod services;
mod settings;
mod smtp;
mod track;

use wayfare::base::Instant;
use wayfare::connect::mail::{Address, Body, Letter, Mailbox};

/// A letter to ann.
pub(super) fn letter(subject: &str, text: &str, html: Option<&str>) -> Letter {
    let mailbox = |name, address| Mailbox::new(Some(name), Address::parse(address).unwrap());
    Letter {
        from: mailbox("Acme", "team@acme.example"),
        reply_to: None,
        bounces_to: None,
        to: mailbox("Ann", "ann@customer.example"),
        subject: subject.into(),
        body: Body { text: text.into(), html: html.map(Into::into) },
        key: "wf_00112233445566778899aabbccddeeff".into(),
        at: Instant::parse("2026-01-05T09:00:00Z").unwrap(),
        thread: None,
        unsubscribe: None,
        automatic: false,
    }
}
