//! History files: JSON lines, `.gz` or not, several of them merged by time.
//!
//! Invariant: lines come out in the order of their `at`, which never goes back (semantics S7.1, S7.4); within a file
//! the order of lines is kept, and of two files with equal instants the first named goes first.

use super::Message;
use crate::base::Instant;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Several history files, read line by line.
pub struct History {
    files: Vec<Reader>,
    until: Instant,
}

/// A file that could not be read.
#[derive(Debug)]
pub struct HistoryError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl std::fmt::Display for HistoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for HistoryError {}

/// A line that can be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its instant.
    pub at: Instant,
    /// The message.
    pub message: Message,
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u64,
}

/// A line that can't be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
    /// The line's text.
    pub text: String,
}

struct Reader {
    path: PathBuf,
    name: Arc<str>,
    lines: Box<dyn BufRead>,
    line: u64,
    at: Instant,
    ahead: Option<Line>,
}

/// The longest line that is read whole; what is longer is rejected.
const LINE_LIMIT: u64 = 1 << 20;

impl History {
    /// Opens the files. Lines later than `until` are rejected (semantics S7.4).
    pub fn open(paths: &[PathBuf], until: Instant) -> Result<Self, HistoryError> {
        let files = paths.iter().map(|path| Reader::open(path)).collect::<Result<_, _>>()?;
        Ok(Self { files, until })
    }

    /// The next line, or one that can't be taken; `None` at the end.
    pub fn next_line(&mut self) -> Result<Option<Result<Line, Rejected>>, HistoryError> {
        for file in &mut self.files {
            if file.ahead.is_none() {
                match file.read(self.until)? {
                    Some(Ok(line)) => file.ahead = Some(line),
                    Some(Err(rejected)) => return Ok(Some(Err(rejected))),
                    None => {}
                }
            }
        }
        let first = self.files.iter_mut().filter(|file| file.ahead.is_some());
        let first = first.min_by_key(|file| file.ahead.as_ref().map(|line| line.at));
        Ok(first.and_then(|file| file.ahead.take()).map(Ok))
    }
}

impl Reader {
    fn open(path: &Path) -> Result<Self, HistoryError> {
        let wrong = |error| HistoryError { path: path.to_owned(), error };
        let mut file = BufReader::new(File::open(path).map_err(wrong)?);
        let zipped = file.fill_buf().map_err(wrong)?.starts_with(&[0x1f, 0x8b]);
        let lines: Box<dyn BufRead> =
            if zipped { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) };
        let name = path.display().to_string().into();
        Ok(Self { path: path.to_owned(), name, lines, line: 0, at: Instant::MIN, ahead: None })
    }

    fn read(&mut self, until: Instant) -> Result<Option<Result<Line, Rejected>>, HistoryError> {
        loop {
            let mut bytes = Vec::new();
            let read = self.lines.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut bytes);
            let count = read.map_err(|error| HistoryError { path: self.path.clone(), error })?;
            if count == 0 {
                return Ok(None);
            }
            self.line += 1;
            if !bytes.ends_with(b"\n") && count as u64 == LINE_LIMIT {
                self.skip_rest()?;
            }
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            return Ok(Some(self.take(text, until)));
        }
    }

    fn skip_rest(&mut self) -> Result<(), HistoryError> {
        loop {
            let wrong = |error| HistoryError { path: self.path.clone(), error };
            let chunk = self.lines.fill_buf().map_err(wrong)?;
            let (used, ended) = match chunk.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (chunk.len(), chunk.is_empty()),
            };
            self.lines.consume(used);
            if ended {
                return Ok(());
            }
        }
    }

    fn take(&mut self, text: &str, until: Instant) -> Result<Line, Rejected> {
        let reject = |reason: String| Rejected {
            file: Arc::clone(&self.name),
            line: self.line,
            reason,
            text: text.to_owned(),
        };
        let message = Message::parse(text).map_err(reject)?;
        let Some(own) = message.received.or(message.time) else {
            return Err(reject("`timestamp` is missing".into()));
        };
        if own > until {
            return Err(reject(format!("it is of {own}, after the end of the run at {until}")));
        }
        self.at = self.at.max(own);
        Ok(Line { at: self.at, message, file: Arc::clone(&self.name), line: self.line })
    }
}
