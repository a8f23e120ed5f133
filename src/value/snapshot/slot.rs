//! One slot: 16 bytes.

use super::super::ValueRef;
use super::super::word::{self, Kind, Tag, Word};
use crate::base::Instant;

/// A [`Kind`] in 16 bits, the instant in the upper 48 (milliseconds; the least stands for "never set"), and the content
/// of a [`Word`]; where the value lies elsewhere that says where.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    meta: i64,
    content: [u8; 8],
}

/// The instants that 48 bits hold reach from the year -2490 to 6429; what lies outside counts as that end.
const INSTANT_MAX: i64 = (1 << 47) - 1;
const INSTANT_MIN: i64 = -(1 << 47);

/// The instant as a slot keeps it.
pub(super) const fn stamp(at: Instant) -> Instant {
    match clamped(at) {
        INSTANT_MIN => Instant::MIN,
        ms => Instant(ms),
    }
}

const fn clamped(at: Instant) -> i64 {
    if at.0 > INSTANT_MAX {
        INSTANT_MAX
    } else if at.0 < INSTANT_MIN {
        INSTANT_MIN
    } else {
        at.0
    }
}

impl Slot {
    pub(super) const EMPTY: Self = Self::new(Word::MISSING, Instant::MIN);

    #[inline]
    pub(super) const fn new(word: Word, at: Instant) -> Self {
        Self { meta: (clamped(at) << 16) | word.kind().bits() as i64, content: word.content() }
    }

    /// A text in the arena.
    pub(super) fn text(start: usize, len: usize, at: Instant) -> Self {
        let content = ((start as u64) << 32) | len as u64;
        Self::new(Word::of_number(Tag::Text, 0, content.cast_signed()), at)
    }

    /// A value in the side table.
    pub(super) fn side(place: usize, at: Instant) -> Self {
        Self::new(Word::of_number(Tag::Side, 0, (place as u64).cast_signed()), at)
    }

    #[inline]
    pub(super) const fn word(self) -> Word {
        Word::new(Kind::of_bits((self.meta & 0xffff) as u16), self.content)
    }

    #[inline]
    pub(super) fn tag(self) -> Tag {
        self.word().kind().tag()
    }

    /// The value, if it lies in the slot itself; else missing.
    #[inline]
    pub(super) fn value(&self) -> ValueRef<'_> {
        word::read(self.word().kind(), &self.content)
    }

    /// The bytes of a short text.
    #[inline]
    pub(super) fn short(&self) -> Option<&[u8]> {
        self.content.get(..usize::from(self.word().kind().detail()))
    }

    /// The instant of the value.
    pub(super) fn at(self) -> Instant {
        match self.ms() {
            INSTANT_MIN => Instant::MIN,
            ms => Instant(ms),
        }
    }

    /// The instant as it is kept.
    pub(super) fn ms(self) -> i64 {
        self.meta >> 16
    }

    /// The same value with another instant.
    pub(super) fn restamped(self, at: Instant) -> Self {
        Self::new(self.word(), at)
    }

    /// Where a text lies in the arena.
    #[inline]
    pub(super) fn range(self) -> std::ops::Range<usize> {
        let content = u64::from_le_bytes(self.content);
        let start = (content >> 32) as usize;
        start..start + (content & 0xffff_ffff) as usize
    }

    /// The place in the side table.
    #[inline]
    pub(super) fn place(self) -> usize {
        usize::try_from(u64::from_le_bytes(self.content)).unwrap_or(usize::MAX)
    }
}
