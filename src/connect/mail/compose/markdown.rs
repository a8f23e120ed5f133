//! Markdown as HTML. HTML in it is text, and links lead only where mail may lead: values of attributes are in it.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

/// Markdown (`CommonMark`), with tables and strikethrough. A line break in a paragraph stays one: people write mail that way.
pub(super) fn to_html(source: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let safe = Parser::new_ext(source, options).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::SoftBreak => Event::HardBreak,
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: safe(dest_url), title, id })
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Image { link_type, dest_url: safe(dest_url), title, id })
        }
        other => other,
    });
    let mut out = String::with_capacity(source.len() * 3 / 2);
    html::push_html(&mut out, safe);
    out
}

/// The same address, or none if it is of another kind than a page, a mailbox, a telephone or a picture in the message.
fn safe(url: CowStr<'_>) -> CowStr<'_> {
    let scheme: String = url.chars().take_while(|c| *c != ':').filter(|c| *c > ' ').collect();
    let known =
        ["http", "https", "mailto", "tel", "cid"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if known && url.contains(':') { url } else { "#".into() }
}
