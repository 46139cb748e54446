//! This relay's push module: set up from the configuration, asked by the job and by clients.
//!
//! Owns: the keys' files and which gateways there are. Never does: the sending (`restante-push`), the
//! choice of whom to wake when (`jobs/push`).

pub mod gateway;
pub mod key_file;
pub mod setup;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use restante_push::Ringer;
use restante_wire::push::PushService;

use crate::clock::Clock;

/// How long the word of a gateway elsewhere is believed, and how long its silence.
const ASK_EVERY: Duration = Duration::from_secs(30);

/// What wakes devices, if anything does.
pub struct Push {
    ringer: Option<Arc<Ringer>>,
    interval: Duration,
    clock: Arc<dyn Clock>,
    told: Mutex<Option<(Duration, PushService)>>,
}

impl Push {
    /// With this module, or none.
    #[must_use]
    pub fn new(ringer: Option<Ringer>, interval: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            ringer: ringer.map(Arc::new),
            interval,
            clock,
            told: Mutex::default(),
        }
    }

    /// The module, if there is one.
    #[must_use]
    pub fn ringer(&self) -> Option<&Arc<Ringer>> {
        self.ringer.as_ref()
    }

    /// The time between two wake-ups of one device.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// What clients are told.
    pub async fn service(&self) -> PushService {
        let nothing = PushService {
            key: None,
            vapid: None,
            apns: false,
            fcm: false,
        };
        let Some(ringer) = &self.ringer else {
            return nothing;
        };
        let now = self.clock.monotonic();
        let told = || self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, service)) = &*told()
            && now.saturating_sub(*at) < ASK_EVERY
        {
            return service.clone();
        }
        let service = ringer.service().await.unwrap_or(nothing);
        *told() = Some((now, service.clone()));
        service
    }
}

/// The relay's clock as the push module reads it.
pub(crate) struct PushClock(pub(crate) Arc<dyn Clock>);

impl restante_push::Clock for PushClock {
    fn unix_s(&self) -> u64 {
        self.0.now_ms() / 1_000
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}
