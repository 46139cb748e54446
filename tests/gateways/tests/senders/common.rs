//! Accounts and senders that fit them.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use restante_gateways::{apns::ApnsGateway, fcm::FcmGateway, web_push::WebPushService};
use restante_push::{
    Clock,
    apns::{Apns, token::ProviderTokens},
    endpoint::Reach,
    fcm::{Fcm, oauth::AccessTokens},
    http::Http,
    jws::SigningKey,
    web_push::{WebPush, vapid::Vapid},
};
use restante_wire::{
    P256Key, PushAuth,
    push::{ApnsStyle, Subscription, Target},
};

/// When every test begins.
pub(crate) const START_S: u64 = 1_795_000_000;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(START_S)))
    }

    pub(crate) fn advance_s(&self, by: u64) -> u64 {
        self.0.fetch_add(by, Ordering::SeqCst) + by
    }
}

impl Clock for ManualClock {
    fn unix_s(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.unix_s())
    }
}

pub(crate) fn http(server: &restante_gateways::TlsServer, reach: Reach) -> Http {
    Http::new(reach, &[server.authority()]).unwrap()
}

/// A key as Apple gives it, and what Apple keeps of it.
pub(crate) fn apns_account() -> (SigningKey, restante_gateways::apns::Account) {
    let key = SigningKey::es256_from_pkcs8(&SigningKey::generate_es256().unwrap()).unwrap();
    let account = restante_gateways::apns::Account {
        public_key: key.p256().unwrap().0.to_vec(),
        key_id: "ABCDE12345".into(),
        team_id: "FGHIJ67890".into(),
        topic: "example.restante.app".into(),
    };
    (key, account)
}

pub(crate) async fn apns(clock: &Arc<ManualClock>) -> (ApnsGateway, Apns) {
    let (key, account) = apns_account();
    let tokens = ProviderTokens::new(key, account.key_id.clone(), account.team_id.clone());
    let topic = account.topic.clone();
    let gateway = ApnsGateway::start(account, START_S).await;
    let http = http(&gateway.server, Reach::Public);
    let sender = Apns::new(
        http,
        &gateway.server.url(),
        topic,
        tokens,
        Arc::clone(clock) as _,
    );
    (gateway, sender)
}

pub(crate) fn device(byte: u8) -> Target {
    Target::Apns {
        token: vec![byte; 32],
        style: ApnsStyle::Alert,
    }
}

/// The key of a service account, made for this run, as Google gives it.
pub(crate) static RSA_KEY: LazyLock<String> = LazyLock::new(|| {
    let key = openssl::rsa::Rsa::generate(2048).unwrap();
    let key = openssl::pkey::PKey::from_rsa(key).unwrap();
    String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap()
});

pub(crate) fn fcm_account() -> restante_gateways::fcm::Account {
    use ring::signature::{KeyPair, RsaKeyPair};
    use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
    let der = PrivatePkcs8KeyDer::from_pem_slice(RSA_KEY.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    restante_gateways::fcm::Account {
        public_key: pair.public_key().as_ref().to_vec(),
        key_id: "k1".into(),
        email: "push@project.example".into(),
        project: "project".into(),
    }
}

pub(crate) fn service_account(gateway: &FcmGateway) -> String {
    serde_json::json!({
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "k1",
        "private_key": *RSA_KEY,
        "client_email": "push@project.example",
        "token_uri": gateway.token_url(),
    })
    .to_string()
}

pub(crate) async fn fcm(clock: &Arc<ManualClock>) -> (FcmGateway, Fcm) {
    let gateway = FcmGateway::start(fcm_account(), START_S).await;
    let tokens = AccessTokens::from_json(&service_account(&gateway)).unwrap();
    let http = http(&gateway.server, Reach::Public);
    let sender = Fcm::new(http, &gateway.server.url(), tokens, Arc::clone(clock) as _);
    (gateway, sender)
}

pub(crate) fn phone(name: &str) -> Target {
    Target::Fcm { token: name.into() }
}

pub(crate) async fn web_push(clock: &Arc<ManualClock>, reach: Reach) -> (WebPushService, WebPush) {
    let service = WebPushService::start(START_S).await;
    let key = SigningKey::es256_from_pkcs8(&SigningKey::generate_es256().unwrap()).unwrap();
    let vapid = Vapid::new(key, Some("https://relay.example".into())).unwrap();
    let http = http(&service.server, reach);
    let sender = WebPush::new(http, vapid, Arc::clone(clock) as _);
    (service, sender)
}

pub(crate) fn browser(service: &WebPushService, name: &str) -> Target {
    Target::WebPush(Subscription {
        endpoint: service.endpoint(name),
        p256dh: P256Key::from_slice(service.p256dh()).unwrap(),
        auth: PushAuth(service.auth()),
    })
}
