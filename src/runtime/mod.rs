//! A world that lives: inputs made durable and put in order, applied, what they cause handed on, and all of it there
//! again after a crash.
//!
//! In: records ([`Handle::submit`]), questions ([`Handle::ask`]), the clock. Out: receipts once a record is on disk,
//! answers, lines of the log as they come, rows of the outbox to deliver. Two threads: the *sequencer* stamps, drops
//! what was seen before, appends to the journal and acknowledges; the *core* owns the world and applies. A third one
//! writes checkpoints behind. Invariant: nothing changes the world but a record of the journal, so the journal alone
//! gives the same world again. This is the only room with a clock.
//! Not here: HTTP, requests to services, what is in a message.

mod clock;
mod core;
mod core_loop;
pub mod delivery;
mod error;
mod handle;
pub mod keep;
mod posted;
mod record;
mod recover;
mod sequencer;
mod stored;

pub use clock::{Clock, RealClock, SpedClock};
pub use core::{Core, Dispatch, Rejected, Version, line_kind};
pub use error::{LogError, Refused, RuntimeError};
pub use handle::{Handle, Receipt, Status};
pub use posted::Posted;
pub use record::{Deploy, Record, What};
pub use recover::{First, Options, Runtime};
