//! Conditions and values as programs over slots.
//!
//! In: checked expressions ([`Pool::condition`], [`Pool::value`]). Out: for each the value under an [`Env`]
//! ([`eval`], [`value`]), the instant before which time alone can't change it ([`eval_next`], [`value_next`]), what
//! it reads ([`Pool::reads`], [`Dep`]) and a text for reviewers ([`text`]).
//! Invariant: equal programs have one id; every index inside a pool is in range and points backwards (values) or
//! forwards (tests of a condition), so that evaluation ends and never panics; [`Pool::validate`] checks it for a pool
//! that was read from outside. Not here: when a fact is evaluated, events, windows, storage: that is the engine's.
//!
//! Words easily confused: a *condition* is true or false, a *value* is any [`Value`](crate::value::Value); a *test* is
//! one node of a condition; a *dep* is one thing that a program reads.
//! Tests: `tests/it/plan_expr.rs` (against a walk over the checked tree), `tests/cases/plan/expr.csv`.

mod arithmetic;
mod bound;
mod env;
mod eval;
mod flips;
mod graft;
mod graph;
mod layout;
mod lower;
mod moving;
mod next;
mod node;
mod pool;
mod reads;
mod slot;
mod text;
mod valid;

pub use bound::{MovingBound, reach};
pub use env::Env;
pub use eval::{eval, value};
pub use graft::{Graft, Grafted, Names, View};
pub use layout::{BuiltInSlot, Layout, Scope};
pub use next::{eval_next, value_next};
pub use node::{Aggregate, AggregateKind, Relation};
pub use pool::{AggId, CondId, EventNeeds, ExprId, Pool, RelId};
pub use reads::Dep;
pub use text::{Writer, aggregate_text, reads_text, text, value_text};
pub use valid::{Invalid, Room};

pub use crate::check::checked::{AggregateFn, Subject, Who, Window};
