//! One request over the wire, once: no proxy, no redirect, no cookie, no compression; addresses vetted, answers capped.
//!
//! In: a [`Request`]. Out: the answer, read to its end or to [`MOST`], or the [`Fault`]. Invariant: neither an error nor
//! an answer that leaves here names an address or a secret that was in the request.

use super::super::answer::Response;
use super::super::attempt::Fault;
use super::super::judge::short;
use super::super::request::{Bases, Request, method_word};
use super::fault;
use super::guard::{self, Allowed};
use super::resolve::Vetting;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The most of an answer that is read, in bytes.
pub const MOST: usize = 1 << 20;

/// How long a connection, with its TLS, may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// How requests leave this machine.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What may be reached besides public addresses.
    pub allowed: Allowed,
    /// Certificates of authorities that are trusted besides the known ones, in PEM.
    pub authorities: Vec<u8>,
    /// Where connectors are, by name, if not where they say.
    pub bases: Bases,
}

/// Why nothing can be sent at all.
#[derive(Debug)]
pub struct NoClient(String);

impl fmt::Display for NoClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoClient {}

/// Sends requests. Cheap to clone; connections are shared.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    allowed: Arc<Allowed>,
    bases: Arc<Bases>,
}

impl Client {
    /// Makes one.
    pub fn new(settings: Settings) -> Result<Self, NoClient> {
        let allowed = Arc::new(settings.allowed);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&settings.authorities)?)
            .dns_resolver(Arc::new(Vetting { allowed: Arc::clone(&allowed) }))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .build();
        let http = http.map_err(|error| NoClient(format!("nothing can be sent: {}", error.without_url())))?;
        Ok(Self { http, allowed, bases: Arc::new(settings.bases) })
    }

    /// Where connectors are, if not where they say.
    pub fn bases(&self) -> &Bases {
        &self.bases
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: &Request) -> Result<Response, Fault> {
        guard::check(&request.url, &self.allowed, request.confidential).map_err(Fault::Refused)?;
        let said = |error: &reqwest::Error| fault::of(error, &request.url, request.timeout);
        let masked = |fault: Fault| fault.map(|reason| short(&request.redactor.masked(&reason)));
        let outgoing = self.outgoing(request)?;
        let mut answer = self.http.execute(outgoing).await.map_err(|error| masked(said(&error)))?;
        let (status, headers) = (answer.status().as_u16(), headers(&answer));
        let (mut body, mut whole) = (Vec::new(), true);
        while let Some(chunk) = answer.chunk().await.map_err(|error| masked(said(&error)))? {
            let room = MOST - body.len();
            body.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
            if chunk.len() > room {
                whole = false;
                break;
            }
        }
        Ok(Response::new(status, headers, body, whole))
    }

    fn outgoing(&self, request: &Request) -> Result<reqwest::Request, Fault> {
        let broken = |_| Fault::Refused("the request has a part that HTTP can't carry".into());
        let method = reqwest::Method::from_bytes(method_word(request.method).as_bytes());
        let method = method.map_err(|_| Fault::Refused("the request has no method".into()))?;
        let mut outgoing = self.http.request(method, request.url.clone()).timeout(request.timeout);
        for (name, value) in &request.headers {
            outgoing = outgoing.header(name.as_str(), value.as_bytes());
        }
        if let Some(body) = &request.body {
            outgoing = outgoing.body(body.clone());
        }
        outgoing.build().map_err(broken)
    }
}

/// The headers of an answer, as texts; one that is no text is left out.
fn headers(answer: &reqwest::Response) -> Vec<(String, String)> {
    let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    answer.headers().iter().filter_map(text).collect()
}

/// TLS by rustls with ring: the roots that are built in, those of the machine, and those of the settings.
fn tls(authorities: &[u8]) -> Result<rustls::ClientConfig, NoClient> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(authorities) {
        let added = certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
        added.map_err(|error| NoClient(format!("a certificate of the settings can't be used: {error}")))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| NoClient(format!("TLS can't be set up: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// A client for our own server, wherever it is: the same TLS, no proxy, no redirect; nothing is vetted, since a person
/// names the address.
pub fn to_our_own() -> Result<reqwest::Client, NoClient> {
    let built = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(&[])?)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .build();
    built.map_err(|error| NoClient(format!("nothing can be sent: {}", error.without_url())))
}
