//! What arrives at the border: bodies that are no requests, and connections that are the wrong kind.

use restante_wire::{
    ErrorCode, SessionToken, WireError,
    account::{ChallengeRequest, ReadVault, RegisterStart, WriteVault},
    api::{Access, CONTENT_TYPE, ENDPOINTS, Endpoint},
    codec,
    directory::Lookup,
    limits::{MAX_FRAME, MAX_VAULT},
    mailbox::Stamp,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Person, Relay, bearer, refusal};

async fn refused(relay: &Relay, path: &str, body: &[u8], token: Option<&str>) -> ErrorCode {
    let (status, answer) = relay.post(path, body.to_vec(), token).await;
    let error: WireError = codec::decode(&answer).unwrap();
    assert_eq!(status, error.code.http_status(), "{path}");
    error.code
}

/// The right authorization for an endpoint.
fn authorization(access: Access, token: &SessionToken) -> Option<String> {
    (access == Access::Session).then(|| bearer(token))
}

async fn relay_and_token() -> (Relay, SessionToken) {
    let relay = Relay::start().await;
    let token = Person::registered(&relay, "alice")
        .await
        .session(&relay)
        .await;
    (relay, token)
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused_by_every_endpoint() {
    let (relay, token) = relay_and_token().await;
    for (path, access) in ENDPOINTS {
        let token = authorization(*access, &token);
        let cases: [(&[u8], ErrorCode); 5] = [
            (b"", ErrorCode::BadRequest),
            (&[0], ErrorCode::UnsupportedVersion),
            (&[2, 0, 0, 0], ErrorCode::UnsupportedVersion),
            (
                &[
                    1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                ],
                ErrorCode::BadRequest,
            ),
            (&[1; 3000], ErrorCode::BadRequest),
        ];
        for (body, code) in cases {
            assert_eq!(
                refused(&relay, path, body, token.as_deref()).await,
                code,
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn r8_a_body_that_announces_too_much_is_refused_before_it_is_read() {
    let (relay, token) = relay_and_token().await;
    for (path, access) in ENDPOINTS {
        let authorization = authorization(*access, &token)
            .map_or_else(String::new, |value| format!("authorization: {value}\r\n"));
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: relay\r\ncontent-type: {CONTENT_TYPE}\r\n{authorization}content-length: {}\r\n\r\n",
            MAX_FRAME + 1_000_000
        );
        assert_eq!(
            raw(&relay, head.as_bytes()).await,
            ErrorCode::TooLarge,
            "{path}"
        );
    }
}

#[tokio::test]
async fn r8_a_body_that_announces_nothing_is_read_up_to_its_limit() {
    let (relay, token) = relay_and_token().await;
    let len = MAX_VAULT + 64 * 1024;
    let mut request = format!(
        "POST {} HTTP/1.1\r\nhost: relay\r\ncontent-type: {CONTENT_TYPE}\r\nauthorization: {}\r\ntransfer-encoding: chunked\r\n\r\n{len:x}\r\n",
        WriteVault::PATH,
        bearer(&token)
    )
    .into_bytes();
    request.resize(request.len() + len, 7);
    assert_eq!(raw(&relay, &request).await, ErrorCode::TooLarge);
}

/// Sends bytes on a connection of their own and reads the refusal.
async fn raw(relay: &Relay, request: &[u8]) -> ErrorCode {
    let address = relay.url().trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(address).await.unwrap();
    // The relay may answer and close before it has read everything.
    drop(socket.write_all(request).await);
    let mut answer = Vec::new();
    let end = b"\r\n\r\n";
    while !answer.windows(4).any(|window| window == end) {
        let mut buffer = [0; 1024];
        let read = socket.read(&mut buffer).await.unwrap();
        assert!(read > 0, "closed without an answer");
        answer.extend_from_slice(&buffer[..read]);
    }
    let head = answer.windows(4).position(|window| window == end).unwrap();
    codec::decode::<WireError>(&answer[head + 4..])
        .unwrap()
        .code
}

#[tokio::test]
async fn a_body_of_another_type_or_of_none_is_refused_by_every_endpoint() {
    let (relay, token) = relay_and_token().await;
    let token = bearer(&token);
    for (path, access) in ENDPOINTS {
        for kind in ["", "content-type: text/plain\r\n"] {
            let authorization = match access {
                Access::Session => format!("authorization: {token}\r\n"),
                Access::Anonymous => String::new(),
            };
            let request = format!(
                "POST {path} HTTP/1.1\r\nhost: relay\r\n{kind}{authorization}content-length: 1\r\n\r\n\u{1}",
            );
            let code = raw(&relay, request.as_bytes()).await;
            assert_eq!(code, ErrorCode::BadRequest, "{path} {kind}");
        }
    }
}

#[tokio::test]
async fn an_anonymous_endpoint_refuses_whoever_says_who_they_are() {
    let (relay, token) = relay_and_token().await;
    let anonymous = ENDPOINTS
        .iter()
        .filter(|(_, access)| *access == Access::Anonymous);
    for (path, _) in anonymous {
        for value in [bearer(&token).as_str(), "Basic eDp5", ""] {
            let code = refused(&relay, path, &[1], Some(value)).await;
            assert_eq!(code, ErrorCode::WrongConnection, "{path}");
        }
    }
}

#[tokio::test]
async fn a_session_endpoint_refuses_whoever_has_no_session() {
    let (relay, token) = relay_and_token().await;
    let mut other = token.clone();
    other.0[31] ^= 1;
    let right = bearer(&token);
    let wrong = [
        None,
        Some(bearer(&other)),
        Some(right.to_lowercase()),
        Some(right.replace("Bearer", "Basic")),
        Some(format!("{right}=")),
        Some(right[..right.len() - 1].to_owned()),
        Some("Bearer ".into()),
        Some(format!("Bearer {}", "A".repeat(5_000))),
    ];
    let sessions = ENDPOINTS
        .iter()
        .filter(|(_, access)| *access == Access::Session);
    for (path, _) in sessions {
        for value in &wrong {
            let code = refused(&relay, path, &[1], value.as_deref()).await;
            assert_eq!(code, ErrorCode::Unauthorized, "{path}");
        }
    }
}

#[tokio::test]
async fn flipped_bits_and_cut_bodies_are_refused_and_never_a_fault_of_the_relay() {
    let (relay, token) = relay_and_token().await;
    let person = Person::new(&relay, "bob");
    let requests = [
        (
            RegisterStart::PATH,
            codec::encode(&RegisterStart {
                username: "carol".into(),
                invite: Some("CODE".into()),
                opaque: vec![3; 32],
            }),
            None,
        ),
        (
            <restante_wire::account::RegisterFinish as Endpoint>::PATH,
            codec::encode(&person.prepare(&relay, None).await.unwrap()),
            None,
        ),
        (
            Lookup::PATH,
            codec::encode(&Lookup {
                stamp: Stamp(vec![0; 8]),
                username: "alice".into(),
            }),
            None,
        ),
        (
            WriteVault::PATH,
            codec::encode(&WriteVault {
                expected: 7,
                sealed: vec![1; 20],
            }),
            Some(bearer(&token)),
        ),
    ];
    for (path, body, token) in requests {
        for place in 0..body.len() {
            let mut flipped = body.clone();
            flipped[place] ^= 1 << (place % 8);
            for damaged in [&flipped[..], &body[..place]] {
                let (status, answer) = relay.post(path, damaged.to_vec(), token.as_deref()).await;
                assert!(status < 500, "{path} at {place}: {status}");
                if status != 200 {
                    codec::decode::<WireError>(&answer).unwrap();
                }
            }
        }
    }
    relay.ask_as(Some(&token), &ReadVault {}).await.unwrap();
}

#[tokio::test]
async fn an_unknown_path_or_method_is_a_typed_refusal() {
    let relay = Relay::start().await;
    for path in ["/", "/v2/sessions", "/v1/sessions/", "/v1/../etc/passwd"] {
        assert_eq!(refused(&relay, path, &[1], None).await, ErrorCode::NotFound);
    }
    let got = relay
        .http
        .get(format!("{}{}", relay.url(), ChallengeRequest::PATH));
    assert_eq!(got.send().await.unwrap().status(), 404);
    assert_eq!(
        refusal(relay.ask(&ReadVault {}).await),
        ErrorCode::Unauthorized
    );
}
