//! Which slot a trait goes to: the keys and types of one kind of entity.

use super::Type;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A slot of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Field {
    /// The attribute's name.
    pub name: Arc<str>,
    /// The trait that it is taken from; `None`: it is never taken from the data.
    pub key: Option<Arc<str>>,
    /// Its type.
    pub ty: Type,
}

/// The slots of one kind of entity, in order, and a table from trait to slots without allocation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Field>", into = "Vec<Field>")]
pub struct Schema {
    fields: Vec<Field>,
    /// Open addressing; a power of two, at most half full; the first slot of a key, or [`NONE`].
    table: Vec<u16>,
    /// For each slot the next one with the same key, or [`NONE`].
    next: Vec<u16>,
}

/// No slot.
const NONE: u16 = u16::MAX;

impl Schema {
    /// A schema of these slots; at most 65,535.
    pub fn new(mut fields: Vec<Field>) -> Self {
        fields.truncate(usize::from(NONE));
        let size = (fields.len() * 2 + 1).next_power_of_two();
        let mut schema = Self { next: vec![NONE; fields.len()], table: vec![NONE; size], fields };
        for slot in (0..schema.fields.len() as u16).rev() {
            schema.enter(slot);
        }
        schema
    }

    fn enter(&mut self, slot: u16) {
        let Some(key) = self.fields.get(usize::from(slot)).and_then(|field| field.key.clone()) else { return };
        let at = self.place(&key);
        let Some(entry) = self.table.get_mut(at) else { return };
        if let Some(next) = self.next.get_mut(usize::from(slot)) {
            *next = *entry;
        }
        *entry = slot;
    }

    /// Where in the table the key is, or would be.
    fn place(&self, key: &str) -> usize {
        let mask = self.table.len().wrapping_sub(1);
        let mut at = hash(key) as usize & mask;
        while let Some(&slot) = self.table.get(at) {
            if slot == NONE || self.key(slot) == Some(key) {
                return at;
            }
            at = (at + 1) & mask;
        }
        at
    }

    fn key(&self, slot: u16) -> Option<&str> {
        self.fields.get(usize::from(slot))?.key.as_deref()
    }

    /// The first slot that is taken from this trait.
    pub fn slot(&self, key: &str) -> Option<u16> {
        self.table.get(self.place(key)).copied().filter(|slot| *slot != NONE)
    }

    /// The next slot that is taken from the same trait.
    pub fn next(&self, slot: u16) -> Option<u16> {
        self.next.get(usize::from(slot)).copied().filter(|next| *next != NONE)
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

    fn field(name: &str, key: Option<&str>) -> Field {
        Field { name: name.into(), key: key.map(Into::into), ty: Type::Text }
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let keys: Vec<String> = (0..500).map(|n| format!("key_{n}")).collect();
        let schema = Schema::new(keys.iter().map(|key| field(key, Some(key))).collect());
        for (at, key) in keys.iter().enumerate() {
            assert_eq!(schema.slot(key), Some(at as u16));
        }
        assert_eq!(schema.slot("key_500"), None);
        assert_eq!(schema.slot(""), None);
    }

    #[test]
    fn one_trait_may_fill_several_slots() {
        let schema = Schema::new(vec![field("a", Some("k")), field("b", None), field("c", Some("k"))]);
        assert_eq!(schema.slot("k"), Some(0));
        assert_eq!(schema.next(0), Some(2));
        assert_eq!(schema.next(2), None);
        assert_eq!(Schema::default().slot("k"), None);
    }
}
