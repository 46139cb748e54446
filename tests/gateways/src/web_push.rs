//! A push service of Web Push: RFC 8030, with RFC 8291 and RFC 8292.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ece::EcKeyComponents;
use ring::signature::ECDSA_P256_SHA256_FIXED;

use crate::{Plan, TlsServer, jwt};

/// Longest lifetime of a token, in seconds (RFC 8292 section 2).
const LONGEST_TOKEN_S: u64 = 24 * 3600;

/// Largest body that a service must take (RFC 8030 section 7.2).
const MAX_BODY: usize = 4096;

/// A message that was taken.
#[derive(Debug, Clone)]
pub struct Received {
    /// Which subscription.
    pub name: String,
    /// What it said, decrypted by another implementation than the sender's.
    pub text: Vec<u8>,
    /// Length of the body.
    pub body_len: usize,
    /// Its urgency.
    pub urgency: String,
    /// Its topic.
    pub topic: Option<String>,
    /// Its token.
    pub token: String,
}

/// A push service and the one subscriber that it has.
pub struct WebPushService {
    /// The server.
    pub server: TlsServer,
    /// What it answers.
    pub plan: Arc<Plan>,
    state: Arc<Shared>,
}

struct Shared {
    keys: EcKeyComponents,
    auth: [u8; 16],
    now_s: Mutex<u64>,
    origin: Mutex<String>,
    received: Mutex<Vec<Received>>,
    plan: Arc<Plan>,
}

impl WebPushService {
    /// Starts one whose clock shows this time.
    ///
    /// # Panics
    /// If there is no port.
    pub async fn start(now_s: u64) -> Self {
        let (pair, auth) = ece::generate_keypair_and_auth_secret().expect("a subscription");
        let plan = Arc::new(Plan::default());
        let state = Arc::new(Shared {
            keys: pair.raw_components().expect("a key pair"),
            auth,
            now_s: Mutex::new(now_s),
            origin: Mutex::default(),
            received: Mutex::default(),
            plan: Arc::clone(&plan),
        });
        let router = Router::new()
            .route("/push/{name}", post(take))
            .with_state(Arc::clone(&state));
        let server = TlsServer::start(router).await;
        *lock(&state.origin) = server.url();
        Self {
            server,
            plan,
            state,
        }
    }

    /// URL of a subscription.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> String {
        format!("{}/push/{name}", self.server.url())
    }

    /// The subscriber's public key.
    #[must_use]
    pub fn p256dh(&self) -> &[u8] {
        self.state.keys.public_key()
    }

    /// The subscriber's secret.
    #[must_use]
    pub fn auth(&self) -> [u8; 16] {
        self.state.auth
    }

    /// Both in base64url, as browsers write them.
    #[must_use]
    pub fn keys_base64(&self) -> (String, String) {
        (
            URL_SAFE_NO_PAD.encode(self.p256dh()),
            URL_SAFE_NO_PAD.encode(self.auth()),
        )
    }

    /// What was taken so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        lock(&self.state.received).clone()
    }

    /// Sets its clock.
    pub fn set_clock(&self, now_s: u64) {
        *lock(&self.state.now_s) = now_s;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(
    State(state): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let received = match check(&state, name, &headers, &body) {
        Ok(received) => received,
        Err(status) => return status.into_response(),
    };
    if let Some((status, _, retry_after)) = state.plan.next().await {
        let status = StatusCode::from_u16(status).expect("a status");
        return match retry_after {
            Some(wait) => (status, [(header::RETRY_AFTER, wait)]).into_response(),
            None => status.into_response(),
        };
    }
    state.plan.taken(&received.name);
    lock(&state.received).push(received);
    // RFC 8030 section 5: 201 with the location of the message.
    (StatusCode::CREATED, [(header::LOCATION, "/message/1")]).into_response()
}

fn check(
    state: &Shared,
    name: String,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Received, StatusCode> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // RFC 8030 section 5.2: a service must answer 400 to a request without TTL.
    let ttl = text("ttl").ok_or(StatusCode::BAD_REQUEST)?;
    ttl.parse::<u32>().map_err(|_| StatusCode::BAD_REQUEST)?;
    // RFC 8030 section 5.3: one of four words.
    let urgency = text("urgency").unwrap_or("normal");
    if !["very-low", "low", "normal", "high"].contains(&urgency) {
        return Err(StatusCode::BAD_REQUEST);
    }
    // RFC 8030 section 5.4: at most 32 characters of base64url.
    let topic = text("topic").map(str::to_owned);
    let is_topic = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if topic
        .as_ref()
        .is_some_and(|topic| topic.is_empty() || topic.len() > 32 || !topic.bytes().all(is_topic))
    {
        return Err(StatusCode::BAD_REQUEST);
    }
    // RFC 8030 section 7.2.
    if body.len() > MAX_BODY {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let token = check_token(state, text("authorization"))?;
    // RFC 8291 section 4: the content coding is aes128gcm.
    if text("content-encoding") != Some("aes128gcm") {
        return Err(StatusCode::BAD_REQUEST);
    }
    let opened = ece::decrypt(&state.keys, &state.auth, body);
    Ok(Received {
        name,
        text: opened.map_err(|_| StatusCode::BAD_REQUEST)?,
        body_len: body.len(),
        urgency: urgency.to_owned(),
        topic,
        token,
    })
}

/// RFC 8292: section 3 for the header, section 2 for the claims, section 4.2 for the statuses.
fn check_token(state: &Shared, authorization: Option<&str>) -> Result<String, StatusCode> {
    let unauthorized = StatusCode::UNAUTHORIZED;
    let forbidden = StatusCode::FORBIDDEN;
    let parameters = authorization.and_then(|text| text.strip_prefix("vapid "));
    let parameters = parameters.ok_or(unauthorized)?;
    let parameter = |name: &str| {
        let mut all = parameters.split(',').map(str::trim);
        all.find_map(|one| one.strip_prefix(name)?.strip_prefix('='))
    };
    let token = parameter("t").ok_or(unauthorized)?;
    let key = parameter("k").ok_or(unauthorized)?;
    let key = URL_SAFE_NO_PAD.decode(key).map_err(|_| forbidden)?;
    let verified = jwt::verify(token, &ECDSA_P256_SHA256_FIXED, &key).ok_or(forbidden)?;
    if verified.header["alg"] != "ES256" {
        return Err(forbidden);
    }
    let claims = &verified.claims;
    let origin = lock(&state.origin).clone();
    if claims["aud"] != origin.as_str() {
        return Err(forbidden);
    }
    let now = *lock(&state.now_s);
    let exp = claims["exp"].as_u64().ok_or(forbidden)?;
    if exp <= now || exp > now + LONGEST_TOKEN_S {
        return Err(forbidden);
    }
    let is_contact = |sub: &str| sub.starts_with("mailto:") || sub.starts_with("https:");
    if !claims["sub"].as_str().is_none_or(is_contact) {
        return Err(forbidden);
    }
    Ok(token.to_owned())
}
