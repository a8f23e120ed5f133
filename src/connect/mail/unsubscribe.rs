//! Leaving a list: the headers `List-Unsubscribe` (RFC 2369) and `List-Unsubscribe-Post` (RFC 8058), and the request
//! that a mail program makes of them.
//!
//! Only a POST unsubscribes; whoever opens the address sees a page that asks, since scanners open every address.

use super::address::Address;

/// How to stop getting messages like this one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsubscribe {
    /// The page, with a token of [`super::token::Purpose::Unsubscribe`] in it.
    pub url: String,
    /// An address to write to instead.
    pub mailto: Option<Address>,
}

impl Unsubscribe {
    /// The headers. One click needs HTTPS, so a plain HTTP page is listed without it.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let url = self.url.trim();
        let is_url = url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ','));
        if !is_url || url.is_empty() {
            return Vec::new();
        }
        let mailto = self.mailto.iter().map(|to| format!(", <mailto:{to}?subject=unsubscribe>"));
        let list = format!("<{url}>{}", mailto.collect::<String>());
        let mut headers = vec![("List-Unsubscribe", list)];
        if url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) {
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
        }
        headers
    }
}

/// Whether the body of a POST is the one click of RFC 8058: a form, in either encoding, with
/// `List-Unsubscribe=One-Click` in it. A field's name is compared without regard to case, as mail programs are lax.
pub fn is_one_click(content_type: &str, body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    if let Some(boundary) = boundary(content_type) {
        return body.split(&format!("--{boundary}")).any(is_one_click_part);
    }
    body.trim().split('&').any(|field| {
        field.split_once('=').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("List-Unsubscribe") && value.eq_ignore_ascii_case("One-Click")
        })
    })
}

fn boundary(content_type: &str) -> Option<&str> {
    let mut parts = content_type.split(';').map(str::trim);
    parts.next().filter(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))?;
    let boundary = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value.trim_matches('"'))
    })?;
    (!boundary.is_empty()).then_some(boundary)
}

fn is_one_click_part(part: &str) -> bool {
    let Some((head, value)) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n")) else {
        return false;
    };
    let named = head.lines().any(|line| {
        let line = line.to_ascii_lowercase();
        line.starts_with("content-disposition:")
            && line.split(';').any(|field| {
                field.trim() == "name=\"list-unsubscribe\"" || field.trim() == "name=list-unsubscribe"
            })
    });
    named && value.trim().eq_ignore_ascii_case("One-Click")
}
