//! HPKE of each suite: DeriveKeyPair, and a ciphertext that its key opens.

use openmls::prelude::{OpenMlsCrypto, OpenMlsProvider};
use openmls_traits::types::HpkeCiphertext;
use restante_vectors::{agree, committed, hex, unhex};
use restante_wire::key_package::Suite;
use serde_json::{Value, json};

use crate::{
    Randomness, Rows,
    ciphersuite::{self, SUPPORTED},
    provider::Provider,
};

const FILE: &str = "suites.json";
const IKM: [u8; 32] = [0x41; 32];
const INFO: &[u8] = b"info";
const AAD: &[u8] = b"associated data";
const PLAINTEXT: &[u8] = b"plaintext";

#[test]
fn suites_have_their_committed_key_pairs() {
    agree(FILE, &SUPPORTED.iter().map(vector).collect());
}

/// HPKE draws its encapsulation from the system: a committed one stays as long as it opens.
fn vector(suite: &Suite) -> Value {
    let provider = Provider::new(Randomness::os(), Rows::new());
    let crypto = provider.crypto();
    let mls = ciphersuite::mls(*suite).unwrap();
    let keys = crypto.derive_hpke_keypair(mls.hpke_config(), &IKM).unwrap();
    let opens = |sealed: &HpkeCiphertext| {
        let opened = crypto.hpke_open(mls.hpke_config(), sealed, &keys.private, INFO, AAD);
        opened.is_ok_and(|opened| opened == PLAINTEXT)
    };
    let sealed = read(suite).filter(opens).unwrap_or_else(|| {
        crypto
            .hpke_seal(mls.hpke_config(), &keys.public, INFO, AAD, PLAINTEXT)
            .unwrap()
    });
    json!({
        "suite": suite.0,
        "ikm": hex(IKM),
        "private_key": hex(&*keys.private),
        "public_key": hex(&keys.public),
        "info": hex(INFO),
        "associated_data": hex(AAD),
        "plaintext": hex(PLAINTEXT),
        "encapsulation": hex(sealed.kem_output.as_slice()),
        "ciphertext": hex(sealed.ciphertext.as_slice()),
    })
}

fn read(suite: &Suite) -> Option<HpkeCiphertext> {
    let entries = committed(FILE)?;
    let mut entries = entries.as_array()?.iter();
    let entry = entries.find(|entry| entry["suite"] == suite.0)?;
    let bytes = |field: &str| Some(unhex(entry[field].as_str()?).into());
    Some(HpkeCiphertext {
        kem_output: bytes("encapsulation")?,
        ciphertext: bytes("ciphertext")?,
    })
}
