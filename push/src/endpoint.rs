//! Which URLs of Web Push this relay talks to.
//!
//! Endpoints come from strangers: without these rules a relay would knock at whatever they name, its
//! own network included. A URL must be https and lead to a public address; names are checked after
//! they were resolved ([`crate::http`] connects to the very addresses that were checked), redirects
//! are not followed. Source: RFC 8030 section 8, RFC 6890 and IANA's special-purpose registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// An endpoint that this relay does not talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadEndpoint {
    /// Not a URL, or one with a user name, a password or a fragment.
    #[error("not a plain URL")]
    Malformed,
    /// Another scheme than https.
    #[error("not https")]
    Scheme,
    /// An address that is not public.
    #[error("not a public address")]
    Private,
}

/// Who may be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, by https.
    Public,
    /// Everybody, by http too: for laboratories.
    Laboratory,
}

/// Checks an endpoint as far as that is possible before its name is resolved.
///
/// # Errors
/// A [`BadEndpoint`]; the subscription is of no use here.
pub fn check(endpoint: &str, reach: Reach) -> Result<Url, BadEndpoint> {
    let url = Url::parse(endpoint).map_err(|_| BadEndpoint::Malformed)?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && url.host().is_some();
    if !is_plain {
        return Err(BadEndpoint::Malformed);
    }
    match (url.scheme(), reach) {
        ("https", _) | ("http", Reach::Laboratory) => {}
        _ => return Err(BadEndpoint::Scheme),
    }
    // A literal address is never resolved, so no resolver could refuse it.
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    match literal {
        Some(address) if reach == Reach::Public && !is_public(address) => Err(BadEndpoint::Private),
        _ => Ok(url),
    }
}

/// Whether an address is reachable for everybody on the Internet and is one machine's.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match (a, b, c) {
        // "This network"; shared by providers (RFC 6598); protocol assignments; anycast of 6to4;
        // benchmarks; multicast, reserved and broadcast.
        (0, ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) => true,
        (224.., ..) => true,
        _ => false,
    };
    !(is_special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let [p, q] = high.to_be_bytes();
        let [r, s] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(p, q, r, s))
    };
    match (a, b) {
        // IPv4-mapped addresses and translated ones lead to the address inside.
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => embedded(g, h),
        (0x0064, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => embedded(g, h),
        (0x2002, _) => embedded(b, c),
        // Teredo and other protocol assignments, documentation.
        (0x2001, 0..=0x01ff | 0x0db8) | (0x3fff, 0..=0x0fff) => false,
        // All other global unicast.
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_to_public_hosts_is_taken() {
        for good in [
            "https://updates.push.services.mozilla.com/wpush/v2/abc",
            "https://fcm.googleapis.com/fcm/send/abc",
            "https://ntfy.example:8443/up?up=1",
            "https://93.184.215.14/x",
            "https://[2606:4700::1111]/x",
        ] {
            assert!(check(good, Reach::Public).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://push.example/x", BadEndpoint::Scheme),
            ("ftp://push.example/x", BadEndpoint::Scheme),
            ("file:///etc/passwd", BadEndpoint::Malformed),
            ("https://user@push.example/", BadEndpoint::Malformed),
            ("https://push.example/#x", BadEndpoint::Malformed),
            ("push.example", BadEndpoint::Malformed),
            ("https://127.0.0.1/x", BadEndpoint::Private),
            ("https://2130706433/x", BadEndpoint::Private),
            ("https://0x7f.1/x", BadEndpoint::Private),
            ("https://[::1]/x", BadEndpoint::Private),
            ("https://[::ffff:10.0.0.1]/x", BadEndpoint::Private),
        ] {
            assert_eq!(check(bad, Reach::Public), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_laboratory_lifts_the_rules_but_not_the_form() {
        assert!(check("http://127.0.0.1:9/x", Reach::Laboratory).is_ok());
        let file = check("file:///etc/passwd", Reach::Laboratory);
        assert_eq!(file, Err(BadEndpoint::Malformed));
    }

    #[test]
    fn addresses_that_are_not_one_public_machine_are_known() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:192.168.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "3fff::1",
            "4000::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
