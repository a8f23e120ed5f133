//! The escaping itself: entities, percent-encoding, the schemes that a URL may have.

/// Schemes that a value may bring: none of them runs a script.
pub(super) fn is_safe_scheme(scheme: &str) -> bool {
    let scheme: String = scheme.chars().filter(|c| *c > ' ').flat_map(char::to_lowercase).collect();
    matches!(scheme.as_str(), "http" | "https" | "mailto" | "tel" | "sms" | "cid" | "webcal")
}

/// Writes a part of a URL: what may not stand in one is percent-encoded, the rest escaped as in every attribute.
pub(super) fn write_url(text: &str, markup: bool, out: &mut String) {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c) {
            encoded.push(c);
        } else {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| percent(byte, &mut encoded));
        }
    }
    escape_into(&encoded, markup, out);
}

/// Appends `%XX`.
pub(in crate::template) fn percent(byte: u8, out: &mut String) {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
    out.push('%');
    out.push(digit(byte >> 4));
    out.push(digit(byte & 15));
}

/// Appends text as HTML. With `once`, what is an entity already stays one.
pub(in crate::template) fn escape_into(text: &str, once: bool, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, tail) = rest.split_at_checked(at).unwrap_or_default();
        out.push_str(before);
        out.push_str(match tail.as_bytes().first() {
            Some(b'&') if once && is_entity(tail) => "&",
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&#39;",
        });
        rest = tail.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// The longest name of an entity that is looked for.
const LONGEST_ENTITY: usize = 32;

fn is_entity(text: &str) -> bool {
    let inside = |bytes: &mut dyn Iterator<Item = u8>, fits: fn(&u8) -> bool| {
        let mut count = 0;
        let end = bytes.take(LONGEST_ENTITY).find(|byte| {
            count += 1;
            !fits(byte)
        });
        end == Some(b';') && count > 1
    };
    let mut bytes = text.bytes().skip(1).peekable();
    if bytes.next_if_eq(&b'#').is_some() {
        return inside(&mut bytes, u8::is_ascii_digit);
    }
    inside(&mut bytes, u8::is_ascii_alphabetic)
}
