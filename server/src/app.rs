//! A whole relay in this process: from a configuration to a socket that answers, and back.
//!
//! Owns: the order of starting and ending. `restante-server serve` and the tests' harness both start
//! relays here.

use std::{
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::{
    accounts::{
        opaque::OpaqueServer,
        opaque_key::{self, KeyFileError},
    },
    blobs::depot::Depot,
    clock::Clock,
    config::{Config, ConfigError},
    connections::Connections,
    first_start, jobs,
    proxy::TrustedProxies,
    push::{
        Push,
        setup::{self, PushError},
    },
    router,
    serve::{self, Endpoint},
    services::Services,
    shutdown::Shutdown,
    store::{self, OpenError, Store, StoreError, sqlite::accounts::opaque_key as noted},
    telemetry,
    tls::{self, TlsError},
};

/// How often the metrics' histograms are folded together.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Why a relay did not start, in words for its operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory.
    #[error("the data directory {} cannot be made or used ({kind}); give this user the right to write there, or choose another with --data", dir.display())]
    DataDir {
        /// Which directory.
        dir: PathBuf,
        /// What the operating system says.
        kind: std::io::ErrorKind,
    },
    /// The OPAQUE key.
    #[error(transparent)]
    OpaqueKey(#[from] KeyFileError),
    /// Another OPAQUE key than the one that the accounts were made with.
    #[error("the OPAQUE key {} is not the one that this database was made with, so nobody could log in; put the right one back from its backup", .0.display())]
    WrongOpaqueKey(PathBuf),
    /// Push.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The TLS files.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database.
    #[error("the database {} cannot be opened: {}", file.display(), explain(source))]
    Database {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// The database was opened and then failed.
    #[error("the database failed while starting ({0}); see `restante-server doctor`")]
    Store(#[from] StoreError),
    /// The address.
    #[error(
        "cannot listen on {address} ({kind}); choose another address with --listen, or stop what uses it"
    )]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the operating system says.
        kind: std::io::ErrorKind,
    },
    /// A fault of this program.
    #[error("a fault of this program: {0}")]
    Internal(&'static str),
}

/// What to do about a database that does not open.
fn explain(error: &OpenError) -> &'static str {
    match error {
        OpenError::InUse => "another relay uses it; stop that one, or choose another --data",
        OpenError::NewerFormat { .. } => {
            "a newer version of this program wrote it; install that version, or restore a backup"
        }
        OpenError::ForeignFormat | OpenError::NotADatabase => {
            "it is not a relay's database, or damaged; restore a backup"
        }
        OpenError::File(_) => "the file cannot be used; check that this user owns it",
        _ => "SQLite refuses it; run `restante-server doctor`",
    }
}

/// A relay that answers. Dropping it leaves it running; [`RunningApp::shutdown`] ends it.
pub struct RunningApp {
    local_addr: SocketAddr,
    url: String,
    serves_tls: bool,
    metrics_addr: Option<SocketAddr>,
    services: Arc<Services>,
    shutdown: Shutdown,
}

/// Starts relays.
pub struct App;

impl App {
    /// Starts a relay; returns once its socket takes connections.
    ///
    /// # Errors
    /// A [`StartError`], which says what the operator can do.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<RunningApp, StartError> {
        config.check()?;
        let tls = match &config.tls {
            Some(files) => Some(tls::Identity::read(files)?.acceptor()?),
            None => None,
        };
        make_data_dir(&config.data_dir)?;
        let store = open_store(&config, &clock)?;
        let opaque = open_opaque_key(&store, &config.opaque_key_file()).await?;
        first_start::note(&config);
        let shutdown = Shutdown::new();
        let depot = open_depot(&config)?;
        let push = Push::new(
            setup::ringer(&config, &clock)?,
            Duration::from_secs(config.push.interval_seconds.into()),
            Arc::clone(&clock),
        );
        let services = Services::new(&config, store, depot, opaque, push, clock, shutdown.clone());
        serve(&config, tls, services, shutdown).await
    }
}

impl RunningApp {
    /// The address that the relay listens on.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The address of `/metrics`, if it is served.
    #[must_use]
    pub const fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_addr
    }

    /// What its handlers work with, for whoever runs a relay inside another program.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Whether the address speaks TLS.
    #[must_use]
    pub const fn serves_tls(&self) -> bool {
        self.serves_tls
    }

    /// The URL for clients: the configured one, or that of the address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops accepting, lets answers and streams end, and closes the database, whose write-ahead
    /// log is then empty. Says whether everything ended in time.
    pub async fn shutdown(self) -> bool {
        let in_time = self.shutdown.finish().await;
        let services = self.services;
        // The last handle of the store waits for its threads.
        tokio::task::spawn_blocking(move || drop(services))
            .await
            .is_ok()
            && in_time
    }
}

async fn serve(
    config: &Config,
    tls: Option<TlsAcceptor>,
    services: Arc<Services>,
    shutdown: Shutdown,
) -> Result<RunningApp, StartError> {
    let proxies = Arc::new(TrustedProxies::new(config.trusted_proxies.clone()));
    let connections = Connections::new(&config.limits, Arc::clone(&proxies));
    let serves_tls = tls.is_some();
    let scheme = if serves_tls { "https" } else { "http" };
    let (listener, local_addr) = bind(config.listen).await?;
    let router = router::router(Arc::clone(&services), proxies)
        .map_err(|_| StartError::Internal("the OpenAPI document is no JSON"))?;
    let metrics_addr = serve_metrics(config, &connections, &shutdown).await?;
    let relay = Endpoint {
        listener,
        tls,
        connections,
        h2_streams: serve::MAX_H2_STREAMS,
        router,
        shutdown: shutdown.clone(),
    };
    tokio::spawn(relay.run());
    tokio::spawn(jobs::expiry::run(
        services.store.clone(),
        Arc::clone(&services.clock),
        shutdown.clone(),
    ));
    tokio::spawn(jobs::collection::run(
        Arc::clone(&services),
        shutdown.clone(),
    ));
    if let Some(ringer) = services.push.ringer() {
        let ringer = Arc::clone(ringer);
        tokio::spawn(jobs::push::run(
            Arc::clone(&services),
            ringer,
            shutdown.clone(),
        ));
    }
    Ok(RunningApp {
        local_addr,
        url: config
            .public_url
            .clone()
            .unwrap_or_else(|| format!("{scheme}://{local_addr}")),
        serves_tls,
        metrics_addr,
        services,
        shutdown,
    })
}

/// Serves a push gateway's routes, and metrics where they are set; returns the address that it got.
///
/// # Errors
/// [`StartError::Listen`].
pub(crate) async fn serve_gateway(
    config: &Config,
    listen: SocketAddr,
    router: axum::Router,
    shutdown: Shutdown,
) -> Result<SocketAddr, StartError> {
    let proxies = Arc::new(TrustedProxies::new(config.trusted_proxies.clone()));
    let connections = Connections::new(&config.limits, proxies);
    let (listener, bound) = bind(listen).await?;
    serve_metrics(config, &connections, &shutdown).await?;
    let gateway = Endpoint {
        listener,
        tls: None,
        connections,
        // The relay has all that it may have under way on one connection: where a gateway hangs, the
        // others' requests must not wait behind those that wait for it.
        h2_streams: 2 * jobs::push::MAX_UNDER_WAY,
        router,
        shutdown,
    };
    tokio::spawn(gateway.run());
    Ok(bound)
}

/// Serves metrics where they are set; returns the address that they got.
async fn serve_metrics(
    config: &Config,
    connections: &Connections,
    shutdown: &Shutdown,
) -> Result<Option<SocketAddr>, StartError> {
    let Some(address) = config.metrics_listen else {
        return Ok(None);
    };
    let (listener, bound) = bind(address).await?;
    let metrics = Endpoint {
        listener,
        tls: None,
        connections: connections.clone(),
        h2_streams: serve::MAX_H2_STREAMS,
        router: telemetry::metrics_routes(),
        shutdown: shutdown.clone(),
    };
    tokio::spawn(metrics.run());
    tokio::spawn(fold_metrics(shutdown.clone()));
    Ok(Some(bound))
}

/// A listening socket and the address that it got.
async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |error: std::io::Error| StartError::Listen {
        address,
        kind: error.kind(),
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

async fn fold_metrics(shutdown: Shutdown) {
    let _running = shutdown.running();
    let mut ticks = tokio::time::interval(METRICS_UPKEEP);
    loop {
        tokio::select! {
            _ = ticks.tick() => telemetry::metrics().run_upkeep(),
            () = shutdown.begun() => return,
        }
    }
}

/// Makes the data directory for this user alone, if there is none.
pub(crate) fn make_data_dir(dir: &Path) -> Result<(), StartError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| StartError::DataDir {
            dir: dir.to_owned(),
            kind: error.kind(),
        })
}

fn open_store(config: &Config, clock: &Arc<dyn Clock>) -> Result<Store, StartError> {
    let options = store::sqlite::Options {
        max_group: config.limits.write_batch as usize,
        environment: store::Environment {
            clock: Arc::clone(clock),
            limits: Arc::new(config.delivery_limits()),
            ..Default::default()
        },
        ..Default::default()
    };
    let file = config.database();
    Store::open(&file, &options).map_err(|source| StartError::Database { file, source })
}

fn open_depot(config: &Config) -> Result<Depot, StartError> {
    let dir = config.blobs_dir();
    make_data_dir(&dir)?;
    Depot::open(&dir, config.blobs.keep_free_bytes()).map_err(|error| StartError::DataDir {
        dir,
        kind: error.kind(),
    })
}

/// The OPAQUE key that belongs to the database. A database that never had one gets a new one; for
/// any other a missing or foreign key is an error, because everybody would be locked out.
async fn open_opaque_key(store: &Store, file: &Path) -> Result<OpaqueServer, StartError> {
    let expected = store.read(noted::fingerprint).await?;
    let key = match opaque_key::read(file) {
        Err(KeyFileError::Missing(_)) if expected.is_none() => opaque_key::create(file)?,
        read => read?,
    };
    let fingerprint = key.fingerprint();
    match expected {
        Some(expected) if expected != fingerprint => {
            return Err(StartError::WrongOpaqueKey(file.to_owned()));
        }
        Some(_) => {}
        None => {
            store
                .write(move |transaction| noted::note(transaction, &fingerprint))
                .await?;
        }
    }
    Ok(key)
}
