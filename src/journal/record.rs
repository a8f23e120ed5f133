//! How a record lies in a segment.
//!
//! A head of 44 bytes, the body, and 1 to 8 bytes of filling up to a multiple of 8. The head's checksum covers the
//! segment's id and the offset too, so that a record that lies anywhere else, or was there before, is not one. The
//! filling is not zero: a record whose last byte is zero was not written to its end. And the head says how many sectors
//! of the body are zero: if more are, they were not written.

use super::Position;
use crate::base::Instant;
use crc32fast::Hasher;

/// The length of a head in bytes.
pub(super) const HEAD: usize = 44;
/// Records begin at multiples of this.
pub(super) const ALIGN: u64 = 8;
/// The smallest piece that a disk writes whole or not at all, in bytes.
pub(super) const SECTOR: u64 = 512;
/// The longest body in bytes.
pub const MAX_BODY: usize = 64 * 1024 * 1024;
/// Stands in each head, to be found among other bytes.
const MARK: [u8; 4] = *b"wfr\x01";
const FILLING: [u8; 8] = [0xFF; 8];

/// A checksum begun with the id of a segment.
#[derive(Clone, Debug)]
pub(super) struct Salt(Hasher);

impl Salt {
    pub fn new(id: [u8; 16]) -> Self {
        let mut sum = Hasher::new();
        sum.update(&id);
        Self(sum)
    }

    fn head(&self, offset: u64, rest: &[u8]) -> u32 {
        let mut sum = self.0.clone();
        sum.update(&offset.to_le_bytes());
        sum.update(rest);
        sum.finalize()
    }
}

/// What a head says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    /// The body's length in bytes.
    pub length: u32,
    pub position: Position,
    pub at: Instant,
    /// Its place among the records that were written at once, from 0.
    pub place: u32,
    /// How many were written at once.
    pub of: u32,
    /// The checksum of body and filling.
    pub body: u32,
    /// How many sectors of the body are zero.
    pub zeros: u32,
}

impl Head {
    /// The head at an offset; `None` if none was written there.
    pub fn read(bytes: &[u8], salt: &Salt, offset: u64) -> Option<Self> {
        let (sum, rest) = bytes.get(..HEAD)?.split_first_chunk::<4>()?;
        if !rest.ends_with(&MARK) || u32::from_le_bytes(*sum) != salt.head(offset, rest) {
            return None;
        }
        let mut rest = rest;
        Some(Self {
            length: u32::from_le_bytes(take(&mut rest)?),
            position: Position(u64::from_le_bytes(take(&mut rest)?)),
            at: Instant(i64::from_le_bytes(take(&mut rest)?)),
            place: u32::from_le_bytes(take(&mut rest)?),
            of: u32::from_le_bytes(take(&mut rest)?),
            body: u32::from_le_bytes(take(&mut rest)?),
            zeros: u32::from_le_bytes(take(&mut rest)?),
        })
    }

    fn put(&self, out: &mut Vec<u8>, salt: &Salt, offset: u64) {
        let mut rest = Vec::with_capacity(HEAD - 4);
        rest.extend(self.length.to_le_bytes());
        rest.extend(self.position.0.to_le_bytes());
        rest.extend(self.at.0.to_le_bytes());
        rest.extend(self.place.to_le_bytes());
        rest.extend(self.of.to_le_bytes());
        rest.extend(self.body.to_le_bytes());
        rest.extend(self.zeros.to_le_bytes());
        rest.extend(MARK);
        out.extend(salt.head(offset, &rest).to_le_bytes());
        out.extend(rest);
    }

    /// How many bytes the whole record takes.
    pub fn total(&self) -> u64 {
        total(self.length as usize)
    }

    /// The first record of those that were written at once.
    pub fn batch(&self) -> Position {
        Position(self.position.0.saturating_sub(self.place.into()))
    }

    /// Whether body and filling are what was written.
    pub fn covers(&self, rest: &[u8]) -> bool {
        crc32fast::hash(rest) == self.body
    }
}

/// How many bytes a record takes whose body has that many.
pub(super) fn total(body: usize) -> u64 {
    (HEAD as u64 + body as u64 + ALIGN) & !(ALIGN - 1)
}

/// Adds a record to what will be written at once; the head's `length`, `body` and
/// `zeros` are worked out here.
pub(super) fn put(out: &mut Vec<u8>, salt: &Salt, offset: u64, head: Head, body: &[u8]) {
    let filling = total(body.len()) as usize - HEAD - body.len();
    let filling = FILLING.get(..filling).unwrap_or(&FILLING);
    let mut sum = Hasher::new();
    sum.update(body);
    sum.update(filling);
    let zeros = zero_sectors(body, offset + HEAD as u64);
    let head = Head { length: body.len() as u32, body: sum.finalize(), zeros, ..head };
    head.put(out, salt, offset);
    out.extend(body);
    out.extend(filling);
}

/// How many whole sectors of a body that begins at an offset are zero.
fn zero_sectors(body: &[u8], offset: u64) -> u32 {
    let skipped = (offset.next_multiple_of(SECTOR) - offset) as usize;
    let sectors = body.get(skipped..).unwrap_or(&[]).as_chunks::<{ SECTOR as usize }>().0;
    sectors.iter().filter(|sector| is_zero(*sector)).count() as u32
}

/// Whether all bytes are zero.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    static ZEROS: [u8; 4096] = [0; 4096];
    bytes.chunks(ZEROS.len()).all(|bytes| ZEROS.get(..bytes.len()) == Some(bytes))
}

/// The first bytes of what is left, taken off.
pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(body: &[u8]) -> (Salt, Vec<u8>) {
        let salt = Salt::new([7; 16]);
        let head =
            Head { length: 0, position: Position(9), at: Instant(5), place: 1, of: 3, body: 0, zeros: 0 };
        let mut bytes = Vec::new();
        put(&mut bytes, &salt, 4096, head, body);
        (salt, bytes)
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for length in 0..20 {
            let body = vec![3; length];
            let (salt, bytes) = sample(&body);
            assert_eq!(bytes.len() as u64, total(length));
            assert_eq!(bytes.len() % 8, 0);
            assert_ne!(bytes.last(), Some(&0));
            let head = Head::read(&bytes, &salt, 4096).unwrap();
            assert_eq!((head.position, head.batch(), head.of), (Position(9), Position(8), 3));
            assert_eq!(head.total(), bytes.len() as u64);
            assert_eq!(&bytes[HEAD..HEAD + length], &body);
            assert!(head.covers(&bytes[HEAD..]));
        }
    }

    #[test]
    fn sectors_of_zeros_are_counted_as_they_lie() {
        let mut body = vec![0; 2_000];
        let zeros = |body: &[u8]| {
            let (salt, bytes) = sample(body);
            Head::read(&bytes, &salt, 4096).unwrap().zeros
        };
        assert_eq!(zeros(&body), 2);
        assert_eq!(zeros(&body[..1024 - HEAD]), 1);
        assert_eq!(zeros(&body[..1023 - HEAD]), 0);
        body[600] = 1;
        assert_eq!(zeros(&body), 1);
    }

    #[test]
    fn a_turned_bit_another_place_and_another_segment_are_seen() {
        let (salt, bytes) = sample(b"a body");
        assert!(Head::read(&bytes, &salt, 4104).is_none());
        assert!(Head::read(&bytes, &Salt::new([8; 16]), 4096).is_none());
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let head = Head::read(&damaged, &salt, 4096);
            assert!(head.is_none_or(|head| !head.covers(&damaged[HEAD..])), "bit {bit}");
        }
    }
}
