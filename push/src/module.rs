//! The module: opens a handle, finds its gateway, and has it woken.

use std::sync::Arc;

use restante_wire::{
    mailbox::SealedHandle,
    push::{PushService, Target, Urgency},
};

use crate::{
    Clock, Outcome, Rejection, Sender,
    apns::Apns,
    fcm::Fcm,
    lanes::{Lanes, Name},
    remote::Remote,
    seal::KeyRing,
    web_push::WebPush,
};

/// Requests that one gateway may have at once.
const PLACES: u32 = 256;

/// Which gateways there are. What is not set up is none.
#[derive(Default)]
pub struct Gateways {
    /// Apple's.
    pub apns: Option<Apns>,
    /// Google's.
    pub fcm: Option<Fcm>,
    /// Push services of browsers, and UnifiedPush.
    pub web_push: Option<WebPush>,
}

/// Holds the keys and talks to the gateways.
pub struct Module {
    keys: KeyRing,
    gateways: Gateways,
    lanes: Lanes,
}

impl Module {
    /// A module of these keys and gateways.
    #[must_use]
    pub fn new(keys: KeyRing, gateways: Gateways, clock: Arc<dyn Clock>) -> Self {
        Self {
            keys,
            gateways,
            lanes: Lanes::new(PLACES, clock),
        }
    }

    /// What clients are told.
    #[must_use]
    pub fn service(&self) -> PushService {
        let Gateways {
            apns,
            fcm,
            web_push,
        } = &self.gateways;
        PushService {
            key: Some(self.keys.announced()),
            vapid: web_push.as_ref().map(|sender| sender.vapid().public()),
            apns: apns.is_some(),
            fcm: fcm.is_some(),
        }
    }

    /// Has the device of a handle woken.
    pub async fn wake(&self, handle: &SealedHandle, urgency: Urgency) -> Outcome {
        let Ok(target) = self.keys.open(handle) else {
            return Outcome::Rejected(Rejection::Unopened);
        };
        let Some((sender, name)) = self.gateway(&target) else {
            return Outcome::Rejected(Rejection::NotConfigured);
        };
        let outcome = match self.lanes.enter(name) {
            Ok(pass) => {
                let outcome = sender.send(&target, urgency).await;
                pass.done(outcome);
                outcome
            }
            Err(refused) => refused,
        };
        let labels = [("gateway", target.kind()), ("outcome", outcome.name())];
        metrics::counter!("restante_push_gateway_total", &labels).increment(1);
        outcome
    }

    fn gateway(&self, target: &Target) -> Option<(&dyn Sender, Name)> {
        match target {
            Target::WebPush(subscription) => {
                let sender = self.gateways.web_push.as_ref()?;
                // One that is not talked to is refused by the sender.
                let origin = sender.origin(subscription).unwrap_or_default();
                Some((sender, Name::Origin(origin)))
            }
            Target::Apns { .. } => {
                let sender = self.gateways.apns.as_ref()?;
                Some((sender, Name::Gateway("apns")))
            }
            Target::Fcm { .. } => {
                let sender = self.gateways.fcm.as_ref()?;
                Some((sender, Name::Gateway("fcm")))
            }
        }
    }
}

/// Where the module is: in this process, or in one of its own.
pub enum Ringer {
    /// Here.
    Here(Box<Module>),
    /// Behind `restante-server push-gateway`, which holds the keys.
    Elsewhere(Remote),
}

impl Ringer {
    /// Has the device of a handle woken.
    pub async fn wake(&self, handle: &SealedHandle, urgency: Urgency) -> Outcome {
        match self {
            Self::Here(module) => module.wake(handle, urgency).await,
            Self::Elsewhere(remote) => remote.wake(handle, urgency).await,
        }
    }

    /// What clients are told; none if the other process does not answer now.
    pub async fn service(&self) -> Option<PushService> {
        match self {
            Self::Here(module) => Some(module.service()),
            Self::Elsewhere(remote) => remote.service().await.ok(),
        }
    }
}
