//! What the peer computes from the inputs of each vector.

use ed25519_dalek::Signer;
use restante_interop::{Identity, Log, derived, identity, letter, sealed, seat};
use restante_vectors::{hex, read, unhex};
use restante_wire::{ClientId, Envelope, MailboxAddress, SeatSecret, Signature, codec};
use serde_json::Value;

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    unhex(value.as_str().unwrap()).try_into().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn the_peer_computes_the_same_certificate_and_verifies_ours() {
    let vectors: Value = read("accounts.json");
    let ours = unhex(text(&vectors["certificate"]["bytes"]));
    let certificate = identity::verify_certificate(&ours).unwrap();
    let account = vectors["account"]["value"]["key_hash"].clone();
    assert_eq!(
        hex(identity::account_of(&certificate.body.identity_key).0),
        text(&account)
    );
    let peer = Identity::from_seeds(
        "https://relay.example",
        "zoë",
        bytes(&vectors["identity_seed"]),
        bytes(&vectors["signature_seed"]),
        bytes(&vectors["inbox_seed"]),
    )
    .unwrap();
    let theirs = &peer.certificate().body;
    assert_eq!(theirs.account, certificate.body.account);
    assert_eq!(theirs.identity_key, certificate.body.identity_key);
    assert_eq!(theirs.signature_key, certificate.body.signature_key);
    assert_eq!(theirs.inbox_key, certificate.body.inbox_key);

    let session = &vectors["session"];
    let signed = unhex(text(&session["signed_bytes"]));
    let label = b"restante session v1\0";
    let signature = Signature(bytes(&session["signature"]));
    let rest = signed.strip_prefix(label).unwrap();
    identity::verify_client(&certificate, "restante session v1", rest, &signature).unwrap();
}

#[test]
fn the_peer_signs_an_ephemeral_to_the_same_bytes() {
    let vector = &read::<Value>("group-parts.json")["ephemeral"];
    let signed_bytes = unhex(text(&vector["signed_bytes"]));
    let whole = unhex(text(&vector["bytes"]));
    // The content is encoded in both: behind the version byte of the whole, and behind the label, the
    // mailbox and its own version byte.
    let mailbox = unhex(text(&vector["mailbox"]));
    let front = [&b"restante ephemeral v1\0"[..], &mailbox, &[1]].concat();
    let content = signed_bytes.strip_prefix(&front[..]).unwrap();
    let key = ed25519_dalek::SigningKey::from_bytes(&bytes(&vector["signature_seed"]));
    let signature = key.sign(&signed_bytes).to_bytes();
    assert_eq!(whole, [&[1], content, &[64], &signature].concat());
}

#[test]
fn the_peer_computes_the_same_seat() {
    let vector: Value = read("seats.json");
    let client = ClientId(bytes(&vector["client"]));
    let id = seat::seat_id(&bytes(&vector["seat_key"]), &client).unwrap();
    assert_eq!(hex(id.0), text(&vector["seat"]));
    let hash = seat::secret_hash(&SeatSecret(bytes(&vector["seat_secret"])));
    assert_eq!(hex(hash.0), text(&vector["secret_hash"]));
    let mailbox = MailboxAddress(bytes(&vector["mailbox"]));
    let owner = derived::owner_secret(&bytes(&vector["vault_key"]), &mailbox).unwrap();
    assert_eq!(hex(owner.0), text(&vector["owner_secret"]));
    assert_eq!(
        hex(derived::owner_tag(&owner, &id).0),
        text(&vector["owner_tag"])
    );
}

#[test]
fn the_peer_computes_the_same_log_hashes() {
    let vectors: Value = read("log.json");
    let mut log = Log::start(&MailboxAddress(bytes(&vectors["mailbox"])));
    assert_eq!(hex(log.position().unwrap().hash.0), text(&vectors["start"]));
    for entry in vectors["envelopes"].as_array().unwrap() {
        let envelope: Envelope = codec::decode(&unhex(text(&entry["bytes"]))).unwrap();
        log.read(&envelope).unwrap();
        assert_eq!(hex(log.position().unwrap().hash.0), text(&entry["hash"]));
    }
}

#[test]
fn the_peer_pads_and_seals_to_the_same_bytes() {
    let vectors: Value = read("sealed.json");
    for entry in vectors["padding"].as_array().unwrap() {
        let len = usize::try_from(entry["content"].as_u64().unwrap()).unwrap();
        let padded = sealed::pad(&vec![7; len]).unwrap().len() as u64;
        assert_eq!(Some(padded), entry["padded"].as_u64());
    }
    let envelope = &vectors["envelope"];
    let mailbox: [u8; 32] = bytes(&envelope["mailbox"]);
    let context = [&b"restante envelope v1\0"[..], &mailbox].concat();
    seals_to(envelope, "message", "body", &context);
    let welcome = &vectors["welcome"];
    seals_to(welcome, "message", "sealed", b"restante welcome v1\0");
}

/// Seals the vector's content under its key and nonce.
fn seals_to(vector: &Value, content: &str, result: &str, context: &[u8]) {
    let sealed = sealed_as(vector, &unhex(text(&vector[content])), context);
    assert_eq!(hex(&sealed), text(&vector[result]));
}

fn sealed_as(vector: &Value, content: &[u8], context: &[u8]) -> Vec<u8> {
    let (key, nonce) = (bytes(&vector["key"]), bytes(&vector["nonce"]));
    let plaintext = sealed::pad(content).unwrap();
    sealed::seal_with(&key, nonce, context, &plaintext).unwrap()
}

#[test]
fn the_peer_wraps_the_identity_to_the_same_bytes_under_the_export_key() {
    let wraps = &read::<Value>("sealed.json")["wraps"];
    let key = derived::password_wrap_key(&unhex(text(&wraps["export_key"]))).unwrap();
    let content = ["identity_seed", "vault_key"].map(|field| unhex(text(&wraps[field])));
    let nonce = bytes(&wraps["password"]["nonce"]);
    let context = b"restante identity wrap v1\0";
    let sealed = sealed::seal_with(&key, nonce, context, &content.concat()).unwrap();
    assert_eq!(hex(&sealed), text(&wraps["password"]["sealed"]));
}

#[test]
fn the_peer_opens_the_wrap_of_a_registration_with_its_export_key() {
    let vectors: Value = read("opaque.json");
    let export_key = unhex(text(&vectors["registration"]["export_key"]));
    let key = derived::password_wrap_key(&export_key).unwrap();
    let wrap = &vectors["wrap"];
    let sealed = unhex(text(&wrap["sealed"]));
    let opened = sealed::open(&key, b"restante identity wrap v1\0", &sealed).unwrap();
    let expected = ["identity_seed", "vault_key"].map(|field| unhex(text(&wrap[field])));
    assert_eq!(opened, expected.concat());
}

#[test]
fn the_peer_stores_the_same_vault_under_the_key_of_each_generation() {
    let vault = &read::<Value>("content.json")["vault"];
    let content = unhex(text(&vault["bytes"]));
    for stored in vault["stored"].as_array().unwrap() {
        let generation = u32::try_from(stored["generation"].as_u64().unwrap()).unwrap();
        if generation > 0 {
            let key = derived::vault_key(&bytes(&stored["identity_seed"]), generation).unwrap();
            assert_eq!(hex(key), text(&stored["key"]));
        }
        let version = stored["version"].as_u64().unwrap().to_be_bytes();
        let context = [&b"restante vault v1\0"[..], &version].concat();
        let sealed = sealed_as(stored, &content, &context);
        let whole = [&generation.to_be_bytes()[..], &sealed].concat();
        assert_eq!(hex(whole), text(&stored["stored"]));
    }
}

#[test]
fn the_peer_opens_the_letter() {
    let vector = &read::<Value>("sealed.json")["letter"];
    let seed: [u8; 32] = bytes(&vector["inbox_seed"]);
    assert_eq!(
        hex(letter::inbox_key(&seed).unwrap()),
        text(&vector["inbox_key"])
    );
    let inbox = MailboxAddress(bytes(&vector["inbox"]));
    let content = letter::open_bytes(&seed, &inbox, &unhex(text(&vector["letter"]))).unwrap();
    assert_eq!(hex(content), text(&vector["content"]));
}
