//! Accounts as operators hold them, made for one run: what a vendor hands out, and what it keeps.

use std::sync::LazyLock;

use openssl::{
    ec::{EcGroup, EcKey},
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair},
};
use serde_json::json;

use crate::{
    apns,
    fcm::{self, FcmGateway},
};

/// The private key of every service account of this run, a PEM block.
static RSA: LazyLock<PKey<Private>> = LazyLock::new(|| {
    let key = Rsa::generate(2048).expect("an RSA key");
    PKey::from_rsa(key).expect("an RSA key")
});

/// An account at Apple: the file `AuthKey_….p8` and what Apple keeps.
///
/// # Panics
/// If there is no randomness.
#[must_use]
pub fn apple() -> (String, apns::Account) {
    let key = elliptic(Nid::X9_62_PRIME256V1);
    let der = key.private_key_to_pkcs8().expect("PKCS #8");
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new());
    let account = apns::Account {
        public_key: pair.expect("a P-256 key").public_key().as_ref().to_vec(),
        key_id: "ABCDE12345".into(),
        team_id: "FGHIJ67890".into(),
        topic: "example.restante.app".into(),
    };
    (pem(&key), account)
}

/// A key on another curve than Apple's.
///
/// # Panics
/// If there is no randomness.
#[must_use]
pub fn key_on_another_curve() -> String {
    pem(&elliptic(Nid::SECP384R1))
}

/// The key of the service account, a PEM block.
///
/// # Panics
/// If there is no randomness.
#[must_use]
pub fn rsa_key() -> String {
    pem(&RSA)
}

/// What Google keeps of the service account.
///
/// # Panics
/// If there is no randomness.
#[must_use]
pub fn google() -> fcm::Account {
    let der = RSA.private_key_to_pkcs8().expect("PKCS #8");
    let pair = RsaKeyPair::from_pkcs8(&der).expect("an RSA key");
    fcm::Account {
        public_key: pair.public_key().as_ref().to_vec(),
        key_id: "k1".into(),
        email: "push@project.example".into(),
        project: "project".into(),
    }
}

/// The JSON key of that service account, for tokens of a gateway.
#[must_use]
pub fn service_account(gateway: &FcmGateway) -> String {
    json!({
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "k1",
        "private_key": rsa_key(),
        "client_email": "push@project.example",
        "token_uri": gateway.token_url(),
    })
    .to_string()
}

fn elliptic(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).expect("a known curve");
    let key = EcKey::generate(&group).expect("a key");
    PKey::from_ec_key(key).expect("a key")
}

fn pem(key: &PKey<Private>) -> String {
    let pem = key.private_key_to_pem_pkcs8().expect("PKCS #8");
    String::from_utf8(pem).expect("PEM is text")
}
