//! When time alone changes a condition or a value.

use super::{CondId, Env, ExprId, Pool};
use crate::base::Instant;
use crate::value::Value;

/// Whether the condition holds, and an instant after now before which time alone can't change that;
/// [`Instant::MAX`]: never.
pub fn eval_next(_pool: &Pool, _condition: CondId, _env: &impl Env) -> (bool, Instant) {
    todo!()
}

/// The value, and an instant after now before which time alone can't change it.
pub fn value_next(_pool: &Pool, _value: ExprId, _env: &impl Env) -> (Value, Instant) {
    todo!()
}
