//! What handlers work with: made once at the start, shared by all requests.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::{
    accounts::{
        challenge::Challenges, credentials::Credentials, login::Logins, opaque::OpaqueServer,
        registration::Registrations,
    },
    auth::Sessions,
    blobs::{Blobs, depot::Depot},
    clock::{Clock, Entropy, SystemEntropy},
    config::Config,
    http::endpoint::Border,
    push::Push,
    rate_limit::{AddressLimit, StampPerAddress, StampVerifier},
    shutdown::Shutdown,
    store::Store,
};

/// See the module's head.
pub struct Services {
    /// The database.
    pub store: Store,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Draws keys of rows.
    pub entropy: Arc<dyn Entropy>,
    /// What every endpoint needs before its handler runs.
    pub border: Border,
    /// Who a bearer token speaks for.
    pub sessions: Sessions,
    /// Decides whether an anonymous request is paid for.
    pub stamps: Arc<dyn StampVerifier>,
    /// Registration.
    pub registrations: Registrations,
    /// Registrations of one address.
    pub registration_limit: AddressLimit,
    /// Attachments.
    pub blobs: Blobs,
    /// Passwords of accounts that are there.
    pub credentials: Credentials,
    /// Login by password or identity.
    pub logins: Logins,
    /// Login by a client's key.
    pub challenges: Challenges,
    /// Logins and session requests of one address.
    pub login_limit: AddressLimit,
    /// What wakes devices.
    pub push: Push,
    /// The relay's own URL, if it is set.
    pub public_url: Option<String>,
    /// Tells streams and jobs that the relay is going down.
    pub shutdown: Shutdown,
}

impl Services {
    /// All services over one store.
    #[must_use]
    pub fn new(
        config: &Config,
        store: Store,
        depot: Depot,
        opaque: OpaqueServer,
        push: Push,
        clock: Arc<dyn Clock>,
        shutdown: Shutdown,
    ) -> Arc<Self> {
        let opaque = Arc::new(opaque);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let sessions = Sessions::new(Arc::clone(&clock));
        let limit = |rate| AddressLimit::new(rate, Arc::clone(&clock));
        Arc::new(Self {
            border: Border::new(sessions.clone(), &config.limits),
            stamps: Arc::new(StampPerAddress::new(
                config.limits.stamps,
                Arc::clone(&clock),
            )),
            registrations: Registrations {
                store: store.clone(),
                clock: Arc::clone(&clock),
                entropy: Arc::clone(&entropy),
                opaque: Arc::clone(&opaque),
                admission: config.registration,
                public_url: config.public_url.clone(),
            },
            registration_limit: limit(config.limits.registrations),
            blobs: Blobs::new(
                store.clone(),
                Arc::clone(&clock),
                depot,
                config.blobs.clone(),
            ),
            credentials: Credentials {
                store: store.clone(),
                opaque: Arc::clone(&opaque),
                sessions: sessions.clone(),
            },
            logins: Logins::new(store.clone(), Arc::clone(&clock), opaque, sessions.clone()),
            challenges: Challenges::new(store.clone(), Arc::clone(&clock), sessions.clone()),
            login_limit: limit(config.limits.logins),
            push,
            public_url: config.public_url.clone(),
            shutdown,
            sessions,
            store,
            entropy,
            clock,
        })
    }
}

impl FromRef<Arc<Services>> for Border {
    fn from_ref(services: &Arc<Services>) -> Self {
        services.border.clone()
    }
}
