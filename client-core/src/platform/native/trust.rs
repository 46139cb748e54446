//! Which relays are believed to be who they say: the authorities that are asked, and telling a
//! certificate that none of them vouches for from a relay that is not there.
//!
//! Never does: make an exception. A relay of one's own needs an authority that this machine knows
//! (docs/operations.md, "TLS and proxies").

use std::{error::Error, io};

use rustls::RootCertStore;

use crate::engine::io::Failure;

/// Most causes that are looked through. No library nests them deeper.
const MAX_CAUSES: usize = 16;

/// Mozilla's roots and those of this machine (or of `SSL_CERT_FILE`), for relays of one's own.
pub(super) fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// Why a connection did not come up, or ended.
pub(super) fn failure(error: &(dyn Error + 'static)) -> Failure {
    let mut cause = Some(error);
    for _ in 0..MAX_CAUSES {
        let Some(found) = cause else { break };
        if let Some(tls) = found.downcast_ref::<rustls::Error>() {
            return match tls {
                rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
                    Failure::Untrusted
                }
                _ => Failure::Lost,
            };
        }
        cause = inner(found);
    }
    Failure::Lost
}

/// The next cause. What an [`io::Error`] was made from is not its source, but what it shows.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(made_from) => Some(made_from),
        None => error.source(),
    }
}
