//! Says of most hashes that are not in a file that they are not, without reading it.
//!
//! A Bloom filter of blocks of 256 bits (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters): a
//! hash belongs to one block and has one bit in each of its eight words, so that a look costs one miss of the cache.

/// The words of a block.
const WORDS: usize = 8;
/// The bytes of a block.
pub(super) const BLOCK: usize = WORDS * 4;
/// Odd numbers, one a word, that spread the same bits differently (the ones that Apache Parquet's filters use).
const SPREAD: [u32; WORDS] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(32))]
struct Block([u32; WORDS]);

/// A filter for a known number of hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter(Vec<Block>);

impl Filter {
    /// An empty filter for so many hashes, with so many bits for each.
    pub fn new(count: u64, bits: u32) -> Self {
        let blocks = (count * u64::from(bits)).div_ceil(BLOCK as u64 * 8).max(1);
        Self(vec![Block::default(); blocks as usize])
    }

    pub fn insert(&mut self, hash: u128) {
        let at = self.block(hash);
        if let Some(block) = self.0.get_mut(at) {
            for (word, spread) in block.0.iter_mut().zip(SPREAD) {
                *word |= bit(hash, spread);
            }
        }
    }

    /// Whether the hash may be there; `false` is certain.
    pub fn has(&self, hash: u128) -> bool {
        let block = self.0.get(self.block(hash));
        block.is_some_and(|block| {
            block.0.iter().zip(SPREAD).all(|(word, spread)| word & bit(hash, spread) != 0)
        })
    }

    fn block(&self, hash: u128) -> usize {
        (((hash >> 64) * self.0.len() as u128) >> 64) as usize
    }

    /// How many blocks it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Its bytes, in pieces.
    pub fn write<E>(&self, mut out: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut bytes = Vec::new();
        for blocks in self.0.chunks(2048) {
            bytes.clear();
            bytes.extend(blocks.iter().flat_map(|block| block.0).flat_map(u32::to_le_bytes));
            out(&bytes)?;
        }
        Ok(())
    }

    /// Adds blocks from bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks_exact(BLOCK) {
            let mut block = Block::default();
            for (word, bytes) in block.0.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *word = u32::from_le_bytes(*bytes);
            }
            self.0.push(block);
        }
    }

    /// One without blocks, to be extended to so many.
    pub fn empty(blocks: usize) -> Self {
        Self(Vec::with_capacity(blocks))
    }
}

fn bit(hash: u128, spread: u32) -> u32 {
    1 << ((hash as u32).wrapping_mul(spread) >> 27)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::hash::Key;

    #[test]
    fn what_is_there_is_never_denied_and_little_else_is_taken_for_there() {
        let key = Key::new([3; 16]);
        let hash = |n: u32| key.hash(&n.to_le_bytes());
        let mut filter = Filter::new(100_000, 16);
        (0..100_000).for_each(|n| filter.insert(hash(n)));
        assert!((0..100_000).all(|n| filter.has(hash(n))));
        let wrong = (100_000..200_000).filter(|n| filter.has(hash(*n))).count();
        assert!(wrong < 200, "{wrong} of 100,000");
        let mut again = Filter::empty(filter.len());
        let done: Result<(), ()> = filter.write(|bytes| {
            again.extend(bytes);
            Ok(())
        });
        assert!(done.is_ok());
        assert!(again == filter);
    }
}
