//! People, and their OPAQUE clients.

#[path = "../relay/mod.rs"]
mod relay;

use ed25519_dalek::{Signer, SigningKey};
use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, RegistrationResponse,
};
use rand_core_06::OsRng;
use restante_server::{accounts::opaque::Suite, random};
use restante_wire::{
    ClientId, IdentityKey, InboxKey, MailboxAddress, SessionToken, Signature, SignatureKey,
    WireError,
    account::{
        AccountId, AccountRecord, CertificateBody, ChallengeRequest, ClientCertificate,
        IdentityWraps, LoggedIn, LoginFinish, LoginStart, RecordBody, RegisterFinish,
        RegisterStart, SessionRequest, session_signing_bytes,
    },
};

pub(crate) use self::relay::{Relay, bearer, refusal};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

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
