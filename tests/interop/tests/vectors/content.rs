//! `content.json`: what our client writes into messages, letters and the vault.

use restante_client::engine::{
    account::{VaultContact, VaultContent, VaultPhase, VaultRoom, VaultSettings},
    content,
    io::RoomId,
    letters::{Invitation, Letter, Loss, Verdict},
    payload::Payload,
    signals::Signal,
};
use restante_crypto::{AccountIdentity, Randomness, SymmetricKey, VaultKey, vault};
use restante_vectors::{agree, hex, read, readable, unhex};
use restante_wire::{
    AccountKeyHash, ContactToken, IdentityKey, LogHash, MailboxAddress, SeatId, SeatSecret,
    account::AccountId, codec,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::messages;

pub(crate) const RELAY: &str = "https://relay.example:8443";
const MAILBOX: MailboxAddress = MailboxAddress([0x71; 32]);
pub(crate) const ROOM: RoomId = RoomId([0x72; 32]);

pub(crate) fn account() -> AccountId {
    AccountId {
        relay: RELAY.into(),
        key_hash: AccountKeyHash([0x73; 32]),
    }
}

#[test]
fn contents_have_their_committed_bytes() {
    agree(
        "content.json",
        &json!({
            "sender": content::sender_uri(&account()),
            "room": content::room_uri(&ROOM),
            "messages": messages::vectors(),
            "payloads": payloads(),
            "signals": signals(),
            "letters": letters(),
            "vault": a_vault(),
        }),
    );
}

fn payloads() -> Vec<Value> {
    let first = messages::vectors().remove(0);
    [
        Payload::Content(messages::content_of(&first)),
        Payload::Leave,
        Payload::ContactToken(ContactToken([0x75; 32])),
    ]
    .iter()
    .map(encoded)
    .collect()
}

fn signals() -> Vec<Value> {
    [
        Signal::Typing(true),
        Signal::Typing(false),
        Signal::Here(true),
        Signal::Here(false),
    ]
    .iter()
    .map(encoded)
    .collect()
}

/// A value and its bytes.
fn encoded<T: Serialize>(value: &T) -> Value {
    json!({ "value": readable(value), "bytes": hex(codec::encode(value)) })
}

fn letters() -> Vec<Value> {
    let verdict = Verdict {
        number: 300,
        authenticator: [0x76; 32],
    };
    let (mailbox, relay) = (MAILBOX, RELAY.to_owned());
    let asks = [
        None,
        Some(Loss::Seat),
        Some(Loss::Log),
        Some(Loss::Restored),
    ]
    .map(|lost| Letter::Ask {
        mailbox,
        relay: relay.clone(),
        verdicts: vec![verdict.clone()],
        lost,
    });
    let others = [
        Letter::Seat {
            mailbox,
            relay: relay.clone(),
            secret: SeatSecret([0x78; 32]),
        },
        Letter::NotMember {
            mailbox,
            relay: relay.clone(),
        },
        Letter::Agree {
            mailbox,
            relay: relay.clone(),
            verdict: verdict.clone(),
        },
        Letter::LetMeIn {
            room: ROOM,
            mailbox,
            relay: relay.clone(),
        },
        Letter::SignedIn,
        Letter::VaultChanged,
        Letter::VaultKey {
            generation: 1,
            key: VaultKey::from_bytes([0x7c; 32]),
        },
        Letter::PasswordChanged,
    ];
    let letters = invitations().into_iter().chain(asks).chain(others);
    letters.map(|letter| encoded(&letter)).collect()
}

/// Into the first group of a direct room, and a repair in the second group of another room.
fn invitations() -> [Letter; 2] {
    let first = Invitation {
        relay: RELAY.into(),
        mailbox: MAILBOX,
        room: ROOM,
        direct: true,
        title: String::new(),
        seat: SeatId([0x77; 32]),
        seat_secret: Some(SeatSecret([0x78; 32])),
        line: 0,
        commit: 1,
        log_hash: LogHash([0x79; 32]),
        welcome_key: SymmetricKey::from_bytes([0x7a; 32]),
        words: "hi".into(),
    };
    let repair = Invitation {
        direct: false,
        title: "Hiking".into(),
        seat_secret: None,
        line: 1,
        commit: 129,
        words: String::new(),
        ..first.clone()
    };
    [Letter::Invitation(first), Letter::Invitation(repair)]
}

fn a_vault() -> Value {
    let contacts =
        [VaultPhase::Asked, VaultPhase::Accepted, VaultPhase::Blocked].map(|phase| VaultContact {
            account: account(),
            identity_key: IdentityKey([0x7b; 32]),
            username: "zoë".into(),
            room: (phase != VaultPhase::Blocked).then_some(ROOM),
            phase,
            renewed: 1,
        });
    let room = VaultRoom {
        room: ROOM,
        title: "Hiking".into(),
        direct: false,
        relay: RELAY.into(),
        mailbox: MAILBOX,
        line: 1,
        people: vec![(account(), "zoë".into())],
    };
    let client = hex([0x7f; 16]);
    let values = [
        (format!("client/{client}/name"), "Zoë's laptop".to_owned()),
        (format!("client/{client}/platform"), "linux".to_owned()),
        (
            format!("mute/{}", hex(ROOM.0)),
            "until 1795333000123".to_owned(),
        ),
    ];
    let vault = VaultContent {
        contacts: contacts.into(),
        rooms: vec![room],
        settings: VaultSettings {
            values: values.into(),
        },
    };
    json!({
        "value": readable(&vault),
        "bytes": hex(vault.encode()),
        "stored": [stored(&vault, 0), stored(&vault, 1)],
    })
}

/// The vault as a relay has it, under the key of a generation.
fn stored(vault: &VaultContent, generation: u32) -> Value {
    let identity = AccountIdentity::from_seed(&[0x64; 32]);
    let wrapped = VaultKey::from_bytes([0x65; 32]);
    let key = vault::key_of(&identity, &wrapped, generation);
    let version = 7;
    let under = (generation, key.clone());
    let bytes = vault.seal(&under, version, &Randomness::seeded([3; 32]));
    let opened = VaultContent::open(&bytes, version, |named| {
        (named == generation).then(|| key.clone())
    });
    assert_eq!(opened.unwrap(), (generation, vault.clone()));
    json!({
        "identity_seed": hex(identity.seed()),
        "generation": generation,
        "key": hex(key.as_bytes()),
        "version": version,
        // Behind the generation and the seal's own version byte.
        "nonce": hex(bytes.get(5..17).unwrap()),
        "stored": hex(&bytes),
    })
}

#[derive(serde::Deserialize)]
struct Example {
    name: String,
    content: String,
}

#[test]
fn the_examples_of_the_mimi_draft_come_back_byte_for_byte() {
    let examples: Vec<Example> = read("mimi-content-08.json");
    assert_eq!(examples.len(), 14);
    for Example { name, content } in examples {
        let decoded = content::decode(&unhex(&content));
        let encoded = decoded.and_then(|decoded| decoded.encode());
        assert_eq!(encoded.map(hex).as_ref(), Ok(&content), "{name}");
    }
}
