//! Puts the pixel and the counted links into the HTML of a message.
//!
//! Links go to `BASE/c/TOKEN`; where a token leads is stored with the message, by the place in
//! [`Rewritten::links`]. What is not rewritten stays byte for byte as it was.

use super::super::token::{Keys, MessageKey, Purpose};
use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, StartTag, Token, Tokenizer};
use std::fmt::Write as _;

/// How one message is tracked.
#[derive(Clone, Copy, Debug)]
pub struct Tracking<'a> {
    /// The address of our server as the world sees it, without a slash at its end.
    pub base: &'a str,
    /// What signs the tokens.
    pub keys: &'a Keys,
    /// The message.
    pub message: MessageKey,
    /// Whether opens are counted.
    pub opens: bool,
    /// Whether clicks are counted.
    pub clicks: bool,
    /// What is added to links, if anything.
    pub utm: Option<&'a Utm>,
    /// The address of the page for unsubscribing, which is never rewritten.
    pub unsubscribe: Option<&'a str>,
}

/// Campaign parameters of web analytics.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Utm {
    /// `utm_source`.
    pub source: Option<String>,
    /// `utm_medium`.
    pub medium: Option<String>,
    /// `utm_campaign`.
    pub campaign: Option<String>,
}

/// A message with its tracking in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewritten {
    /// The HTML that is sent.
    pub html: String,
    /// Where the links lead: `Purpose::Click(n)` leads to the n-th. They have to be kept with the message.
    pub links: Vec<String>,
}

/// Puts the tracking in.
pub fn rewrite(html: &str, tracking: &Tracking<'_>) -> Rewritten {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let mut links = Vec::new();
    let mut end = html.len();
    for token in Tokenizer::new_with_emitter(html, emitter).flatten() {
        match token {
            Token::StartTag(tag) if tracking.clicks => {
                if let Some(written) = link(&tag, tracking, &mut links) {
                    edits.push((tag.span.start, tag.span.end, written));
                }
            }
            Token::EndTag(tag) if tag.name.as_slice() == b"body" => end = tag.span.start,
            _ => {}
        }
    }
    if tracking.opens {
        edits.push((end, end, pixel(tracking)));
    }
    edits.sort_by_key(|(start, ..)| *start);
    Rewritten { html: edited(html, &edits), links }
}

/// The text with its pieces replaced; a piece that does not lie in it is left out.
fn edited(html: &str, edits: &[(usize, usize, String)]) -> String {
    let mut out = String::with_capacity(html.len() + 128 * edits.len());
    let mut at = 0;
    for (start, end, written) in edits {
        let Some(before) = html.get(at..*start) else { continue };
        out.push_str(before);
        out.push_str(written);
        at = *end;
    }
    out.push_str(html.get(at..).unwrap_or_default());
    out
}

fn pixel(tracking: &Tracking<'_>) -> String {
    let token = tracking.keys.token(Purpose::Open, tracking.message);
    format!(
        "<img src=\"{}/o/{token}\" width=\"1\" height=\"1\" alt=\"\" style=\"border:0;width:1px;height:1px\">",
        attribute(tracking.base)
    )
}

/// The start tag of a link with the counted address in it; `None`: it stays as it is.
fn link(tag: &StartTag<usize>, tracking: &Tracking<'_>, links: &mut Vec<String>) -> Option<String> {
    let name = std::str::from_utf8(&tag.name).ok().filter(|name| matches!(*name, "a" | "area"))?;
    let find = |name: &str| tag.attributes.get(&HtmlString(name.as_bytes().to_vec()));
    let href = std::str::from_utf8(find("href")?).ok()?.trim();
    if find("data-no-track").is_some() || !is_page(href) || tracking.unsubscribe == Some(href) {
        return None;
    }
    let target = tagged(href, tracking.utm);
    let place = links.iter().position(|known| *known == target).unwrap_or_else(|| {
        links.push(target);
        links.len() - 1
    });
    let token = tracking.keys.token(Purpose::Click(u16::try_from(place).ok()?), tracking.message);
    let counted = format!("{}/c/{token}", tracking.base);
    let mut written = format!("<{name}");
    for (name, value) in &tag.attributes {
        let name = String::from_utf8_lossy(name);
        let value = if name == "href" { counted.as_str().into() } else { String::from_utf8_lossy(value) };
        let _ = write!(written, " {name}=\"{}\"", attribute(&value));
    }
    written.push_str(if tag.self_closing { " />" } else { ">" });
    Some(written)
}

/// Whether an address leads to a page of the web: not to a mailbox, a telephone, a place in the message, nor anywhere
/// that only a base would say.
fn is_page(href: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        href.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && href.len() > scheme.len()
    }) && !href.chars().any(|c| c.is_control() || c == ' ')
}

/// The address with the campaign parameters that it does not have yet.
fn tagged(href: &str, utm: Option<&Utm>) -> String {
    let Some(utm) = utm else { return href.to_owned() };
    let (before, fragment) =
        href.split_once('#').map_or((href, None), |(before, after)| (before, Some(after)));
    let query = before.split_once('?').map_or("", |(_, query)| query);
    let mut out = before.to_owned();
    let all = [("utm_source", &utm.source), ("utm_medium", &utm.medium), ("utm_campaign", &utm.campaign)];
    for (name, value) in all {
        let known = query.split('&').any(|field| field.split('=').next() == Some(name));
        if let (Some(value), false) = (value, known) {
            let sign = if !out.contains('?') {
                "?"
            } else if out.ends_with(['?', '&']) {
                ""
            } else {
                "&"
            };
            let _ = write!(out, "{sign}{name}={}", percent(value));
        }
    }
    fragment.map_or_else(|| out.clone(), |fragment| format!("{out}#{fragment}"))
}

/// Percent-encoding of everything that is not unreserved (RFC 3986).
fn percent(text: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
