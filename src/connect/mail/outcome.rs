//! What it means that no whole answer came, for requests that are not declared.

use crate::connect::{Fault, Outcome};

/// Nothing sent: later. Sent, and no answer: later, and perhaps it was done.
pub(super) fn of_fault(fault: Fault) -> Outcome {
    let later =
        |reason, maybe_delivered| Outcome::Retry { reason, after: None, response: None, maybe_delivered };
    match fault {
        Fault::Refused(reason) => Outcome::Fail { reason, response: None },
        Fault::Unreachable(reason) => later(reason, false),
        Fault::Broken(reason) => later(reason, true),
    }
}
