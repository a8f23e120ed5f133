//! Facts to work out, by fact and entity.
//!
//! In: pairs in any order, also while others are taken out. Out: the least of them, each once. Most inputs concern one
//! entity, of which a new one has as many facts as the plan declares: its facts are bits, those of others a set.

use super::world::Eid;
use std::collections::BTreeSet;

/// Pairs of fact and entity.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// The entity whose facts are bits.
    one: Option<Eid>,
    bits: Vec<u64>,
    /// How many bits are set.
    count: usize,
    /// In no word before this one a bit is set.
    low: usize,
    /// Pairs of other entities.
    others: BTreeSet<(u32, Eid)>,
}

impl Work {
    /// Puts a pair in; one that is in already stays once.
    pub fn insert(&mut self, (fact, eid): (u32, Eid)) {
        if self.count == 0 && self.others.is_empty() {
            self.one = Some(eid);
        }
        if self.one != Some(eid) {
            self.others.insert((fact, eid));
            return;
        }
        let (word, bit) = (fact as usize / 64, 1 << (fact % 64));
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        if let Some(held) = self.bits.get_mut(word)
            && *held & bit == 0
        {
            *held |= bit;
            self.low = if self.count == 0 { word } else { self.low.min(word) };
            self.count += 1;
        }
    }

    /// Takes the least pair out.
    pub fn pop_first(&mut self) -> Option<(u32, Eid)> {
        match (self.least(), self.others.first().copied()) {
            (Some(own), Some(other)) if other < own => self.others.pop_first(),
            (Some(own), _) => {
                if let Some(held) = self.bits.get_mut(own.0 as usize / 64) {
                    *held &= !(1 << (own.0 % 64));
                }
                self.count -= 1;
                Some(own)
            }
            (None, _) => self.others.pop_first(),
        }
    }

    fn least(&mut self) -> Option<(u32, Eid)> {
        let one = self.one.filter(|_| self.count > 0)?;
        let words = self.bits.get(self.low..)?;
        let skipped = words.iter().position(|word| *word != 0)?;
        self.low += skipped;
        let word = words.get(skipped)?;
        Some(((self.low as u32) * 64 + word.trailing_zeros(), one))
    }
}

impl Extend<(u32, Eid)> for Work {
    fn extend<T: IntoIterator<Item = (u32, Eid)>>(&mut self, pairs: T) {
        for pair in pairs {
            self.insert(pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a set does it, whatever comes in between.
    #[test]
    fn pairs_come_out_as_out_of_a_set() {
        let (mut work, mut set) = (Work::default(), BTreeSet::new());
        let mut random = 0x9e37_79b9_u64;
        for _ in 0..100_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let draw = random >> 33;
            if draw.is_multiple_of(3) {
                assert_eq!(work.pop_first(), set.pop_first());
            } else {
                let pair = ((draw / 7 % 300) as u32, Eid((draw / 5 % 3) as u32));
                work.insert(pair);
                set.insert(pair);
            }
        }
        while let Some(pair) = set.pop_first() {
            assert_eq!(work.pop_first(), Some(pair));
        }
        assert_eq!(work.pop_first(), None);
    }
}
