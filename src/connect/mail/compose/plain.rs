//! The plain text of an HTML document, for the text part of a message.
//!
//! Blocks become paragraphs, tables that only lay things out disappear, `- ` stands before list items, and a link keeps
//! its address behind its text. What mail programs hide (comments, `display: none`, styles) is left out.

use html5gum::{HtmlString, StartTag, Token, Tokenizer};

/// The text of an HTML document.
pub fn plain(html: &str) -> String {
    let mut writer = Writer::default();
    for token in Tokenizer::new(html).flatten() {
        match token {
            Token::StartTag(tag) => writer.open(&tag),
            Token::EndTag(tag) => writer.close(&text(&tag.name)),
            Token::String(string) => writer.text(&text(&string)),
            _ => {}
        }
    }
    writer.finish()
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Elements without an end tag.
const VOID: [&str; 9] = ["area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"];
/// Elements whose text is not shown.
const SILENT: [&str; 5] = ["head", "script", "style", "template", "title"];
/// Elements between which a paragraph ends.
const PARAGRAPHS: [&str; 11] = ["blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "ul"];
/// Elements that begin a line.
const LINES: [&str; 16] = [
    "address", "article", "aside", "caption", "center", "dd", "div", "dt", "footer", "header", "li", "main",
    "nav", "section", "table", "tr",
];

/// An element that is open.
#[derive(Debug)]
struct Open {
    name: String,
    hidden: bool,
    /// The address of a link, and where its text begins.
    link: Option<(String, usize)>,
    /// The number of the next item of an ordered list.
    item: Option<u32>,
}

#[derive(Default, Debug)]
struct Writer {
    out: String,
    /// Line breaks wanted before the next word.
    breaks: usize,
    space: bool,
    open: Vec<Open>,
    /// How many open elements are hidden.
    hidden: usize,
    /// How many open elements keep their white space.
    preformatted: usize,
}

impl Writer {
    fn open(&mut self, tag: &StartTag<()>) {
        let name = text(&tag.name).into_owned();
        let attribute = |name: &str| {
            tag.attributes.get(&HtmlString(name.as_bytes().to_vec())).map(|it| text(it).into_owned())
        };
        self.block(&name);
        match name.as_str() {
            "br" => self.breaks = (self.breaks + 1).min(2),
            "hr" => self.rule(),
            "img" => self.picture(attribute("alt")),
            "td" | "th" => self.space = true,
            _ => {}
        }
        if VOID.contains(&name.as_str()) {
            return;
        }
        let hidden = SILENT.contains(&name.as_str()) || attribute("style").is_some_and(|style| hides(&style));
        self.hidden += usize::from(hidden);
        self.preformatted += usize::from(name == "pre");
        let item = (name == "ol").then_some(1);
        if name == "li" && self.hidden == 0 {
            self.bullet();
        }
        let link = attribute("href").filter(|_| name == "a").map(|href| (href, self.out.len()));
        self.open.push(Open { name, hidden, link, item });
    }

    fn close(&mut self, name: &str) {
        // An end tag closes what is open inside it too; one that closes nothing is passed over.
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else { return };
        for open in self.open.split_off(at).into_iter().rev() {
            self.hidden -= usize::from(open.hidden);
            self.preformatted -= usize::from(open.name == "pre");
            if let Some((href, from)) = open.link {
                self.link(&href, from);
            }
            self.block(&open.name);
        }
    }

    fn block(&mut self, name: &str) {
        let nested = matches!(name, "ol" | "ul") && self.open.iter().any(|open| open.name == "li");
        if nested {
            self.breaks = self.breaks.max(1);
        } else if PARAGRAPHS.contains(&name) || name == "pre" {
            self.breaks = self.breaks.max(2);
        } else if LINES.contains(&name) {
            self.breaks = self.breaks.max(1);
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        if self.preformatted > 0 {
            self.gap();
            self.out.push_str(text);
            return;
        }
        // The characters with which senders pad what the list of messages shows are no text.
        let shown = |c: &char| {
            !matches!(c, '\u{200b}'..='\u{200f}' | '\u{034f}' | '\u{00ad}' | '\u{feff}' | '\u{2007}')
        };
        for c in text.chars().filter(shown) {
            if c.is_whitespace() {
                self.space = true;
            } else {
                self.gap();
                self.out.push(c);
            }
        }
    }

    /// Writes the breaks or the space that are wanted before what comes.
    fn gap(&mut self) {
        if self.out.is_empty() {
            self.breaks = 0;
        }
        let at_start = self.out.is_empty() || self.out.ends_with(['\n', ' ']);
        if self.breaks > 0 {
            self.out.truncate(self.out.trim_end().len());
            self.out.extend(std::iter::repeat_n('\n', self.breaks));
        } else if self.space && !at_start {
            self.out.push(' ');
        }
        (self.breaks, self.space) = (0, false);
    }

    fn bullet(&mut self) {
        self.gap();
        let depth = self.open.iter().filter(|open| matches!(open.name.as_str(), "ol" | "ul")).count();
        let list = self.open.iter_mut().rev().find(|open| matches!(open.name.as_str(), "ol" | "ul"));
        let mark = match list.and_then(|list| list.item.as_mut()) {
            Some(number) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            None => "- ".into(),
        };
        self.out.extend(std::iter::repeat_n("  ", depth.clamp(1, 9) - 1));
        self.out.push_str(&mark);
    }

    fn rule(&mut self) {
        self.breaks = self.breaks.max(2);
        self.text("---");
        self.breaks = 2;
    }

    fn picture(&mut self, alt: Option<String>) {
        if let Some(alt) = alt.filter(|alt| !alt.trim().is_empty()) {
            self.text(&alt);
        }
    }

    /// Behind its text, unless the text is the address; a link without text is its address.
    fn link(&mut self, href: &str, from: usize) {
        let href = href.trim();
        let leads = ["http://", "https://", "mailto:", "tel:"]
            .iter()
            .any(|scheme| href.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        if self.hidden > 0 || !leads {
            return;
        }
        let said = self.out.get(from..).unwrap_or_default().trim();
        let address = href.strip_prefix("mailto:").or_else(|| href.strip_prefix("tel:")).unwrap_or(href);
        let bare = |url: &str| {
            url.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned()
        };
        if said.is_empty() {
            self.text(address);
        } else if bare(said) != bare(address) {
            self.out.push_str(&format!(" <{address}>"));
        }
    }

    fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }
}

/// Whether a `style` hides its element from everybody.
fn hides(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    style
        .split(';')
        .any(|rule| matches!(rule, "display:none" | "display:none!important" | "visibility:hidden"))
}
