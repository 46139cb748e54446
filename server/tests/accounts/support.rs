//! A relay, people, and their OPAQUE clients.

use std::{net::SocketAddr, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, RegistrationResponse,
};
use rand_core_06::OsRng;
use restante_server::{
    accounts::opaque::Suite,
    app::{App, RunningApp},
    clock::ManualClock,
    config::Config,
    random,
};
use restante_wire::{
    ClientId, ErrorCode, IdentityKey, InboxKey, MailboxAddress, SessionToken, Signature,
    SignatureKey, WireError,
    account::{
        AccountId, AccountRecord, CertificateBody, ChallengeRequest, ClientCertificate,
        IdentityWraps, LoggedIn, LoginFinish, LoginStart, RecordBody, RegisterFinish,
        RegisterStart, SessionRequest, session_signing_bytes,
    },
    api::{CONTENT_TYPE, Endpoint},
    codec,
};
use tempfile::TempDir;

/// 2026-11-22.
const TODAY_MS: u64 = 20_779 * 24 * 3600 * 1000;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct Relay {
    app: Option<RunningApp>,
    config: Config,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) http: reqwest::Client,
    pub(crate) dir: Arc<TempDir>,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::in_dir(dir.path());
        config.listen = ([127, 0, 0, 1], 0).into();
        change(&mut config);
        // Built together with the client, reqwest expects somebody to have chosen a provider.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(ManualClock::at_ms(TODAY_MS));
        let app = App::start(config.clone(), Arc::clone(&clock) as _).await;
        Self {
            app: Some(app.unwrap()),
            config,
            clock,
            http: reqwest::Client::new(),
            dir: Arc::new(dir),
        }
    }

    /// Ends the relay in good order and starts another one on the same data.
    pub(crate) async fn restart(&mut self) {
        assert!(self.app.take().unwrap().shutdown().await);
        let app = App::start(self.config.clone(), Arc::clone(&self.clock) as _).await;
        self.app = Some(app.unwrap());
    }

    pub(crate) async fn shutdown(mut self) -> bool {
        self.app.take().unwrap().shutdown().await
    }

    pub(crate) fn url(&self) -> String {
        self.app.as_ref().unwrap().url().to_owned()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.app.as_ref().unwrap().local_addr()
    }

    pub(crate) fn metrics_addr(&self) -> Option<SocketAddr> {
        self.app.as_ref().unwrap().metrics_addr()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance_ms(seconds * 1000);
    }

    pub(crate) async fn ask<E: Endpoint>(&self, request: &E) -> Result<E::Answer, WireError> {
        self.ask_as(None, request).await
    }

    pub(crate) async fn ask_as<E: Endpoint>(
        &self,
        token: Option<&SessionToken>,
        request: &E,
    ) -> Result<E::Answer, WireError> {
        let authorization = token.map(bearer);
        let (status, body) = self
            .post(E::PATH, codec::encode(request), authorization.as_deref())
            .await;
        if status == 200 {
            return Ok(codec::decode(&body).unwrap());
        }
        let error: WireError = codec::decode(&body).unwrap();
        assert_eq!(status, error.code.http_status(), "{:?}", error.code);
        Err(error)
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        authorization: Option<&str>,
    ) -> (u16, Vec<u8>) {
        let mut request = self
            .http
            .post(format!("http://{}{path}", self.address()))
            .header("content-type", CONTENT_TYPE)
            .body(body);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.bytes().await.unwrap().to_vec())
    }
}

pub(crate) fn bearer(token: &SessionToken) -> String {
    format!("Bearer {}", URL_SAFE_NO_PAD.encode(token.0))
}

/// The code of a refusal.
pub(crate) fn refusal<T>(result: Result<T, WireError>) -> ErrorCode {
    result.err().expect("a refusal").code
}

/// One client of a person.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    pub(crate) key: SigningKey,
    pub(crate) inbox: MailboxAddress,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self {
            id: ClientId(random::bytes()),
            key: SigningKey::from_bytes(&random::bytes()),
            inbox: MailboxAddress(random::bytes()),
        }
    }
}

/// Somebody with an account identity and a first client.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) username: String,
    pub(crate) identity: SigningKey,
    pub(crate) client: Client,
    pub(crate) relay: String,
}

impl Person {
    pub(crate) fn new(relay: &Relay, username: &str) -> Self {
        Self {
            username: username.to_owned(),
            identity: SigningKey::from_bytes(&random::bytes()),
            client: Client::new(),
            relay: relay.url(),
        }
    }

    /// A registered person.
    pub(crate) async fn registered(relay: &Relay, username: &str) -> Self {
        let person = Self::new(relay, username);
        person.register(relay, None).await.unwrap();
        person
    }

    pub(crate) fn account(&self) -> AccountId {
        AccountId {
            relay: self.relay.clone(),
            key_hash: self.identity_key().account(),
        }
    }

    fn identity_key(&self) -> IdentityKey {
        IdentityKey(self.identity.verifying_key().to_bytes())
    }

    pub(crate) fn certificate(&self, client: &Client) -> ClientCertificate {
        let body = CertificateBody {
            account: self.account(),
            identity_key: self.identity_key(),
            username: self.username.clone(),
            client: client.id,
            signature_key: SignatureKey(client.key.verifying_key().to_bytes()),
            inbox: client.inbox,
            inbox_key: InboxKey([7; 32]),
        };
        let signature = self.sign(&body.signing_bytes());
        ClientCertificate { body, signature }
    }

    pub(crate) fn record(&self, sequence: u64, clients: &[&Client]) -> AccountRecord {
        let mut clients: Vec<_> = clients
            .iter()
            .map(|client| self.certificate(client))
            .collect();
        clients.sort_by_key(|certificate| certificate.body.client);
        self.signed(RecordBody {
            account: self.account(),
            identity_key: self.identity_key(),
            username: self.username.clone(),
            sequence,
            clients,
        })
    }

    pub(crate) fn signed(&self, body: RecordBody) -> AccountRecord {
        let signature = self.sign(&body.signing_bytes());
        AccountRecord { body, signature }
    }

    fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.identity.sign(bytes).to_bytes())
    }

    /// The first half of a registration, and the request of the second.
    pub(crate) async fn prepare(
        &self,
        relay: &Relay,
        invite: Option<&str>,
    ) -> Result<RegisterFinish, WireError> {
        let opaque = ClientRegistration::<Suite>::start(&mut OsRng, PASSWORD.as_bytes()).unwrap();
        let started = relay
            .ask(&RegisterStart {
                username: self.username.clone(),
                invite: invite.map(str::to_owned),
                opaque: opaque.message.serialize().to_vec(),
            })
            .await?;
        let answer = RegistrationResponse::deserialize(&started.opaque).unwrap();
        let finished = opaque
            .state
            .finish(
                &mut OsRng,
                PASSWORD.as_bytes(),
                answer,
                ClientRegistrationFinishParameters::default(),
            )
            .unwrap();
        Ok(RegisterFinish {
            username: started.username,
            invite: invite.map(str::to_owned),
            opaque: finished.message.serialize().to_vec(),
            record: self.record(1, &[&self.client]),
            wraps: IdentityWraps {
                password: vec![1; 96],
                phrase: vec![2; 96],
            },
            vault: b"vault one".to_vec(),
        })
    }

    pub(crate) async fn register(
        &self,
        relay: &Relay,
        invite: Option<&str>,
    ) -> Result<(), WireError> {
        let request = self.prepare(relay, invite).await?;
        relay.ask(&request).await.map(drop)
    }

    /// A session of this client.
    pub(crate) async fn session_of(
        &self,
        relay: &Relay,
        client: &Client,
    ) -> Result<SessionToken, WireError> {
        let challenge = relay.ask(&ChallengeRequest {}).await?;
        let request = self.session_request(client, &challenge.nonce, &self.relay);
        relay.ask(&request).await.map(|session| session.token)
    }

    pub(crate) fn session_request(
        &self,
        client: &Client,
        nonce: &[u8],
        relay_url: &str,
    ) -> SessionRequest {
        let account = self.account().key_hash;
        let signed = session_signing_bytes(relay_url, &account, &client.id, nonce);
        SessionRequest {
            account,
            client: client.id,
            nonce: nonce.to_vec(),
            signature: Signature(client.key.sign(&signed).to_bytes()),
        }
    }

    pub(crate) async fn session(&self, relay: &Relay) -> SessionToken {
        self.session_of(relay, &self.client).await.unwrap()
    }
}

/// A whole login; a client that finds the password wrong still shows the relay something.
pub(crate) async fn login(
    relay: &Relay,
    username: &str,
    password: &str,
) -> Result<LoggedIn, WireError> {
    let opaque = ClientLogin::<Suite>::start(&mut OsRng, password.as_bytes()).unwrap();
    let started = relay
        .ask(&LoginStart {
            username: username.to_owned(),
            opaque: opaque.message.serialize().to_vec(),
        })
        .await?;
    let answer = CredentialResponse::deserialize(&started.opaque).unwrap();
    let finished = opaque.state.finish(
        &mut OsRng,
        password.as_bytes(),
        answer,
        ClientLoginFinishParameters::default(),
    );
    let ke3 = finished.map_or(vec![0; 64], |finished| {
        finished.message.serialize().to_vec()
    });
    relay
        .ask(&LoginFinish {
            attempt: started.attempt,
            opaque: ke3,
        })
        .await
}
