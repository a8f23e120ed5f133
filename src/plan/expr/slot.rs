//! Tests of slots, which nearly all conditions are made of: a slot is compared where it lies, with a word or a constant
//! of the kind that its type has, without making a value of it.
//!
//! Invariant: the answer is the one that the general way (`eval`) gives, and what a quick form does not meet goes that
//! way: a decimal of another scale, a date in a slot of times, a bound of months.

use super::eval::{finds, holds, reach_of, text};
use super::node::{Cmp, Constant, Leaf};
use super::{Env, Pool, reads};
use crate::check::checked::TextOp;
use crate::value::{Kind, ValueRef, Word};

/// What the slot itself holds.
#[inline]
fn word(leaf: &Leaf, env: &impl Env) -> Word {
    env.snapshot(leaf.of).map_or(Word::MISSING, |snapshot| snapshot.word(leaf.slot))
}

/// The slot holds the word.
#[inline]
pub(super) fn is_word(leaf: &Leaf, env: &impl Env) -> bool {
    word(leaf, env) == leaf.word()
}

/// The slot holds `true`.
#[inline]
pub(super) fn is_true(leaf: &Leaf, env: &impl Env) -> bool {
    word(leaf, env) == Word::TRUE
}

/// The slot holds nothing.
#[inline]
pub(super) fn is_missing(leaf: &Leaf, env: &impl Env) -> bool {
    word(leaf, env).kind() == Kind::MISSING
}

/// The slot holds one of the words.
#[inline]
pub(super) fn is_among(pool: &Pool, leaf: &Leaf, env: &impl Env) -> bool {
    reads::words(pool, leaf).contains(&word(leaf, env))
}

/// The slot against a word that is no text.
#[inline]
pub(super) fn in_order(cmp: Cmp, leaf: &Leaf, env: &impl Env) -> bool {
    let (value, bound) = (word(leaf, env), leaf.word());
    if value.kind() == bound.kind() {
        return cmp.admits(value.number().cmp(&bound.number()));
    }
    value.kind() != Kind::MISSING && of_other_kind(cmp, leaf, env)
}

#[cold]
fn of_other_kind(cmp: Cmp, leaf: &Leaf, env: &impl Env) -> bool {
    holds(cmp, env.slot(leaf.of, leaf.slot), leaf.word().as_ref(), env)
}

/// The slot's text is the constant.
#[inline]
pub(super) fn is_text(pool: &Pool, leaf: &Leaf, env: &impl Env) -> bool {
    match (pool.tables.constants.get(leaf.b as usize), bytes(leaf, env)) {
        (Some(Constant::Text(text)), Some(bytes)) => same(bytes, text.as_bytes()),
        _ => false,
    }
}

#[inline]
fn bytes<'e>(leaf: &Leaf, env: &'e impl Env) -> Option<&'e [u8]> {
    env.snapshot(leaf.of)?.bytes(leaf.slot)
}

/// The slot's text begins with, ends with or holds the constant. Both are UTF-8, so bytes answer for characters.
#[inline]
pub(super) fn has_text(op: TextOp, pool: &Pool, leaf: &Leaf, env: &impl Env) -> bool {
    match (op, pool.tables.constants.get(leaf.b as usize), bytes(leaf, env)) {
        (TextOp::StartsWith, Some(Constant::Text(part)), Some(text)) => {
            text.get(..part.len()).is_some_and(|start| same(start, part.as_bytes()))
        }
        (TextOp::EndsWith, Some(Constant::Text(part)), Some(text)) => {
            let end = text.len().checked_sub(part.len()).and_then(|at| text.get(at..));
            end.is_some_and(|end| same(end, part.as_bytes()))
        }
        (_, Some(part), _) => text_or_list(op, part, leaf, env),
        _ => false,
    }
}

/// Whether two texts are the same; those of a usual length without a call.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    let chunks = |text: &[u8]| Some((*text.first_chunk::<8>()?, *text.last_chunk::<8>()?));
    if a.len() > 16 || a.len() < 8 {
        return a == b;
    }
    a.len() == b.len() && chunks(a) == chunks(b)
}

#[inline(never)]
fn text_or_list(op: TextOp, part: &Constant, leaf: &Leaf, env: &impl Env) -> bool {
    match (part, env.slot(leaf.of, leaf.slot)) {
        (Constant::Text(part), ValueRef::Text(value)) => finds(op, value, part),
        (part, value) => text(op, value, part.as_ref(), env),
    }
}

/// Whether the moving bound has reached the time or date in the slot; `None` if it holds neither.
#[inline]
pub(super) fn reached(pool: &Pool, leaf: &Leaf, env: &impl Env) -> Option<bool> {
    let word = word(leaf, env);
    match pool.offsets.get(leaf.b as usize) {
        Some(Some(offset)) if word.kind() == Kind::TIME => {
            Some(word.number().saturating_add(*offset) <= env.now().0)
        }
        _ => reached_by_calendar(pool, leaf, env),
    }
}

#[inline(never)]
fn reached_by_calendar(pool: &Pool, leaf: &Leaf, env: &impl Env) -> Option<bool> {
    reach_of(pool, leaf.b, env.slot(leaf.of, leaf.slot), env).map(|at| at <= env.now())
}
