//! Whose request it is when proxies stand in front of the relay.
//!
//! `X-Forwarded-For` and `Forwarded` (RFC 7239) are believed only as far as configured proxies wrote
//! them: read from the right, the first address that is not such a proxy is the caller. Anything
//! else in these headers is the caller's own invention.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::rate_limit::ClientAddress;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Most hops that are looked at.
const MAX_HOPS: usize = 16;

/// The proxies an operator trusts.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// From the configuration.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether this address is one of theirs.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The caller, as far as it can be known.
    #[must_use]
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut caller = peer;
        if self.contain(peer) {
            for hop in hops(headers).into_iter().rev().take(MAX_HOPS) {
                let Some(address) = hop else { break };
                caller = address;
                if !self.contain(address) {
                    break;
                }
            }
        }
        ClientAddress::of(caller)
    }
}

/// The hops of the one header that is there, in the order in which they were written; none for a
/// hop that hides its address. With both headers, `X-Forwarded-For` counts: proxies that write
/// `Forwarded` strip the other one, while the reverse is not so.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let listed = |name: &HeaderName| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    if headers.contains_key(&X_FORWARDED_FOR) {
        return listed(&X_FORWARDED_FOR)
            .iter()
            .map(|hop| parse(hop))
            .collect();
    }
    listed(&header::FORWARDED)
        .iter()
        .map(|hop| {
            hop.split(';')
                .filter_map(|pair| pair.trim().split_once('='))
                .find(|(name, _)| name.eq_ignore_ascii_case("for"))
                .and_then(|(_, node)| parse(node.trim_matches('"')))
        })
        .collect()
}

/// An address with or without a port, IPv6 with or without brackets.
fn parse(node: &str) -> Option<IpAddr> {
    node.parse()
        .or_else(|_| node.parse::<SocketAddr>().map(|with_port| with_port.ip()))
        .or_else(|_| node.trim_start_matches('[').trim_end_matches(']').parse())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(peer: &str, name: &'static str, value: &str) -> ClientAddress {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        proxies.caller(peer.parse().unwrap(), &headers)
    }

    fn of(address: &str) -> ClientAddress {
        ClientAddress::of(address.parse().unwrap())
    }

    #[test]
    fn a_stranger_cannot_claim_another_address() {
        assert!(caller("192.0.2.1", "x-forwarded-for", "198.51.100.7") == of("192.0.2.1"));
        assert!(caller("192.0.2.1", "forwarded", "for=198.51.100.7") == of("192.0.2.1"));
    }

    #[test]
    fn a_trusted_proxy_names_the_caller() {
        assert!(caller("10.0.0.1", "x-forwarded-for", "198.51.100.7") == of("198.51.100.7"));
        let forwarded = r#"for="[2001:db8::1]:4711";proto=https"#;
        assert!(caller("10.0.0.1", "forwarded", forwarded) == of("2001:db8::1"));
    }

    #[test]
    fn what_the_caller_wrote_before_the_proxy_is_not_believed() {
        let header = "203.0.113.9, 198.51.100.7, 10.1.1.1";
        assert!(caller("10.0.0.1", "x-forwarded-for", header) == of("198.51.100.7"));
    }

    #[test]
    fn garbage_counts_for_the_last_hop_that_is_known() {
        assert!(caller("10.0.0.1", "x-forwarded-for", "not an address") == of("10.0.0.1"));
        assert!(caller("10.0.0.1", "forwarded", "for=_hidden, for=10.2.2.2") == of("10.2.2.2"));
    }

    #[test]
    fn neighbours_in_one_ipv6_prefix_are_one_caller() {
        assert!(of("2001:db8::1") == of("2001:db8::2"));
        assert!(of("2001:db8:0:1::1") != of("2001:db8::1"));
        assert!(of("::ffff:192.0.2.1") == of("192.0.2.1"));
        assert!(of("192.0.2.1") != of("192.0.2.2"));
    }
}
