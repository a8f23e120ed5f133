//! The attribute values of one entity, packed: 16 bytes a slot, texts in one piece.
//!
//! In: values one by one ([`Snapshot::set`]) or a JSON object of traits ([`Snapshot::load`]). Out: borrowed values
//! ([`Snapshot::get`]) with the instant of each. Invariant: an older value never overwrites a newer one, missing ones
//! included (S1.1, S7.1); every slot points inside the arena and the side table, in what was read from outside too.
//! Not here: which attribute is in which slot (that is the [`Schema`] of a layout), facts, events.
//!
//! Tests: below, and `tests/it/value.rs`.

use super::json::{self, Read, WrongValue};
use super::{Level, Number, Schema, Value, ValueRef};
use crate::base::Instant;
use chrono::{Datelike, NaiveDate};
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::fmt;

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

/// A tag in 8 bits, a scale in 8, the instant in the upper 48 (milliseconds; the least stands for "never set"), and
/// 64 bits of content.
#[derive(Clone, Copy)]
struct Slot {
    meta: i64,
    content: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Tag {
    Missing,
    Bool,
    Number,
    Text,
    Time,
    Date,
    Level,
    Side,
}

const TAGS: [Tag; 8] =
    [Tag::Missing, Tag::Bool, Tag::Number, Tag::Text, Tag::Time, Tag::Date, Tag::Level, Tag::Side];

/// The instants that 48 bits hold reach from the year -2490 to 6429; what lies outside counts as that end.
const INSTANT_MAX: i64 = (1 << 47) - 1;
const INSTANT_MIN: i64 = -(1 << 47);

impl Slot {
    const EMPTY: Self = Self::new(Tag::Missing, 0, Instant::MIN, 0);

    const fn new(tag: Tag, scale: u8, at: Instant, content: i64) -> Self {
        let ms = if at.0 > INSTANT_MAX {
            INSTANT_MAX
        } else if at.0 < INSTANT_MIN {
            INSTANT_MIN
        } else {
            at.0
        };
        Self { meta: (ms << 16) | ((scale as i64) << 8) | tag as i64, content }
    }

    #[inline]
    fn tag(self) -> Tag {
        match self.meta & 7 {
            1 => Tag::Bool,
            2 => Tag::Number,
            3 => Tag::Text,
            4 => Tag::Time,
            5 => Tag::Date,
            6 => Tag::Level,
            7 => Tag::Side,
            _ => Tag::Missing,
        }
    }

    #[inline]
    fn scale(self) -> u8 {
        (self.meta >> 8).to_le_bytes()[0]
    }

    fn at(self) -> Instant {
        match self.meta >> 16 {
            INSTANT_MIN => Instant::MIN,
            ms => Instant(ms),
        }
    }

    /// Where a text lies.
    #[inline]
    fn range(self) -> std::ops::Range<usize> {
        let content = self.content.cast_unsigned();
        let start = (content >> 32) as usize;
        start..start + (content & 0xffff_ffff) as usize
    }
}

fn text_content(start: usize, len: usize) -> i64 {
    (((start as u64) << 32) | len as u64).cast_signed()
}

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
    /// The value in a slot; missing for one that was never set.
    #[inline]
    pub fn get(&self, slot: u16) -> ValueRef<'_> {
        self.slots.get(usize::from(slot)).map_or(ValueRef::Missing, |slot| self.read(*slot))
    }

    #[inline]
    fn read(&self, slot: Slot) -> ValueRef<'_> {
        match slot.tag() {
            Tag::Missing => ValueRef::Missing,
            Tag::Bool => ValueRef::Bool(slot.content != 0),
            Tag::Number => ValueRef::Number(Number::Small { mantissa: slot.content, scale: slot.scale() }),
            Tag::Text => self.texts.get(slot.range()).map_or(ValueRef::Missing, ValueRef::Text),
            Tag::Time => ValueRef::Time(Instant(slot.content)),
            Tag::Date => date(slot.content).map_or(ValueRef::Missing, ValueRef::Date),
            Tag::Level => level(slot.content).map_or(ValueRef::Missing, ValueRef::Level),
            Tag::Side => self.aside(slot.content),
        }
    }

    #[inline(never)]
    fn aside(&self, content: i64) -> ValueRef<'_> {
        let place = usize::try_from(content).ok();
        place.and_then(|place| self.side.get(place)).map_or(ValueRef::Missing, Value::as_ref)
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
        let stamp = Slot::new(Tag::Missing, 0, at, 0).at();
        if stamp < old.at() {
            return false;
        }
        let changed = self.read(old) != value;
        let new =
            if changed { self.store(old, value, stamp) } else { Slot { meta: restamped(old, stamp), ..old } };
        if let Some(entry) = self.slots.get_mut(place) {
            *entry = new;
        }
        if self.dead > 64 && self.dead as usize * 2 > self.texts.len() {
            self.compact();
        }
        changed
    }

    /// Puts the content where it belongs, giving free or using again what the old one took.
    fn store(&mut self, old: Slot, value: ValueRef<'_>, at: Instant) -> Slot {
        if let ValueRef::Text(text) = value {
            return Slot::new(Tag::Text, 0, at, self.store_text(old, text));
        }
        self.free(old);
        match value {
            ValueRef::Missing | ValueRef::Text(_) => Slot::new(Tag::Missing, 0, at, 0),
            ValueRef::Bool(is) => Slot::new(Tag::Bool, 0, at, i64::from(is)),
            ValueRef::Number(Number::Small { mantissa, scale }) => {
                Slot::new(Tag::Number, scale, at, mantissa)
            }
            ValueRef::Time(time) => Slot::new(Tag::Time, 0, at, time.0),
            ValueRef::Date(day) => Slot::new(Tag::Date, 0, at, i64::from(day.num_days_from_ce())),
            ValueRef::Level(level) => Slot::new(Tag::Level, 0, at, level as i64),
            ValueRef::Number(Number::Big(_)) | ValueRef::Period(_) | ValueRef::List(_) | ValueRef::Map(_) => {
                Slot::new(Tag::Side, 0, at, self.store_aside(value.to_value()))
            }
        }
    }

    fn store_text(&mut self, old: Slot, text: &str) -> i64 {
        let range = old.range();
        if old.tag() == Tag::Text && range.len() == text.len() && self.texts.get(range.clone()).is_some() {
            self.texts.replace_range(range, text);
            return old.content;
        }
        self.free(old);
        let start = self.texts.len();
        self.texts.push_str(text);
        text_content(start, text.len())
    }

    fn store_aside(&mut self, value: Value) -> i64 {
        if let Some(free) = self.side.iter().position(Value::is_missing) {
            if let Some(place) = self.side.get_mut(free) {
                *place = value;
            }
            return (free as u64).cast_signed();
        }
        self.side.push(value);
        (self.side.len() as u64 - 1).cast_signed()
    }

    fn free(&mut self, slot: Slot) {
        match slot.tag() {
            Tag::Text => self.dead = self.dead.saturating_add(slot.range().len() as u32),
            Tag::Side => {
                let place = usize::try_from(slot.content).unwrap_or(usize::MAX);
                if let Some(value) = self.side.get_mut(place) {
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
                slot.content = text_content(texts.len(), text.len());
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

fn restamped(slot: Slot, at: Instant) -> i64 {
    Slot::new(slot.tag(), slot.scale(), at, 0).meta
}

fn date(content: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(content).ok()?)
}

fn level(content: i64) -> Option<Level> {
    match content {
        0 => Some(Level::Bad),
        1 => Some(Level::Average),
        2 => Some(Level::Good),
        _ => None,
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
        f.debug_map().entries(slots.map(|(place, slot)| (place, self.read(*slot)))).finish()
    }
}

/// The stored form; texts lie together in the order of their slots.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u8,
    slots: Vec<(u8, u8, i64, i64)>,
    texts: String,
    side: Vec<Value>,
}

const VERSION: u8 = 1;

impl From<Snapshot> for Stored {
    fn from(mut snapshot: Snapshot) -> Self {
        snapshot.compact();
        let stored = |slot: &Slot| match slot.tag() {
            // Where a text begins follows from the lengths of those before it.
            Tag::Text => (Tag::Text as u8, 0, slot.meta >> 16, slot.content & 0xffff_ffff),
            tag => (tag as u8, slot.scale(), slot.meta >> 16, slot.content),
        };
        let slots = snapshot.slots.iter().map(stored).collect();
        Self { version: VERSION, slots, texts: snapshot.texts, side: snapshot.side }
    }
}

impl TryFrom<Stored> for Snapshot {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        if stored.version != VERSION {
            return Err(format!("a snapshot of version {}, expected {VERSION}", stored.version));
        }
        let mut snapshot = Self { texts: stored.texts, side: stored.side, ..Self::default() };
        let mut start = 0;
        for (tag, scale, ms, content) in stored.slots {
            let tag = TAGS.get(usize::from(tag)).copied().ok_or("a slot of an unknown kind")?;
            let content = if tag == Tag::Text {
                let len = usize::try_from(content).map_err(|_| "a text of no length")?;
                let at = start;
                start += len;
                text_content(at, len)
            } else {
                content
            };
            let slot = Slot::new(tag, scale, Instant(ms), content);
            let is_lost = tag != Tag::Missing && snapshot.read(slot).is_missing();
            if is_lost || scale > 28 || snapshot.slots.len() > usize::from(u16::MAX) {
                return Err("a slot that points outside its snapshot".into());
            }
            snapshot.slots.push(slot);
        }
        Ok(snapshot)
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
    Slots(super::schema::Slots<'a>),
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
