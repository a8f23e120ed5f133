//! Which slot a trait goes to: the keys and types of one kind of entity.

use super::Type;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A slot of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Field {
    /// The attribute's name.
    pub name: Arc<str>,
    /// The traits that it is taken from; none: it is never taken from the data.
    pub keys: Vec<Arc<str>>,
    /// Its type.
    pub ty: Type,
}

/// The slots of one kind of entity, in order, and a table from trait to slots without allocation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Field>", into = "Vec<Field>")]
pub struct Schema {
    fields: Vec<Field>,
    entries: Vec<Entry>,
    /// Open addressing; a power of two, at most half full; the first entry of a key, or [`NONE`].
    table: Vec<u32>,
}

/// A trait that fills a slot.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    key: Arc<str>,
    slot: u16,
    /// The next entry of the same key, or [`NONE`].
    next: u32,
}

/// No entry.
const NONE: u32 = u32::MAX;

impl Schema {
    /// A schema of these slots; at most 65,535.
    pub fn new(mut fields: Vec<Field>) -> Self {
        fields.truncate(usize::from(u16::MAX));
        let keys = fields.iter().zip(0_u16..).flat_map(|(field, slot)| {
            field.keys.iter().map(move |key| Entry { key: key.clone(), slot, next: NONE })
        });
        let entries: Vec<Entry> = keys.collect();
        let table = vec![NONE; (entries.len() * 2 + 1).next_power_of_two()];
        let mut schema = Self { fields, entries, table };
        for at in (0..schema.entries.len() as u32).rev() {
            schema.enter(at);
        }
        schema
    }

    fn enter(&mut self, at: u32) {
        let Some(key) = self.entries.get(at as usize).map(|entry| entry.key.clone()) else { return };
        let place = self.place(&key);
        if let (Some(head), Some(entry)) = (self.table.get_mut(place), self.entries.get_mut(at as usize)) {
            entry.next = std::mem::replace(head, at);
        }
    }

    /// Where in the table the key is, or would be.
    fn place(&self, key: &str) -> usize {
        let mask = self.table.len().wrapping_sub(1);
        let mut at = hash(key) as usize & mask;
        while let Some(entry) = self.table.get(at).and_then(|entry| self.entries.get(*entry as usize)) {
            if &*entry.key == key {
                return at;
            }
            at = (at + 1) & mask;
        }
        at
    }

    /// The slots that are taken from this trait, in order.
    pub fn slots(&self, key: &str) -> Slots<'_> {
        Slots { entries: &self.entries, next: self.table.get(self.place(key)).copied().unwrap_or(NONE) }
    }

    /// What is in a slot.
    pub fn field(&self, slot: u16) -> Option<&Field> {
        self.fields.get(usize::from(slot))
    }

    /// The slots in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// How many slots.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// The slots of one trait.
#[derive(Clone, Debug)]
pub struct Slots<'a> {
    entries: &'a [Entry],
    next: u32,
}

impl Slots<'_> {
    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.next == NONE
    }
}

impl Iterator for Slots<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        let entry = self.entries.get(self.next as usize)?;
        self.next = entry.next;
        Some(entry.slot)
    }
}

impl From<Vec<Field>> for Schema {
    fn from(fields: Vec<Field>) -> Self {
        Self::new(fields)
    }
}

impl From<Schema> for Vec<Field> {
    fn from(schema: Schema) -> Self {
        schema.fields
    }
}

/// A quick hash of short keys; the table is made from the project's own words, so it needs no secret.
fn hash(key: &str) -> u64 {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let (chunks, rest) = key.as_bytes().as_chunks::<8>();
    let mut state = key.len() as u64;
    for chunk in chunks {
        state = (state.rotate_left(5) ^ u64::from_le_bytes(*chunk)).wrapping_mul(MIX);
    }
    let tail = rest.iter().fold(0_u64, |tail, byte| (tail << 8) | u64::from(*byte));
    state = (state.rotate_left(5) ^ tail).wrapping_mul(MIX);
    state ^ (state >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, keys: &[&str]) -> Field {
        Field { name: name.into(), keys: keys.iter().map(|key| Arc::from(*key)).collect(), ty: Type::Text }
    }

    fn slots(schema: &Schema, key: &str) -> Vec<u16> {
        schema.slots(key).collect()
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let keys: Vec<String> = (0..500).map(|n| format!("key_{n}")).collect();
        let schema = Schema::new(keys.iter().map(|key| field(key, &[key])).collect());
        for (at, key) in keys.iter().enumerate() {
            assert_eq!(slots(&schema, key), [at as u16]);
        }
        assert!(slots(&schema, "key_500").is_empty() && slots(&schema, "").is_empty());
    }

    #[test]
    fn one_trait_may_fill_several_slots_and_one_slot_have_several_traits() {
        let schema = Schema::new(vec![field("a", &["k", "l"]), field("b", &[]), field("c", &["k"])]);
        assert_eq!(slots(&schema, "k"), [0, 2]);
        assert_eq!(slots(&schema, "l"), [0]);
        assert!(slots(&Schema::default(), "k").is_empty());
    }
}
