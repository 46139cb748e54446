//! Accounts and senders that fit them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use restante_gateways::{accounts, apns::ApnsGateway, fcm::FcmGateway, web_push::WebPushService};
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
    let (pem, account) = accounts::apple();
    (SigningKey::es256_from_pem(&pem).unwrap(), account)
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

pub(crate) async fn fcm(clock: &Arc<ManualClock>) -> (FcmGateway, Fcm) {
    let gateway = FcmGateway::start(accounts::google(), START_S).await;
    let tokens = AccessTokens::from_json(&accounts::service_account(&gateway)).unwrap();
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
