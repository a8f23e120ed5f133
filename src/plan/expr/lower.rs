//! Checked expressions to programs.

use super::{CondId, ExprId, Pool, Scope};
use crate::check::checked::Expr;

pub(super) fn condition(_pool: &mut Pool, _expr: &Expr, _scope: Scope<'_>) -> CondId {
    todo!()
}

pub(super) fn value(_pool: &mut Pool, _expr: &Expr, _scope: Scope<'_>) -> ExprId {
    todo!()
}
