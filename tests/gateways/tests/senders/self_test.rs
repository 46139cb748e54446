//! The servers themselves: each refuses ten requests that break its documents, one thing at a time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, RequestBuilder};
use restante_gateways::{
    TlsServer, accounts, apns::ApnsGateway, fcm::FcmGateway, web_push::WebPushService,
};
use restante_push::{jws::SigningKey, web_push::vapid::Vapid};
use serde_json::{Value, json};

use crate::common::{START_S, apns_account};

fn client(server: &TlsServer) -> Client {
    // One provider serves the whole process; another test may have been first.
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    drop(provider.install_default());
    let authority = reqwest::Certificate::from_pem(server.authority_pem().as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([authority])
        .build()
        .unwrap()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

const DEVICE: &str = "00ff00ff00ff00ff00ff00ff00ff00ff";
const ALERT: &str = r#"{"aps":{"alert":"x","mutable-content":1}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn apples_gateway_refuses_ten_malformed_requests() {
    let (key, account) = apns_account();
    let gateway = ApnsGateway::start(account.clone(), START_S).await;
    let client = client(&gateway.server);
    let token = |iat: u64, kid: &str| {
        let claims = json!({ "iss": account.team_id, "iat": iat });
        format!("bearer {}", key.sign(Some(kid), &claims).unwrap())
    };
    let good_token = token(START_S, &account.key_id);
    let request = |token: &str, device: &str, body: &str, change: (&str, Option<&str>)| {
        let mut request = client
            .post(format!("{}/3/device/{device}", gateway.server.url()))
            .body(body.to_owned());
        let mut headers = vec![
            ("authorization", token),
            ("apns-topic", &account.topic),
            ("apns-push-type", "alert"),
            ("apns-priority", "10"),
            ("apns-expiration", "1800000000"),
            ("apns-collapse-id", "wake-up"),
        ];
        headers.retain(|(name, _)| *name != change.0);
        headers.extend(change.1.map(|value| (change.0, value)));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request
    };
    let changed =
        |name: &str, value: Option<&str>| request(&good_token, DEVICE, ALERT, (name, value));
    let nothing = ("x-nothing", None);
    let good = request(&good_token, DEVICE, ALERT, nothing);
    assert_eq!(status(good).await, 200);
    let long = "c".repeat(65);
    let large = format!(r#"{{"aps":{{"alert":"{}"}}}}"#, "x".repeat(4096));
    let old = token(START_S - 3601, &account.key_id);
    let foreign = token(START_S, "OTHERKEY99");
    let bad = [
        (request("bearer x.y.z", DEVICE, ALERT, nothing), 403),
        (request(&old, DEVICE, ALERT, nothing), 403),
        (request(&foreign, DEVICE, ALERT, nothing), 403),
        (changed("apns-topic", None), 400),
        (changed("apns-priority", Some("7")), 400),
        (changed("apns-push-type", Some("background")), 400),
        (changed("apns-expiration", Some("soon")), 400),
        (changed("apns-collapse-id", Some(&long)), 400),
        (request(&good_token, "not-hex", ALERT, nothing), 400),
        (request(&good_token, DEVICE, "", nothing), 400),
        (request(&good_token, DEVICE, &large, nothing), 413),
        (
            request(&good_token, DEVICE, ALERT, nothing).header("apns-priority", "5"),
            400,
        ),
    ];
    for (number, (request, expected)) in bad.into_iter().enumerate() {
        assert_eq!(status(request).await, expected, "request {number}");
    }
    assert_eq!(gateway.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_gateway_refuses_ten_malformed_requests() {
    let account = accounts::google();
    let gateway = FcmGateway::start(account.clone(), START_S).await;
    let client = client(&gateway.server);
    let key = SigningKey::rs256_from_pem(&accounts::rsa_key()).unwrap();
    let scope = "https://www.googleapis.com/auth/firebase.messaging";
    let grant = |iss: &str, scope: &str, exp: u64| {
        let claims = json!({
            "iss": iss, "scope": scope, "aud": gateway.token_url(), "iat": START_S, "exp": exp,
        });
        let assertion = key.sign(Some("k1"), &claims).unwrap();
        let kind = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
        client
            .post(gateway.token_url())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("grant_type={kind}&assertion={assertion}"))
    };
    let soon = START_S + 3600;
    let granted = grant(&account.email, scope, soon).send().await.unwrap();
    let granted: Value = serde_json::from_str(&granted.text().await.unwrap()).unwrap();
    let token = format!("Bearer {}", granted["access_token"].as_str().unwrap());
    let send = |project: &str, token: &str, body: &Value| {
        client
            .post(format!(
                "{}/v1/projects/{project}/messages:send",
                gateway.server.url()
            ))
            .header("authorization", token)
            .header("content-type", "application/json")
            .body(body.to_string())
    };
    let message = |android: &Value, data: Value| json!({ "message": { "token": "t", "data": data, "android": android } });
    let android = json!({ "priority": "HIGH", "ttl": "60s", "collapse_key": "k" });
    let good = message(&android, json!({ "a": "b" }));
    assert_eq!(status(send("project", &token, &good)).await, 200);
    let with = |name: &str, value: Value| {
        let mut changed = android.clone();
        changed[name] = value;
        send("project", &token, &message(&changed, json!({ "a": "b" })))
    };
    let telling = |data: Value| send("project", &token, &message(&android, data));
    let foreign_scope = "https://www.googleapis.com/auth/cloud";
    let bad = [
        (grant("somebody@else.example", scope, soon), 400),
        (grant(&account.email, foreign_scope, soon), 400),
        (grant(&account.email, scope, soon + 1), 400),
        (send("project", "Bearer \"quoted\"", &good), 401),
        (send("other", &token, &good), 403),
        (with("priority", json!("high")), 400),
        (with("ttl", json!(60)), 400),
        (with("ttl", json!("9999999s")), 400),
        (telling(json!({ "a": 1 })), 400),
        (telling(json!({ "from": "x" })), 400),
        (
            send("project", &token, &json!({ "message": { "data": {} } })),
            400,
        ),
        (send("project", &token, &json!({ "to": "t" })), 400),
    ];
    for (number, (request, expected)) in bad.into_iter().enumerate() {
        assert_eq!(status(request).await, expected, "request {number}");
    }
    assert_eq!(gateway.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_service_refuses_ten_malformed_requests() {
    let service = WebPushService::start(START_S).await;
    let client = client(&service.server);
    let pkcs8 = SigningKey::generate_es256().unwrap();
    let key = SigningKey::es256_from_pkcs8(&pkcs8).unwrap();
    let public = URL_SAFE_NO_PAD.encode(key.p256().unwrap().0);
    let claimed =
        |claims: Value| format!("vapid t={}, k={public}", key.sign(None, &claims).unwrap());
    let origin = service.server.url();
    let body = ece::encrypt(service.p256dh(), &service.auth(), b"x").unwrap();
    let request = |body: &[u8], change: (&str, Option<String>)| {
        let vapid = Vapid::new(SigningKey::es256_from_pkcs8(&pkcs8).unwrap(), None).unwrap();
        let mut headers = vec![
            (
                "authorization",
                vapid.authorization(&origin, START_S).unwrap(),
            ),
            ("ttl", "60".into()),
            ("urgency", "high".into()),
            ("topic", "wake-up".into()),
            ("content-encoding", "aes128gcm".into()),
        ];
        headers.retain(|(name, _)| *name != change.0);
        headers.extend(change.1.map(|value| (change.0, value)));
        let request = client.post(service.endpoint("b")).body(body.to_vec());
        headers.into_iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    };
    let nothing = ("x-nothing", None);
    assert_eq!(status(request(&body, nothing.clone())).await, 201);
    let exp = START_S + 60;
    let elsewhere = claimed(json!({ "aud": "https://elsewhere.example", "exp": exp }));
    let long = claimed(json!({ "aud": origin, "exp": START_S + 25 * 3600 }));
    let old = claimed(json!({ "aud": origin, "exp": START_S - 1 }));
    let contact = claimed(json!({ "aud": origin, "exp": exp, "sub": "you" }));
    let mut damaged = body.clone();
    damaged[30] ^= 1;
    let bad = [
        (request(&body, ("ttl", None)), 400),
        (request(&body, ("ttl", Some("long".into()))), 400),
        (request(&body, ("urgency", Some("urgent".into()))), 400),
        (request(&body, ("topic", Some("t".repeat(33)))), 400),
        (request(&body, ("authorization", None)), 401),
        (request(&body, ("authorization", Some(elsewhere))), 403),
        (request(&body, ("authorization", Some(long))), 403),
        (request(&body, ("authorization", Some(old))), 403),
        (request(&body, ("authorization", Some(contact))), 403),
        (
            request(&body, ("content-encoding", Some("aesgcm".into()))),
            400,
        ),
        (request(&damaged, nothing.clone()), 400),
        (request(&[0; 4097], nothing.clone()), 413),
    ];
    for (number, (request, expected)) in bad.into_iter().enumerate() {
        assert_eq!(status(request).await, expected, "request {number}");
    }
    assert_eq!(service.received().len(), 1);
}
