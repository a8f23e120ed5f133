//! The attribute values of one entity, packed.

use super::{Schema, Value, ValueRef};
use crate::base::Instant;

/// The values of one entity in slots, each with the instant that it is of.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Snapshot {}

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
    /// Its key.
    pub key: String,
    /// Its JSON text.
    pub json: String,
    /// Why.
    pub reason: String,
}

/// What reading traits into a snapshot gives besides the snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Loaded {
    /// The slots that hold another value now.
    pub changed: Vec<u16>,
    /// Traits without a slot.
    pub aside: Vec<Aside>,
    /// Traits that were refused.
    pub refused: Vec<Refused>,
}

impl Snapshot {
    /// The value in a slot; missing for one that was never set.
    pub fn get(&self, _slot: u16) -> ValueRef<'_> {
        todo!()
    }

    /// The instant of a slot's value; [`Instant::MIN`] if it was never set.
    pub fn time(&self, _slot: u16) -> Instant {
        todo!()
    }

    /// Sets a slot unless it holds a newer value; whether it now holds another value than before.
    pub fn set(&mut self, _slot: u16, _value: ValueRef<'_>, _at: Instant) -> bool {
        todo!()
    }

    /// Reads a JSON object of traits straight into slots, all of that instant.
    pub fn load(
        &mut self,
        _traits: &str,
        _schema: &Schema,
        _at: Instant,
    ) -> Result<Loaded, super::WrongValue> {
        todo!()
    }

    /// The snapshot with only these slots, for a changed layout: `from[new] = old`.
    pub fn moved(&self, _from: &[Option<u16>]) -> Self {
        todo!()
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        todo!()
    }

    /// A slot's value, owned.
    pub fn value(&self, slot: u16) -> Value {
        self.get(slot).to_value()
    }
}
