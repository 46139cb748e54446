//! A relay that is not trusted is told from one that is not there.

use std::{io::Read, net::TcpListener, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use restante_wire::account::ChallengeRequest;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};

use crate::{
    ErrorKind, Retry,
    driver::{side::Side, socket::connect},
    engine::io::Failure,
};

/// An authority, and the store in which nobody but it is trusted.
fn authority() -> (Issuer<'static, KeyPair>, RootCertStore) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    (Issuer::new(params, key), roots)
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// Takes TLS connections with this certificate, and says nothing on them.
fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> String {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            // Until the first request, or until the client has had enough.
            let _ = rustls::Stream::new(&mut tls, &mut socket).read(&mut [0; 1]);
        }
    });
    url
}

/// What both ways to a relay say of it.
async fn both(relay: &str, roots: &RootCertStore) -> [Failure; 2] {
    let side = Side::trusting(roots.clone()).unwrap();
    let by_stream = connect(relay, "/v1/rooms", side.http()).await.err();
    let by_post = side.call(relay, &ChallengeRequest {}).await.err();
    [by_stream.unwrap(), by_post.unwrap()]
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_untrusted_on_both_ways() {
    let (issuer, roots) = authority();
    let key = KeyPair::generate().unwrap();
    let mut expired = params("127.0.0.1");
    expired.not_after = date_time_ymd(2020, 1, 1);
    let alone = params("127.0.0.1").self_signed(&key).unwrap();
    for certificate in [
        alone,
        expired.signed_by(&key, &issuer).unwrap(),
        params("relay.example").signed_by(&key, &issuer).unwrap(),
    ] {
        let relay = serve(certificate.der().clone(), &key);
        assert_eq!(both(&relay, &roots).await, [Failure::Untrusted; 2]);
    }
    let error = crate::Error::from(Failure::Untrusted);
    assert_eq!(error.kind, ErrorKind::TlsUntrusted);
    assert_eq!(error.retry, Retry::Never);
}

#[tokio::test]
async fn a_trusted_relay_that_says_nothing_and_one_that_is_not_there_are_lost() {
    let (issuer, roots) = authority();
    let key = KeyPair::generate().unwrap();
    let certificate = params("127.0.0.1").signed_by(&key, &issuer).unwrap();
    let relay = serve(certificate.der().clone(), &key);
    assert_eq!(both(&relay, &roots).await, [Failure::Lost; 2]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("https://{}", free.local_addr().unwrap());
    drop(free);
    assert_eq!(both(&nowhere, &roots).await, [Failure::Lost; 2]);
}
