//! URLs by a library.

use crate::platform::Url;

/// Reads a URL; none that names no host.
pub(crate) fn parse_url(typed: &str) -> Option<Url> {
    let url = url::Url::parse(typed).ok()?;
    Some(Url {
        scheme: url.scheme().to_owned(),
        host: url.host_str()?.to_owned(),
        has_user: !url.username().is_empty() || url.password().is_some(),
        written: url.into(),
    })
}
