//! `tests/vectors/{accounts,group-parts,seats,sealed,suites}.json`: what this crate computes from fixed keys, for other
//! clients to compare with, and to hold still what two versions of this one must agree on.

mod accounts;
mod group;
mod sealed;
mod seats;
mod suites;

use restante_vectors::hex;
use restante_wire::account::{CertificateBody, ClientCertificate};

use crate::{AccountIdentity, ClientKeys};

const RELAY: &str = "https://relay.example";

/// Keys of a client from fixed seeds; `n` tells clients apart.
fn client_keys(n: u8) -> ClientKeys {
    let fields = [
        [16].as_slice(),
        &[n; 16],
        &[32],
        &[n + 1; 32],
        &[32],
        &[n + 2; 32],
    ];
    ClientKeys::from_bytes(&[[1].as_slice(), &fields.concat()].concat()).unwrap()
}

/// The certificate of such a client.
fn certificate(identity: &AccountIdentity, keys: &ClientKeys) -> ClientCertificate {
    identity.certify(CertificateBody {
        account: identity.account(RELAY),
        identity_key: identity.key(),
        username: "zoë".into(),
        client: keys.client(),
        signature_key: keys.signature_key(),
        inbox: restante_wire::MailboxAddress([0x44; 32]),
        inbox_key: keys.inbox_key(),
    })
}

/// The nonce of a sealed value.
fn nonce(sealed: &[u8]) -> String {
    hex(&sealed[1..13])
}
