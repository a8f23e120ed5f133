//! (World, Plan, Input) -> World', Effects: the machine that runs workflows. Pure, synchronous, deterministic.
//!
//! In: a plan and inputs in the order of a journal. Out: the changed world and what happened ([`Effects`]). Time comes
//! in with the inputs: what is due before an input happens first, each thing at its own instant. The law is the
//! project's semantics; rules are named S1.1 to S8.7 where they are kept.
//! Invariant: the same inputs in the same order give the same world and the same effects, byte for byte; nothing here
//! panics, and every loop is bounded by the input, the entity's own state, or [`turn::DEPTH`].
//! Deliberately not here: clocks, disks, networks, threads, randomness, hash-ordered iteration.

mod act;
pub mod activity;
mod alias;
pub mod calendar;
mod change;
pub mod clock;
mod deliver;
pub mod effect;
mod enrol;
pub mod entity;
mod env;
pub mod gaps;
mod halt;
pub mod input;
pub mod life;
mod line;
mod member;
pub mod migrate;
pub mod outbox;
pub mod passed;
pub mod present;
mod propagate;
mod run;
pub mod series;
pub mod split;
mod text;
mod traits;
mod turn;
mod wait;
mod watch;
mod work;
pub mod world;

pub use effect::{Effects, LogEntry, LogKind, RowEffect};
pub use env::{Here, zone};
pub use input::{Input, InputKind, RowInput};
pub use line::Line;
pub use outbox::RowId;
pub use text::liquid;
pub use turn::DEPTH;
pub use world::{Eid, World};

use crate::base::Instant;
use crate::plan::{Plan, Subject};
use turn::Turn;

/// Applies one input: first what is due before it, then it together with what is due at its instant.
pub fn apply(world: &mut World, plan: &Plan, input: &Input) -> Effects {
    apply_together(world, plan, input.at, std::slice::from_ref(&input.kind))
}

/// Applies several inputs of one instant as one.
pub fn apply_together(world: &mut World, plan: &Plan, at: Instant, inputs: &[InputKind]) -> Effects {
    let mut effects = Effects::default();
    let at = at.max(world.now);
    pass(world, plan, at, &mut effects);
    world.now = at;
    let mut turn = Turn::new(world, plan, at, &mut effects);
    turn.take_due();
    for input in inputs {
        turn.apply_input(input);
    }
    turn.settle();
    effects
}

/// Lets time pass up to, but without, an instant.
fn pass(world: &mut World, plan: &Plan, until: Instant, effects: &mut Effects) {
    while let Some(at) = world.next_timer().filter(|at| *at < until) {
        world.now = at.max(world.now);
        let mut turn = Turn::new(world, plan, at, effects);
        turn.take_due();
        turn.settle();
    }
}

/// The event that an input was, as the world took it; `None` if it was none, or one that the plan does not know.
pub fn occurrence(
    plan: &Plan,
    world: &World,
    input: &InputKind,
) -> Option<std::sync::Arc<entity::Occurrence>> {
    let InputKind::Track { contact, account, event, properties, time } = input else { return None };
    let contact = contact.as_ref().and_then(|id| world.find(Subject::Contact, id));
    let named = account.as_ref().and_then(|id| world.find(Subject::Account, id));
    let only = || match world.entity(contact?).accounts() {
        [only] => Some(only.account),
        _ => None,
    };
    let event = plan.index.event(event)?;
    let declared = plan.events.get(event as usize)?;
    let properties = traits::properties(declared, properties, &mut Vec::new());
    let account = named.or_else(only);
    Some(std::sync::Arc::new(entity::Occurrence { event, properties, contact, account, time: *time }))
}
