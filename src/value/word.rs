//! A value in eight bytes and a kind, where it fits: what a slot of a snapshot holds and what tests compare with.
//!
//! Invariant: of values that fit, equal ones have equal words and different ones different words, so that one comparison of two
//! words is the language's `=` (semantics S1.1, missing values aside). What does not fit (texts of more than eight bytes,
//! big decimals, periods, lists) lies beside the slots of its [`Snapshot`](super::Snapshot), and its word only says where.

use super::{Level, Number, ValueRef};
use crate::base::Instant;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// A value in eight bytes and a kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Word {
    kind: Kind,
    content: [u8; 8],
}

/// A tag in the lower byte, and in the upper the scale of a number or the length of a short text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(u16);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Tag {
    Missing,
    Bool,
    Number,
    /// A text in the snapshot's arena.
    Text,
    Time,
    Date,
    Level,
    /// A place in the snapshot's side table.
    Side,
    /// A text of at most eight bytes.
    Short,
}

impl Kind {
    /// The kind of what is missing.
    pub const MISSING: Self = Self::new(Tag::Missing, 0);
    /// The kind of an instant.
    pub const TIME: Self = Self::new(Tag::Time, 0);

    #[inline]
    pub(super) const fn new(tag: Tag, detail: u8) -> Self {
        Self(((detail as u16) << 8) | tag as u16)
    }

    #[inline]
    pub(super) const fn of_bits(bits: u16) -> Self {
        Self(bits)
    }

    #[inline]
    pub(super) const fn bits(self) -> u16 {
        self.0
    }

    #[inline]
    pub(super) fn tag(self) -> Tag {
        match self.0 & 0xff {
            1 => Tag::Bool,
            2 => Tag::Number,
            3 => Tag::Text,
            4 => Tag::Time,
            5 => Tag::Date,
            6 => Tag::Level,
            7 => Tag::Side,
            8 => Tag::Short,
            _ => Tag::Missing,
        }
    }

    /// The scale of a number, the length of a short text.
    #[inline]
    pub(super) fn detail(self) -> u8 {
        self.0.to_be_bytes()[0]
    }
}

impl Word {
    /// The word of `true`.
    pub const TRUE: Self = Self::new(Kind::new(Tag::Bool, 0), 1_i64.to_le_bytes());
    /// The word of what is missing.
    pub const MISSING: Self = Self::new(Kind::MISSING, [0; 8]);
    /// The longest text that fits, in bytes.
    pub const TEXT: usize = 8;

    /// A word of its parts; any parts make one, and what they don't make a value of reads as missing.
    #[inline]
    pub const fn new(kind: Kind, content: [u8; 8]) -> Self {
        Self { kind, content }
    }

    #[inline]
    pub(super) const fn of_number(tag: Tag, detail: u8, content: i64) -> Self {
        Self::new(Kind::new(tag, detail), content.to_le_bytes())
    }

    /// The value as a word, if it fits.
    pub fn of(value: ValueRef<'_>) -> Option<Self> {
        let (tag, detail, content) = match value {
            ValueRef::Missing => return Some(Self::MISSING),
            ValueRef::Bool(is) => (Tag::Bool, 0, i64::from(is)),
            ValueRef::Number(Number::Small { mantissa, scale }) => (Tag::Number, scale, mantissa),
            ValueRef::Time(at) => (Tag::Time, 0, at.0),
            ValueRef::Date(day) => (Tag::Date, 0, i64::from(day.num_days_from_ce())),
            ValueRef::Level(level) => (Tag::Level, 0, level as i64),
            ValueRef::Text(text) => return Self::of_text(text),
            _ => return None,
        };
        Some(Self::of_number(tag, detail, content))
    }

    fn of_text(text: &str) -> Option<Self> {
        let mut content = [0; Self::TEXT];
        content.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self::new(Kind::new(Tag::Short, text.len() as u8), content))
    }

    /// Its kind. Words of one kind, texts aside, are ordered as their numbers are.
    #[inline]
    pub const fn kind(self) -> Kind {
        self.kind
    }

    /// Its eight bytes.
    #[inline]
    pub const fn content(self) -> [u8; 8] {
        self.content
    }

    /// What it holds as a number: a mantissa, milliseconds, a day, a level.
    #[inline]
    pub const fn number(self) -> i64 {
        i64::from_le_bytes(self.content)
    }

    /// Whether it is a text.
    pub fn is_text(self) -> bool {
        self.kind.tag() == Tag::Short
    }

    /// Whether it is a date or a time.
    pub fn is_day_or_time(self) -> bool {
        matches!(self.kind.tag(), Tag::Date | Tag::Time)
    }

    /// Whether this is the one word of its value.
    pub(super) fn is_only(self) -> bool {
        Self::of(self.as_ref()) == Some(self)
            && match self.as_ref() {
                ValueRef::Number(number) => number == Number::from(number.decimal()),
                _ => true,
            }
    }

    /// The value; missing where it lies elsewhere.
    pub fn as_ref(&self) -> ValueRef<'_> {
        read(self.kind, &self.content)
    }
}

/// The value of a word, which a text borrows; missing where it lies elsewhere.
#[inline]
pub(super) fn read(kind: Kind, content: &[u8; 8]) -> ValueRef<'_> {
    let number = i64::from_le_bytes(*content);
    match kind.tag() {
        Tag::Missing | Tag::Text | Tag::Side => ValueRef::Missing,
        Tag::Bool => ValueRef::Bool(number != 0),
        Tag::Number => ValueRef::Number(Number::Small { mantissa: number, scale: kind.detail() }),
        Tag::Time => ValueRef::Time(Instant(number)),
        Tag::Date => date(number).map_or(ValueRef::Missing, ValueRef::Date),
        Tag::Level => level(number).map_or(ValueRef::Missing, ValueRef::Level),
        Tag::Short => {
            let bytes = content.get(..usize::from(kind.detail()));
            let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.map_or(ValueRef::Missing, ValueRef::Text)
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_fits_is_read_back() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        let values = [
            ValueRef::Missing,
            ValueRef::Bool(false),
            ValueRef::Number(Number::Small { mantissa: -125, scale: 2 }),
            ValueRef::Time(Instant(-1)),
            ValueRef::Date(day),
            ValueRef::Level(Level::Good),
            ValueRef::Text(""),
            ValueRef::Text("churned"),
            ValueRef::Text("é & ü ✓"),
        ];
        for (at, value) in values.iter().enumerate() {
            let Some(word) = Word::of(*value) else {
                assert_eq!(*value, ValueRef::Text("é & ü ✓"));
                continue;
            };
            assert_eq!(word.as_ref(), *value);
            let same = values.iter().filter(|other| Word::of(**other) == Some(word)).count();
            assert_eq!(same, 1, "{at}");
        }
    }

    #[test]
    fn what_no_value_makes_reads_as_missing() {
        for tag in 0..=255_u8 {
            for detail in [0, 1, 8, 9, 255] {
                let kind = Kind(u16::from_be_bytes([detail, tag]));
                let word = Word::new(kind, [0xff; 8]);
                assert!(
                    word.as_ref().is_missing() || matches!(tag, 1 | 2 | 4 | 5) || tag == 8 && detail == 0
                );
            }
        }
    }
}
