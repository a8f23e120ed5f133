//! Masking secrets in texts that came from elsewhere: answers, errors, addresses.
//!
//! In: the secrets that a request carries, in every form in which they were sent ([`Redactor::know`]). Out: texts
//! without them ([`Redactor::masked`]). Invariant: no known form of three or more bytes is left in what comes out.

use super::secret::{MASK, Secret};
use std::borrow::Cow;
use std::fmt;

/// Shorter texts are not looked for: they stand in every other text by chance.
const SHORTEST: usize = 3;

/// What must not be shown.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longer ones first, so that a secret inside another hides no part of it.
    forms: Vec<Secret>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({})", self.forms.len())
    }
}

impl Redactor {
    /// Takes a secret in, and the forms that it has in a URL, a form and in JSON.
    pub fn know(&mut self, secret: &str) {
        self.add(secret);
        self.add(
            &percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string(),
        );
        self.add(&url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>());
        if let Ok(json) = serde_json::to_string(secret) {
            self.add(json.trim_matches('"'));
        }
    }

    /// Takes an address in that is itself the secret: the whole, and what is behind its host.
    pub fn know_address(&mut self, address: &str) {
        self.know(address);
        let Ok(url) = url::Url::parse(address) else { return };
        self.know(url.as_str());
        let behind = &url[url::Position::BeforePath..];
        if behind.len() > 4 {
            self.know(behind);
        }
        url.query_pairs().filter(|(_, value)| value.len() >= 8).for_each(|(_, value)| self.know(&value));
        let segments = url.path_segments().into_iter().flatten();
        segments.filter(|segment| segment.len() >= 16).for_each(|segment| self.know(segment));
    }

    fn add(&mut self, form: &str) {
        if form.len() < SHORTEST || self.forms.iter().any(|known| known.expose() == form) {
            return;
        }
        let at = self.forms.partition_point(|known| known.expose().len() >= form.len());
        self.forms.insert(at, Secret::new(form));
    }

    /// Whether it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// Everything that another one knows, too.
    pub fn know_all(&mut self, other: &Self) {
        other.forms.iter().for_each(|form| self.add(form.expose()));
    }

    /// The text with a mask where a secret was.
    pub fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = Cow::Borrowed(text);
        for form in &self.forms {
            if shown.contains(form.expose()) {
                shown = Cow::Owned(shown.replace(form.expose(), MASK));
            }
        }
        shown
    }

    /// The first bytes of an answer as a text, masked: at most `most` bytes of it. All
    /// of it is masked first, so that no secret is cut in two.
    pub fn head(&self, bytes: &[u8], most: usize) -> String {
        let text = String::from_utf8_lossy(bytes);
        let masked = self.masked(&text);
        let mut end = masked.len().min(most);
        while !masked.is_char_boundary(end) {
            end -= 1;
        }
        let head = masked.get(..end).unwrap_or_default();
        head.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_masked() {
        let mut redactor = Redactor::default();
        redactor.know("pa ss/\"w+ord");
        for text in [
            "is pa ss/\"w+ord.",
            "q=pa+ss%2F%22w%2Bord",
            "q=pa%20ss%2F%22w%2Bord",
            r#"{"a":"pa ss/\"w+ord"}"#,
        ] {
            let masked = redactor.masked(text);
            assert!(masked.contains(MASK) && !masked.contains("ord"), "{masked}");
        }
    }

    #[test]
    fn an_address_is_masked_behind_its_host_as_well() {
        let mut redactor = Redactor::default();
        redactor.know_address("https://hooks.slack.com/services/T0/B0/abcdefghijklmnopqrstuvwx");
        let said = redactor
            .masked("POST /services/T0/B0/abcdefghijklmnopqrstuvwx: abcdefghijklmnopqrstuvwx is unknown");
        assert_eq!(said, format!("POST {MASK}: {MASK} is unknown"));
    }

    #[test]
    fn a_head_never_ends_inside_a_secret() {
        let mut redactor = Redactor::default();
        redactor.know("0123456789");
        let head = redactor.head(b"abcdefgh0123456789", 10);
        assert!(!head.contains("01"), "{head}");
    }
}
