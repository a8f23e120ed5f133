//! Running conditions and values.

use super::{CondId, Env, ExprId, Pool};
use crate::value::Value;

/// Whether the condition holds; an id of another pool never does.
pub fn eval(_pool: &Pool, _condition: CondId, _env: &impl Env) -> bool {
    todo!()
}

/// The value; an id of another pool is missing.
pub fn value(_pool: &Pool, _value: ExprId, _env: &impl Env) -> Value {
    todo!()
}
