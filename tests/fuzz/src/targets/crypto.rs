//! Decoders of certificates, groups and sealed things. Bytes that an attacker cannot seal are fed to
//! the opening function as they are; those that a member could seal are sealed first, so that the
//! fuzzer gets behind the seal.

use std::{cell::RefCell, collections::BTreeSet};

use restante_crypto::{
    AccountIdentity, Client, ClientKeys, Group, LogPosition, Randomness, RoomState, SeatKey,
    SymmetricKey, VaultKey,
    attachment::{AttachmentKey, CHUNK, Chunks, Layout},
    envelope, inbox, key_package, vault, verify_certificate, verify_record, welcome,
    wrap::{self, RecoveryPhrase, WrapKey},
};
use restante_wire::{
    Kind, MailboxAddress,
    account::{AccountRecord, CertificateBody},
    codec,
    key_package::Suite,
    limits::LETTER_LEN,
};

const MAILBOX: MailboxAddress = MailboxAddress([7; 32]);
const SUITE: Suite = Suite::X25519_CHACHA20;

/// Sealed files: bytes that a relay gives, and a content whose sender lies about its size.
pub fn attachment(bytes: &[u8]) {
    let Some((declared, rest)) = bytes.split_first_chunk() else {
        return;
    };
    let Ok(declared) = Layout::new(u64::from_le_bytes(*declared)) else {
        return;
    };
    let key = AttachmentKey::generate(&Randomness::seeded([1; 32]));
    let chunks = Chunks::new(&key, declared);
    if declared.check_sealed_len(rest.len() as u64).is_ok() {
        assert!(chunks.open(0, rest).is_err(), "bytes without a key open");
    }
    let (Ok(honest), 1) = (Layout::new(rest.len() as u64), declared.chunks()) else {
        return;
    };
    let first = rest.get(..CHUNK.min(rest.len())).unwrap_or_default();
    if let Ok(sealed) = Chunks::new(&key, honest).seal(0, first)
        && let Ok(opened) = chunks.open(0, &sealed)
    {
        let zeros = opened.len().max(rest.len());
        let filled = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes.resize(zeros, 0);
            bytes
        };
        assert_eq!(
            filled(&opened),
            filled(rest),
            "a lie about the size hides content"
        );
    }
}

/// The identity in a leaf's credential.
pub fn certificate(bytes: &[u8]) {
    if let Ok(certificate) = verify_certificate(bytes) {
        assert_eq!(
            codec::encode(&certificate),
            bytes,
            "two encodings of one certificate"
        );
    }
}

/// Records of the directory.
pub fn record(bytes: &[u8]) {
    if let Ok(record) = codec::decode::<AccountRecord>(bytes) {
        let _ = verify_record(&record);
    }
}

/// Key packages, as claimed.
pub fn key_package(bytes: &[u8]) {
    with_world(|world| {
        if let Ok(package) = key_package::verify(&world.client, bytes, SUITE) {
            let signed = codec::encode(&package.certificate);
            assert!(
                verify_certificate(&signed).is_ok(),
                "a key package without a valid certificate"
            );
        }
    });
}

/// Room state in a GroupContext extension.
pub fn room_state(bytes: &[u8]) {
    if let Ok(state) = RoomState::decode(bytes) {
        let encoded = state.encode().map_err(|_| "a decoded state encodes");
        let again = encoded.map(|encoded| RoomState::decode(&encoded));
        assert_eq!(again, Ok(Ok(state)), "decoding changed a state");
    }
}

/// Authenticated data of every MLS message.
pub fn log_position(bytes: &[u8]) {
    let _ = LogPosition::decode(bytes);
}

/// Bodies from the relay: noise to everybody.
pub fn envelope_body(bytes: &[u8]) {
    let _ = envelope::open(&SymmetricKey::from_bytes([3; 32]), &MAILBOX, bytes);
}

/// What a member puts into an envelope: neither group nor rows may change by garbage.
pub fn mls_message(bytes: &[u8]) {
    with_world(|world| {
        let epoch = world.group.epoch();
        let body = envelope::seal(&world.envelope_key, &MAILBOX, bytes, &world.randomness);
        for kind in [Kind::Message, Kind::Commit] {
            let processed = world.group.process(kind, &body, &BTreeSet::new());
            assert!(processed.is_err(), "garbage was processed");
        }
        assert_eq!(world.group.epoch(), epoch, "garbage moved the epoch");
        assert!(
            world.group.take_changes().is_empty(),
            "garbage changed rows"
        );
    });
}

/// Bodies of ephemeral envelopes.
pub fn ephemeral(bytes: &[u8]) {
    with_world(|world| {
        assert!(
            world.group.open_ephemeral(bytes).is_err(),
            "garbage was opened"
        );
    });
}

/// Welcomes, before and behind their seal.
pub fn welcome(bytes: &[u8]) {
    let _ = welcome::open(&SymmetricKey::from_bytes([3; 32]), bytes);
    let _ = welcome::references(bytes);
}

/// Letters: any content of a sealed one, and any bytes in place of one.
pub fn letter(bytes: &[u8]) {
    with_world(|world| {
        let mut letter = bytes.to_vec();
        letter.resize(LETTER_LEN, 0);
        assert!(
            inbox::open_letter(&world.keys, &MAILBOX, &letter).is_err(),
            "a forged letter"
        );
        let _ = inbox::open_letter(&world.keys, &MAILBOX, bytes);
    });
}

/// Wraps and vaults from a relay that changes them, and what people type for a phrase.
pub fn account_secrets(bytes: &[u8]) {
    assert!(
        wrap::unwrap(&WrapKey::from_export_key(&[3; 64]), bytes).is_err(),
        "a forged wrap"
    );
    assert!(
        vault::open(&VaultKey::from_bytes([3; 32]), 1, bytes).is_err(),
        "a forged vault"
    );
    let _ = RecoveryPhrase::parse(&String::from_utf8_lossy(bytes));
}

/// Stored keys of a client, damaged on disk.
pub fn stored_keys(bytes: &[u8]) {
    if let Ok(keys) = ClientKeys::from_bytes(bytes) {
        let written = keys.to_bytes();
        let read = ClientKeys::from_bytes(&written).map(|read| read.to_bytes());
        assert_eq!(read.as_ref(), Ok(&written), "keys that change when kept");
    }
}

/// One client alone in a group.
struct World {
    randomness: Randomness,
    keys: ClientKeys,
    client: Client,
    group: Group,
    envelope_key: SymmetricKey,
}

fn with_world(run: impl FnOnce(&mut World)) {
    thread_local! {
        static WORLD: RefCell<World> = RefCell::new(new_world());
    }
    WORLD.with_borrow_mut(run);
}

#[expect(
    clippy::expect_used,
    reason = "a target without its world tests nothing"
)]
fn new_world() -> World {
    let randomness = Randomness::seeded([1; 32]);
    let identity = AccountIdentity::generate(&randomness);
    let keys = ClientKeys::generate(&randomness);
    let account = identity.account("https://relay.example");
    let certificate = identity.certify(CertificateBody {
        account: account.clone(),
        identity_key: identity.key(),
        username: "alice".into(),
        client: keys.client(),
        signature_key: keys.signature_key(),
        inbox: MAILBOX,
        inbox_key: keys.inbox_key(),
    });
    let stored = keys.to_bytes();
    let client = Client::new(keys, certificate, randomness.clone()).expect("a certified client");
    let seat_key = SeatKey::generate(&randomness);
    let state = RoomState::new([5; 32], "Hiking", account, seat_key);
    let mut group = Group::create(&client, MAILBOX, &state, SUITE).expect("a group of one");
    let _ = group.take_changes();
    let envelope_key = group
        .export("restante envelope v1", &[])
        .expect("an exported key");
    World {
        randomness,
        keys: ClientKeys::from_bytes(&stored).expect("keys that were just stored"),
        client,
        group,
        envelope_key: SymmetricKey::from_bytes(*envelope_key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuzzer_gets_behind_the_seal_of_an_envelope() {
        with_world(|world| {
            let position = LogPosition::start(&MAILBOX);
            let body = world.group.encrypt(b"hi", position).expect("a message");
            assert!(envelope::open(&world.envelope_key, &MAILBOX, &body).is_ok());
        });
    }
}
