//! Padding, sealed values, wraps, letters and attachments.

use restante_vectors::{agree, committed, hex, unhex};
use restante_wire::MailboxAddress;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{client_keys, nonce};
use crate::{
    AccountIdentity, Randomness, SymmetricKey, VaultKey,
    attachment::{AttachmentKey, Chunks, Layout},
    envelope, inbox, padding, welcome,
    wrap::{self, RecoveryPhrase, WrapKey},
};

const FILE: &str = "sealed.json";

#[test]
fn sealed_values_have_their_committed_form() {
    agree(
        FILE,
        &json!({
            "padding": padding_lengths(),
            "envelope": an_envelope(),
            "welcome": a_welcome(),
            "wraps": wraps(),
            "letter": a_letter(),
            "attachment": an_attachment(),
        }),
    );
}

fn padding_lengths() -> Vec<Value> {
    [
        0, 1, 252, 253, 268, 269, 996, 1_020, 1_021, 4_043, 65_536, 1_000_000,
    ]
    .map(|content| json!({ "content": content, "padded": padding::pad(&vec![7; content]).len() }))
    .into()
}

fn an_envelope() -> Value {
    let (key, mailbox) = ([0x61; 32], MailboxAddress([0x62; 32]));
    let key_type = SymmetricKey::from_bytes(key);
    let message = b"an MLSMessage";
    let body = envelope::seal(&key_type, &mailbox, message, &Randomness::seeded([1; 32]));
    assert_eq!(envelope::open(&key_type, &mailbox, &body).unwrap(), message);
    json!({
        "key": hex(key),
        "mailbox": hex(mailbox.0),
        "nonce": nonce(&body),
        "message": hex(message),
        "body": hex(body),
    })
}

fn a_welcome() -> Value {
    let message = b"an MLSMessage with a Welcome";
    let (sealed, key) = welcome::seal(message, &Randomness::seeded([2; 32]));
    assert_eq!(welcome::open(&key, &sealed).unwrap(), message);
    json!({
        "key": hex(key.as_bytes()),
        "nonce": nonce(&sealed),
        "message": hex(message),
        "sealed": hex(sealed),
    })
}

fn wraps() -> Value {
    let identity = AccountIdentity::from_seed(&[0x64; 32]);
    let vault_key = VaultKey::from_bytes([0x65; 32]);
    let export_key = [0x66; 64];
    let phrase = RecoveryPhrase::generate(&Randomness::seeded([4; 32]));
    let sealed = |key: &WrapKey, seed: u8| {
        let bytes = wrap::wrap(key, &identity, &vault_key, &Randomness::seeded([seed; 32]));
        assert!(wrap::unwrap(key, &bytes).is_ok());
        json!({ "nonce": nonce(&bytes), "sealed": hex(bytes) })
    };
    json!({
        "identity_seed": hex(identity.seed()),
        "vault_key": hex(vault_key.as_bytes()),
        "export_key": hex(export_key),
        "password": sealed(&WrapKey::from_export_key(&export_key), 5),
        "recovery_phrase": phrase.words().as_str(),
        "phrase": sealed(&WrapKey::from_phrase(&phrase), 6),
    })
}

/// HPKE draws its ephemeral key from the system: a committed letter stays as long as it opens.
fn a_letter() -> Value {
    let (keys, inbox_address) = (client_keys(0x20), MailboxAddress([0x44; 32]));
    let content = b"an encoded SignedLetter";
    let opens = |letter: &Vec<u8>| {
        inbox::open_letter(&keys, &inbox_address, letter)
            .is_ok_and(|opened| opened.as_slice() == content)
    };
    let letter = committed(FILE)
        .and_then(|file| Some(unhex(file.get("letter")?.get("letter")?.as_str()?)))
        .filter(opens)
        .unwrap_or_else(|| inbox::seal_letter(&keys.inbox_key(), &inbox_address, content).unwrap());
    json!({
        "inbox_seed": hex([0x22; 32]),
        "inbox_key": hex(keys.inbox_key().0),
        "inbox": hex(inbox_address.0),
        "content": hex(content),
        "letter": hex(letter),
    })
}

fn an_attachment() -> Value {
    let (key, nonce, content) = ([0x67; 32], [0x68; 7], b"a small file");
    let layout = Layout::new(content.len() as u64).unwrap();
    let key_type = AttachmentKey::from_parts(&key, &nonce).unwrap();
    let sealed = Chunks::new(&key_type, layout).seal(0, content).unwrap();
    let lengths = [0, 1, 256, 65_536, 65_537, 1_000_000, 50_000_000]
        .map(|size| json!({ "content": size, "sealed": Layout::new(size).unwrap().sealed_len() }));
    json!({
        "key": hex(key),
        "nonce": hex(nonce),
        "content": hex(content),
        "sealed": hex(sealed),
        "lengths": lengths,
        "in_chunks": in_chunks(&key_type),
    })
}

/// A content of more than one chunk, too long to be written out.
fn in_chunks(key: &AttachmentKey) -> Value {
    let content: Vec<u8> = (0..=250).cycle().take(140_000).collect();
    let layout = Layout::new(content.len() as u64).unwrap();
    let chunks = Chunks::new(key, layout);
    let sealed: Vec<Vec<u8>> = (0..layout.chunks())
        .map(|chunk| {
            let part = layout.content(chunk);
            let part = usize::try_from(part.start).unwrap()..usize::try_from(part.end).unwrap();
            chunks.seal(chunk, &content[part]).unwrap()
        })
        .collect();
    let lengths: Vec<usize> = sealed.iter().map(Vec::len).collect();
    json!({
        "content": content.len(),
        "chunks": lengths,
        "sha256": hex(Sha256::digest(sealed.concat())),
    })
}
