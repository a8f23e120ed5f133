//! What leaves Wayfare: requests of declared connectors, and e-mail.
//!
//! Building is pure; sending stands apart. Not here: the outbox, review, retries over time.

pub mod mail;
