//! Typed indices into a growing list.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The place of a `T` in an [`Arena<T>`]; 4 bytes.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Idx<T> {
    raw: u32,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T> Idx<T> {
    /// The index with that number; the caller vouches for the arena.
    pub const fn new(raw: u32) -> Self {
        Self { raw, of: PhantomData }
    }

    /// The number.
    pub const fn raw(self) -> u32 {
        self.raw
    }

    /// The number as a position.
    pub const fn index(self) -> usize {
        self.raw as usize
    }
}

impl<T> Clone for Idx<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Idx<T> {}
impl<T> PartialEq for Idx<T> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<T> Eq for Idx<T> {}
impl<T> PartialOrd for Idx<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Idx<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.raw.cmp(&other.raw)
    }
}
impl<T> Hash for Idx<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}
impl<T> fmt::Debug for Idx<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.raw)
    }
}

/// A list that hands out [`Idx`]es and never shrinks, so that every index it gave stays good.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Arena<T> {
    items: Vec<T>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T> Arena<T> {
    /// An empty arena.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an item at the end.
    pub fn push(&mut self, item: T) -> Idx<T> {
        let at = Idx::new(self.items.len() as u32);
        self.items.push(item);
        at
    }

    /// The index that the next [`push`](Self::push) will give.
    pub fn next(&self) -> Idx<T> {
        Idx::new(self.items.len() as u32)
    }

    /// The item there, if the index is of this arena.
    pub fn get(&self, at: Idx<T>) -> Option<&T> {
        self.items.get(at.index())
    }

    /// The item there, to be changed.
    pub fn get_mut(&mut self, at: Idx<T>) -> Option<&mut T> {
        self.items.get_mut(at.index())
    }

    /// How many items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items in order, with their indices.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Idx<T>, &T)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(at, item)| (Idx::new(at as u32), item))
    }

    /// The items in order.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
}

#[expect(clippy::indexing_slicing, reason = "an arena never shrinks and only its own push makes its indices")]
impl<T> Index<Idx<T>> for Arena<T> {
    type Output = T;
    fn index(&self, at: Idx<T>) -> &T {
        &self.items[at.index()]
    }
}

#[expect(clippy::indexing_slicing, reason = "an arena never shrinks and only its own push makes its indices")]
impl<T> IndexMut<Idx<T>> for Arena<T> {
    fn index_mut(&mut self, at: Idx<T>) -> &mut T {
        &mut self.items[at.index()]
    }
}

impl<T: fmt::Debug> fmt::Debug for Arena<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<T> FromIterator<T> for Arena<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self { items: items.into_iter().collect() }
    }
}
