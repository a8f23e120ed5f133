//! What leaves Wayfare: requests of declared actions over HTTP, and e-mail ([`mail`]).
//!
//! In: a [`Call`] (the plan, an action as it was prepared), secrets, the instant of the attempt. Out: the requests that
//! it takes, built purely ([`Attempt`]), sent safely ([`Connections`]), and what the answer means ([`Outcome`]).
//! Invariants: no secret is in anything that leaves here but the request itself; nothing is sent to an address that
//! was not vetted; an attempt sends the request of its action once at most (and once more with a new token after a 401).
//! Not here: the outbox, rates, retries over time, kept state (the engine's and the runtime's).
//!
//! Words easily confused: a *call* is one use of an action, an *attempt* one try at a call, a *request* what goes over
//! the wire, a *lookup* (`find`) a request before the call's own.
//! Tests: beside the code, `tests/it/connect`.

mod answer;
mod attempt;
mod call;
mod judge;
pub mod mail;
pub mod oauth;
pub mod redact;
pub mod request;
mod retry_after;
pub mod secret;
mod send;

pub use answer::{KEPT, Response, Shown};
pub use attempt::{Attempt, Fault, Step};
pub use call::{Call, Unready};
pub use judge::{Outcome, is_passing};
pub use request::{Request, With};
pub use send::{Client, Connections, MOST, NoClient, Settings, guard, to_our_own};
