//! Which addresses may be spoken to: public ones, and what the configuration allows besides.
//!
//! In: an address of the web, or the addresses that a name leads to. Out: those that may be connected to, or a refusal
//! in words. Invariant: what is checked is what is connected to (a name is looked up once, see `resolve`), so no name
//! can answer otherwise the second time. Requests go to where a workflow's author, or data, says: without this a
//! webhook could reach the machine's own services or a cloud's metadata.
//! Source: IANA's registries of special-purpose addresses (RFC 6890 and its updates).

use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// What may be reached besides public addresses.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    networks: Vec<IpNet>,
    hosts: Vec<String>,
}

/// A text that names neither a network nor a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadAllowed(pub String);

impl fmt::Display for BadAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is neither a network (`10.1.0.0/16`), nor an address, nor the name of a host", self.0)
    }
}

impl std::error::Error for BadAllowed {}

impl Allowed {
    /// Reads networks (`10.1.0.0/16`, `fd00::/8`), addresses and names of hosts.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, BadAllowed> {
        let mut allowed = Self::default();
        for text in texts {
            let text = text.trim();
            if let Ok(network) = text.parse::<IpNet>() {
                allowed.networks.push(network);
            } else if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
                allowed.networks.push(IpNet::from(address));
            } else {
                match Host::parse(text) {
                    Ok(Host::Domain(name)) if !name.is_empty() => allowed.hosts.push(bare(&name).to_owned()),
                    _ => return Err(BadAllowed(text.to_owned())),
                }
            }
        }
        Ok(allowed)
    }

    /// Whether this host is allowed by its name.
    pub fn host(&self, name: &str) -> bool {
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(bare(name)))
    }

    /// Whether this address is in an allowed network.
    pub fn network(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Whether this address may be connected to.
    pub fn address(&self, address: IpAddr) -> bool {
        is_public(address) || self.network(address)
    }
}

/// A name without the dot that ends it.
fn bare(name: &str) -> &str {
    name.trim_end_matches('.')
}

/// Whether a request may go to this address as far as can be told before its name is looked up; the error says why not.
/// `confidential`: a secret is in it, so it goes in the clear only to where the configuration allows.
pub fn check(url: &Url, allowed: &Allowed, confidential: bool) -> Result<(), String> {
    let host = url.host().ok_or("the address names no host")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address can't hold a user name or a password".into());
    }
    if url.port() == Some(0) {
        return Err("no service listens on port 0".into());
    }
    let trusted = match host {
        Host::Ipv4(address) => literal(address.into(), allowed)?,
        Host::Ipv6(address) => literal(address.into(), allowed)?,
        Host::Domain(name) => allowed.host(name) || is_local_name(name) && !allowed.networks.is_empty(),
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if trusted || !confidential => Ok(()),
        "http" => {
            Err("a secret can't go over plain http: use `https://`, or allow this host in the settings"
                .into())
        }
        other => Err(format!("an address begins with `https://`, not `{other}:`")),
    }
}

/// Names that always lead to this machine: their addresses are looked at all the same.
fn is_local_name(name: &str) -> bool {
    let name = bare(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether an address that stands in the URL itself is in an allowed network; an error if it may not be reached.
fn literal(address: IpAddr, allowed: &Allowed) -> Result<bool, String> {
    if allowed.address(address) { Ok(allowed.network(address)) } else { Err(refusal(&address.to_string())) }
}

/// Why a host is not spoken to.
pub(super) fn refusal(host: &str) -> String {
    format!("{host} is a private address: it is reached only if the settings allow its network or host")
}

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This host, private use, loopback.
        (0 | 10 | 127, _, _) => true,
        // Shared by carriers (100.64/10), private (172.16/12), benchmarks (198.18/15).
        (100, 64..=127, _) | (172, 16..=31, _) | (198, 18 | 19, _) => true,
        // Link-local, where clouds keep their metadata; private use.
        (169, 254, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, the old 6to4 relays.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast, reserved, broadcast.
        (224.., _, _) => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [first, second, ..] = segments;
    if let Some(inner) = embedded(segments) {
        return is_public_v4(inner);
    }
    // Global unicast is 2000::/3; of it not Teredo (2001::/32) and the other protocol assignments (2001::/23),
    // documentation (2001:db8::/32, 3fff::/20) and the retired 6bone.
    let special = match first {
        0x2001 => second < 0x0200 || second == 0x0db8,
        0x3fff => second < 0x1000,
        0x3ffe => true,
        _ => false,
    };
    first & 0xe000 == 0x2000 && !special
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64, 6to4.
fn embedded(segments: [u16; 8]) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => Some(of(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        // NAT64 of one's own network (64:ff9b:1::/48) leads wherever that network says.
        [0x64, 0xff9b, ..] => Some(Ipv4Addr::UNSPECIFIED),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let public = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "192.0.1.1", "223.255.255.255"];
        let public6 =
            ["2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"];
        for address in public.iter().chain(&public6) {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        let private = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::",
            "2001::1",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "3fff::1",
        ];
        for address in private {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    /// Odd ways to write an address of this machine or of a cloud's metadata, and to hide a host behind another.
    #[test]
    fn odd_forms_of_private_addresses_are_refused() {
        let refused = [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://0/",
            "http://169.254.169.254/latest",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://127.0.0.1./",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://user@8.8.8.8/",
            "http://a:b@8.8.8.8/",
            "http://8.8.8.8:0/",
            "ftp://8.8.8.8/",
            "http://１２７.0.0.1/",
            "http://127。0。0。1/",
        ];
        for text in refused {
            let url = Url::parse(text).unwrap();
            assert!(check(&url, &Allowed::default(), false).is_err(), "{text}");
        }
        for text in ["http://8.8.8.8/", "https://example.com:8443/x", "https://localhost./"] {
            assert_eq!(check(&Url::parse(text).unwrap(), &Allowed::default(), false), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_configuration_allows_networks_addresses_and_hosts() {
        let allowed = Allowed::parse(["10.1.0.0/16", "::1", "hooks.internal."]).unwrap();
        let check = |text: &str| check(&Url::parse(text).unwrap(), &allowed, true).is_ok();
        assert!(check("http://10.1.2.3/") && check("http://[::1]:80/") && check("http://Hooks.Internal/"));
        assert!(!check("http://10.2.0.1/") && !check("http://example.com/") && check("https://example.com/"));
        assert!(Allowed::parse(["10.0.0.0/33"]).is_err() && Allowed::parse([""]).is_err());
    }
}
