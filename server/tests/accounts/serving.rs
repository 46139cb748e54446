//! Sockets: limits on connections, TLS, metrics, and a good end.

use std::{sync::Arc, time::Duration};

use restante_server::config::Tls;
use restante_wire::{
    ErrorCode, WireError,
    account::{Challenge, ChallengeRequest},
    api::Endpoint,
    codec,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

use crate::support::{Person, Relay};

async fn connect(relay: &Relay) -> TcpStream {
    TcpStream::connect(relay.address()).await.unwrap()
}

async fn everything(socket: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut answer = Vec::new();
    drop(socket.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn r8_an_address_has_so_many_connections_and_is_told_when_to_come_back() {
    let relay = Relay::start_with(|config| config.limits.max_connections_per_address = 2).await;
    let first = connect(&relay).await;
    let _second = connect(&relay).await;
    let mut third = connect(&relay).await;
    let mut answer = Vec::new();
    third.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 503"), "{text}");
    let body = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap()
        + 4;
    let error: WireError = codec::decode(&answer[body..]).unwrap();
    assert_eq!(
        (error.code, error.retry_after_ms),
        (ErrorCode::Overloaded, Some(5_000))
    );
    drop(first);
    loop {
        let mut again = connect(&relay).await;
        again
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        if everything(&mut again).await.starts_with("HTTP/1.1 200") {
            break;
        }
    }
}

/// Time stands still but where everybody waits: then it jumps to the next deadline.
#[tokio::test(start_paused = true)]
async fn r8_who_sends_half_a_request_and_waits_is_cut_off() {
    let relay = Relay::start().await;
    for beginning in [
        "",
        "POST /v1/sess",
        "POST /v1/sessions HTTP/1.1\r\nhost: x\r\n",
    ] {
        let mut socket = connect(&relay).await;
        socket.write_all(beginning.as_bytes()).await.unwrap();
        let answer = everything(&mut socket).await;
        assert!(!answer.contains("200"), "{answer}");
    }
    let half_a_body = "POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/vnd.restante.v1\r\ncontent-length: 9\r\n\r\n\u{1}";
    let mut socket = connect(&relay).await;
    socket.write_all(half_a_body.as_bytes()).await.unwrap();
    assert!(everything(&mut socket).await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn a_relay_that_ends_answers_what_it_has_and_takes_nothing_new() {
    let relay = Relay::start().await;
    let address = relay.address();
    let mut socket = connect(&relay).await;
    let body = codec::encode(&ChallengeRequest {});
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/vnd.restante.v1\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        ChallengeRequest::PATH,
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    // The relay asks for the body: the request has begun.
    let mut asked = [0; 25];
    socket.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    let ending = tokio::spawn(relay.shutdown());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    socket.write_all(&body).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(text.contains("connection: close"), "{text}");
    let body = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap()
        + 4;
    codec::decode::<Challenge>(&answer[body..]).unwrap();
    assert!(ending.await.unwrap(), "everything ended in time");
}

#[tokio::test]
async fn a_closed_database_has_no_log_left() {
    let relay = Relay::start().await;
    Person::registered(&relay, "alice").await;
    let dir = relay.dir.path().to_owned();
    assert!(dir.join("relay.sqlite-wal").exists());
    let _folder = Arc::clone(&relay.dir);
    assert!(relay.shutdown().await);
    assert!(!dir.join("relay.sqlite-wal").exists());
    assert!(dir.join("relay.sqlite").exists());
}

#[tokio::test]
async fn tls_comes_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let issued = rcgen::generate_simple_self_signed(vec!["relay.test".into()]).unwrap();
    let files = Tls {
        cert: folder.path().join("cert.pem"),
        key: folder.path().join("key.pem"),
    };
    std::fs::write(&files.cert, issued.cert.pem()).unwrap();
    std::fs::write(&files.key, issued.signing_key.serialize_pem()).unwrap();
    let relay = Relay::start_with(|config| config.tls = Some(files)).await;
    assert!(relay.url().starts_with("https://"));

    let mut roots = RootCertStore::empty();
    roots.add(issued.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("relay.test").unwrap();
    let connector = TlsConnector::from(Arc::new(client));
    let mut socket = connector
        .connect(name, connect(&relay).await)
        .await
        .unwrap();
    socket
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    assert!(everything(&mut socket).await.starts_with("HTTP/1.1 200"));

    // Plain HTTP on the same port is no request.
    let mut plain = connect(&relay).await;
    plain
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(!everything(&mut plain).await.contains("200 OK"));
}

#[tokio::test]
async fn r7_metrics_count_routes_and_name_nobody() {
    let relay =
        Relay::start_with(|config| config.metrics_listen = Some(([127, 0, 0, 1], 0).into())).await;
    Person::registered(&relay, "canaryname").await;
    relay.post("/v1/canarypath", vec![1], None).await;
    let url = format!("http://{}/metrics", relay.metrics_addr().unwrap());
    let text = relay
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let line = r#"restante_requests_total{route="/v1/register/finish",status="200"}"#;
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("canary"), "{text}");
    assert!(!text.contains("127.0.0.1"), "{text}");
    let on_main = relay
        .http
        .get(format!("{}/metrics", relay.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(on_main.status(), 404);
}

#[tokio::test]
async fn a_relay_is_ready_while_its_database_answers() {
    let relay = Relay::start().await;
    let ready = async || {
        let url = format!("{}/readyz", relay.url());
        relay.http.get(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!(ready().await, 200);
    std::fs::remove_file(relay.dir.path().join("relay.sqlite")).unwrap();
    assert_eq!(ready().await, 503);
    let health = relay
        .http
        .get(format!("{}/healthz", relay.url()))
        .timeout(Duration::from_secs(5));
    assert_eq!(health.send().await.unwrap().status(), 200);
}
