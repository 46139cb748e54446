//! `tests/vectors/group.json`: a room that both follow from private keys and a log that are committed.
//! A change of any format on the way (key package, Welcome, letter, envelope, room state, exporter
//! labels, our stored key packages) is found here.
//!
//! MLS draws keys from the system, so the file is not computed anew: delete it, and `cargo xtask
//! vectors` makes another.

use restante_crypto::{Change, Client, ClientKeys, Picture, Randomness, Rows};
use restante_interop::{Identity, KeyPackageSecrets, Peer, Received, Room};
use restante_vectors::{agree, committed, hex, unhex};
use restante_wire::{Envelope, EnvelopeId, Kind, account::ClientCertificate, codec};
use serde_json::{Value, json};

use crate::world::{MAILBOX, Mailbox, Ours, RELAY, Read, opened};

const FILE: &str = "group.json";
const SEEDS: [[u8; 32]; 3] = [[0x81; 32], [0x82; 32], [0x83; 32]];

fn vector() -> Value {
    committed(FILE).unwrap_or_else(|| {
        let made = make();
        agree(FILE, &made);
        made
    })
}

#[test]
fn the_peer_follows_the_committed_group() {
    let vector = vector();
    let joiner = &vector["joiner"];
    let bytes = |field: &str| unhex(joiner[field].as_str().unwrap());
    let seed = |field: &str| bytes(field).try_into().unwrap();
    let certificate = codec::decode(&bytes("certificate")).unwrap();
    let identity = Identity::restore(seed("signature_seed"), seed("inbox_seed"), certificate);
    let peer = Peer::new(identity);
    peer.restore_key_package(KeyPackageSecrets {
        reference: bytes("key_package_reference"),
        key_package: bytes("key_package"),
        init_key: bytes("init_private_key"),
        leaf_key: bytes("leaf_private_key"),
    });
    let (_, invitation) = opened(&peer, &bytes("letter"));
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
}

#[test]
fn our_client_follows_the_committed_group_from_its_stored_key_package() {
    let vector = vector();
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

/// Alice adds Carol, who is ours, and the peer in one commit, then speaks and commits.
fn make() -> Value {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let carol = Ours::new("carol");
    let [account, client, inbox] = SEEDS;
    let identity = Identity::from_seeds(RELAY, "pete", account, client, inbox).unwrap();
    let peer = Peer::new(identity);
    let package = carol.key_package();
    let key_packages = vec![package.public, peer.key_package().unwrap()];
    let secrets = peer.key_package_secrets().remove(0);
    let change = alice.addition(&key_packages);
    let (envelope, key) = alice.commits(&mut mailbox, change);
    let key = key.unwrap();
    let to_peer = alice.invites(peer.identity().certificate(), &envelope, key.clone());
    let to_carol = alice.invites(carol.client.certificate(), &envelope, key);
    let mut log = vec![state_of(&mut alice, &envelope, &Value::Null)];

    let said = alice.says(&mut mailbox, "hello");
    log.push(state_of(&mut alice, &said, &json!(hex("hello"))));
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
    let said = alice.says(&mut mailbox, "still here");
    log.push(state_of(&mut alice, &said, &json!(hex("still here"))));

    json!({
        "mailbox": hex(MAILBOX.0),
        "joiner": {
            "signature_seed": hex(client),
            "inbox_seed": hex(inbox),
            "certificate": hex(codec::encode(peer.identity().certificate())),
            "key_package": hex(secrets.key_package),
            "key_package_reference": hex(secrets.reference),
            "init_private_key": hex(secrets.init_key),
            "leaf_private_key": hex(secrets.leaf_key),
            "letter": hex(to_peer),
        },
        "ours": {
            "keys": hex(carol.client.keys().to_bytes().as_slice()),
            "certificate": hex(codec::encode(carol.client.certificate())),
            "key_package_rows": hex(codec::encode(&package.rows)),
            "letter": hex(to_carol),
        },
        "log": log,
    })
}
