//! Writing a file of sorted hashes: whole and on disk, or not there at all.

use super::SeenError;
use super::filter::Filter;
use super::hash::Key;
use super::run::{Cover, Cursor, FULL, Head, PAGE, Run, name, page, salt, size};
use crate::disk::{Access, Disk, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes are written at once, and synced, so that a large file never holds up the syncs of the journal.
const PIECE: usize = 256 * PAGE;

/// Where files are written.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub disk: Arc<dyn Disk>,
    pub folder: PathBuf,
    pub key: Key,
    /// The bits that a filter has for each hash.
    pub bits: u32,
}

struct Writer<'p> {
    place: &'p Place,
    path: PathBuf,
    file: Box<dyn File>,
    salt: u32,
    cover: Cover,
    /// What is not written yet.
    bytes: Vec<u8>,
    offset: u64,
    /// The hashes of the page at work.
    page: Vec<u128>,
    filter: Filter,
    fences: Vec<u64>,
    count: u64,
}

impl Place {
    /// Writes sorted hashes.
    pub fn seal(&self, cover: Cover, hashes: &[u128]) -> Result<Run, SeenError> {
        self.write(cover, hashes.len() as u64, |writer| hashes.iter().try_for_each(|hash| writer.push(*hash)))
    }

    /// Writes the hashes of neighbouring files as one.
    pub fn merge(&self, runs: &[Arc<Run>]) -> Result<Option<Run>, SeenError> {
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Ok(None) };
        let (from, to) = (first.cover, last.cover);
        let cover = Cover { after: from.after, upto: to.upto, first: from.first, last: to.last };
        let count = runs.iter().map(|run| run.count).sum();
        let mut heads = Vec::with_capacity(runs.len());
        for run in runs {
            let mut cursor = Cursor::new(Arc::clone(run));
            heads.push((cursor.next()?, cursor));
        }
        let run = self.write(cover, count, |writer| {
            while let Some(least) = heads.iter().filter_map(|(hash, _)| *hash).min() {
                writer.push(least)?;
                for (hash, cursor) in heads.iter_mut().filter(|(hash, _)| *hash == Some(least)) {
                    *hash = cursor.next()?;
                }
            }
            Ok(())
        });
        run.map(Some)
    }

    fn write(
        &self,
        cover: Cover,
        count: u64,
        fill: impl FnOnce(&mut Writer<'_>) -> Result<(), SeenError>,
    ) -> Result<Run, SeenError> {
        let path = self.folder.join(format!("{}.new", name(cover.after, cover.upto)));
        let done = Writer::begin(self, path.clone(), cover, count).and_then(|mut writer| {
            fill(&mut writer)?;
            writer.end()
        });
        if done.is_err() {
            // It may be what fills the disk; if it can't be removed now, it is at the next start.
            let _ = self.disk.remove(&path);
        }
        done
    }
}

impl<'p> Writer<'p> {
    fn begin(place: &'p Place, path: PathBuf, cover: Cover, count: u64) -> Result<Self, SeenError> {
        let filter = Filter::new(count, place.bits);
        let wrong = |error| SeenError::io(&path, error);
        let file = place.disk.open(&path, Access::New).map_err(wrong)?;
        // A disk without room says so before anything is written.
        file.reserve(size(count, filter.len() as u64)).map_err(wrong)?;
        Ok(Self {
            salt: salt(&place.key, &cover),
            place,
            path,
            file,
            cover,
            bytes: Vec::with_capacity(PIECE + PAGE),
            offset: PAGE as u64,
            page: Vec::with_capacity(FULL),
            filter,
            fences: Vec::new(),
            count: 0,
        })
    }

    fn push(&mut self, hash: u128) -> Result<(), SeenError> {
        self.filter.insert(hash);
        self.page.push(hash);
        self.count += 1;
        if self.page.len() == FULL { self.end_page() } else { Ok(()) }
    }

    fn end_page(&mut self) -> Result<(), SeenError> {
        let Some(first) = self.page.first() else { return Ok(()) };
        let number = self.fences.len() as u64;
        self.fences.push((first >> 64) as u64);
        self.bytes.extend(page(self.salt, number, &self.page));
        self.page.clear();
        if self.bytes.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), SeenError> {
        let wrong = |error| SeenError::io(&self.path, error);
        self.file.write_all_at(&self.bytes, self.offset).map_err(wrong)?;
        self.file.sync().map_err(wrong)?;
        self.offset += self.bytes.len() as u64;
        self.bytes.clear();
        Ok(())
    }

    fn end(mut self) -> Result<Run, SeenError> {
        self.end_page()?;
        let sum = self.put_index()?;
        self.flush()?;
        let blocks = self.filter.len() as u64;
        let head = Head { cover: self.cover, count: self.count, blocks, sum };
        let path = self.publish(&head)?;
        let Self { file, cover, count, filter, fences, salt, .. } = self;
        Ok(Run { path, file, cover, count, filter, fences, salt })
    }

    /// Writes filter and first hashes; their checksum.
    fn put_index(&mut self) -> Result<u32, SeenError> {
        let mut sum = crc32fast::Hasher::new_with_initial(self.salt);
        let filter = std::mem::replace(&mut self.filter, Filter::empty(0));
        filter.write(|bytes| self.put(bytes, &mut sum))?;
        self.filter = filter;
        let fences: Vec<u8> = self.fences.iter().flat_map(|fence| fence.to_le_bytes()).collect();
        self.put(&fences, &mut sum)?;
        Ok(sum.finalize())
    }

    fn put(&mut self, bytes: &[u8], sum: &mut crc32fast::Hasher) -> Result<(), SeenError> {
        sum.update(bytes);
        self.bytes.extend(bytes);
        if self.bytes.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    /// Writes the head last, and gives the file its name when all of it is on disk.
    fn publish(&self, head: &Head) -> Result<PathBuf, SeenError> {
        let wrong = |error| SeenError::io(&self.path, error);
        let (disk, folder) = (&*self.place.disk, Path::new(&self.place.folder));
        let path = folder.join(name(self.cover.after, self.cover.upto));
        self.file.write_all_at(&head.encode(&self.place.key), 0).map_err(wrong)?;
        self.file.sync().map_err(wrong)?;
        disk.rename(&self.path, &path).map_err(wrong)?;
        disk.sync_folder(folder).map_err(wrong)?;
        Ok(path)
    }
}
