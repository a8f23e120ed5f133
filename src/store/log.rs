//! The log of a server on disk: blocks of lines, each compressed, found by number, workflow and entity.
//!
//! In: lines in their order. Out: pages of lines, latest first, that meet a question ([`Query`]). A line's number is its
//! place in the log, from 0. Invariant: a block is written anew until it is full, and never changes afterwards; an index
//! entry names a block, so one a block however many lines of it are meant.

use super::checkpoint::Shelf;
use super::frame::Kind;
use super::{StoreError, damaged, guarded};
use crate::base::Instant;
use crate::engine::{Eid, Line};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::collections::BTreeSet;
use std::hash::Hasher;
use std::io::{Read, Write};
use std::sync::Arc;

/// Lines in one block.
pub const BLOCK: usize = 512;
/// The longest block when it is unpacked, in bytes.
const UNPACKED: u64 = 256 << 20;
/// Blocks that one question reads at most; it goes on from where it ended.
const READS: usize = 256;

/// The lines of one block.
pub(super) struct Block {
    pub number: u64,
    pub lines: Vec<Line>,
}

/// The block that is not full yet.
pub(super) struct Blocks {
    open: Block,
}

/// Keys of the index by entity and by workflow: kind, what, block.
pub(super) fn index_key(kind: u8, what: u64, block: u64) -> [u8; 17] {
    let mut key = [kind; 17];
    let (_, rest) = key.split_at_mut(1);
    let (first, second) = rest.split_at_mut(8);
    first.copy_from_slice(&what.to_be_bytes());
    second.copy_from_slice(&block.to_be_bytes());
    key
}

const BY_ENTITY: u8 = b'x';
const BY_WORKFLOW: u8 = b'w';

/// A fixed hash of a workflow's name; lines are compared by name when they are read.
fn name_hash(name: &str) -> u64 {
    let mut hasher = siphasher::sip::SipHasher13::new_with_keys(0x7761_7966, 0x6172_6521);
    hasher.write(name.as_bytes());
    hasher.finish()
}

impl Block {
    pub fn encode(&self) -> Result<Vec<u8>, String> {
        let content = postcard::to_stdvec(&self.lines).map_err(|error| error.to_string())?;
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&content).map_err(|error| error.to_string())?;
        packed.finish().map_err(|error| error.to_string())
    }

    pub fn keys(&self) -> Vec<[u8; 17]> {
        let entities: BTreeSet<Eid> = self.lines.iter().map(|line| line.entity).collect();
        let workflows: BTreeSet<&str> =
            self.lines.iter().filter_map(|line| line.workflow.as_deref()).collect();
        let by_entity = entities.iter().map(|eid| index_key(BY_ENTITY, eid.0.into(), self.number));
        let by_workflow = workflows.iter().map(|name| index_key(BY_WORKFLOW, name_hash(name), self.number));
        by_entity.chain(by_workflow).collect()
    }
}

impl Blocks {
    /// Goes on behind so many lines.
    pub fn open(shelf: &Shelf, logged: u64) -> Result<Self, StoreError> {
        let (number, count) = (logged / BLOCK as u64, (logged % BLOCK as u64) as usize);
        let lines = if count == 0 { Vec::new() } else { read(shelf, number)? };
        if lines.len() != count {
            return Err(damaged(
                shelf.path(),
                format!("block {number} of the log has {} lines", lines.len()),
            ));
        }
        Ok(Self { open: Block { number, lines } })
    }

    /// The blocks that have to be written for these lines.
    pub fn add(&mut self, lines: Vec<Line>) -> Vec<Block> {
        let mut blocks = Vec::new();
        if lines.is_empty() {
            return blocks;
        }
        for line in lines {
            self.open.lines.push(line);
            if self.open.lines.len() == BLOCK {
                let next = Block { number: self.open.number + 1, lines: Vec::new() };
                blocks.push(std::mem::replace(&mut self.open, next));
            }
        }
        if !self.open.lines.is_empty() {
            blocks.push(Block { number: self.open.number, lines: self.open.lines.clone() });
        }
        blocks
    }
}

fn read(shelf: &Shelf, number: u64) -> Result<Vec<Line>, StoreError> {
    let Some(packed) = shelf.content(Kind::Log, number)? else { return Ok(Vec::new()) };
    let wrong = |what: String| damaged(shelf.path(), format!("block {number} of the log: {what}"));
    let mut content = Vec::new();
    let unpacked = DeflateDecoder::new(&*packed).take(UNPACKED).read_to_end(&mut content);
    unpacked.map_err(|error| wrong(error.to_string()))?;
    postcard::from_bytes(&content).map_err(|error| wrong(error.to_string()))
}

/// Which lines are asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// Of this workflow.
    pub workflow: Option<Arc<str>>,
    /// Of this entity.
    pub entity: Option<Eid>,
    /// Of these kinds, as [`crate::simulate::words::kind`] names them; none: of all.
    pub kinds: Vec<String>,
    /// From this instant on.
    pub since: Option<Instant>,
    /// Before this instant.
    pub until: Option<Instant>,
    /// Before this line.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

impl Query {
    /// Whether a line is asked for.
    pub fn admits(&self, number: u64, line: &Line, kind: impl Fn(&Line) -> &'static str) -> bool {
        self.workflow.as_ref().is_none_or(|name| line.workflow.as_ref() == Some(name))
            && self.entity.is_none_or(|eid| line.entity == eid)
            && self.since.is_none_or(|since| line.at >= since)
            && self.until.is_none_or(|until| line.at < until)
            && self.before.is_none_or(|before| number < before)
            && (self.kinds.is_empty() || self.kinds.iter().any(|wanted| wanted == kind(line)))
    }
}

/// Lines that were asked for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LogPage {
    /// (number, line), latest first.
    pub lines: Vec<(u64, Line)>,
    /// Where to go on; `None`: there are no more.
    pub next: Option<u64>,
}

/// Reads the log, from any thread.
#[derive(Clone)]
pub struct LogShelf {
    shelf: Arc<Shelf>,
}

impl LogShelf {
    pub(super) fn new(shelf: Arc<Shelf>) -> Self {
        Self { shelf }
    }

    /// Every line of the first so many, in their order.
    pub fn each(&self, logged: u64, mut of: impl FnMut(&Line)) -> Result<(), StoreError> {
        for block in 0..logged.div_ceil(BLOCK as u64) {
            read(&self.shelf, block)?.iter().for_each(&mut of);
        }
        Ok(())
    }

    /// The lines that are asked for, latest first. `fresh` are those that are in no checkpoint yet, and `first` is the
    /// number of the first of all these, asked for or not.
    pub fn page(
        &self,
        query: &Query,
        (first, fresh): (u64, Vec<(u64, Line)>),
        kind: impl Fn(&Line) -> &'static str + Copy,
    ) -> Result<LogPage, StoreError> {
        let mut page = LogPage { lines: fresh, next: None };
        if page.lines.len() > query.limit {
            page.lines.truncate(query.limit);
            page.next = page.lines.last().map(|(number, _)| *number);
            return Ok(page);
        }
        let last = query.before.map_or(first, |before| before.min(first));
        for (reads, block) in self.blocks(query, last)?.into_iter().enumerate() {
            if reads == READS {
                page.next = Some((block + 1) * BLOCK as u64);
                return Ok(page);
            }
            let lines = read(&self.shelf, block)?;
            let from = block * BLOCK as u64;
            for (number, line) in (from..first).zip(&lines).collect::<Vec<_>>().into_iter().rev() {
                if !query.admits(number, line, kind) {
                    continue;
                }
                if page.lines.len() == query.limit {
                    page.next = Some(number + 1);
                    return Ok(page);
                }
                page.lines.push((number, line.clone()));
            }
            if query.since.is_some_and(|since| lines.first().is_some_and(|line| line.at < since)) {
                return Ok(page);
            }
        }
        Ok(page)
    }

    /// The blocks that may hold lines before a number, latest first.
    fn blocks(&self, query: &Query, before: u64) -> Result<Vec<u64>, StoreError> {
        let Some(last) = before.checked_sub(1).map(|line| line / BLOCK as u64) else { return Ok(Vec::new()) };
        let (kind, what) = match (query.entity, &query.workflow) {
            (Some(eid), _) => (BY_ENTITY, eid.0.into()),
            (None, Some(name)) => (BY_WORKFLOW, name_hash(name)),
            (None, None) => return Ok((0..=last).rev().take(READS + 1).collect()),
        };
        let (from, to) = (index_key(kind, what, 0), index_key(kind, what, last));
        let path = self.shelf.path();
        let keys = guarded(path, || {
            self.shelf.tree.range(from..=to).keys().rev().take(READS + 1).collect::<sled::Result<Vec<_>>>()
        })?;
        let numbers = keys.iter().filter_map(|key| key.get(9..17)).filter_map(|bytes| bytes.try_into().ok());
        Ok(numbers.map(u64::from_be_bytes).collect())
    }
}
