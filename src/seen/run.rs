//! An immutable file of sorted hashes.
//!
//! A head of one page names the records that the file covers. Pages of 255 hashes follow, each with a checksum of its
//! own, looked at whenever one is read; then the filter and the first hash of every page, which stay in memory.

use super::SeenError;
use super::filter::{BLOCK, Filter};
use super::hash::Key;
use crate::base::Instant;
use crate::disk::{Access, Disk, File};
use crate::journal::Position;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const PAGE: usize = 4096;
/// Checksum and number of hashes, and zeros up to 16.
const PAGE_HEAD: usize = 16;
/// How many hashes a page holds.
pub(super) const FULL: usize = (PAGE - PAGE_HEAD) / 16;
const MAGIC: [u8; 8] = *b"wfseen\x01\x00";
const VERSION: u32 = 1;
/// How much of a head counts, with its checksum.
const HEAD: usize = 88;
/// How many bytes are read at once where all are.
const CHUNK: usize = 256 * PAGE;

/// Which records a file covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cover {
    /// The records after this one,
    pub after: Position,
    /// up to this one.
    pub upto: Position,
    /// The instant of the first.
    pub first: Instant,
    /// The instant of the last.
    pub last: Instant,
}

/// What a head says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub cover: Cover,
    /// How many hashes there are.
    pub count: u64,
    pub blocks: u64,
    /// The checksum of the filter and the first hashes.
    pub sum: u32,
}

/// A file that is open.
#[derive(Debug)]
pub(super) struct Run {
    pub path: PathBuf,
    pub file: Box<dyn File>,
    pub cover: Cover,
    pub count: u64,
    pub filter: Filter,
    /// The upper half of the first hash of each page.
    pub fences: Vec<u64>,
    pub salt: u32,
}

/// The name of the file that covers these records.
pub(super) fn name(after: Position, upto: Position) -> String {
    format!("{:020}-{:020}.seen", after.0, upto.0)
}

/// The records that a file of that name covers.
pub(super) fn parse_name(name: &str) -> Option<(Position, Position)> {
    let (after, upto) = name.strip_suffix(".seen")?.split_once('-')?;
    let number = |digits: &str| digits.parse().ok().filter(|_| digits.len() == 20).map(Position);
    Some((number(after)?, number(upto)?))
}

/// How many bytes a file with so many hashes and blocks of its filter takes at least.
pub(super) fn size(count: u64, blocks: u64) -> u64 {
    let pages = count.div_ceil(FULL as u64);
    (pages + 1) * PAGE as u64 + blocks * BLOCK as u64 + pages * 8
}

/// What the checksums of a file begin with.
pub(super) fn salt(key: &Key, cover: &Cover) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&key.check().to_le_bytes());
    sum.update(&cover.after.0.to_le_bytes());
    sum.update(&cover.upto.0.to_le_bytes());
    sum.finalize()
}

impl Head {
    pub fn encode(&self, key: &Key) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend(self.sum.to_le_bytes());
        out.extend(key.check().to_le_bytes());
        out.extend(self.cover.after.0.to_le_bytes());
        out.extend(self.cover.upto.0.to_le_bytes());
        out.extend(self.cover.first.0.to_le_bytes());
        out.extend(self.cover.last.0.to_le_bytes());
        out.extend(self.count.to_le_bytes());
        out.extend(self.blocks.to_le_bytes());
        out.resize(HEAD - 4, 0);
        let sum = crc32fast::hash(&out);
        out.extend(sum.to_le_bytes());
        out
    }

    /// What a head says; `None` if it is not what was written, or with another key.
    fn decode(bytes: &[u8], key: &Key) -> Option<Result<Self, u32>> {
        let (content, sum) = bytes.split_at_checked(HEAD - 4)?;
        if sum.first_chunk() != Some(&crc32fast::hash(content).to_le_bytes()) {
            return None;
        }
        let (version, rest) = content.strip_prefix(&MAGIC)?.split_first_chunk()?;
        match u32::from_le_bytes(*version) {
            VERSION => {}
            newer if newer > VERSION => return Some(Err(newer)),
            _ => return None,
        }
        let (sum, rest) = rest.split_first_chunk()?;
        let mut numbers = rest.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let mut next = || numbers.next();
        if next()? != key.check() {
            return None;
        }
        let (after, upto) = (Position(next()?), Position(next()?));
        let (first, last) = (Instant(next()? as i64), Instant(next()? as i64));
        let cover = Cover { after, upto, first, last };
        Some(Ok(Self { cover, count: next()?, blocks: next()?, sum: u32::from_le_bytes(*sum) }))
    }
}

/// A page of hashes.
pub(super) fn page(salt: u32, number: u64, hashes: &[u128]) -> Vec<u8> {
    let mut out = vec![0; 4];
    out.extend((hashes.len() as u32).to_le_bytes());
    out.resize(PAGE_HEAD, 0);
    out.extend(hashes.iter().flat_map(|hash| hash.to_be_bytes()));
    out.resize(PAGE, 0);
    let (sum, rest) = out.split_at_mut(4);
    sum.copy_from_slice(&page_sum(salt, number, rest).to_le_bytes());
    out
}

fn page_sum(salt: u32, number: u64, rest: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new_with_initial(salt);
    sum.update(&number.to_le_bytes());
    sum.update(rest);
    sum.finalize()
}

/// The hashes of a page, as they lie there, big-endian and sorted; `None` if it is not what was written.
pub(super) fn read_page(bytes: &[u8], salt: u32, number: u64) -> Option<&[[u8; 16]]> {
    let (sum, rest) = bytes.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*sum) != page_sum(salt, number, rest) {
        return None;
    }
    let (count, _) = rest.split_first_chunk::<4>()?;
    let hashes = rest.get(PAGE_HEAD - 4..)?.as_chunks::<16>().0;
    hashes.get(..u32::from_le_bytes(*count) as usize)
}

impl Run {
    /// Opens a file: its head, filter and first hashes are read and looked at.
    pub fn open(disk: &dyn Disk, path: &Path, key: &Key) -> Result<Self, SeenError> {
        let wrong = |error| SeenError::io(path, error);
        let damaged = |offset| SeenError::Damaged { file: path.to_owned(), offset };
        let file = disk.open(path, Access::Read).map_err(wrong)?;
        let mut head = vec![0; PAGE];
        let read = file.read_full_at(&mut head, 0).map_err(wrong)?;
        head.truncate(read);
        let head = match Head::decode(&head, key) {
            Some(Ok(head)) => head,
            Some(Err(version)) => return Err(SeenError::Newer { file: path.to_owned(), version }),
            None => return Err(damaged(0)),
        };
        let from = (head.count.div_ceil(FULL as u64) + 1) * PAGE as u64;
        if file.size().map_err(wrong)? < size(head.count, head.blocks) {
            return Err(damaged(from));
        }
        let salt = salt(key, &head.cover);
        let (filter, fences, sum) = read_index(&*file, from, &head, salt).map_err(wrong)?;
        if sum != head.sum {
            return Err(damaged(from));
        }
        let path = path.to_owned();
        Ok(Self { path, file, cover: head.cover, count: head.count, filter, fences, salt })
    }

    /// Whether a hash is in the file, which is read only if the filter does not know better.
    pub fn contains(&self, hash: u128) -> Result<bool, SeenError> {
        if !self.filter.has(hash) {
            return Ok(false);
        }
        let upper = (hash >> 64) as u64;
        let mut number = self.fences.partition_point(|fence| *fence <= upper);
        let mut bytes = [0; PAGE];
        while let Some(before) = number.checked_sub(1) {
            number = before;
            let hashes = self.page(&mut bytes, number as u64)?;
            if hashes.binary_search(&hash.to_be_bytes()).is_ok() {
                return Ok(true);
            }
            if self.fences.get(number).is_none_or(|fence| *fence < upper) {
                break;
            }
        }
        Ok(false)
    }

    fn page<'b>(&self, bytes: &'b mut [u8; PAGE], number: u64) -> Result<&'b [[u8; 16]], SeenError> {
        let offset = (number + 1) * PAGE as u64;
        self.file.read_full_at(bytes, offset).map_err(|error| SeenError::io(&self.path, error))?;
        read_page(bytes, self.salt, number)
            .ok_or_else(|| SeenError::Damaged { file: self.path.clone(), offset })
    }

    /// Copies the file into a folder.
    pub fn copy(&self, disk: &dyn Disk, to: &Path) -> Result<(), SeenError> {
        let path = to.join(name(self.cover.after, self.cover.upto));
        let wrong = |error| SeenError::io(&path, error);
        let file = disk.open(&path, Access::New).map_err(wrong)?;
        let mut bytes = vec![0; CHUNK];
        let mut offset = 0;
        loop {
            let read = self.file.read_full_at(&mut bytes, offset);
            let read = read.map_err(|error| SeenError::io(&self.path, error))?;
            file.write_all_at(bytes.get(..read).unwrap_or(&[]), offset).map_err(wrong)?;
            offset += read as u64;
            if read < bytes.len() {
                return file.sync().map_err(wrong);
            }
        }
    }

    /// The bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        self.filter.len() * BLOCK + self.fences.len() * 8 + size_of::<Self>()
    }
}

/// Filter and first hashes, with their checksum.
fn read_index(
    file: &dyn File,
    mut from: u64,
    head: &Head,
    salt: u32,
) -> std::io::Result<(Filter, Vec<u64>, u32)> {
    let mut filter = Filter::empty(head.blocks as usize);
    let mut fences = Vec::new();
    let mut sum = crc32fast::Hasher::new_with_initial(salt);
    let mut bytes = vec![0; CHUNK];
    let mut left = head.blocks * BLOCK as u64;
    while left > 0 {
        let wanted = left.min(CHUNK as u64);
        let chunk = bytes.get_mut(..wanted as usize).unwrap_or_default();
        file.read_full_at(chunk, from)?;
        sum.update(chunk);
        filter.extend(chunk);
        (from, left) = (from + wanted, left - wanted);
    }
    let pages = head.count.div_ceil(FULL as u64);
    bytes.resize(pages as usize * 8, 0);
    file.read_full_at(&mut bytes, from)?;
    sum.update(&bytes);
    fences.extend(bytes.as_chunks::<8>().0.iter().map(|fence| u64::from_le_bytes(*fence)));
    Ok((filter, fences, sum.finalize()))
}

/// Reads all hashes of a file in order.
pub(super) struct Cursor {
    run: Arc<Run>,
    bytes: Vec<u8>,
    /// The page that the bytes begin with.
    start: u64,
    /// The page and the place in it that come next.
    next: (u64, usize),
}

impl Cursor {
    pub fn new(run: Arc<Run>) -> Self {
        Self { run, bytes: Vec::new(), start: 0, next: (0, 0) }
    }

    /// The next hash.
    pub fn next(&mut self) -> Result<Option<u128>, SeenError> {
        let (number, place) = self.next;
        if number * FULL as u64 + place as u64 >= self.run.count {
            return Ok(None);
        }
        if place == 0 {
            self.load(number)?;
        }
        self.next = if place + 1 == FULL { (number + 1, 0) } else { (number, place + 1) };
        let at = (number - self.start) as usize * PAGE + PAGE_HEAD + place * 16;
        let hash = self.bytes.get(at..).and_then(|bytes| bytes.first_chunk::<16>());
        Ok(hash.map(|bytes| u128::from_be_bytes(*bytes)))
    }

    /// Makes sure that a page is there, and looks at it.
    fn load(&mut self, number: u64) -> Result<(), SeenError> {
        let at = |start: u64| (number - start) as usize * PAGE;
        if number >= self.start + (self.bytes.len() / PAGE) as u64 {
            self.bytes.resize(CHUNK, 0);
            let offset = (number + 1) * PAGE as u64;
            let read = self.run.file.read_full_at(&mut self.bytes, offset);
            let read = read.map_err(|error| SeenError::io(&self.run.path, error))?;
            self.bytes.truncate(read / PAGE * PAGE);
            self.start = number;
        }
        let bytes = self.bytes.get(at(self.start)..).and_then(|bytes| bytes.get(..PAGE));
        let whole = bytes.is_some_and(|bytes| read_page(bytes, self.run.salt, number).is_some());
        let offset = (number + 1) * PAGE as u64;
        let damaged = || SeenError::Damaged { file: self.run.path.clone(), offset };
        whole.then_some(()).ok_or_else(damaged)
    }
}
