//! How a mail server is reached.

use super::super::address::ascii_domain;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// Encryption of the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte (port 465).
    Implicit,
    /// `STARTTLS`, required (port 587).
    StartTls,
    /// None. Without more ado to this machine alone.
    None,
}

/// How one proves who one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// PLAIN, or LOGIN where the server knows no other.
    Password,
    /// XOAUTH2, with an access token (Gmail, Microsoft 365).
    XOAuth2,
}

/// How a mail server is reached.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Encryption.
    pub tls: Tls,
    /// Whether `Tls::None` is meant for a host that is not this machine.
    pub unencrypted: bool,
    /// The user, and how it proves itself; none: no AUTH.
    pub user: Option<(String, Authentication)>,
    /// What this machine calls itself in EHLO; none: its host name.
    pub hello: Option<String>,
    /// The most connections at one time.
    pub connections: usize,
    /// Certificates of authorities that are trusted besides the known ones, in PEM.
    pub authorities: Vec<u8>,
    /// How long connecting, and each answer but the last, may take.
    pub timeout: Duration,
}

/// Settings that can't work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadSmtp {
    /// The host is no name and no address.
    Host,
    /// A certificate can't be used: why.
    Certificate(String),
    /// No encryption to another machine.
    Unencrypted,
    /// A password would go unencrypted to another machine.
    PasswordInTheOpen,
    /// No connections at all.
    NoConnections,
}

impl fmt::Display for BadSmtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("the mail server's `host` is neither a name nor an address"),
            Self::Certificate(why) => write!(f, "a certificate for the mail server can't be used: {why}"),
            Self::Unencrypted => f.write_str(
                "`tls = \"none\"` sends mail in the open to another machine; use `starttls`, or say `unencrypted = true`",
            ),
            Self::PasswordInTheOpen => f.write_str("a password would go in the open to another machine; use `starttls`"),
            Self::NoConnections => f.write_str("`connections` has to be at least 1"),
        }
    }
}

impl std::error::Error for BadSmtp {}

impl SmtpSettings {
    /// Checks the settings; the parameters of TLS, if there is any.
    pub(in super::super) fn check(&self) -> Result<Option<TlsParameters>, BadSmtp> {
        let host = ascii_domain(&self.host).filter(|host| !host.is_empty()).ok_or(BadSmtp::Host)?;
        if self.connections == 0 {
            return Err(BadSmtp::NoConnections);
        }
        if self.tls == Tls::None {
            return match self.is_loopback() {
                true => Ok(None),
                false if !self.unencrypted => Err(BadSmtp::Unencrypted),
                false if self.user.is_some() => Err(BadSmtp::PasswordInTheOpen),
                false => Ok(None),
            };
        }
        let bad = |error: lettre::transport::smtp::Error| BadSmtp::Certificate(error.to_string());
        let mut tls = TlsParameters::builder(host);
        if !self.authorities.is_empty() {
            tls = tls.add_root_certificate(Certificate::from_pem(&self.authorities).map_err(bad)?);
        }
        tls.build().map(Some).map_err(bad)
    }

    /// Whether the host is this machine, by its name or address alone.
    fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}
