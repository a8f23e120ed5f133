//! Escaping by the place in the HTML where a value is printed.
//!
//! A [`Tracker`] follows the literal HTML of a template and says, where a value comes, which [`Slot`] it falls into.
//! Escaped values can't leave their slot, so they don't move the tracker. Places in which no escaping is safe (scripts,
//! names of tags and attributes, attributes without quotes) are faults. Not here: sanitising HTML that is a value;
//! a value is text everywhere.

mod escape;

use std::fmt;

pub(super) use self::escape::{escape_into, percent};
use self::escape::{is_safe_scheme, write_url};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Plain text: values are printed as they are.
    None,
    /// HTML: values are escaped by the place where they are printed.
    Html,
    /// Markdown: values are shown as they are, whatever has a meaning in Markdown.
    Markdown,
}

/// A place in HTML that takes a value, and how it is escaped there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Text,
    Attribute,
    /// A quoted attribute that holds a URL.
    Url,
    /// A `style` attribute or element.
    Css,
}

/// A place in HTML that takes no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HtmlFault {
    /// A script, an `on…` attribute or `srcdoc`.
    Script,
    /// An attribute without quotes.
    Unquoted,
    /// The name of a tag or attribute, a declaration.
    Name,
    /// `href="{{ a }}:…"`: the scheme of the URL would come from a value.
    Scheme,
}

impl HtmlFault {
    /// One thing to do about it.
    pub fn help(self) -> &'static str {
        match self {
            HtmlFault::Script => {
                "put the value into an attribute such as `data-name=\"…\"` and read it from there"
            }
            HtmlFault::Unquoted => "put the attribute in quotes",
            HtmlFault::Name => "write the name out, with an `if` around each choice",
            HtmlFault::Scheme => "write the scheme out: `https://`",
        }
    }
}

impl fmt::Display for HtmlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HtmlFault::Script => "a value can't be printed safely inside a script",
            HtmlFault::Unquoted => "a value can't be printed safely in an attribute without quotes",
            HtmlFault::Name => "a value can't be printed safely as part of a tag",
            HtmlFault::Scheme => "a value can't decide the scheme of a URL",
        })
    }
}

/// The first 12 letters of a name, in lower case. No name that matters is as long as that.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Word {
    bytes: [u8; 12],
    len: u8,
}

impl Word {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
            *place = byte.to_ascii_lowercase();
            self.len += 1;
        }
    }

    fn text(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Text,
    /// After `<`.
    Open,
    TagName,
    BeforeAttribute,
    AttributeName,
    AfterName,
    BeforeValue,
    /// Inside these quotes.
    Value(u8),
    Unquoted,
    /// After `<!`, with so many dashes.
    Declaration(u8),
    /// With so many dashes before; 3 after `--!`.
    Comment(u8),
    /// Inside a `script` or `style`, with so many letters of its end tag seen.
    Raw(u8),
}

/// How far the URL of an attribute is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Url {
    /// Something is there.
    begun: bool,
    /// The scheme is there, or there can't be one any more.
    settled: bool,
    /// A value is in what is there.
    dynamic: bool,
}

/// Where in the HTML the text written so far ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tracker {
    state: State,
    closing: bool,
    tag: Word,
    attribute: Word,
    url: Url,
}

impl Tracker {
    pub(super) fn new() -> Self {
        Tracker {
            state: State::Text,
            closing: false,
            tag: Word::default(),
            attribute: Word::default(),
            url: Url::default(),
        }
    }

    /// Between tags, where a whole piece of HTML may end.
    pub(super) fn is_between_tags(&self) -> bool {
        self.state == State::Text
    }

    /// Do both stand in the same place, as far as what follows is concerned?
    pub(super) fn agrees(&self, other: &Tracker) -> bool {
        match (self.state, other.state) {
            (State::Text, State::Text) => true,
            (State::Comment(_), State::Comment(_)) => true,
            (State::Value(left), State::Value(right)) => left == right && self.slot() == other.slot(),
            (left, right) => left == right && self.tag == other.tag && self.attribute == other.attribute,
        }
    }

    /// The slot at this place.
    pub(super) fn slot(&self) -> Result<Slot, HtmlFault> {
        match self.state {
            State::Text | State::Comment(_) => Ok(Slot::Text),
            State::Value(_) => self.attribute_slot(),
            State::Raw(_) if self.tag.text() == b"style" => Ok(Slot::Css),
            State::Raw(_) => Err(HtmlFault::Script),
            State::BeforeValue | State::Unquoted => Err(HtmlFault::Unquoted),
            State::Open | State::TagName | State::BeforeAttribute => Err(HtmlFault::Name),
            State::AttributeName | State::AfterName | State::Declaration(_) => Err(HtmlFault::Name),
        }
    }

    fn attribute_slot(&self) -> Result<Slot, HtmlFault> {
        match self.attribute.text() {
            b"style" => Ok(Slot::Css),
            b"srcdoc" => Err(HtmlFault::Script),
            b"href" | b"src" | b"action" | b"formaction" | b"background" | b"poster" | b"cite" | b"data"
            | b"srcset" | b"xlink:href" | b"longdesc" | b"manifest" | b"ping" | b"codebase" => Ok(Slot::Url),
            [b'o', b'n', ..] => Err(HtmlFault::Script),
            _ => Ok(Slot::Attribute),
        }
    }

    /// Follows literal HTML.
    pub(super) fn feed(&mut self, html: &str) -> Result<(), HtmlFault> {
        let mut rest = html.as_bytes();
        while let [byte, tail @ ..] = rest {
            if self.state == State::Text && *byte != b'<' {
                let next = rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len());
                rest = rest.get(next..).unwrap_or_default();
                continue;
            }
            self.state = self.next(*byte)?;
            rest = tail;
        }
        Ok(())
    }

    fn next(&mut self, byte: u8) -> Result<State, HtmlFault> {
        let space = byte.is_ascii_whitespace();
        Ok(match self.state {
            State::Text => State::Open,
            State::Open => self.open(byte),
            State::TagName if space || byte == b'/' => State::BeforeAttribute,
            State::BeforeAttribute | State::AfterName if space => self.state,
            State::BeforeAttribute if byte == b'/' => State::BeforeAttribute,
            State::AttributeName if byte == b'/' => State::BeforeAttribute,
            State::AttributeName if space => State::AfterName,
            State::AttributeName | State::AfterName if byte == b'=' => State::BeforeValue,
            State::BeforeValue if space => State::BeforeValue,
            State::Unquoted if space => State::BeforeAttribute,
            State::TagName | State::BeforeAttribute | State::AttributeName if byte == b'>' => self.close(),
            State::AfterName | State::BeforeValue | State::Unquoted if byte == b'>' => self.close(),
            State::TagName => {
                self.tag.push(byte);
                State::TagName
            }
            State::BeforeAttribute | State::AfterName => {
                self.attribute = Word::default();
                self.attribute.push(byte);
                State::AttributeName
            }
            State::AttributeName => {
                self.attribute.push(byte);
                State::AttributeName
            }
            State::BeforeValue if matches!(byte, b'"' | b'\'') => {
                self.url = Url::default();
                State::Value(byte)
            }
            State::BeforeValue | State::Unquoted => State::Unquoted,
            State::Value(quote) if byte == quote => State::BeforeAttribute,
            State::Value(quote) => {
                self.url_literal(byte)?;
                State::Value(quote)
            }
            State::Declaration(dashes) => declaration(byte, dashes),
            State::Comment(dashes) => comment(byte, dashes),
            State::Raw(seen) => self.raw(byte, seen),
        })
    }

    fn open(&mut self, byte: u8) -> State {
        self.tag = Word::default();
        self.closing = byte == b'/';
        match byte {
            b'!' => State::Declaration(0),
            b'/' => State::TagName,
            b'?' => State::Declaration(2),
            b'<' => State::Open,
            _ if byte.is_ascii_alphabetic() => {
                self.tag.push(byte);
                State::TagName
            }
            _ => State::Text,
        }
    }

    fn close(&self) -> State {
        let raw = !self.closing && matches!(self.tag.text(), b"script" | b"style");
        if raw { State::Raw(0) } else { State::Text }
    }

    /// Looks for `</script` or `</style`.
    fn raw(&mut self, byte: u8, seen: u8) -> State {
        let wanted = match seen {
            0 => Some(b'<'),
            1 => Some(b'/'),
            _ => self.tag.text().get(usize::from(seen) - 2).copied(),
        };
        if wanted == Some(byte.to_ascii_lowercase()) {
            if usize::from(seen) == self.tag.text().len() + 1 {
                self.closing = true;
                return State::TagName;
            }
            return State::Raw(seen + 1);
        }
        State::Raw(u8::from(byte == b'<'))
    }

    fn url_literal(&mut self, byte: u8) -> Result<(), HtmlFault> {
        if byte.is_ascii_whitespace() || self.url.settled {
            return Ok(());
        }
        if byte == b':' && self.url.dynamic && self.slot() == Ok(Slot::Url) {
            return Err(HtmlFault::Scheme);
        }
        self.url.begun = true;
        self.url.settled = matches!(byte, b':' | b'/' | b'?' | b'#');
        Ok(())
    }

    /// Takes note that a value whose content is not known is printed here.
    pub(super) fn unknown_value(&mut self) {
        self.url = Url { begun: true, settled: true, dynamic: true };
    }

    /// Appends a value, escaped for this place. `markup` is HTML already.
    pub(super) fn print(&mut self, text: &str, markup: bool, out: &mut String) -> Result<(), HtmlFault> {
        match self.slot()? {
            Slot::Text if markup => {
                out.push_str(text);
                return self.feed(text);
            }
            Slot::Text | Slot::Attribute => escape_into(text, markup, out),
            Slot::Url => self.print_url(text, markup, out),
            Slot::Css => out.extend(text.chars().filter(|c| c.is_alphanumeric() || " #%.,-_".contains(*c))),
        }
        Ok(())
    }

    fn print_url(&mut self, text: &str, markup: bool, out: &mut String) {
        let text = text.trim();
        let end = text.find(['/', '?', '#']).unwrap_or(text.len());
        let colon = text.get(..end).and_then(|head| head.find(':'));
        if let (false, Some(colon)) = (self.url.settled, colon) {
            let (scheme, rest) = text.split_at_checked(colon).unwrap_or_default();
            if self.url.begun {
                // What is before it may be the start of a scheme: this is none.
                write_url(scheme, markup, out);
                out.push_str("%3A");
                write_url(rest.get(1..).unwrap_or_default(), markup, out);
            } else if is_safe_scheme(scheme) {
                write_url(text, markup, out);
            } else {
                out.push_str("#unsafe-url");
            }
            self.url = Url { begun: true, settled: true, dynamic: true };
            return;
        }
        write_url(text, markup, out);
        if !text.is_empty() {
            let settled = self.url.settled || end < text.len();
            self.url = Url { begun: true, settled, dynamic: true };
        }
    }
}

fn declaration(byte: u8, dashes: u8) -> State {
    match (byte, dashes) {
        (b'-', 0) => State::Declaration(1),
        (b'-', 1) => State::Comment(2),
        (b'>', _) => State::Text,
        _ => State::Declaration(2),
    }
}

/// A comment `<!--[if …]>` holds HTML: mail programs read it.
fn comment(byte: u8, dashes: u8) -> State {
    match (byte, dashes) {
        (b'[', 2) => State::Declaration(2),
        (b'>', 2 | 3) => State::Text,
        (b'-', 0) => State::Comment(1),
        (b'-', 1 | 2) => State::Comment(2),
        (b'!', 2) => State::Comment(3),
        _ => State::Comment(0),
    }
}
