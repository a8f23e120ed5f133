//! The headers of a letter, and how each is written.

use super::super::address::{Mailbox, one_line};
use super::{Letter, message_id};
use email_encoding::headers::writer::EmailWriter;
use email_encoding::headers::{quoted_string, rfc2047};
use lettre::message::header::{HeaderName, HeaderValue};
use std::fmt::Write as _;

/// A header: its name, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The name, ASCII.
    pub name: &'static str,
    /// What it says, on one line, not encoded.
    pub value: String,
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    /// Words of people.
    Words,
    /// A mailbox.
    Mailbox(Mailbox),
    /// ASCII tokens with single spaces between them, folded at the spaces and nowhere else.
    Tokens,
}

/// All headers of a letter but `Date` and those of MIME, in the order in which they are written.
pub fn headers(letter: &Letter) -> Vec<Header> {
    let mut all = vec![mailbox("From", &letter.from)];
    all.extend(letter.reply_to.as_ref().map(|to| mailbox("Reply-To", to)));
    all.push(mailbox("To", &letter.to));
    all.push(Header { name: "Subject", value: subject(letter), kind: Kind::Words });
    all.push(tokens("Message-ID", format!("<{}>", message_id(letter))));
    all.extend(threading(letter));
    if let Some(unsubscribe) = &letter.unsubscribe {
        all.extend(unsubscribe.headers().into_iter().map(|(name, value)| tokens(name, value)));
    }
    if letter.automatic {
        all.push(tokens("Auto-Submitted", "auto-generated".into()));
    }
    all
}

/// How many ids `References` lists: the first, which names the thread, and the last of them.
const REFERENCES: usize = 12;

fn threading(letter: &Letter) -> Vec<Header> {
    let ids = letter.thread.iter().flat_map(|thread| &thread.messages).filter_map(|id| bracketed(id));
    let ids: Vec<String> = ids.collect();
    let Some((last, first)) = ids.last().zip(ids.first()) else { return Vec::new() };
    let kept = ids.iter().skip(1.max(ids.len().saturating_sub(REFERENCES - 1)));
    let references: Vec<&str> = std::iter::once(first).chain(kept).map(String::as_str).collect();
    vec![tokens("In-Reply-To", last.clone()), tokens("References", references.join(" "))]
}

/// `<id>`, if it is one: ASCII, one `@`, no white space or brackets.
fn bracketed(id: &str) -> Option<String> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    let fits = |c: char| c.is_ascii_graphic() && c != '<' && c != '>';
    (id.len() <= 250 && id.matches('@').count() == 1 && id.chars().all(fits)).then(|| format!("<{id}>"))
}

/// In a thread the subject of its first message, or mail programs don't show them together.
pub(super) fn subject(letter: &Letter) -> String {
    let Some(thread) = letter.thread.as_ref().filter(|thread| !thread.messages.is_empty()) else {
        return one_line(&letter.subject);
    };
    let first = one_line(&thread.subject);
    let answers = first.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if answers { first } else { format!("Re: {first}") }
}

fn mailbox(name: &'static str, mailbox: &Mailbox) -> Header {
    Header { name, value: mailbox.to_string(), kind: Kind::Mailbox(mailbox.clone()) }
}

fn tokens(name: &'static str, value: String) -> Header {
    Header { name, value: one_line(&value), kind: Kind::Tokens }
}

impl Header {
    /// As it stands in a message: encoded words where they are needed, folded.
    pub(super) fn encoded(&self) -> HeaderValue {
        let mut written = String::new();
        let mut writer = EmailWriter::new(&mut written, self.name.len() + 2, 0, false);
        // Writing to a string can't fail.
        let _ = match &self.kind {
            Kind::Words => words(&self.value, &mut writer),
            Kind::Mailbox(mailbox) => self::write_mailbox(mailbox, &mut writer),
            Kind::Tokens => {
                let mut tokens = self.value.split(' ');
                let first = writer.write_str(tokens.next().unwrap_or_default());
                tokens
                    .try_fold((), |(), token| {
                        writer.space();
                        writer.folding().write_str(token)
                    })
                    .and(first)
            }
        };
        drop(writer);
        HeaderValue::dangerous_new_pre_encoded(
            HeaderName::new_from_ascii_str(self.name),
            self.value.clone(),
            written,
        )
    }
}

/// A word longer than this can't be folded, so it is encoded.
const LONGEST_WORD: usize = 60;

/// Whether a text has to be encoded: it is not plain, could be taken for encoded, or could not be folded.
fn needs_encoding(text: &str) -> bool {
    let plain = |c: char| c == ' ' || c.is_ascii_graphic();
    !text.chars().all(plain) || text.contains("=?") || text.split(' ').any(|word| word.len() > LONGEST_WORD)
}

fn words(text: &str, writer: &mut EmailWriter<'_>) -> std::fmt::Result {
    if needs_encoding(text) {
        return rfc2047::encode(text, writer);
    }
    let mut words = text.split(' ');
    writer.write_str(words.next().unwrap_or_default())?;
    words.try_fold((), |(), word| {
        writer.space();
        writer.folding().write_str(word)
    })
}

fn write_mailbox(mailbox: &Mailbox, writer: &mut EmailWriter<'_>) -> std::fmt::Result {
    let Some(name) = mailbox.name() else { return writer.write_str(mailbox.address.as_str()) };
    if needs_encoding(name) {
        rfc2047::encode(name, writer)?;
    } else {
        quoted_string::encode(name, writer)?;
    }
    writer.space();
    let address = mailbox.address.as_str();
    writer.folding().write_str(&format!("<{address}>"))
}
