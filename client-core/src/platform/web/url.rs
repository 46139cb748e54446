//! URLs by the browser.

use crate::platform::Url;

/// Reads a URL; none that names no host.
pub(crate) fn parse_url(typed: &str) -> Option<Url> {
    let url = web_sys::Url::new(typed).ok()?;
    let host = url.hostname();
    (!host.is_empty()).then(|| Url {
        scheme: url.protocol().trim_end_matches(':').to_owned(),
        host,
        has_user: !url.username().is_empty() || !url.password().is_empty(),
        written: url.href(),
    })
}
