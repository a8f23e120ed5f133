//! Reading texts from disk: whole, UTF-8, of a size that can be worked with.

use super::place::reason;
use crate::base::{FileId, SourceMap, Span};
use crate::diag::{Code, Diagnostic};
use std::io::Read;
use std::path::Path;

/// The longest file, in bytes: far above anything written by hand, far below what positions can count.
const LONGEST: u64 = 64 << 20;

/// A text as far as it could be read.
pub(super) struct Reading {
    /// The text; what is not UTF-8 stands replaced.
    pub(super) text: String,
    /// What is wrong with it: where (in bytes), and what.
    pub(super) wrong: Option<(usize, String)>,
}

/// Reads a file; a mark of byte order in front is left out.
pub(super) fn read(path: &Path) -> Reading {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Reading { text: String::new(), wrong: Some((0, reason(&error))) },
        Ok(_) if bytes.len() as u64 > LONGEST => {
            Reading { text: String::new(), wrong: Some((0, "it is longer than 64 MB".into())) }
        }
        Ok(_) => decode(bytes),
    }
}

/// Bytes to text.
pub(super) fn decode(bytes: Vec<u8>) -> Reading {
    match String::from_utf8(bytes) {
        Ok(text) => match text.strip_prefix('\u{feff}') {
            Some(rest) => Reading { text: rest.to_owned(), wrong: None },
            None => Reading { text, wrong: None },
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Reading { text, wrong: Some((at, "it is not UTF-8".into())) }
        }
    }
}

/// Takes what was read into the source map, with a diagnostic if it is not whole.
pub(super) fn add(sources: &mut SourceMap, name: &str, reading: &Reading) -> (FileId, Option<Diagnostic>) {
    let id = sources.add(name, &reading.text);
    let diagnostic = reading.wrong.as_ref().map(|(at, why)| {
        let end =
            reading.text.get(*at..).and_then(|rest| rest.chars().next()).map_or(*at, |c| at + c.len_utf8());
        unreadable(Span::new(id, *at, end), name, why)
    });
    (id, diagnostic)
}

/// `a.wf` can't be read: …
pub(super) fn unreadable(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Unreadable, span, format!("`{name}` can't be read: {why}"))
}
