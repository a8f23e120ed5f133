//! Addresses and the names beside them, fit for an envelope and a header.
//!
//! In: text from attributes, settings and people. Out: an [`Address`] whose domain is ASCII (IDN as `xn--…`), a
//! [`Mailbox`] whose name is one line. Invariant: neither can hold a line break, so neither can begin a header.
//! Not here: whether anybody reads mail there; the address type of the language (`value::text::email`), which is wider.

use std::fmt;

/// An address that mail can be sent to.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(lettre::Address);

/// Why a text is no address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadAddress {
    text: String,
    why: &'static str,
}

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no e-mail address: {}", one_line(&self.text), self.why)
    }
}

impl std::error::Error for BadAddress {}

impl Address {
    /// Reads `local@domain`; an international domain becomes its ASCII form. The local part may be international too
    /// (RFC 6531), but only a mail server with SMTPUTF8 takes it then.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let bad = |why| BadAddress { text: text.chars().take(100).collect(), why };
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(bad("it has white space or control characters in it"));
        }
        let (local, domain) = text.rsplit_once('@').ok_or_else(|| bad("there is no `@` in it"))?;
        let domain = ascii_domain(domain).ok_or_else(|| bad("what follows the `@` is no domain"))?;
        lettre::Address::new(local, domain).map(Self).map_err(|error| {
            bad(match error {
                lettre::address::AddressError::InvalidUser => {
                    "what stands before the `@` is not allowed there"
                }
                _ => "what follows the `@` is no domain",
            })
        })
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        self.0.user()
    }

    /// What follows the `@`, in ASCII.
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    /// The same, for lettre.
    pub(super) fn lettre(&self) -> lettre::Address {
        self.0.clone()
    }
}

/// A domain in its ASCII form; an address literal (`[127.0.0.1]`) as it is. `None`: it is none.
pub(super) fn ascii_domain(domain: &str) -> Option<String> {
    if domain.starts_with('[') {
        return Some(domain.to_owned());
    }
    let ascii = idna::domain_to_ascii_strict(domain).or_else(|_| idna::domain_to_ascii(domain)).ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let fits = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(plain);
    (ascii.len() <= 253 && ascii.split('.').all(fits)).then_some(ascii)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// An address with the name of whom it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox {
    name: Option<String>,
    /// The address.
    pub address: Address,
}

impl Mailbox {
    /// A name, which is made one line, and an address.
    pub fn new(name: Option<&str>, address: Address) -> Self {
        let name = name.map(one_line).filter(|name| !name.is_empty());
        Self { name, address }
    }

    /// Reads `Acme <team@acme.com>`, `"Acme, Inc." <team@acme.com>` or a bare address.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        let Some((name, rest)) = text.rsplit_once('<') else {
            return Ok(Self::new(None, Address::parse(text)?));
        };
        let Some(address) = rest.strip_suffix('>') else {
            let text = text.chars().take(100).collect();
            return Err(BadAddress { text, why: "there is a `<` without a `>` at the end" });
        };
        let name = name.trim();
        let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        let name =
            quoted.map_or_else(|| name.to_owned(), |name| name.replace("\\\"", "\"").replace("\\\\", "\\"));
        Ok(Self::new(Some(&name), Address::parse(address)?))
    }

    /// The name, one line.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// As the services' own interfaces want it: `"Acme, Inc." <team@acme.com>`, or the address alone.
impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => {
                write!(f, "\"{}\" <{}>", name.replace('\\', "\\\\").replace('"', "\\\""), self.address)
            }
            None => self.address.fmt(f),
        }
    }
}

/// A text as one line: each run of white space and control characters is one space, none at the ends.
pub fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_whitespace() || c.is_control();
    text.split(breaks).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
