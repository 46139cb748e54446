//! Base URLs of relays.

use std::net::IpAddr;

use restante_wire::limits;

use crate::{Error, ErrorKind, platform::parse_url};

/// Checks what a person typed and gives the form that certificates carry: scheme and host in lower
/// case, no trailing slash. Without a scheme, `https` is meant.
///
/// # Errors
/// `bad_input` if it is no base URL, or one whose traffic would cross a network in the clear:
/// `http` goes to this machine only.
pub fn normalise_relay(typed: &str) -> Result<String, Error> {
    let refused = || Error::new(ErrorKind::BadInput);
    let typed = typed.trim();
    let with_scheme = if typed.contains("://") {
        typed.to_owned()
    } else {
        format!("https://{typed}")
    };
    let url = parse_url(&with_scheme).ok_or_else(refused)?;
    let scheme_is_safe = match &*url.scheme {
        "https" => true,
        "http" => is_loopback(&url.host),
        _ => false,
    };
    let has_extras = url.has_user || url.written.contains(['?', '#']);
    if !scheme_is_safe || has_extras {
        return Err(refused());
    }
    let normalised = url.written.trim_end_matches('/').to_owned();
    if normalised.len() > limits::MAX_RELAY_URL {
        return Err(refused());
    }
    Ok(normalised)
}

/// The WebSocket URL of a path at a relay.
pub(crate) fn stream_url(relay: &str, path: &str) -> String {
    let relay = relay
        .strip_prefix("http")
        .map_or_else(|| relay.to_owned(), |rest| format!("ws{rest}"));
    format!("{relay}{path}")
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_urls_become_one_form() {
        for (typed, expected) in [
            ("Relay.Example", "https://relay.example"),
            ("https://relay.example/", "https://relay.example"),
            ("https://relay.example:443", "https://relay.example"),
            (
                " https://relay.example/chat/ ",
                "https://relay.example/chat",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(normalise_relay(typed).unwrap(), expected);
        }
    }

    #[test]
    fn urls_that_would_leak_or_mislead_are_refused() {
        for typed in [
            "",
            "http://relay.example",
            "http://192.168.1.2:8080",
            "ftp://relay.example",
            "https://user:secret@relay.example",
            "https://relay.example/?a=b",
            "https://relay.example/#a",
            "not a url",
        ] {
            assert_eq!(
                normalise_relay(typed).unwrap_err().kind,
                ErrorKind::BadInput,
                "{typed}"
            );
        }
    }

    #[test]
    fn streams_take_the_scheme_that_fits() {
        assert_eq!(
            stream_url("https://a.example", "/v1/stream"),
            "wss://a.example/v1/stream"
        );
        assert_eq!(
            stream_url("http://[::1]:1", "/v1/stream"),
            "ws://[::1]:1/v1/stream"
        );
    }
}
