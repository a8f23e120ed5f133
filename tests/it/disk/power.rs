//! What a power cut could leave of what was done.

use super::{Image, Op, apply_write};
use crate::model::random::Random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What becomes of what no sync waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Model {
    /// All of it is lost.
    Lost,
    /// Of each file the beginning of what was written last survives, cut at any byte.
    Prefix,
    /// Pieces of 4 KiB survive at random.
    Pieces,
}

pub const MODELS: [Model; 3] = [Model::Lost, Model::Prefix, Model::Pieces];
const PIECE: u64 = 4096;

#[derive(Clone, Debug, Default)]
struct Inode {
    durable: Vec<u8>,
    dirty: Vec<Dirty>,
}

#[derive(Clone, Debug)]
enum Dirty {
    Write(u64, Vec<u8>),
    Size(u64),
}

/// A disk as it is between two operations: what is on it for sure, and what may be.
#[derive(Clone, Debug, Default)]
pub struct Platter {
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<PathBuf, u64>,
    /// Changes of names that no sync waited for, in order; the file system keeps that order.
    pending: Vec<Op>,
    /// What was acknowledged last.
    pub told: u64,
}

impl Platter {
    /// A disk that holds these files for sure, with the inodes that [`Sim::of`](super::Sim::of) gives them.
    pub fn of(image: &Image) -> Self {
        let mut platter = Self::default();
        for (inode, (path, bytes)) in (1..).zip(image) {
            platter.names.insert(path.clone(), inode);
            platter.inodes.insert(inode, Inode { durable: bytes.clone(), dirty: Vec::new() });
        }
        platter
    }

    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Create { inode, .. } => {
                self.inodes.insert(*inode, Inode::default());
                self.pending.push(op.clone());
            }
            Op::Rename { .. } | Op::Remove { .. } => self.pending.push(op.clone()),
            Op::SyncFolder { path } => {
                let (now, later) =
                    std::mem::take(&mut self.pending).into_iter().partition(|op| within(op, path));
                self.pending = later;
                let now: Vec<Op> = now;
                now.iter().for_each(|op| name(&mut self.names, op));
            }
            Op::Write { inode, offset, bytes } => {
                self.inode(*inode).dirty.push(Dirty::Write(*offset, bytes.clone()));
            }
            Op::Reserve { inode, bytes } => self.inode(*inode).dirty.push(Dirty::Size(*bytes)),
            Op::Sync { inode } => {
                let inode = self.inode(*inode);
                for dirty in std::mem::take(&mut inode.dirty) {
                    dirty.apply(&mut inode.durable);
                }
            }
            Op::Lost { inode } => self.inode(*inode).dirty.clear(),
            Op::Told(position) => self.told = *position,
        }
    }

    fn inode(&mut self, inode: u64) -> &mut Inode {
        self.inodes.entry(inode).or_default()
    }

    /// What the power cut leaves.
    pub fn cut(&self, model: Model, random: &mut Random) -> Image {
        let mut names = self.names.clone();
        let survive = if model == Model::Lost { 0 } else { random.below(self.pending.len() + 1) };
        self.pending[..survive].iter().for_each(|op| name(&mut names, op));
        names.iter().map(|(path, inode)| (path.clone(), self.inodes[inode].cut(model, random))).collect()
    }
}

fn within(op: &Op, folder: &Path) -> bool {
    match op {
        Op::Create { path, .. } | Op::Remove { path } | Op::Rename { to: path, .. } => {
            path.parent() == Some(folder)
        }
        _ => false,
    }
}

fn name(names: &mut BTreeMap<PathBuf, u64>, op: &Op) {
    match op {
        Op::Create { path, inode } => {
            names.insert(path.clone(), *inode);
        }
        Op::Rename { from, to } => {
            let inode = names.remove(from).unwrap();
            names.insert(to.clone(), inode);
        }
        Op::Remove { path } => {
            names.remove(path);
        }
        _ => {}
    }
}

impl Dirty {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write(offset, bytes) => apply_write(file, bytes, *offset),
            Self::Size(bytes) => file.resize(file.len().max(*bytes as usize), 0),
        }
    }
}

impl Inode {
    fn cut(&self, model: Model, random: &mut Random) -> Vec<u8> {
        let mut file = self.durable.clone();
        match model {
            Model::Lost => {}
            Model::Prefix => self.prefix(&mut file, random),
            Model::Pieces => self.dirty.iter().for_each(|dirty| pieces(dirty, &mut file, random)),
        }
        file
    }

    fn prefix(&self, file: &mut Vec<u8>, random: &mut Random) {
        if self.dirty.is_empty() {
            return;
        }
        let whole = random.below(self.dirty.len());
        self.dirty[..whole].iter().for_each(|dirty| dirty.apply(file));
        if let Dirty::Write(offset, bytes) = &self.dirty[whole] {
            apply_write(file, &bytes[..random.below(bytes.len() + 1)], *offset);
        }
    }
}

fn pieces(dirty: &Dirty, file: &mut Vec<u8>, random: &mut Random) {
    let Dirty::Write(offset, bytes) = dirty else { return dirty.apply(file) };
    let (mut at, end) = (*offset, offset + bytes.len() as u64);
    while at < end {
        let next = end.min((at / PIECE + 1) * PIECE);
        if random.percent(50) {
            apply_write(file, &bytes[(at - offset) as usize..(next - offset) as usize], at);
        }
        at = next;
    }
}
