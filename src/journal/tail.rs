//! Where the last segment ends, and whether what lies there may be cut.
//!
//! Each append is one write, and the next one begins only when the one before is on disk. So a crash can only tear the
//! last append, which nobody was told of, and each of its sectors is then either written or still zero. Everything else
//! is damage, told with its place: a bad record that was acknowledged, one behind which a later append has begun, or
//! one that no lost sector and no broken-off write explains, as after a turned bit.

use super::record::{ALIGN, HEAD, Head, SECTOR, is_zero};
use super::walk::{Step, Walk};
use super::{JournalError, Position};

/// How many bytes are looked through at once, and how many more for a head that lies across the border.
const CHUNK: usize = 64 * 1024;

/// How the last segment ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tail {
    /// Behind the last record there are zeros, which can be written over.
    Clean,
    /// Behind the last record lies what is left of an append that was never acknowledged: so many bytes.
    Torn(u64),
}

/// Walks to the end of the last segment of so many bytes.
pub(super) fn find(walk: &mut Walk, size: u64, acknowledged: Option<Position>) -> Result<Tail, JournalError> {
    let wrong = loop {
        match walk.step(size)? {
            Step::Record(_) => {}
            Step::End => break None,
            Step::Wrong(what) => break Some(what),
        }
    };
    let left = Left::read(walk, size)?;
    if acknowledged.is_some_and(|position| position > walk.last) {
        return Err(walk.damaged(wrong.unwrap_or("it was acknowledged and is not there")));
    }
    let Some(end) = left.end else { return Ok(Tail::Clean) };
    let wrong = wrong.unwrap_or("zeros lie where it should be");
    if let Some(later) = left.later {
        return Err(walk.damaged(&format!("{wrong}, and record {later}, written after it, is there")));
    }
    let explained = left.zeros > left.expected || end < walk.offset + left.reach;
    if explained { Ok(Tail::Torn(end - walk.offset)) } else { Err(walk.damaged(wrong)) }
}

/// What lies behind the last whole record.
struct Left {
    /// Behind the last byte that is not zero, in bytes from the beginning of the file; `None` if all are.
    end: Option<u64>,
    /// A record that can't be of the same append as the first that is not whole.
    later: Option<Position>,
    /// How many bytes the first that is not whole takes, as far as that is known.
    reach: u64,
    /// How many of its sectors are zero, from where it begins.
    zeros: u64,
    /// How many of them are zero if it is whole.
    expected: u64,
}

impl Left {
    fn read(walk: &Walk, size: u64) -> Result<Self, JournalError> {
        let mut left = Self { end: None, later: None, reach: HEAD as u64, zeros: 0, expected: 0 };
        let mut bytes = vec![0; CHUNK + HEAD];
        let mut from = walk.offset;
        while from < size {
            let next = size.min((from / CHUNK as u64 + 1) * CHUNK as u64);
            let wanted = bytes.len().min((size - from) as usize);
            let into = bytes.get_mut(..wanted).unwrap_or_default();
            let read = walk.file().read_full_at(into, from);
            let read = read.map_err(|error| JournalError::io(walk.path(), error))?;
            left.look(walk, bytes.get(..read).unwrap_or(&[]), from, (next - from) as usize);
            from = next;
        }
        Ok(left)
    }

    /// Looks at bytes from an offset on, of which so many were not looked at yet and the rest is for heads only.
    fn look(&mut self, walk: &Walk, there: &[u8], from: u64, new: usize) {
        if from == walk.offset
            && let Some(head) = walk.head_at(there, from)
        {
            (self.reach, self.expected) = (head.total(), head.zeros.into());
        }
        let new = there.get(..new).unwrap_or(there);
        self.zeros += zero_sectors(new, from, walk.offset + self.reach);
        if is_zero(new) {
            return;
        }
        if let Some(last) = new.iter().rposition(|byte| *byte != 0) {
            self.end = Some(from + last as u64 + 1);
        }
        for at in (0..new.len()).step_by(ALIGN as usize) {
            let head = there.get(at..).and_then(|rest| walk.head_at(rest, from + at as u64));
            self.later = self.later.or(head.filter(|head| !belongs(walk, head)).map(|head| head.position));
        }
    }
}

/// Whether a record can be of the append that broke off behind the last whole record.
fn belongs(walk: &Walk, head: &Head) -> bool {
    head.position > walk.last && head.batch() <= walk.last.next()
}

/// How many sectors that begin before `to` are zero from where the bytes begin.
fn zero_sectors(bytes: &[u8], from: u64, to: u64) -> u64 {
    let (mut rest, mut at, mut zeros) = (bytes, from, 0);
    while at < to && !rest.is_empty() {
        let length = (SECTOR - at % SECTOR).min(rest.len() as u64);
        let (sector, behind) = rest.split_at(length as usize);
        zeros += u64::from(is_zero(sector));
        (rest, at) = (behind, at + length);
    }
    zeros
}
