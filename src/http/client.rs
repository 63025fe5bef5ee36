//! Who is behind a connection or a request: IPv6 by network, behind proxies by the header that they write.

use std::borrow::Cow;
use std::net::IpAddr;

use anyhow::{Context as _, ensure};
use axum::http::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv6Net};

/// Longest name of a client that a header may give.
const NAME_BYTES_MAX: usize = 64;
/// Most entries of a header that are looked at, from the last one on.
const HOPS_MAX: usize = 16;

/// Whoever is counted as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// An address, or the first one of a network.
    Address(IpAddr),
    /// What a proxy calls it.
    Name(Box<str>),
}

impl std::fmt::Display for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => write!(formatter, "{address}"),
            Self::Name(name) => write!(formatter, "{name}"),
        }
    }
}

/// How clients are told apart.
#[derive(Clone, Debug)]
pub struct ClientNetworks {
    header: Option<HeaderName>,
    proxies: Vec<IpNet>,
    hops: usize,
    ipv6_prefix: u8,
}

impl ClientNetworks {
    /// By the address of the connection alone.
    #[must_use]
    pub fn direct() -> Self {
        Self { header: None, proxies: Vec::new(), hops: 1, ipv6_prefix: 64 }
    }

    /// By a header as well, where the connection comes from one of some networks of proxies, `hops` of which stand one
    /// behind the other; IPv6 clients by their network of `ipv6_prefix` bits.
    ///
    /// # Errors
    /// When one of these cannot be; the message names the setting.
    pub fn new(header: &str, proxies: &[String], hops: usize, ipv6_prefix: u8) -> anyhow::Result<Self> {
        let name = match header {
            "" => None,
            name => Some(name.parse::<HeaderName>().with_context(|| {
                format!("answers.client_header = {name:?} is no header's name; write one such as \"x-forwarded-for\"")
            })?),
        };
        let proxies: Vec<IpNet> = proxies.iter().map(|text| network(text)).collect::<anyhow::Result<_>>()?;
        ensure!(
            name.is_none() || !proxies.is_empty(),
            "answers.client_header = {header:?} is believed only from your own proxies; name their networks in answers.proxies, such as [\"10.0.0.0/8\"]"
        );
        ensure!(
            (1..=HOPS_MAX).contains(&hops),
            "answers.proxy_hops = {hops} is not allowed; write 1 to {HOPS_MAX}"
        );
        ensure!(
            (16..=128).contains(&ipv6_prefix),
            "answers.client_ipv6_prefix = {ipv6_prefix} is not allowed; write 16 to 128"
        );
        Ok(Self { header: name, proxies, hops, ipv6_prefix })
    }

    /// The client of a connection; `None` for a proxy, which stands for many.
    #[must_use]
    pub fn of_connection(&self, peer: IpAddr) -> Option<Client> {
        (!self.is_proxy(peer)).then(|| self.address(peer))
    }

    /// The client of a request. A header counts only where a proxy of ours sent it: anybody can write one.
    #[must_use]
    pub fn of_request(&self, headers: &HeaderMap, peer: IpAddr) -> Client {
        let header = self.header.as_ref().filter(|_| self.is_proxy(peer));
        let named = header.and_then(|name| self.named(name, headers));
        named.unwrap_or_else(|| self.address(peer))
    }

    /// The client that the outermost of our proxies saw: each adds an entry at the end.
    fn named(&self, name: &HeaderName, headers: &HeaderMap) -> Option<Client> {
        // Whatever the client sent before it, what our proxy added at the end is readable.
        let values: Vec<Cow<'_, str>> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let entries = values.iter().rev().flat_map(|value| value.rsplit(','));
        // Where there are fewer entries than proxies, somebody went past the outer ones: the first entry is what ours saw.
        let entry = entries.map(str::trim).filter(|entry| !entry.is_empty()).take(self.hops).last()?;
        let entry = if name == "forwarded" { forwarded_for(entry)? } else { entry };
        let entry = entry.trim_matches('"');
        match address(entry) {
            Some(address) => Some(self.address(address)),
            None if entry.is_empty() => None,
            None => {
                let end = entry.floor_char_boundary(NAME_BYTES_MAX);
                Some(Client::Name(entry.get(..end)?.into()))
            }
        }
    }

    fn is_proxy(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.proxies.iter().any(|network| network.contains(&peer))
    }

    /// Who is behind an address: of IPv6 a customer has a whole network.
    fn address(&self, address: IpAddr) -> Client {
        Client::Address(within(address.to_canonical(), self.ipv6_prefix))
    }
}

/// The first address of an IPv6 address's network; an IPv4 address as it is.
fn within(address: IpAddr, ipv6_prefix: u8) -> IpAddr {
    match address {
        IpAddr::V6(six) => {
            IpAddr::V6(Ipv6Net::new(six, ipv6_prefix).map_or(six, |network| network.network()))
        }
        IpAddr::V4(_) => address,
    }
}

impl Client {
    /// The client in a wider network: one household or company may have a whole /48.
    #[must_use]
    pub fn site(&self) -> Self {
        match self {
            Self::Address(address) => Self::Address(within(*address, 48)),
            Self::Name(_) => self.clone(),
        }
    }
}

/// `10.0.0.0/8`, or one address.
fn network(text: &str) -> anyhow::Result<IpNet> {
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| single()).ok().with_context(|| {
        format!("answers.proxies holds {text:?}, which is no network; write one such as \"10.0.0.0/8\" or \"2001:db8::/32\"")
    })
}

/// The `for` of an entry of `Forwarded` (RFC 7239).
fn forwarded_for(entry: &str) -> Option<&str> {
    entry.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    })
}

/// An address with or without port, in or without brackets: `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1%eth0`.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = match entry.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if entry.matches(':').count() == 1 => entry.split_once(':')?.0,
        None => entry,
    };
    bare.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(networks: &ClientNetworks, headers: &[(&str, &str)], peer: &str) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        networks.of_request(&map, peer.parse().unwrap()).to_string()
    }

    fn behind(header: &str, hops: usize) -> ClientNetworks {
        ClientNetworks::new(header, &["10.0.0.0/8".to_owned(), "::1".to_owned()], hops, 64).unwrap()
    }

    #[test]
    fn a_header_counts_only_from_a_proxy_of_ours_and_only_where_the_settings_name_it() {
        let forged = [("x-forwarded-for", "6.6.6.6")];
        assert_eq!(client(&ClientNetworks::direct(), &forged, "10.1.2.3"), "10.1.2.3");
        assert_eq!(client(&behind("X-Forwarded-For", 1), &forged, "192.0.2.1"), "192.0.2.1");
        assert_eq!(client(&behind("X-Forwarded-For", 1), &forged, "10.1.2.3"), "6.6.6.6");
        assert_eq!(client(&behind("X-Forwarded-For", 1), &forged, "::ffff:10.1.2.3"), "6.6.6.6");
        assert_eq!(client(&behind("x-forwarded-for", 1), &[], "10.1.2.3"), "10.1.2.3");
        assert_eq!(behind("x-forwarded-for", 1).of_connection("10.1.2.3".parse().unwrap()), None);
        assert!(behind("x-forwarded-for", 1).of_connection("192.0.2.1".parse().unwrap()).is_some());
    }

    #[test]
    fn each_proxy_adds_an_entry_and_what_stands_before_ours_is_the_client_s_own_word() {
        let chain = [("x-forwarded-for", "6.6.6.6, 198.51.100.7"), ("x-forwarded-for", "10.9.9.9")];
        assert_eq!(client(&behind("x-forwarded-for", 1), &chain, "10.1.2.3"), "10.9.9.9");
        assert_eq!(client(&behind("x-forwarded-for", 2), &chain, "10.1.2.3"), "198.51.100.7");
        assert_eq!(client(&behind("x-forwarded-for", 9), &chain, "10.1.2.3"), "6.6.6.6");
        let forwarded =
            [("forwarded", "for=6.6.6.6;proto=http, proto=https;For=\"[2001:db8:1:2:3::4]:4711\"")];
        assert_eq!(client(&behind("forwarded", 1), &forwarded, "::1"), "2001:db8:1:2::");
        let mut odd = HeaderMap::new();
        let bytes = axum::http::HeaderValue::from_bytes(b"\xff\xfe, 198.51.100.7").unwrap();
        odd.append("x-forwarded-for", bytes);
        let seen = behind("x-forwarded-for", 1).of_request(&odd, "10.1.2.3".parse().unwrap());
        assert_eq!(seen.to_string(), "198.51.100.7");
        assert_eq!(client(&behind("forwarded", 1), &[("forwarded", "for=_gazonk")], "::1"), "_gazonk");
        assert_eq!(client(&behind("forwarded", 1), &[("forwarded", "proto=http")], "::1"), "::");
    }

    #[test]
    fn a_port_a_bracket_a_zone_and_another_address_of_the_network_make_no_other_client() {
        let seen =
            |value: &str| client(&behind("x-forwarded-for", 1), &[("x-forwarded-for", value)], "10.0.0.1");
        for value in [
            "192.0.2.1",
            "192.0.2.1:1",
            "192.0.2.1:65000",
            "\"192.0.2.1:80\"",
            "::ffff:192.0.2.1",
            "[::ffff:192.0.2.1]:9",
        ] {
            assert_eq!(seen(value), "192.0.2.1", "{value}");
        }
        for value in
            ["2001:db8:0:1::7", "[2001:db8:0:1:ffff::9]:80", "[2001:db8:0:1::8]", "2001:db8:0:1::7%eth0"]
        {
            assert_eq!(seen(value), "2001:db8:0:1::", "{value}");
        }
        assert_ne!(seen("2001:db8:0:2::7"), seen("2001:db8:0:1::7"));
        assert_eq!(seen(&"x".repeat(500)).len(), NAME_BYTES_MAX);
        let wide = ClientNetworks::new("", &[], 1, 48).unwrap();
        assert_eq!(client(&wide, &[], "2001:db8:0:2::7"), "2001:db8::");
        assert_eq!(Client::Address("2001:db8:0:2::7".parse().unwrap()).site().to_string(), "2001:db8::");
    }

    #[test]
    fn settings_that_cannot_be_are_named_with_what_to_write() {
        for (made, part) in [
            (ClientNetworks::new("x-forwarded-for", &[], 1, 64), "answers.proxies"),
            (ClientNetworks::new("no header", &[], 1, 64), "answers.client_header"),
            (ClientNetworks::new("", &["ten".to_owned()], 1, 64), "answers.proxies"),
            (ClientNetworks::new("", &[], 0, 64), "answers.proxy_hops"),
            (ClientNetworks::new("", &[], 1, 8), "answers.client_ipv6_prefix"),
        ] {
            let error = made.unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
