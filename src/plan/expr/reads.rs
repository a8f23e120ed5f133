//! What programs read, as data.

use super::{AggId, EventNeeds, Pool, RelId, Who};
use crate::base::Period;
use serde::{Deserialize, Serialize};

/// One thing that a condition or a value reads. What the condition of a relation reads stands with that condition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Dep {
    /// A slot.
    Slot(Who, u16),
    /// A bit: membership of a segment.
    Bit(Who, u16),
    /// An aggregate over events.
    Aggregate(Who, AggId),
    /// How many related entities a condition holds for.
    Relation(RelId),
    /// Being enrolled in a workflow.
    Workflow(Who, u32),
    /// The event at hand: a property, or who did it.
    Property,
    /// A kept value.
    Kept,
    /// A parameter of an action.
    Param,
    /// A response.
    Response,
    /// Whether the wait before timed out.
    TimedOut,
    /// The zone of the entity.
    Zone,
    /// The clock: time alone may change it, aggregates aside.
    Time,
}

pub(super) fn events_needed(_pool: &Pool) -> Vec<EventNeeds> {
    todo!()
}

pub(super) fn activity_needed(_pool: &Pool) -> [Option<Period>; 2] {
    todo!()
}
