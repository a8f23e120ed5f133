//! Names looked up once, and only what may be reached handed on: the connection goes to the very addresses checked.

use super::guard::{Allowed, refusal};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// A resolver that hands on public addresses alone, and what the configuration allows.
pub(super) struct Vetting {
    pub allowed: Arc<Allowed>,
}

/// None of a name's addresses may be reached.
#[derive(Debug)]
pub(super) struct NotAllowed(pub String);

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAllowed {}

impl Resolve for Vetting {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(vetted(host, found, &allowed)?)
        })
    }
}

/// Those of a host's addresses that may be reached.
fn vetted(host: &str, found: Vec<SocketAddr>, allowed: &Allowed) -> Result<Addrs, NotAllowed> {
    if allowed.host(host) {
        return Ok(Box::new(found.into_iter()));
    }
    let good: Vec<SocketAddr> = found.into_iter().filter(|address| allowed.address(address.ip())).collect();
    if good.is_empty() {
        return Err(NotAllowed(refusal(host)));
    }
    Ok(Box::new(good.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vet(host: &str, addresses: &[&str], allowed: &[&str]) -> Option<Vec<String>> {
        let found = addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect();
        let allowed = Allowed::parse(allowed.iter().copied()).unwrap();
        vetted(host, found, &allowed)
            .ok()
            .map(|found| found.map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn only_what_may_be_reached_is_handed_on() {
        assert_eq!(vet("a.example", &["8.8.8.8", "127.0.0.1"], &[]), Some(vec!["8.8.8.8".into()]));
        assert_eq!(vet("a.example", &["10.0.0.1", "::1", "169.254.169.254"], &[]), None);
        assert_eq!(vet("a.example", &["10.0.0.1"], &["10.0.0.0/8"]), Some(vec!["10.0.0.1".into()]));
        assert_eq!(vet("a.example", &["10.0.0.1"], &["A.example."]), Some(vec!["10.0.0.1".into()]));
    }
}
