//! Programs as text, for reviewers.

use super::{CondId, ExprId, Layout, Pool, Subject};

/// The condition in the words of the language, its operands in a stable order.
pub fn text(_pool: &Pool, _condition: CondId, _layout: &Layout, _subject: Subject) -> String {
    todo!()
}

/// The value in the words of the language.
pub fn value_text(_pool: &Pool, _value: ExprId, _layout: &Layout, _subject: Subject) -> String {
    todo!()
}
