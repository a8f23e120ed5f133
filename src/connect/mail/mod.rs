//! E-mail: composed, tracked, sent, and what comes back of it.
//!
//! In: rendered texts, people, an idempotency key, an instant; webhooks and mail that services send us. Out: messages
//! (bytes, the same for the same letter), outcomes of sending, events in one vocabulary whatever the service.
//! Invariants: no text can add a header; no token holds an address or a URL; nothing that a stranger sends is taken
//! before its signature holds. All but sending is pure. Not here: the outbox, review, retries over time, suppression,
//! which messages exist; templates (they come rendered).

mod address;
mod compose;
pub mod deliver;
mod dkim;
pub mod events;
pub mod gmail;
pub mod inbound;
mod outcome;
pub mod provider;
pub mod ses;
pub mod settings;
pub mod smtp;
mod token;
mod track;
mod unsubscribe;

pub use self::address::{Address, BadAddress, Mailbox, one_line};
pub use self::compose::{
    Body, Composed, Form, Header, Letter, Parts, Thread, Uncomposable, Unfit, body, compose, headers,
    is_mjml, message_id, plain,
};
pub use self::dkim::{BadDkim, Dkim};
pub use self::token::{Keys, MessageKey, Purpose, WeakKey};
pub use self::track::{Hit, Machine, PIXEL, Rewritten, Tracking, Utm, Visitor, classify, rewrite};
pub use self::unsubscribe::{Unsubscribe, is_one_click};
