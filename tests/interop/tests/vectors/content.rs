//! `content.json`: what our client writes into messages, letters and the vault.

use restante_client::engine::{
    account::{VaultContact, VaultContent, VaultPhase, VaultRoom, VaultSettings},
    content::{self, Content, Salt},
    io::{RoomId, Time},
    letters::{Invitation, Letter, Loss, Verdict},
    payload::Payload,
};
use restante_crypto::{SymmetricKey, VaultKey};
use restante_vectors::{agree, hex, read, readable, unhex};
use restante_wire::{
    AccountKeyHash, ContactToken, IdentityKey, LogHash, MailboxAddress, SeatId, SeatSecret,
    account::AccountId, codec,
};
use serde_json::{Value, json};

const RELAY: &str = "https://relay.example:8443";
const MAILBOX: MailboxAddress = MailboxAddress([0x71; 32]);
const ROOM: RoomId = RoomId([0x72; 32]);

fn account() -> AccountId {
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
            "message": a_message(),
            "payloads": payloads(),
            "letters": letters(),
            "vault": a_vault(),
        }),
    );
}

fn a_message() -> Value {
    let text = Content::text(Salt([0x74; 16]), "hello, *Zoë*", Time(1_795_333_000_123)).unwrap();
    let bytes = text.encode().unwrap();
    let (sender, room) = (content::sender_uri(&account()), content::room_uri(&ROOM));
    json!({
        "sender": sender,
        "room": room,
        "content": hex(&bytes),
        "message_id": content::message_id(&sender, &room, &bytes).to_hex(),
    })
}

fn payloads() -> Vec<Value> {
    [
        Payload::Content(vec![0x87, 0x50]),
        Payload::Leave,
        Payload::ContactToken(ContactToken([0x75; 32])),
    ]
    .iter()
    .map(|payload| json!({ "value": readable(payload), "bytes": hex(payload.encode()) }))
    .collect()
}

fn letters() -> Vec<Value> {
    let verdict = Verdict {
        number: 300,
        authenticator: [0x76; 32],
    };
    let invitation = Invitation {
        relay: RELAY.into(),
        mailbox: MAILBOX,
        room: ROOM,
        direct: true,
        title: "Hiking".into(),
        seat: SeatId([0x77; 32]),
        seat_secret: Some(SeatSecret([0x78; 32])),
        line: 1,
        commit: 129,
        log_hash: LogHash([0x79; 32]),
        welcome_key: SymmetricKey::from_bytes([0x7a; 32]),
        words: "hi".into(),
    };
    let (mailbox, relay) = (MAILBOX, RELAY.to_owned());
    let letters = [
        Letter::Invitation(invitation),
        Letter::Seat {
            mailbox,
            relay: relay.clone(),
            secret: SeatSecret([0x78; 32]),
        },
        Letter::Ask {
            mailbox,
            relay: relay.clone(),
            verdicts: vec![verdict.clone()],
            lost: Some(Loss::Log),
        },
        Letter::NotMember {
            mailbox,
            relay: relay.clone(),
        },
        Letter::Agree {
            mailbox,
            relay: relay.clone(),
            verdict,
        },
        Letter::LetMeIn {
            room: ROOM,
            mailbox,
            relay,
        },
        Letter::SignedIn,
        Letter::VaultChanged,
        Letter::VaultKey {
            generation: 1,
            key: VaultKey::from_bytes([0x7c; 32]),
        },
    ];
    letters
        .iter()
        .map(|letter| json!({ "value": readable(letter), "bytes": hex(codec::encode(letter)) }))
        .collect()
}

fn a_vault() -> Value {
    let contact = VaultContact {
        account: account(),
        identity_key: IdentityKey([0x7b; 32]),
        username: "zoë".into(),
        room: ROOM,
        phase: VaultPhase::Accepted,
    };
    let room = VaultRoom {
        room: ROOM,
        title: "Hiking".into(),
        direct: false,
        relay: RELAY.into(),
        mailbox: MAILBOX,
        line: 1,
        people: vec![(account(), "zoë".into())],
    };
    let values = [("language".to_owned(), "en".to_owned())];
    let vault = VaultContent {
        contacts: vec![contact],
        rooms: vec![room],
        settings: VaultSettings {
            values: values.into(),
        },
    };
    json!({ "value": readable(&vault), "bytes": hex(vault.encode()) })
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
