//! Reading nested things from bytes of unknown origin without running out of stack.
//!
//! In: any deserializer, on a field that holds its own type again (`#[serde(deserialize_with = "nested")]`).
//! Invariant: such fields inside each other deeper than [`DEPTH`] are an error. Tests: `tests/it/plan_stored.rs`.

use serde::{Deserialize, Deserializer, de::Error};
use std::cell::Cell;

/// Fields inside each other at most; the language allows fewer.
const DEPTH: u32 = 200;

thread_local! {
    static LEVEL: Cell<u32> = const { Cell::new(0) };
}

/// One level deeper until it goes.
struct Level;

impl Drop for Level {
    fn drop(&mut self) {
        LEVEL.set(LEVEL.get().saturating_sub(1));
    }
}

/// Reads a field one level deeper.
pub fn nested<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    if LEVEL.get() >= DEPTH {
        return Err(D::Error::custom("values are nested too deep"));
    }
    LEVEL.set(LEVEL.get() + 1);
    let _level = Level;
    T::deserialize(from)
}
