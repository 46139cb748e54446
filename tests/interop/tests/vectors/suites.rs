//! HPKE of each suite, on mls-rs.

use mls_rs::{CipherSuite, CipherSuiteProvider, CryptoProvider};
use mls_rs_core::crypto::HpkeCiphertext;
use restante_interop::suite::{HYBRID, Suites};
use restante_vectors::{hex, read, unhex};
use serde_json::Value;

#[test]
fn the_peer_derives_the_same_keys_and_opens_the_ciphertext() {
    let mut seen = Vec::new();
    for vector in read::<Vec<Value>>("suites.json") {
        let suite = CipherSuite::new(u16::try_from(vector["suite"].as_u64().unwrap()).unwrap());
        let bytes = |field: &str| unhex(vector[field].as_str().unwrap());
        let algorithms = Suites.cipher_suite_provider(suite).unwrap();
        let (private, public) = algorithms.kem_derive(&bytes("ikm")).unwrap();
        assert_eq!(hex(&*private), vector["private_key"]);
        assert_eq!(hex(&*public), vector["public_key"]);
        let sealed = HpkeCiphertext {
            kem_output: bytes("encapsulation"),
            ciphertext: bytes("ciphertext"),
        };
        if suite == HYBRID {
            let lengths = (private.len(), public.len(), sealed.kem_output.len());
            assert_eq!(lengths, (32, 1_216, 1_120));
        }
        let aad = bytes("associated_data");
        let opened = algorithms
            .hpke_open(&sealed, &private, &public, &bytes("info"), Some(&aad))
            .unwrap();
        assert_eq!(*opened, bytes("plaintext"));
        seen.push(suite);
    }
    assert_eq!(seen, Suites.supported_cipher_suites());
}
