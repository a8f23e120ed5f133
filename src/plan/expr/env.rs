//! What a program can ask while it runs.

use super::{AggId, RelId, Who};
use crate::base::Instant;
use crate::value::{Snapshot, Value, ValueRef};
use chrono_tz::Tz;
use std::sync::Arc;

/// The world as one condition sees it: the entity at hand, what surrounds it, and the instant of the input.
///
/// What is not there (no account, no event at hand, no such slot) answers [`ValueRef::Missing`], `false`, or nothing.
pub trait Env {
    /// The instant of the input at work.
    fn now(&self) -> Instant;
    /// The zone of the entity at hand.
    fn zone(&self) -> Tz;
    /// The attributes of an entity, see [`super::Layout`].
    fn snapshot(&self, of: Who) -> Option<&Snapshot>;
    /// One of them.
    #[inline]
    fn slot(&self, of: Who, slot: u16) -> ValueRef<'_> {
        self.snapshot(of).map_or(ValueRef::Missing, |snapshot| snapshot.get(slot))
    }
    /// A bit: membership of a segment.
    fn bit(&self, of: Who, bit: u16) -> bool;
    /// Whether it is enrolled in that workflow ([`Idx::raw`](crate::base::Idx::raw)) now.
    fn in_workflow(&self, of: Who, workflow: u32) -> bool;
    /// The present value of an aggregate; counts and sums are 0 over nothing, all others missing.
    fn aggregate(&self, of: Who, aggregate: AggId) -> Value;
    /// The next instant after now at which time alone may change that value; [`Instant::MAX`]: never.
    fn aggregate_next(&self, of: Who, aggregate: AggId) -> Instant;
    /// The next instant after now at which `count >= n` changes by time alone; for counts and active days.
    fn count_flip(&self, of: Who, aggregate: AggId, n: u64) -> Instant;
    /// Of the entities related to the one at hand: how many the relation's condition holds for, and how many there are.
    fn relation(&self, relation: RelId) -> (u32, u32);
    /// Called where values that are there have no result: a division by zero, an overflow (semantics S1.2).
    fn no_result(&self) {}
    /// The event at hand ([`Idx::raw`](crate::base::Idx::raw)), if there is one.
    fn event(&self) -> Option<u32>;
    /// A property of the event at hand, by its place in that event's declaration.
    fn property(&self, property: u16) -> ValueRef<'_>;
    /// A property of the event that enrolled, by its place for each event that it may be: (event, property).
    fn enrolling(&self, of: &[(u32, u16)]) -> ValueRef<'_>;
    /// The id of the contact that did the event at hand.
    fn event_contact(&self) -> ValueRef<'_>;
    /// A value kept by an earlier step.
    fn kept(&self, place: usize) -> ValueRef<'_>;
    /// A parameter of the action at hand.
    fn param(&self, place: usize) -> ValueRef<'_>;
    /// A part of the response at hand: `status`, `json.a.b`, `headers.x`, `text`.
    fn response(&self, path: &[Arc<str>]) -> Value;
    /// Whether the wait directly before ended by its time-out.
    fn timed_out(&self) -> bool;
}
