//! Google's gateway and its token server. Sources: [M] "REST Resource: projects.messages", [E] "FCM
//! error codes", [A] "Authorize send requests" (Firebase documentation), [O] "Using OAuth 2.0 for
//! server to server applications" (Google Identity documentation).

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use ring::signature::RSA_PKCS1_2048_8192_SHA256;
use serde_json::{Value, json};

use crate::{Plan, TlsServer, jwt};

/// [O]: `exp` at most an hour after `iat`.
const LONGEST_ASSERTION_S: u64 = 3600;

/// [A]: what a token must be for.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// [M]: longest time for which a message is kept, in seconds: four weeks.
const LONGEST_TTL_S: u64 = 2_419_200;

/// [M]: largest message.
const MAX_MESSAGE: usize = 4096;

/// A message that was taken.
#[derive(Debug, Clone)]
pub struct Received {
    /// Of which device.
    pub device: String,
    /// The message.
    pub message: Value,
}

/// Who may send, as it was set up with Google.
#[derive(Debug, Clone)]
pub struct Account {
    /// Public key of the service account, an `RSAPublicKey` in DER.
    pub public_key: Vec<u8>,
    /// Its id.
    pub key_id: String,
    /// Its name.
    pub email: String,
    /// The project.
    pub project: String,
}

/// Google's gateway.
pub struct FcmGateway {
    /// The server.
    pub server: TlsServer,
    /// What it answers.
    pub plan: Arc<Plan>,
    state: Arc<Shared>,
}

type Shared = crate::shared::Shared<Account, Inner>;

#[derive(Default)]
struct Inner {
    url: String,
    now_s: u64,
    /// Tokens that were granted, and until when each is good.
    granted: Vec<(String, u64)>,
    received: Vec<Received>,
}

impl FcmGateway {
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
            .route("/token", post(grant))
            .route("/v1/projects/{project}/{action}", post(take))
            .with_state(Arc::clone(&state));
        let server = TlsServer::start(router).await;
        state.lock().url = server.url();
        Self {
            server,
            plan: Arc::clone(&state.plan),
            state,
        }
    }

    /// Where tokens are granted.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/token", self.server.url())
    }

    /// What was taken so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().received.clone()
    }

    /// How many tokens were granted.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.state.lock().granted.len()
    }

    /// Sets its clock.
    pub fn set_clock(&self, now_s: u64) {
        self.state.lock().now_s = now_s;
    }

    /// No token that was granted is good any more.
    pub fn revoke_tokens(&self) {
        for (_, until) in &mut self.state.lock().granted {
            *until = 0;
        }
    }
}

/// [O], "Making the access token request".
async fn grant(State(state): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let error = |code: &str| {
        (
            StatusCode::BAD_REQUEST,
            json!({ "error": code }).to_string(),
        )
            .into_response()
    };
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|found| found == "application/x-www-form-urlencoded");
    let field = |name: &str| {
        let mut fields = body.split('&').filter_map(|field| field.split_once('='));
        fields
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value.to_owned())
    };
    let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    if !is_form || field("grant_type").as_deref() != Some(grant) {
        return error("unsupported_grant_type");
    }
    let assertion = field("assertion").unwrap_or_default();
    if !is_assertion(&state, &assertion) {
        return error("invalid_grant");
    }
    let mut inner = state.lock();
    let token = format!("ya29.token-{}", inner.granted.len());
    let until = inner.now_s + LONGEST_ASSERTION_S;
    inner.granted.push((token.clone(), until));
    json!({ "access_token": token, "expires_in": LONGEST_ASSERTION_S, "token_type": "Bearer" })
        .to_string()
        .into_response()
}

/// [O], "Forming the JWT claim set".
fn is_assertion(state: &Shared, assertion: &str) -> bool {
    let account = &state.account;
    let verified = jwt::verify(assertion, &RSA_PKCS1_2048_8192_SHA256, &account.public_key);
    let Some(verified) = verified else {
        return false;
    };
    let claims = &verified.claims;
    let (Some(iat), Some(exp)) = (claims["iat"].as_u64(), claims["exp"].as_u64()) else {
        return false;
    };
    let inner = state.lock();
    verified.header["alg"] == "RS256"
        && verified.header["kid"] == account.key_id.as_str()
        && claims["iss"] == account.email.as_str()
        && claims["scope"] == SCOPE
        && claims["aud"] == format!("{}/token", inner.url)
        && iat <= inner.now_s + 60
        && exp > inner.now_s
        && exp <= iat + LONGEST_ASSERTION_S
}

type Refused = (u16, &'static str);

/// [E]: an error of google.rpc with a detail of FCM's own.
fn refusal((status, code): Refused, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
    let detail = json!({ "@type": kind, "errorCode": code });
    let body = json!({ "error": {
        "code": status.as_u16(), "message": "refused", "status": "FAILED", "details": [detail],
    }});
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
    Path((project, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let received = match check(&state, (&project, &action), &headers, &body) {
        Ok(received) => received,
        Err(refused) => return refusal(refused, None),
    };
    if let Some((status, code, retry_after)) = state.plan.next().await {
        return refusal((status, code), retry_after);
    }
    state.plan.taken(&received.device);
    state.lock().received.push(received);
    let name = format!("projects/{project}/messages/0:1500415314455276");
    json!({ "name": name }).to_string().into_response()
}

fn check(
    state: &Shared,
    (project, action): (&str, &str),
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Received, Refused> {
    if action != "messages:send" {
        return Err((404, ""));
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // [A]: `Authorization: Bearer` and a token that was granted.
    let token = text(header::AUTHORIZATION).and_then(|text| text.strip_prefix("Bearer "));
    let is_granted = {
        let inner = state.lock();
        let mut granted = inner.granted.iter();
        token
            .is_some_and(|token| granted.any(|(good, until)| good == token && inner.now_s < *until))
    };
    if !is_granted {
        return Err((401, "THIRD_PARTY_AUTH_ERROR"));
    }
    if project != state.account.project {
        return Err((403, "SENDER_ID_MISMATCH"));
    }
    let invalid = (400, "INVALID_ARGUMENT");
    if !text(header::CONTENT_TYPE).is_some_and(|found| found.starts_with("application/json")) {
        return Err(invalid);
    }
    if body.len() > MAX_MESSAGE {
        return Err(invalid);
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| invalid)?;
    let message = check_message(&body).ok_or(invalid)?;
    Ok(Received {
        device: message["token"].as_str().unwrap_or_default().to_owned(),
        message: message.clone(),
    })
}

/// [M]: fields that are not in the reference are refused, and each has its form.
fn check_message(body: &Value) -> Option<&Value> {
    let only = |value: &Value, known: &[&str]| {
        let fields = value.as_object()?;
        fields
            .keys()
            .all(|name| known.contains(&&name[..]))
            .then_some(())
    };
    only(body, &["message", "validate_only"])?;
    let message = &body["message"];
    only(message, &["token", "data", "notification", "android"])?;
    message["token"]
        .as_str()
        .filter(|token| !token.is_empty())?;
    // A map of strings to strings.
    let data = message["data"].as_object()?;
    data.values().all(Value::is_string).then_some(())?;
    let reserved = |name: &String| name == "from" || name.starts_with("google.");
    (!data.keys().any(reserved)).then_some(())?;
    let android = &message["android"];
    only(android, &["priority", "ttl", "collapse_key"])?;
    // An enum in capitals.
    let priority = android["priority"].as_str()?;
    ["NORMAL", "HIGH"].contains(&priority).then_some(())?;
    // Seconds, ended by `s`.
    let ttl = android["ttl"].as_str()?.strip_suffix('s')?;
    (ttl.parse::<u64>().ok()? <= LONGEST_TTL_S).then_some(())?;
    Some(message)
}
