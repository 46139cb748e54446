//! Apple's gateway. Sources, in Apple's developer documentation: [S] "Sending notification requests to
//! APNs", [T] "Establishing a token-based connection to APNs", [R] "Handling notification responses
//! from APNs", [P] "Generating a remote notification".

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Version, header},
    response::{IntoResponse, Response},
    routing::any,
};
use ring::signature::ECDSA_P256_SHA256_FIXED;
use serde_json::{Value, json};

use crate::{Plan, TlsServer, jwt};

/// [T]: a token is good for an hour.
const TOKEN_LIFE_S: u64 = 3600;

/// [T]: another may be made after 20 minutes.
const TOKEN_YOUNGEST_S: u64 = 20 * 60;

/// [P]: largest payload.
const MAX_PAYLOAD: usize = 4096;

/// [S]: longest collapse id.
const MAX_COLLAPSE_ID: usize = 64;

/// A notification that was taken.
#[derive(Debug, Clone)]
pub struct Received {
    /// Of which device, in hexadecimal.
    pub device: String,
    /// `apns-push-type`.
    pub push_type: String,
    /// `apns-priority`.
    pub priority: String,
    /// `apns-collapse-id`.
    pub collapse_id: Option<String>,
    /// The payload.
    pub payload: Value,
    /// The provider token.
    pub token: String,
}

/// Who may send, as it was set up with Apple.
#[derive(Debug, Clone)]
pub struct Account {
    /// Public key, an uncompressed point.
    pub public_key: Vec<u8>,
    /// Its id.
    pub key_id: String,
    /// The team.
    pub team_id: String,
    /// Bundle id of the app.
    pub topic: String,
}

/// Apple's gateway.
pub struct ApnsGateway {
    /// The server.
    pub server: TlsServer,
    /// What it answers.
    pub plan: Arc<Plan>,
    state: Arc<Shared>,
}

type Shared = crate::shared::Shared<Account, Inner>;

#[derive(Default)]
struct Inner {
    now_s: u64,
    received: Vec<Received>,
    /// Devices whose app is gone.
    gone: BTreeSet<String>,
    /// The newest token, and when it was made.
    newest: Option<(String, u64)>,
    tokens: BTreeSet<String>,
}

impl ApnsGateway {
    /// Starts one whose clock shows this time.
    ///
    /// # Panics
    /// If there is no port.
    pub async fn start(account: Account, now_s: u64) -> Self {
        let inner = Inner {
            now_s,
            ..Inner::default()
        };
        let state = Shared::new(account, inner);
        let router = Router::new()
            .route("/3/device/{device}", any(take))
            .fallback(|| async { refusal((404, "BadPath"), None) })
            .with_state(Arc::clone(&state));
        Self {
            server: TlsServer::start(router).await,
            plan: Arc::clone(&state.plan),
            state,
        }
    }

    /// What was taken so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().received.clone()
    }

    /// How many tokens were shown.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.state.lock().tokens.len()
    }

    /// Sets its clock.
    pub fn set_clock(&self, now_s: u64) {
        self.state.lock().now_s = now_s;
    }

    /// The app is gone from a device.
    pub fn unregister(&self, device: &str) {
        self.state.lock().gone.insert(device.to_owned());
    }
}

type Refused = (u16, &'static str);

/// [R]: the body of a refusal is JSON with its reason.
fn refusal((status, reason): Refused, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let mut body = json!({ "reason": reason });
    if status == StatusCode::GONE {
        // [R]: in milliseconds, and with status 410 only.
        body["timestamp"] = json!(1_454_948_015_990_u64);
    }
    let mut response = (status, body.to_string()).into_response();
    if let Some(wait) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, wait.into());
    }
    response
}

async fn take(
    State(state): State<Arc<Shared>>,
    Path(device): Path<String>,
    method: Method,
    version: Version,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let checked = check(&state, device, (&method, version), &headers, &body);
    let received = match checked {
        Ok(received) => received,
        Err(refused) => return refusal(refused, None),
    };
    if let Some((status, reason, retry_after)) = state.plan.next().await {
        return refusal((status, reason), retry_after);
    }
    state.plan.taken(&received.device);
    state.lock().received.push(received);
    (
        StatusCode::OK,
        [("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b")],
    )
        .into_response()
}

fn check(
    state: &Shared,
    device: String,
    (method, version): (&Method, Version),
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Received, Refused> {
    // [S]: HTTP/2 and POST.
    if version != Version::HTTP_2 || method != Method::POST {
        return Err((405, "MethodNotAllowed"));
    }
    let all = [
        "authorization",
        "apns-topic",
        "apns-push-type",
        "apns-priority",
        "apns-expiration",
        "apns-collapse-id",
    ];
    // [R]: one or more headers are repeated.
    if all
        .iter()
        .any(|name| headers.get_all(*name).iter().count() > 1)
    {
        return Err((400, "DuplicateHeaders"));
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = check_token(state, text("authorization"))?;
    // [S]: the topic is the bundle id, and required with a token.
    let topic = text("apns-topic").ok_or((400, "MissingTopic"))?;
    if topic != state.account.topic {
        return Err((400, "TopicDisallowed"));
    }
    // [S]: the hexadecimal bytes of the device token.
    let is_token = !device.is_empty()
        && device.len().is_multiple_of(2)
        && device.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_token {
        return Err((400, "BadDeviceToken"));
    }
    let push_type = text("apns-push-type")
        .ok_or((400, "InvalidPushType"))?
        .to_owned();
    let priority = text("apns-priority").unwrap_or("10").to_owned();
    check_headers(text, &push_type, &priority)?;
    if body.is_empty() {
        return Err((400, "PayloadEmpty"));
    }
    if body.len() > MAX_PAYLOAD {
        return Err((413, "PayloadTooLarge"));
    }
    let payload = check_payload(body, &push_type)?;
    if state.lock().gone.contains(&device) {
        return Err((410, "Unregistered"));
    }
    Ok(Received {
        device,
        push_type,
        priority,
        collapse_id: text("apns-collapse-id").map(str::to_owned),
        payload,
        token,
    })
}

/// [S], "Send a POST request to APNs": the table of headers.
fn check_headers<'a>(
    text: impl Fn(&str) -> Option<&'a str>,
    push_type: &str,
    priority: &str,
) -> Result<(), Refused> {
    if !["alert", "background"].contains(&push_type) {
        return Err((400, "InvalidPushType"));
    }
    if !["1", "5", "10"].contains(&priority) {
        return Err((400, "BadPriority"));
    }
    // "Always use priority 5. Using priority 10 is an error."
    if push_type == "background" && priority == "10" {
        return Err((400, "BadPriority"));
    }
    // UNIX epoch seconds.
    if text("apns-expiration").is_some_and(|at| at.parse::<u64>().is_err()) {
        return Err((400, "BadExpirationDate"));
    }
    if text("apns-collapse-id").is_some_and(|id| id.len() > MAX_COLLAPSE_ID) {
        return Err((400, "BadCollapseId"));
    }
    Ok(())
}

/// [P]: a dictionary `aps`; what is `background` carries `content-available` and nothing to show.
fn check_payload(body: &[u8], push_type: &str) -> Result<Value, Refused> {
    let payload: Value = serde_json::from_slice(body).map_err(|_| (400, "PayloadEmpty"))?;
    let aps = payload["aps"].as_object().ok_or((400, "PayloadEmpty"))?;
    let is_right = match push_type {
        "background" => {
            aps.get("content-available") == Some(&json!(1)) && !aps.contains_key("alert")
        }
        // "Modifying content in newly delivered notifications": the extension runs for a remote
        // notification with an alert and `mutable-content` of 1.
        _ => aps.contains_key("alert"),
    };
    if is_right {
        Ok(payload)
    } else {
        Err((400, "PayloadEmpty"))
    }
}

/// [T]: `bearer` and a JWT by ES256 with `kid`, `iss` and `iat`, no older than an hour and not replaced
/// within 20 minutes.
fn check_token(state: &Shared, authorization: Option<&str>) -> Result<String, Refused> {
    let missing = (403, "MissingProviderToken");
    let invalid = (403, "InvalidProviderToken");
    let token = authorization.and_then(|text| text.strip_prefix("bearer "));
    let token = token.ok_or(missing)?;
    let account = &state.account;
    let verified = jwt::verify(token, &ECDSA_P256_SHA256_FIXED, &account.public_key);
    let verified = verified.ok_or(invalid)?;
    let is_known = verified.header["alg"] == "ES256"
        && verified.header["kid"] == account.key_id.as_str()
        && verified.claims["iss"] == account.team_id.as_str();
    let made = verified.claims["iat"].as_u64().filter(|_| is_known);
    let made = made.ok_or(invalid)?;
    let mut inner = state.lock();
    if made > inner.now_s + 60 {
        return Err(invalid);
    }
    if inner.now_s > made + TOKEN_LIFE_S {
        return Err((403, "ExpiredProviderToken"));
    }
    if let Some((newest, at)) = &inner.newest
        && newest != token
        && made >= *at
        && made < at + TOKEN_YOUNGEST_S
    {
        return Err((429, "TooManyProviderTokenUpdates"));
    }
    if inner.newest.as_ref().is_none_or(|(_, at)| *at <= made) {
        inner.newest = Some((token.to_owned(), made));
    }
    inner.tokens.insert(token.to_owned());
    Ok(token.to_owned())
}
