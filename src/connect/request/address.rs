//! Where a request goes: base, path and query, joined.

use super::super::call::{Call, Sight, Unready};
use super::super::redact::Redactor;
use super::{With, args, path};
use crate::plan::Base;
use crate::plan::RequestPlan;
use crate::value::Value;
use url::Url;

/// The longest address, in bytes: what services take.
const LONGEST: usize = 8 << 10;

fn unfit(why: impl Into<String>) -> Unready {
    Unready::Unfit(why.into())
}

/// The base of the connector, without a `/` at its end.
pub(super) fn base(
    call: &Call<'_>,
    with: With<'_>,
    redactor: &mut Redactor,
) -> Result<Option<String>, Unready> {
    let connector = call.connector();
    if let Some(other) = connector.and_then(|connector| with.bases?.get(&connector.name)) {
        return Ok(Some(other.clone()));
    }
    Ok(match connector.and_then(|connector| connector.base.as_ref()) {
        None => None,
        Some(Base::Address(address)) => Some(address.to_string()),
        Some(Base::Secret(name)) => {
            let secret = with.secrets.secret(name)?;
            redactor.know_address(secret.expose().trim());
            Some(secret.expose().trim().to_owned())
        }
        Some(Base::Token(field)) => {
            let base = with.token.and_then(|token| token.field(field));
            let base = base.ok_or_else(|| unfit(format!("no `{field}` came with the access token")))?;
            Some(base.to_owned())
        }
    })
}

/// The whole address.
pub(super) fn url(sight: &Sight<'_>, base: Option<&str>, request: &RequestPlan) -> Result<Url, Unready> {
    let mut url = match base {
        Some(base) => join(parse(base)?, &path::path(sight, request.path)?)?,
        None => parse(&path::whole(sight, request.path)?)?,
    };
    for (name, arg) in &request.query {
        match args::value(sight, arg)? {
            Value::Missing => {}
            Value::List(items) => {
                url.query_pairs_mut().extend_pairs(items.iter().map(|item| (name, plain(item))));
            }
            value => {
                url.query_pairs_mut().append_pair(name, &plain(&value));
            }
        }
    }
    url.set_fragment(None);
    if url.as_str().len() > LONGEST {
        return Err(unfit("the address is longer than 8 KB"));
    }
    Ok(url)
}

/// A value as the text of a field.
pub(super) fn plain(value: &Value) -> String {
    if let Value::Map(_) = value { value.to_json_text() } else { value.to_string() }
}

/// An address of the web. The error shows nothing of it: it may be a secret.
fn parse(text: &str) -> Result<Url, Unready> {
    let url =
        Url::parse(text.trim()).map_err(|error| unfit(format!("the address can't be read: {error}")))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(unfit(format!("an address begins with `https://`, not `{}:`", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unfit("an address can't hold a user name or a password"));
    }
    Ok(url)
}

/// Puts a path, and the query behind it, behind a base; the base's own query stays.
fn join(mut base: Url, path: &str) -> Result<Url, Unready> {
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    if path.split(['/', '\\']).any(is_dots) {
        return Err(unfit("a path can't hold `.` or `..`"));
    }
    if !path.is_empty() {
        let slash = if path.starts_with('/') { "" } else { "/" };
        let joined = format!("{}{slash}{path}", base.path().trim_end_matches('/'));
        base.set_path(&joined);
    }
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        let both = base.query().map_or_else(|| query.to_owned(), |own| format!("{own}&{query}"));
        base.set_query(Some(&both));
    }
    Ok(base)
}

/// Whether a segment leads elsewhere, however its dots are written.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, path: &str) -> Result<String, Unready> {
        join(parse(base)?, path).map(|url| url.to_string())
    }

    #[test]
    fn a_path_goes_behind_its_base() {
        let cases = [
            ("https://a.example", "/x", "https://a.example/x"),
            ("https://a.example/v2/", "/x/y", "https://a.example/v2/x/y"),
            ("https://a.example/v2", "x", "https://a.example/v2/x"),
            ("https://a.example/hook?sig=1", "", "https://a.example/hook?sig=1"),
            ("https://a.example/hook?sig=1", "/x?y=2#z", "https://a.example/hook/x?sig=1&y=2"),
            ("https://a.example", "/a%2Fb", "https://a.example/a%2Fb"),
        ];
        for (base, path, expected) in cases {
            assert_eq!(joined(base, path).unwrap(), expected, "{base} {path}");
        }
    }

    #[test]
    fn no_path_leads_out_of_its_base() {
        for path in ["/../admin", "/x/%2E%2e/y", "/x/./y", "/x\\..\\y", ".."] {
            assert!(joined("https://a.example/v2", path).is_err(), "{path}");
        }
    }

    #[test]
    fn an_address_is_of_the_web_and_names_no_user() {
        for wrong in [
            "ftp://a.example",
            "file:///etc/passwd",
            "https://u:p@a.example",
            "https://a.example@b.example",
            "x",
            "https://",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
