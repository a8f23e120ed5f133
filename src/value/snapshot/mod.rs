//! The attribute values of one entity, packed: 16 bytes a slot, texts in one piece.
//!
//! In: values one by one ([`Snapshot::set`]) or a JSON object of traits ([`Snapshot::load`]). Out: borrowed values
//! ([`Snapshot::get`]) with the instant of each. Invariant: an older value never overwrites a newer one, missing ones
//! included (S1.1, S7.1); every slot points inside the arena and the side table, in what was read from outside too; a text
//! of at most eight bytes lies in its slot, and none other does, so equal texts have equal [`Word`]s or lie in the arena.
//! Not here: which attribute is in which slot (that is the [`Schema`] of a layout), facts, events.
//!
//! Tests: `tests/it/value.rs`.

mod load;
mod slot;
mod stored;

pub use load::{Aside, Loaded, Refused};

use super::word::Tag;
use super::{Value, ValueRef, Word};
use crate::base::Instant;
use serde::{Deserialize, Serialize};
use slot::{Slot, stamp};
use std::fmt;
use stored::Stored;

/// The values of one entity in slots, each with the instant that it is of.
///
/// Two snapshots are equal when their slots hold the same with the same instants, wherever their texts lie.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Snapshot {
    slots: Vec<Slot>,
    texts: String,
    /// What does not fit a slot: big decimals, periods, lists; [`Value::Missing`] where a place is free.
    side: Vec<Value>,
    /// Bytes of `texts` that no slot names.
    dead: u32,
}

impl Snapshot {
    /// The value in a slot; missing for one that was never set.
    #[inline]
    pub fn get(&self, slot: u16) -> ValueRef<'_> {
        self.slots.get(usize::from(slot)).map_or(ValueRef::Missing, |slot| self.read(slot))
    }

    /// What a slot itself holds; of a value that does not fit eight bytes only that it lies elsewhere.
    #[inline]
    pub fn word(&self, slot: u16) -> Word {
        self.slots.get(usize::from(slot)).map_or(Word::MISSING, |slot| slot.word())
    }

    /// The bytes of the text in a slot.
    #[inline]
    pub fn bytes(&self, slot: u16) -> Option<&[u8]> {
        let slot = self.slots.get(usize::from(slot))?;
        match slot.tag() {
            Tag::Short => slot.short(),
            Tag::Text => self.texts.as_bytes().get(slot.range()),
            _ => None,
        }
    }

    #[inline]
    fn read<'a>(&'a self, slot: &'a Slot) -> ValueRef<'a> {
        match slot.tag() {
            Tag::Text => self.texts.get(slot.range()).map_or(ValueRef::Missing, ValueRef::Text),
            Tag::Side => self.aside(slot.place()),
            _ => slot.value(),
        }
    }

    #[inline(never)]
    fn aside(&self, place: usize) -> ValueRef<'_> {
        self.side.get(place).map_or(ValueRef::Missing, Value::as_ref)
    }

    /// The text in a slot, wherever it lies.
    fn text<'a>(&'a self, slot: &'a Slot) -> Option<&'a str> {
        if let ValueRef::Text(text) = self.read(slot) { Some(text) } else { None }
    }

    /// The instant of a slot's value; [`Instant::MIN`] if it was never set.
    pub fn time(&self, slot: u16) -> Instant {
        self.slots.get(usize::from(slot)).map_or(Instant::MIN, |slot| slot.at())
    }

    /// A slot's value, owned.
    pub fn value(&self, slot: u16) -> Value {
        self.get(slot).to_value()
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Makes room for that many slots; new ones are missing and were never set.
    pub fn grow(&mut self, slots: usize) {
        let slots = slots.min(usize::from(u16::MAX) + 1);
        if slots > self.slots.len() {
            self.slots.reserve_exact(slots - self.slots.len());
            self.slots.resize(slots, Slot::EMPTY);
        }
    }

    /// Sets a slot unless it holds a newer value (of two of one instant the later call wins); whether it now holds
    /// another value than before.
    pub fn set(&mut self, slot: u16, value: ValueRef<'_>, at: Instant) -> bool {
        self.grow(usize::from(slot) + 1);
        let place = usize::from(slot);
        let old = self.slots.get(place).copied().unwrap_or(Slot::EMPTY);
        let stamp = stamp(at);
        if stamp < old.at() {
            return false;
        }
        let new = self.replaced(old, value, stamp);
        let changed = new.is_some();
        if let Some(entry) = self.slots.get_mut(place) {
            *entry = new.unwrap_or(old.restamped(stamp));
        }
        if self.dead > 64 && self.dead as usize * 2 > self.texts.len() {
            self.compact();
        }
        changed
    }

    /// The slot of another value, whose content is put where it belongs, giving free or using again what the old one took;
    /// `None` if it is the same value.
    fn replaced(&mut self, old: Slot, value: ValueRef<'_>, at: Instant) -> Option<Slot> {
        if let Some(word) = Word::of(value) {
            return (old.word() != word).then(|| {
                self.free(old);
                Slot::new(word, at)
            });
        }
        if self.read(&old) == value {
            return None;
        }
        if let ValueRef::Text(text) = value {
            return Some(self.store_text(old, text, at));
        }
        self.free(old);
        Some(Slot::side(self.store_aside(value.to_value()), at))
    }

    /// A text that does not fit a slot: where one as long was, else at the end.
    fn store_text(&mut self, old: Slot, text: &str, at: Instant) -> Slot {
        let range = old.range();
        if old.tag() == Tag::Text && range.len() == text.len() && self.texts.get(range.clone()).is_some() {
            self.texts.replace_range(range, text);
            return old.restamped(at);
        }
        self.free(old);
        self.text_slot(text, at)
    }

    fn text_slot(&mut self, text: &str, at: Instant) -> Slot {
        if let Some(word) = Word::of(ValueRef::Text(text)) {
            return Slot::new(word, at);
        }
        let start = self.texts.len();
        self.texts.push_str(text);
        Slot::text(start, text.len(), at)
    }

    fn store_aside(&mut self, value: Value) -> usize {
        if let Some(free) = self.side.iter().position(Value::is_missing) {
            if let Some(place) = self.side.get_mut(free) {
                *place = value;
            }
            return free;
        }
        self.side.push(value);
        self.side.len() - 1
    }

    fn free(&mut self, slot: Slot) {
        match slot.tag() {
            Tag::Text => self.dead = self.dead.saturating_add(slot.range().len() as u32),
            Tag::Side => {
                if let Some(value) = self.side.get_mut(slot.place()) {
                    *value = Value::Missing;
                }
            }
            _ => {}
        }
    }

    /// Lays the texts together and gives memory back.
    pub fn compact(&mut self) {
        let live = self.texts.len().saturating_sub(self.dead as usize);
        let mut texts = String::with_capacity(live);
        for slot in &mut self.slots {
            if slot.tag() == Tag::Text {
                let text = self.texts.get(slot.range()).unwrap_or("");
                *slot = Slot::text(texts.len(), text.len(), slot.at());
                texts.push_str(text);
            }
        }
        self.texts = texts;
        self.dead = 0;
    }

    /// The same values in other slots, for a changed layout: slot `n` of the new one is slot `from[n]` of this one.
    pub fn moved(&self, from: &[Option<u16>]) -> Self {
        let mut moved = Self::default();
        moved.grow(from.len());
        for (slot, old) in (0_u16..).zip(from) {
            if let Some(old) = old {
                moved.set(slot, self.get(*old), self.time(*old));
            }
        }
        moved
    }

    /// Bytes held, the struct itself included.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.slots.capacity() * size_of::<Slot>()
            + self.texts.capacity()
            + self.side.capacity() * size_of::<Value>()
            + self.side.iter().map(heap_of).sum::<usize>()
    }
}

/// What a value keeps outside itself; lists are not nested.
pub fn heap_of(value: &Value) -> usize {
    let text = |value: &Value| if let Value::Text(text) = value { text.len() + 16 } else { 0 };
    match value {
        Value::List(items) => 16 + items.iter().map(|item| size_of::<Value>() + text(item)).sum::<usize>(),
        other => text(other),
    }
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        let slots = self.slots.len().max(other.slots.len()).min(usize::from(u16::MAX)) as u16;
        (0..=slots).all(|slot| self.get(slot) == other.get(slot) && self.time(slot) == other.time(slot))
    }
}

impl Eq for Snapshot {}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = (0_u16..).zip(&self.slots).filter(|(_, slot)| slot.at() != Instant::MIN);
        f.debug_map().entries(slots.map(|(place, slot)| (place, self.read(slot)))).finish()
    }
}
