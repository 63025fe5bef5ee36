//! How often a client may ask.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;

use anyhow::Context as _;
use axum::http::HeaderMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::answers::AnswersConfig;

/// Most clients that are told apart; beyond, new ones share one limit until others are forgotten.
const CLIENTS_MAX: usize = 100_000;
/// Longest name of a client that a header may give.
const NAME_BYTES_MAX: usize = 64;

/// The limits per client.
#[derive(Debug)]
pub(super) struct Clients {
    limiter: DefaultKeyedRateLimiter<String>,
    header: String,
}

impl Clients {
    pub(super) fn new(config: &AnswersConfig) -> anyhow::Result<Self> {
        let per_minute =
            NonZeroU32::new(config.client_per_minute).context("answers.client_per_minute = 0")?;
        let burst = NonZeroU32::new(config.client_burst).context("answers.client_burst = 0")?;
        let quota = Quota::per_minute(per_minute).allow_burst(burst);
        Ok(Self { limiter: RateLimiter::keyed(quota), header: config.client_header.to_lowercase() })
    }

    /// The client of a request. A header counts only where the settings name it: anybody can write one.
    pub(super) fn name(&self, headers: &HeaderMap, address: SocketAddr) -> String {
        if !self.header.is_empty()
            && let Some(value) = headers.get_all(self.header.as_str()).iter().next_back()
            && let Some(last) = value.to_str().ok().and_then(|value| value.rsplit(',').next())
        {
            // The last entry is the one that our own proxy added.
            let mut name = last.trim().to_owned();
            name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
            return name;
        }
        network(address.ip()).to_string()
    }

    /// Lets a client ask, or says after how many seconds it may.
    pub(super) fn admit(&self, client: &str) -> Result<(), u64> {
        let name = if self.limiter.len() < CLIENTS_MAX { client } else { "" };
        self.limiter
            .check_key(&name.to_owned())
            .map_err(|later| later.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    }

    /// Forgets clients that asked nothing lately.
    pub(super) fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Who is behind an address: of IPv6 a customer has a whole network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(mapped) => IpAddr::V4(mapped),
            None => IpAddr::V6(Ipv6Addr::from(u128::from(six) & !u128::from(u64::MAX))),
        },
        IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn clients(header: &str) -> Clients {
        let config = AnswersConfig { client_header: header.into(), ..*Config::defaults().unwrap().answers };
        Clients::new(&config).unwrap()
    }

    #[test]
    fn a_client_is_limited_and_others_are_not() {
        let clients = clients("");
        assert!((0..5).all(|_| clients.admit("a").is_ok()));
        assert!(clients.admit("a").is_err_and(|wait| (1..=4).contains(&wait)));
        assert!(clients.admit("b").is_ok());
    }

    #[test]
    fn a_header_names_the_client_only_where_the_settings_say_so_and_its_last_entry_counts() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 10.1.2.3".parse().unwrap());
        let address = "192.0.2.1:80".parse().unwrap();
        assert_eq!(clients("").name(&headers, address), "192.0.2.1");
        assert_eq!(clients("X-Forwarded-For").name(&headers, address), "10.1.2.3");
        let six = |text: &str| clients("").name(&HeaderMap::new(), text.parse().unwrap());
        assert_eq!(six("[2001:db8:0:1::7]:80"), six("[2001:db8:0:1:ffff::9]:80"));
        assert_eq!(six("[::ffff:192.0.2.1]:80"), "192.0.2.1");
    }
}
