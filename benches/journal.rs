//! The journal and the ids seen: `cargo bench --bench journal`. The numbers and what they mean: docs/performance.md.
//!
//! `WAYFARE_BENCH_IDS` says with how many ids the second part works, `WAYFARE_BENCH_DIR` on which disk.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark stops at the first surprise and prints what it found"
)]

use divan::Bencher;
use divan::counter::ItemsCount;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant as Clock};
use wayfare::base::Instant;
use wayfare::journal::{Entry, Journal, Options, Position};
use wayfare::seen::{self, Seen};

const BODY: usize = 512;
const BATCHES: [usize; 4] = [1, 16, 256, 2_500];

fn main() {
    if !std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        latencies();
        ids();
    }
    divan::main();
}

/// An empty folder that is removed when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let disk =
            std::env::var_os("WAYFARE_BENCH_DIR").map_or(env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
        let path = disk.join(format!("journal-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn body() -> Vec<u8> {
    (0..BODY).map(|n| b' ' + (n % 90) as u8).collect()
}

/// A journal that keeps no more than the last records, so that a benchmark takes a bounded part of the disk.
struct Filling {
    journal: Journal,
    at: i64,
    _folder: Folder,
}

impl Filling {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let (journal, _) = Journal::open(&folder.0.join("journal"), &Options::default()).expect("a journal");
        Self { journal, at: 0, _folder: folder }
    }

    fn append(&mut self, body: &[u8], size: usize) -> Position {
        self.at += 1;
        let batch = vec![Entry { at: Instant(self.at), body }; size];
        self.journal.append(&batch).expect("append")
    }

    /// Drops what is not needed now and then; not measured.
    fn drop_old(&mut self) {
        if self.at % 1_000 == 0 {
            let last = self.journal.last().map_or(0, |(position, _)| position.0);
            self.journal.retain(Position(last.saturating_sub(400_000))).expect("retain");
        }
    }
}

#[divan::bench(args = BATCHES, sample_count = 400, sample_size = 1)]
fn append(bencher: Bencher<'_, '_>, size: usize) {
    let (mut filling, body) = (Filling::new("append"), body());
    bencher.counter(ItemsCount::new(size)).bench_local(|| filling.append(&body, size));
}

/// The bytes of so many records as they lie in a journal, written and synced in a file that is there already.
struct Bare {
    file: File,
    bytes: Vec<u8>,
    offset: u64,
    _folder: Folder,
}

impl Bare {
    const SIZE: u64 = 64 * 1024 * 1024;

    fn new(size: usize) -> Self {
        let folder = Folder::new("bare");
        let mut how = File::options();
        let file = how.read(true).write(true).create_new(true).open(folder.0.join("file")).expect("a file");
        file.write_all_at(&vec![0; Self::SIZE as usize], 0).expect("zeros");
        file.sync_all().expect("sync");
        Self { file, bytes: vec![b'x'; size * (BODY + 48)], offset: 0, _folder: folder }
    }

    fn write(&mut self) {
        if self.offset + self.bytes.len() as u64 > Self::SIZE {
            self.offset = 0;
        }
        self.file.write_all_at(&self.bytes, self.offset).expect("write");
        self.file.sync_data().expect("sync");
        self.offset += self.bytes.len() as u64;
    }
}

#[divan::bench(args = BATCHES, sample_count = 400, sample_size = 1)]
fn bare_write_and_sync(bencher: Bencher<'_, '_>, size: usize) {
    let mut bare = Bare::new(size);
    bencher.counter(ItemsCount::new(size)).bench_local(|| bare.write());
}

/// What an append costs but for the disk.
#[divan::bench(args = BATCHES, sample_count = 400)]
fn append_in_memory(bencher: Bencher<'_, '_>, size: usize) {
    let disk = std::sync::Arc::new(memory::Memory::default());
    let options = Options { ahead: false, ..Options::default() };
    let (mut journal, _) =
        Journal::open_on(disk, std::path::Path::new("/journal"), &options).expect("a journal");
    let body = body();
    let batch = vec![Entry { at: Instant(1), body: &body }; size];
    bencher.counter(ItemsCount::new(size)).bench_local(|| {
        let last = journal.append(&batch).expect("append");
        journal.retain(last).expect("retain");
    });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn read_100_000(bencher: Bencher<'_, '_>) {
    let (mut filling, body) = (Filling::new("read"), body());
    for _ in 0..100 {
        filling.append(&body, 1_000);
    }
    bencher.counter(ItemsCount::new(100_000_usize)).bench_local(|| {
        let mut reader = filling.journal.read_from(Position(1)).expect("a reader");
        let mut bytes = 0;
        while let Some(record) = reader.read().expect("a record") {
            bytes += record.body.len();
        }
        assert_eq!(bytes, 100_000 * BODY);
    });
}

/// How long an append takes, and the bare write and sync beside it: one of the one, one of the other, so that both see
/// the same disk.
fn latencies() {
    println!("an append of records of {BODY} bytes, in ms, beside the bare write and sync of the same bytes");
    println!("{:>8} {:>9} {:>21} {:>21} {:>21}", "records", "records/s", "p50", "p99", "longest");
    for size in BATCHES {
        let (mut filling, mut bare, body) = (Filling::new("latency"), Bare::new(size), body());
        let count = if size > 1_000 { 600 } else { 2_000 };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let start = Clock::now();
            filling.append(&body, size);
            ours.push(start.elapsed());
            filling.drop_old();
            let start = Clock::now();
            bare.write();
            theirs.push(start.elapsed());
        }
        let total: Duration = ours.iter().sum();
        ours.sort_unstable();
        theirs.sort_unstable();
        let cell = |part: f64| {
            let at = ((count as f64 * part) as usize).min(count - 1);
            format!("{:.2} ({:.2})", ours[at].as_secs_f64() * 1e3, theirs[at].as_secs_f64() * 1e3)
        };
        let rate = (count * size) as f64 / total.as_secs_f64();
        println!("{size:>8} {rate:>9.0} {:>21} {:>21} {:>21}", cell(0.5), cell(0.99), cell(1.0));
    }
}

/// The id of a message, as client libraries make them.
fn id(n: u64) -> String {
    let spread = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{n:012x}",
        spread >> 32,
        spread >> 16 & 0xffff,
        spread >> 4 & 0xfff,
        n & 0xfff
    )
}

/// Takes in ids of seven days, 100 a commit; then asks for known ones.
fn ids() {
    let count = std::env::var("WAYFARE_BENCH_IDS").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000_000);
    let folder = Folder::new("seen");
    let path = folder.0.join("seen");
    let options = seen::Options::default();
    let journal = |last| (Position(1), Position(last));
    let (mut seen, _) = Seen::open(&path, journal(0), &options).expect("ids");
    let at = |n: u64| Instant((n as f64 / count as f64 * 6.9 * 86_400_000.0) as i64);
    let step = count / 5;
    println!("ids taken in, in millions: ids/s, files, bytes of memory an id beside the young ones");
    for part in 0..5 {
        let start = Clock::now();
        for n in part * step..(part + 1) * step {
            assert!(seen.insert(id(n).as_bytes()).expect("insert"));
            if n % 100 == 99 {
                seen.commit(Position(n + 1), at(n));
            }
        }
        let rate = step as f64 / start.elapsed().as_secs_f64();
        let memory = seen.memory() as f64;
        println!(
            "{:>8.1} {rate:>9.0} {:>3} {:>6.2} ({:.0} MB)",
            seen.len() as f64 / 1e6,
            seen.files(),
            (memory - 17.0 * f64::from(1 << 20)) / seen.len() as f64,
            memory / 1e6
        );
    }
    seen.seal();
    seen.settle().expect("files");
    let known = 200_000.min(count);
    let start = Clock::now();
    for n in 0..known {
        assert!(!seen.insert(id(n * (count / known)).as_bytes()).expect("insert"));
    }
    println!("known ids of any age: {:.0} ids/s", known as f64 / start.elapsed().as_secs_f64());
    drop(seen);
    let start = Clock::now();
    let (seen, opened) = Seen::open(&path, journal(count), &options).expect("ids");
    assert!(opened.feed_from > Position(count / 5 * 5) && seen.len() == step * 5);
    println!("opened in {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
}

/// A disk that costs nothing.
mod memory {
    use std::collections::BTreeMap;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex, PoisonError};
    use wayfare::disk::{Access, Disk, File, Lock};

    type Bytes = Arc<Mutex<Vec<u8>>>;

    #[derive(Debug, Default)]
    pub struct Memory(Mutex<BTreeMap<PathBuf, Bytes>>);

    impl Disk for Memory {
        fn make_folder(&self, _: &Path) -> io::Result<()> {
            Ok(())
        }
        fn names(&self, _: &Path) -> io::Result<Vec<String>> {
            Ok(Vec::new())
        }
        fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn File>> {
            let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if access == Access::New {
                files.insert(path.to_owned(), Bytes::default());
            }
            let bytes = files.get(path).ok_or(io::ErrorKind::NotFound)?;
            Ok(Box::new(InMemory(Arc::clone(bytes))))
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
            files.insert(to.to_owned(), bytes);
            Ok(())
        }
        fn remove(&self, path: &Path) -> io::Result<()> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
            Ok(())
        }
        fn sync_folder(&self, _: &Path) -> io::Result<()> {
            Ok(())
        }
        fn lock(&self, _: &Path) -> io::Result<Lock> {
            Ok(Box::new(()))
        }
        fn random(&self) -> io::Result<[u8; 16]> {
            Ok([7; 16])
        }
    }

    #[derive(Debug)]
    struct InMemory(Bytes);

    impl File for InMemory {
        fn size(&self) -> io::Result<u64> {
            Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).len() as u64)
        }
        fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
            Ok(0)
        }
        fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
            let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let end = offset as usize + bytes.len();
            let size = file.len().max(end);
            file.resize(size, 0);
            file[offset as usize..end].copy_from_slice(bytes);
            Ok(bytes.len())
        }
        fn reserve(&self, bytes: u64) -> io::Result<()> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).resize(bytes as usize, 0);
            Ok(())
        }
        fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }
}
