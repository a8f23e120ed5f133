//! Traits of a message straight into slots.

use super::super::Schema;
use super::super::json::{self, Read, WrongValue};
use super::super::schema::Slots;
use super::Snapshot;
use crate::base::Instant;
use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A trait that the schema does not know, kept as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aside {
    /// Its key.
    pub key: String,
    /// Its JSON text.
    pub json: String,
}

/// A trait whose value its declared type refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The slot.
    pub slot: u16,
    /// Its JSON text.
    pub json: String,
    /// Why.
    pub reason: String,
}

/// What reading traits into a snapshot gives besides the snapshot; may be used again and again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Loaded {
    /// The slots that hold another value than before, in the order of the traits.
    pub changed: Vec<u16>,
    /// Traits without a slot.
    pub aside: Vec<Aside>,
    /// Traits that were refused.
    pub refused: Vec<Refused>,
}

impl Loaded {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.changed.clear();
        self.aside.clear();
        self.refused.clear();
    }
}

impl Snapshot {
    /// Reads a JSON object of traits straight into slots, all of that instant. What is refused or has no slot is
    /// added to `loaded`. An error: the text is no JSON object; the traits before the fault are in.
    pub fn load(
        &mut self,
        traits: &str,
        schema: &Schema,
        at: Instant,
        loaded: &mut Loaded,
    ) -> Result<(), WrongValue> {
        self.grow(schema.len());
        if self.texts.is_empty() {
            self.texts.reserve((traits.len() / 4).min(512));
        }
        let reader = Reader { snapshot: self, schema, at, loaded };
        let mut json = serde_json::Deserializer::from_str(traits);
        reader
            .deserialize(&mut json)
            .and_then(|()| json.end())
            .map_err(|error| WrongValue { reason: format!("no JSON object of traits: {error}") })
    }
}

/// Takes the traits of one object in.
struct Reader<'a> {
    snapshot: &'a mut Snapshot,
    schema: &'a Schema,
    at: Instant,
    loaded: &'a mut Loaded,
}

impl Reader<'_> {
    fn take(&mut self, slot: u16, json: &str) {
        let Some(field) = self.schema.field(slot) else { return };
        let changed = match json::read(json, &field.ty) {
            Ok(Read::Lent(value)) => self.snapshot.set(slot, value, self.at),
            Ok(Read::Made(value)) => self.snapshot.set(slot, value.as_ref(), self.at),
            Err(wrong) => {
                self.loaded.refused.push(Refused { slot, json: json.into(), reason: wrong.reason });
                return;
            }
        };
        if changed {
            self.loaded.changed.push(slot);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of traits")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key { schema: self.schema })? {
            let raw: &'de RawValue = map.next_value()?;
            match key {
                Known::Slots(slots) => slots.for_each(|slot| self.take(slot, raw.get())),
                Known::Not(key) => self.loaded.aside.push(Aside { key, json: raw.get().into() }),
            }
        }
        Ok(())
    }
}

/// Looks a key up where it stands.
struct Key<'a> {
    schema: &'a Schema,
}

enum Known<'a> {
    Slots(Slots<'a>),
    Not(String),
}

impl<'de, 'a> DeserializeSeed<'de> for Key<'a> {
    type Value = Known<'a>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Known<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for Key<'a> {
    type Value = Known<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a trait")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Known<'a>, E> {
        let slots = self.schema.slots(key);
        Ok(if slots.is_empty() { Known::Not(key.into()) } else { Known::Slots(slots) })
    }
}
