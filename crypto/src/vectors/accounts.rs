//! Keys, certificates, records, sessions and safety numbers.

use restante_vectors::{agree, hex, readable};
use restante_wire::{
    account::{RecordBody, session_signing_bytes},
    codec,
};
use serde_json::json;

use super::{RELAY, certificate, client_keys};
use crate::{AccountIdentity, safety_number, verify_certificate, verify_record};

#[test]
fn accounts_have_their_committed_keys_signatures_and_safety_number() {
    let identity = AccountIdentity::from_seed(&[0x10; 32]);
    let keys = client_keys(0x20);
    let certificate = certificate(&identity, &keys);
    assert!(verify_certificate(&codec::encode(&certificate)).is_ok());
    let record = identity.sign_record(RecordBody {
        account: identity.account(RELAY),
        identity_key: identity.key(),
        username: "zoë".into(),
        sequence: 1,
        clients: vec![certificate.clone()],
    });
    assert!(verify_record(&record).is_ok());

    let account = identity.account(RELAY);
    let nonce = [0x30; 32];
    let session = keys.sign_session(RELAY, &account.key_hash, &nonce);
    let other = AccountIdentity::from_seed(&[0x11; 32]);
    let number = safety_number(
        (&account, &identity.key()),
        (&other.account(RELAY), &other.key()),
    );
    agree(
        "accounts.json",
        &json!({
            "identity_seed": hex(identity.seed()),
            "signature_seed": hex([0x21; 32]),
            "inbox_seed": hex([0x22; 32]),
            "account": { "value": readable(&account), "bytes": hex(codec::encode(&account)) },
            "certificate": {
                "value": readable(&certificate),
                "signed_bytes": hex(certificate.body.signing_bytes()),
                "bytes": hex(codec::encode(&certificate)),
            },
            "record": {
                "value": readable(&record),
                "signed_bytes": hex(record.body.signing_bytes()),
                "bytes": hex(codec::encode(&record)),
            },
            "session": {
                "nonce": hex(nonce),
                "signed_bytes":
                    hex(session_signing_bytes(RELAY, &account.key_hash, &keys.client(), &nonce)),
                "signature": hex(session.0),
            },
            "safety_number": {
                "other_identity_seed": hex(other.seed()),
                "digits": number,
            },
        }),
    );
}
