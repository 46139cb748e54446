//! Whether two base URLs name one relay.

// Of `core`: an address is a name here, and there are no sockets.
use core::net::IpAddr;

/// Whether a person registered at `theirs` is at the relay that this client calls `ours`. Other names
/// are other relays, but for this machine: it has several names, and what is sent to any of them stays
/// on it.
pub(super) fn is_same_relay(ours: &str, theirs: &str) -> bool {
    ours == theirs || loopback_port(ours).is_some_and(|port| loopback_port(theirs) == Some(port))
}

/// The port of an `http` relay on this machine.
fn loopback_port(relay: &str) -> Option<&str> {
    let (host, port) = relay.strip_prefix("http://")?.rsplit_once(':')?;
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = address
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    (host == "localhost" || is_loopback).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_many_names_and_others_have_one() {
        let here = "http://127.0.0.1:8080";
        for name in [here, "http://localhost:8080", "http://[::1]:8080"] {
            assert!(
                is_same_relay(here, name) && is_same_relay(name, here),
                "{name}"
            );
        }
        for other in [
            "http://localhost:8081",
            "https://localhost:8080",
            "http://localhost.example:8080",
            "http://10.0.0.1:8080",
            "http://localhost:8080/path",
            "https://relay.example",
        ] {
            assert!(!is_same_relay(here, other), "{other}");
        }
        assert!(!is_same_relay(
            "https://relay.example",
            "https://relay.example:8443"
        ));
    }
}
