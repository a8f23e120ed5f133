//! Keys and values as they lie in the tree.
//!
//! A key is a kind, a number and a chunk, big-endian and of fixed width, so that the order of bytes is theirs. A value
//! is a version, the checksum of key and content, the number of chunks, and at most 64 KB of content.

/// The version of what values hold.
pub(super) const VERSION: u8 = 2;
/// The longest content of one value, in bytes.
const CHUNK: usize = 64 * 1024 - HEAD;
/// Version, checksum, number of chunks.
const HEAD: usize = 1 + 4 + 2;
/// Kind, number, chunk.
pub(super) const KEY: usize = 1 + 8 + 2;

/// What a value is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// What would be sent for a row of the outbox.
    Body = b'b',
    /// A page of the directory of entities.
    Directory = b'd',
    /// An entity, by its place.
    Entity = b'e',
    /// The id of a message that was taken, by its place.
    Seen = b'i',
    /// A line of the log, by its place.
    Log = b'l',
    /// Everything that there is one of.
    Meta = b'm',
    /// The plan that the world is laid out for.
    Plan = b'p',
    /// A message that has left, by a part of its key.
    Posted = b'q',
    /// The number of the message that a row of the outbox was.
    PostedRow = b'r',
    /// Suppressed addresses, by their bucket.
    Suppressed = b's',
    /// What others keep beside the world, by number.
    Extra = b'y',
}

pub(super) fn key(kind: Kind, number: u64, chunk: u16) -> [u8; KEY] {
    let mut key = [kind as u8; KEY];
    let (_, rest) = key.split_at_mut(1);
    let (at, part) = rest.split_at_mut(8);
    at.copy_from_slice(&number.to_be_bytes());
    part.copy_from_slice(&chunk.to_be_bytes());
    key
}

/// The kind's byte, the number and the chunk of a key.
pub(super) fn read_key(key: &[u8]) -> Option<(u8, u64, u16)> {
    let (kind, rest) = key.split_first()?;
    let (number, chunk) = rest.split_first_chunk::<8>()?;
    Some((*kind, u64::from_be_bytes(*number), u16::from_be_bytes(chunk.try_into().ok()?)))
}

/// The keys and values of a content; `None` if it is longer than 65,535 chunks.
pub(super) fn frame(kind: Kind, number: u64, content: &[u8]) -> Option<Vec<([u8; KEY], Vec<u8>)>> {
    let count = u16::try_from(content.len().div_ceil(CHUNK).max(1)).ok()?;
    let parts = (0..count).map(|chunk| {
        let from = usize::from(chunk) * CHUNK;
        let part = content.get(from..content.len().min(from + CHUNK)).unwrap_or(&[]);
        let key = key(kind, number, chunk);
        let mut value = Vec::with_capacity(HEAD + part.len());
        value.push(VERSION);
        value.extend(checksum(&key, count, part).to_be_bytes());
        value.extend(count.to_be_bytes());
        value.extend(part);
        (key, value)
    });
    Some(parts.collect())
}

/// The number of chunks and the content of a value; the error says what is wrong with it.
pub(super) fn read_value<'v>(key: &[u8], value: &'v [u8]) -> Result<(u16, &'v [u8]), String> {
    let short = || "a value is cut off".to_owned();
    let (version, rest) = value.split_first().ok_or_else(short)?;
    if *version != VERSION {
        return Err(format!("a value has version {version}, not {VERSION}"));
    }
    let (sum, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
    let (count, content) = rest.split_first_chunk::<2>().ok_or_else(short)?;
    let count = u16::from_be_bytes(*count);
    if u32::from_be_bytes(*sum) != checksum(key, count, content) {
        return Err("the checksum of a value is wrong".into());
    }
    Ok((count, content))
}

fn checksum(key: &[u8], count: u16, content: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(key);
    sum.update(&count.to_be_bytes());
    sum.update(content);
    sum.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_contents_lie_in_chunks_in_order() {
        let content: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
        let parts = frame(Kind::Entity, 7, &content).unwrap();
        assert_eq!(parts.len(), 4);
        assert!(parts.is_sorted_by_key(|(key, _)| *key));
        let mut whole: Vec<u8> = Vec::new();
        for (at, (key, value)) in parts.iter().enumerate() {
            assert!(value.len() <= 64 * 1024);
            assert_eq!(read_key(key), Some((b'e', 7, at as u16)));
            let (count, part) = read_value(key, value).unwrap();
            assert_eq!(count, 4);
            whole.extend(part);
        }
        assert_eq!(whole, content);
    }

    #[test]
    fn a_turned_bit_and_a_wrong_place_are_seen() {
        let (at, value) = frame(Kind::Log, 1, b"content").unwrap().remove(0);
        for place in 1..value.len() {
            let mut damaged = value.clone();
            damaged[place] ^= 4;
            assert!(read_value(&at, &damaged).is_err(), "byte {place}");
        }
        assert!(read_value(&key(Kind::Log, 2, 0), &value).is_err());
        assert!(read_value(&at, &[VERSION, 0]).is_err());
    }
}
