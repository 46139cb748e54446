//! A server on this machine with a certificate of its own authority.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// A running server. It ends when dropped.
#[derive(Debug)]
pub struct TlsServer {
    address: SocketAddr,
    certificate: rcgen::Certificate,
    connections: Arc<AtomicUsize>,
    goaway: watch::Sender<u64>,
    task: JoinHandle<()>,
}

impl TlsServer {
    /// Serves these routes by HTTP/2 and HTTP/1.1 on a free port.
    ///
    /// # Panics
    /// If there is none.
    pub async fn start(router: Router) -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let parameters = rcgen::CertificateParams::new(names).expect("names");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        let acceptor = acceptor(&certificate, &key);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let (goaway, told) = watch::channel(0);
        let counted = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(
                    socket,
                    acceptor.clone(),
                    router.clone(),
                    told.clone(),
                ));
            }
        });
        Self {
            address,
            certificate,
            connections,
            goaway,
            task,
        }
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// What a client must trust, in PEM.
    #[must_use]
    pub fn authority_pem(&self) -> String {
        self.certificate.pem()
    }

    /// What a client must trust.
    #[must_use]
    pub fn authority(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Sends GOAWAY on every connection: what is under way is answered, nothing new is taken there
    /// (RFC 9113 section 6.8).
    pub fn goes_away(&self) {
        self.goaway.send_modify(|times| *times += 1);
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn acceptor(certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate and its key");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    socket: TcpStream,
    acceptor: TlsAcceptor,
    router: Router,
    mut goaway: watch::Receiver<u64>,
) {
    let _ = socket.set_nodelay(true);
    let Ok(socket) = acceptor.accept(socket).await else {
        return;
    };
    let service = service_fn(move |request: Request<Incoming>| {
        let router = TowerToHyperService::new(router.clone());
        async move {
            let answer = hyper::service::Service::call(&router, request.map(Body::new)).await;
            Ok::<_, Infallible>(answer.unwrap_or_else(|never| match never {}))
        }
    });
    goaway.mark_unchanged();
    let mut http = Builder::new(TokioExecutor::new());
    http.http2().max_concurrent_streams(1_000);
    let mut connection = pin!(http.serve_connection(TokioIo::new(socket), service));
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            told = goaway.changed() => match told {
                Ok(()) => connection.as_mut().graceful_shutdown(),
                Err(_) => return,
            },
        }
    }
}
