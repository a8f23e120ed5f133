//! What went wrong on the way, in words, and whether anything was sent.
//!
//! In: an error of the HTTP client. Out: a [`Fault`] that names the host and nothing else of the address.

use super::super::attempt::Fault;
use super::resolve::NotAllowed;
use rustls::{CertificateError, Error as Tls};
use std::error::Error;
use std::io;
use std::time::Duration;
use url::Url;

impl Fault {
    /// The same fault in other words.
    pub(super) fn map(self, words: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Refused(reason) => Self::Refused(words(reason)),
            Self::Unreachable(reason) => Self::Unreachable(words(reason)),
            Self::Broken(reason) => Self::Broken(words(reason)),
        }
    }
}

/// What an error means.
pub(super) fn of(error: &reqwest::Error, url: &Url, timeout: Duration) -> Fault {
    let host = url.host_str().unwrap_or("the service");
    if let Some(NotAllowed(reason)) = find(error) {
        return Fault::Refused(reason.clone());
    }
    if let Some(tls) = find::<Tls>(error) {
        let why = format!("no safe connection to {host}: {}", tls_words(tls));
        return if error.is_connect() { Fault::Unreachable(why) } else { Fault::Broken(why) };
    }
    if error.is_connect() {
        let why = match find::<io::Error>(error) {
            _ if error.is_timeout() => "it did not answer in time".to_owned(),
            Some(error) => io_words(error),
            None => "the connection can't be made".to_owned(),
        };
        return Fault::Unreachable(format!("no connection to {host}: {why}"));
    }
    if error.is_timeout() {
        return Fault::Broken(format!("no answer of {host} within {} s", timeout.as_secs_f64()));
    }
    if error.is_builder() {
        return Fault::Refused("the request has a part that HTTP can't carry".into());
    }
    Fault::Broken(format!("the connection to {host} broke off before the whole answer was there"))
}

/// The first error of that kind among the causes.
fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find(inner)
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".into(),
        io::ErrorKind::TimedOut => "it did not answer in time".into(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "it broke off".into(),
        io::ErrorKind::UnexpectedEof => "it broke off".into(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "there is no way to it".into(),
        _ => error.to_string(),
    }
}

fn tls_words(error: &Tls) -> String {
    match error {
        Tls::InvalidCertificate(bad) => match bad {
            CertificateError::UnknownIssuer => {
                "its certificate is from no authority that is trusted (self-signed, or an authority missing in the settings)".into()
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".into(),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet".into()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name".into()
            }
            CertificateError::Revoked => "its certificate was revoked".into(),
            other => format!("its certificate is invalid: {other:?}"),
        },
        Tls::InvalidMessage(_) => "it does not speak TLS".into(),
        Tls::AlertReceived(alert) => format!("it refused the handshake: {alert:?}"),
        other => other.to_string(),
    }
}
