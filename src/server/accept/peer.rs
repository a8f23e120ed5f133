//! Who is at the other end of a connection.

use crate::connect::guard::Allowed;
use axum::http::HeaderMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Where a connection comes from, and which proxies are believed when they say for whom they ask.
#[derive(Clone, Debug)]
pub struct Peer {
    from: IpAddr,
    proxies: Arc<Allowed>,
}

impl Peer {
    /// Of a connection.
    pub fn new(from: SocketAddr, proxies: Arc<Allowed>) -> Self {
        Self { from: from.ip().to_canonical(), proxies }
    }

    /// Whoever asks, as one for whom is counted: an address, or the first 64 bits of one that a house has many of.
    ///
    /// Behind proxies that are believed it is the last address of `X-Forwarded-For` that is none of theirs: what stands
    /// before it the client may have made up.
    pub fn client(&self, headers: &HeaderMap) -> IpAddr {
        let named = headers.get_all("x-forwarded-for").iter().rev();
        let named = named.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(','));
        let mut client = self.from;
        for name in named {
            if !self.proxies.network(client) {
                break;
            }
            let Ok(address) = name.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
        }
        counted(client)
    }
}

fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_that_are_believed_say_for_whom_they_ask() {
        let proxies = Arc::new(Allowed::parse(["10.0.0.0/8"]).unwrap());
        let client = |from: &str, named: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", named.parse().unwrap());
            let from = SocketAddr::new(from.parse().unwrap(), 1);
            Peer::new(from, Arc::clone(&proxies)).client(&headers).to_string()
        };
        assert_eq!(client("10.0.0.1", "1.1.1.1, 192.0.2.7"), "192.0.2.7");
        assert_eq!(client("10.0.0.1", "192.0.2.7, 10.0.0.2"), "192.0.2.7");
        assert_eq!(client("192.0.2.9", "192.0.2.7"), "192.0.2.9", "whom nobody knows is not believed");
        assert_eq!(client("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(client("2001:db8:1:2:3:4:5:6", ""), "2001:db8:1:2::");
    }
}
