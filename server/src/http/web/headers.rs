//! What a browser may do with the web client, and with anything that is passed off as it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use restante_wire::fault;

/// Nothing but this relay, and no text that becomes a program or a page. `blob:` is what the client
/// decrypted itself: pictures and voices.
///
/// `wasm-unsafe-eval` lets WebAssembly be compiled, and nothing else. Styles stand in files alone.
/// `trusted-types` names the one policy of the client, which lets its own worker be started.
///
/// **Source**: <https://www.w3.org/TR/CSP3/>, <https://www.w3.org/TR/trusted-types/>
const POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; \
    worker-src 'self'; \
    style-src 'self'; \
    img-src 'self' blob:; \
    media-src 'self' blob:; \
    connect-src 'self'; \
    manifest-src 'self'; \
    base-uri 'none'; \
    form-action 'none'; \
    frame-ancestors 'none'; \
    require-trusted-types-for 'script'; \
    trusted-types default";

/// What the client asks of the machine: the microphone, when somebody records, and nothing else.
const PERMISSIONS: &str = "microphone=(self), camera=(), geolocation=(), display-capture=(), \
    usb=(), serial=(), payment=(), browsing-topics=()";

/// A year: the name changes with the content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Asked for anew each time; [`header::ETAG`] makes that cheap.
const ASK_AGAIN: &str = "no-cache";

/// Of every answer that a browser may show or run.
pub(super) fn of_a_page() -> HeaderMap {
    let fields: [(HeaderName, &str); 7] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (header::CACHE_CONTROL, ASK_AGAIN),
    ];
    let fields = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
    let mut headers: HeaderMap = fields.into_iter().collect();
    if fault::planted("page_without_policy") {
        headers.remove(header::CONTENT_SECURITY_POLICY);
    }
    headers
}

/// Of a file of the client.
pub(super) fn of_a_file(is_hashed: bool, is_packed: bool) -> HeaderMap {
    let mut headers = of_a_page();
    if is_hashed {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    }
    if is_packed {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    headers
}
