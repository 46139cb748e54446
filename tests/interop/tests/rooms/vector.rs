//! `tests/vectors/group.json` and `group-hybrid.json`: rooms that both follow from private keys and a log that are committed.
//! A change of any format on the way (key package, Welcome, letter, envelope, room state, exporter
//! labels, our stored key packages) is found here.
//!
//! MLS draws keys from the system, so the files are not computed anew: delete one, and `cargo xtask
//! vectors` makes another.

use mls_rs::CipherSuite;
use restante_client::engine::{
    content::{Content, Salt},
    io::{MessageId, Time},
    payload::Payload,
    signals::Signal,
};
use restante_crypto::{Change, Client, ClientKeys, Picture, Randomness, Rows};
use restante_interop::{
    Identity, Invitation, KeyPackageSecrets, Peer, Received, Room,
    suite::{CLASSICAL, HYBRID},
};
use restante_vectors::{agree, committed, hex, unhex};
use restante_wire::{
    ContactToken, Envelope, EnvelopeId, Kind, account::ClientCertificate, codec, key_package::Suite,
};
use serde_json::{Value, json};

use crate::world::{MAILBOX, Mailbox, Ours, RELAY, Read, opened};

/// A file for each suite.
const FILES: [(&str, Suite); 2] = [
    ("group.json", Suite::X25519_CHACHA20),
    ("group-hybrid.json", Suite::MLKEM768X25519_AES128),
];
const SEEDS: [[u8; 32]; 3] = [[0x81; 32], [0x82; 32], [0x83; 32]];

fn vectors() -> [Value; 2] {
    FILES.map(|(file, suite)| {
        committed(file).unwrap_or_else(|| {
            let made = make(suite);
            agree(file, &made);
            made
        })
    })
}

#[test]
fn both_follow_the_committed_groups() {
    for vector in vectors() {
        the_peer_follows(&vector);
        our_client_follows(&vector);
    }
}

/// The newcomer of a vector on the other library, and the invitation that it got.
pub(crate) fn newcomer(vector: &Value) -> (Peer, Invitation) {
    let joiner = &vector["joiner"];
    let bytes = |field: &str| unhex(joiner[field].as_str().unwrap());
    let seed = |field: &str| bytes(field).try_into().unwrap();
    let certificate = codec::decode(&bytes("certificate")).unwrap();
    let identity = Identity::restore(seed("signature_seed"), seed("inbox_seed"), certificate);
    let suite = match vector["suite"].as_u64() {
        Some(0x004F) => HYBRID,
        _ => CLASSICAL,
    };
    let peer = Peer::of_suite(identity, suite);
    peer.restore_key_package(KeyPackageSecrets {
        reference: bytes("key_package_reference"),
        key_package: bytes("key_package"),
        init_key: bytes("init_private_key"),
        leaf_key: bytes("leaf_private_key"),
    });
    let (_, invitation) = opened(&peer, &bytes("letter"));
    (peer, invitation)
}

/// What [`newcomer`] reads.
pub(crate) fn written(peer: &Peer, secrets: KeyPackageSecrets, letter: &[u8]) -> Value {
    let [_, client, inbox] = SEEDS;
    json!({
        "signature_seed": hex(client),
        "inbox_seed": hex(inbox),
        "certificate": hex(codec::encode(peer.identity().certificate())),
        "key_package": hex(secrets.key_package),
        "key_package_reference": hex(secrets.reference),
        "init_private_key": hex(secrets.init_key),
        "leaf_private_key": hex(secrets.leaf_key),
        "letter": hex(letter),
    })
}

/// A newcomer of fixed seeds.
pub(crate) fn new_newcomer(suite: CipherSuite) -> Peer {
    let [account, client, inbox] = SEEDS;
    let identity = Identity::from_seeds(RELAY, "pete", account, client, inbox).unwrap();
    Peer::of_suite(identity, suite)
}

fn the_peer_follows(vector: &Value) {
    let (peer, invitation) = newcomer(vector);
    let mut room: Option<Room> = None;
    for step in vector["log"].as_array().unwrap() {
        let envelope: Envelope = codec::decode(&unhex(step["envelope"].as_str().unwrap())).unwrap();
        let mut payload = None;
        if let Some(room) = &mut room {
            if let Ok(Received::Message { payload: text, .. }) = room.receive(&envelope) {
                payload = Some(hex(text));
            }
        } else {
            room = Some(Room::join(&peer, &invitation, &envelope).unwrap());
        }
        assert_eq!(json!(payload), step["payload"]);
        let room = room.as_ref().unwrap();
        let export = |label: &[u8]| hex(room.export(label).unwrap());
        assert_eq!(
            hex(room.epoch_authenticator().unwrap()),
            step["epoch_authenticator"]
        );
        assert_eq!(export(b"restante envelope v1"), step["envelope_key"]);
        assert_eq!(export(b"restante ephemeral v1"), step["ephemeral_key"]);
        assert_eq!(hex(room.state().unwrap().encode()), step["room_state"]);
        assert_eq!(hex(room.position().unwrap().hash.0), step["log_hash"]);
    }
    let ephemeral = &vector["ephemeral"];
    let body = unhex(ephemeral["body"].as_str().unwrap());
    let (sender, counter, payload) = room.unwrap().open_ephemeral(&body).unwrap();
    assert_eq!(hex(sender.0), ephemeral["sender"]);
    assert_eq!(json!(counter), ephemeral["counter"]);
    assert_eq!(hex(payload), ephemeral["payload"]);
}

fn our_client_follows(vector: &Value) {
    let ours = &vector["ours"];
    let bytes = |field: &str| unhex(ours[field].as_str().unwrap());
    let certificate: ClientCertificate = codec::decode(&bytes("certificate")).unwrap();
    let keys = ClientKeys::from_bytes(&bytes("keys")).unwrap();
    let mut carol = Ours::new("carol");
    carol.client = Client::new(keys, certificate, Randomness::os()).unwrap();
    let rows: Rows = codec::decode(&bytes("key_package_rows")).unwrap();
    for (index, step) in vector["log"].as_array().unwrap().iter().enumerate() {
        let envelope: Envelope = codec::decode(&unhex(step["envelope"].as_str().unwrap())).unwrap();
        let mut payload = None;
        if index == 0 {
            carol.joins(&bytes("letter"), &envelope, rows.clone());
        } else if let Ok(Read::Message(_, text)) = carol.receive(&envelope) {
            payload = Some(hex(text));
        }
        assert_eq!(state_of(&mut carol, &envelope, &json!(payload)), *step);
    }
    let ephemeral = &vector["ephemeral"];
    let body = unhex(ephemeral["body"].as_str().unwrap());
    let opened = carol.group().open_ephemeral(&body).unwrap();
    assert_eq!(hex(opened.sender.client().0), ephemeral["sender"]);
    assert_eq!(json!(opened.counter), ephemeral["counter"]);
    assert_eq!(hex(opened.payload), ephemeral["payload"]);
}

/// What is in force behind an envelope.
fn state_of(ours: &mut Ours, envelope: &Envelope, payload: &Value) -> Value {
    let log_hash = hex(ours.position().hash.0);
    let group = ours.group();
    json!({
        "envelope": hex(codec::encode(envelope)),
        "payload": payload,
        "epoch_authenticator": hex(group.epoch_authenticator()),
        "envelope_key": hex(*group.export("restante envelope v1", &[]).unwrap()),
        "ephemeral_key": hex(*group.export("restante ephemeral v1", &[]).unwrap()),
        "room_state": hex(group.room_state().encode().unwrap()),
        "log_hash": log_hash,
    })
}

/// What a member sends.
fn payloads() -> [Payload; 3] {
    let salt = |n| Salt([n; 16]);
    let text = Content::text(salt(0x84), "hello", Time(1_795_333_000_123)).unwrap();
    let read = Content::reaction(
        salt(0x85),
        MessageId([1; 32]),
        "👍",
        Time(1_795_333_000_456),
    );
    [
        Payload::Content(text.encode().unwrap()),
        Payload::ContactToken(ContactToken([0x86; 32])),
        Payload::Content(read.unwrap().encode().unwrap()),
    ]
}

/// Alice adds Carol, who is ours, and the peer in one commit, then speaks and commits.
fn make(suite: Suite) -> Value {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room_of("alice", suite));
    let carol = Ours::new("carol");
    let theirs = match suite {
        Suite::MLKEM768X25519_AES128 => HYBRID,
        _ => CLASSICAL,
    };
    let peer = new_newcomer(theirs);
    let package = carol.key_package_of(suite);
    let key_packages = vec![package.public, peer.key_package().unwrap()];
    let secrets = peer.key_package_secrets().remove(0);
    let change = alice.addition(&key_packages);
    let (envelope, key) = alice.commits(&mut mailbox, change);
    let key = key.unwrap();
    let to_peer = alice.invites(peer.identity().certificate(), &envelope, key.clone());
    let to_carol = alice.invites(carol.client.certificate(), &envelope, key);
    let mut log = vec![state_of(&mut alice, &envelope, &Value::Null)];

    let [text, token, reaction] = payloads().map(|payload| payload.encode());
    let send = |alice: &mut Ours, mailbox: &mut Mailbox, payload: &[u8]| {
        let sent = alice.sends(mailbox, payload);
        state_of(alice, &sent, &json!(hex(payload)))
    };
    log.push(send(&mut alice, &mut mailbox, &text));
    log.push(send(&mut alice, &mut mailbox, &token));
    let garbage = mailbox.append(EnvelopeId([1; 16]), Kind::Commit, vec![1; 300], None);
    let _ = alice.receive(&garbage);
    log.push(state_of(&mut alice, &garbage, &Value::Null));
    let (envelope, _) = alice.commits(&mut mailbox, Change::Update);
    log.push(state_of(&mut alice, &envelope, &Value::Null));
    let mut renamed = alice.group().room_state().clone();
    renamed.title = "Climbing".into();
    renamed.picture = Some(Picture(vec![7; 40]));
    let (envelope, _) = alice.commits(&mut mailbox, Change::SetState(renamed));
    log.push(state_of(&mut alice, &envelope, &Value::Null));
    log.push(send(&mut alice, &mut mailbox, &reaction));
    let signal = codec::encode(&Signal::Typing(true));
    let counter = 1_795_333_000_789;
    let ephemeral = alice.group().seal_ephemeral(&signal, counter).unwrap();

    json!({
        "mailbox": hex(MAILBOX.0),
        "suite": suite.0,
        "joiner": written(&peer, secrets, &to_peer),
        "ours": {
            "keys": hex(carol.client.keys().to_bytes().as_slice()),
            "certificate": hex(codec::encode(carol.client.certificate())),
            "key_package_rows": hex(codec::encode(&package.rows)),
            "letter": hex(to_carol),
        },
        "log": log,
        "ephemeral": {
            "sender": hex(alice.id().0),
            "counter": counter,
            "payload": hex(signal),
            "body": hex(ephemeral),
        },
    })
}
