//! The web client over a relay's routes: what is answered for which path, how it may be kept, and
//! what a page of the relay may do. The files are a small client of this test's own.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, Method, Request, StatusCode, header},
};
use restante_server::http::web;
use rust_embed::RustEmbed;
use tower_service::Service;

#[derive(RustEmbed)]
#[folder = "tests/web/site"]
struct Site;

/// A relay that was built without a client.
#[derive(RustEmbed)]
#[folder = "tests/web/nothing"]
#[allow_missing = true]
struct Nothing;

const SCRIPT: &str = "/assets/main-0f1e2d3c.js";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: impl AsRef<str>) -> &str {
        let name = HeaderName::from_bytes(name.as_ref().as_bytes()).unwrap();
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(mut routes: Router, path: &str, headers: &[(HeaderName, &str)]) -> Answer {
    let mut request = Request::builder().method(Method::GET).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = routes
        .call(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap()
            .into(),
    }
}

async fn get(path: &str) -> Answer {
    ask(web::routes::<Site>(), path, &[]).await
}

#[tokio::test]
async fn a_page_of_the_relay_runs_nothing_from_elsewhere_and_nothing_written_into_it() {
    for path in ["/", "/index.html", SCRIPT] {
        let answer = get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let policy = answer.header(header::CONTENT_SECURITY_POLICY).to_owned();
        assert!(
            policy.starts_with("default-src 'none';"),
            "{path}: {policy}"
        );
        for forbidden in [
            "http:",
            "https:",
            "data:",
            "*",
            "unsafe-inline",
            "'unsafe-eval'",
        ] {
            assert!(
                !policy.contains(forbidden),
                "{path}: {forbidden} in {policy}"
            );
        }
        for wanted in [
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(wanted), "{path}: no {wanted} in {policy}");
        }
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    }
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_the_page_is_asked_for_each_time() {
    let script = get(SCRIPT).await;
    assert!(script.header(header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(script.header(header::CONTENT_TYPE), "text/javascript");
    let page = get("/").await;
    assert_eq!(page.header(header::CACHE_CONTROL), "no-cache");
    assert_eq!(page.header(header::CONTENT_TYPE), "text/html");
    assert_eq!(page.body, &*Site::get("index.html").unwrap().data);
    let engine = get("/assets/engine-4b5a6978.wasm").await;
    assert_eq!(engine.header(header::CONTENT_TYPE), "application/wasm");
}

#[tokio::test]
async fn a_browser_that_has_the_page_gets_no_second_copy() {
    let tag = get("/").await.header(header::ETAG).to_owned();
    let had = format!("\"other\", {tag}");
    let again = ask(web::routes::<Site>(), "/", &[(header::IF_NONE_MATCH, &had)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
    let other = [(header::IF_NONE_MATCH, "\"other\"")];
    let again = ask(web::routes::<Site>(), "/", &other).await;
    assert_eq!(again.status, StatusCode::OK);
}

#[tokio::test]
async fn the_packed_form_goes_to_those_who_take_it_and_has_no_path_of_its_own() {
    let takes = [(header::ACCEPT_ENCODING, "gzip, br")];
    let packed = ask(web::routes::<Site>(), SCRIPT, &takes).await;
    assert_eq!(packed.header(header::CONTENT_ENCODING), "br");
    assert_eq!(packed.header(header::CONTENT_TYPE), "text/javascript");
    assert_eq!(packed.header(header::VARY), "accept-encoding");
    assert_eq!(packed.body, b"packed");
    let plain = get(SCRIPT).await;
    assert_eq!(plain.header(header::CONTENT_ENCODING), "");
    assert_eq!(plain.header(header::VARY), "accept-encoding");
    assert_ne!(plain.body, b"packed");
    assert_eq!(
        get(&format!("{SCRIPT}.br")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn no_path_leads_out_of_the_client() {
    for path in [
        "/../Cargo.toml",
        "/..%2fCargo.toml",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/%2e%2e/main.rs",
        "/assets/..%5c..%5cmain.rs",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/",
        "/assets",
        "/main.rs",
        "/index.html%00",
    ] {
        assert_eq!(get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_relay_without_a_client_says_so() {
    let answer = ask(web::routes::<Nothing>(), "/", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(
        String::from_utf8(answer.body)
            .unwrap()
            .contains("without the web client")
    );
    let answer = ask(web::routes::<Nothing>(), SCRIPT, &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
