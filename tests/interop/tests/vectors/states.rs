//! Room states with everything in them that `group.json` has not.

use std::collections::BTreeMap;

use restante_crypto::{
    Participant, ParticipantRole, Permission, Picture, Policy, RoomState, SeatKey,
    group::room_state::{Predecessor, Successor},
};
use restante_interop::room_state;
use restante_vectors::{agree, hex, readable};
use restante_wire::{AccountKeyHash, MailboxAddress, account::AccountId};
use serde_json::{Value, json};

fn person(key: u8, relay: &str, role: ParticipantRole) -> (AccountKeyHash, Participant) {
    let account = AccountId {
        relay: relay.into(),
        key_hash: AccountKeyHash([key; 32]),
    };
    (account.key_hash, Participant { account, role })
}

#[test]
fn room_states_have_their_committed_bytes() {
    let (ours, theirs) = ("https://b.example", "https://a.example");
    let (_, creator) = person(0x01, ours, ParticipantRole::Admin);
    let seat_key = SeatKey::from_bytes([0x94; 32]);
    let new = RoomState::new([0x95; 32], "Hiking", creator.account, seat_key);
    let direct = RoomState {
        direct: true,
        title: String::new(),
        participants: BTreeMap::from([
            person(0x01, ours, ParticipantRole::Admin),
            person(0x02, ours, ParticipantRole::Member),
        ]),
        ..new.clone()
    };
    let two_relays = RoomState {
        participants: BTreeMap::from([
            person(0x01, ours, ParticipantRole::Admin),
            person(0x02, theirs, ParticipantRole::Member),
            person(0x03, ours, ParticipantRole::Admin),
        ]),
        picture: Some(Picture(vec![0xff, 0xd8, 0xff])),
        policy: Policy {
            add: Permission::Everyone,
            remove: Permission::Everyone,
            rename: Permission::Everyone,
            post: Permission::Admins,
        },
        ..new.clone()
    };
    let follows = RoomState {
        predecessor: Some(Predecessor {
            mailbox: MailboxAddress([0x96; 32]),
            epoch: 300,
        }),
        ..new.clone()
    };
    let followed = RoomState {
        successor: Some(Successor {
            relay: ours.into(),
            mailbox: MailboxAddress([0x97; 32]),
        }),
        ..new.clone()
    };
    let states = [new, direct, two_relays, follows, followed];
    agree("room-states.json", &states.iter().map(vector).collect());
}

/// What our client encodes, as the peer reads it.
fn vector(state: &RoomState) -> Value {
    let bytes = state.encode().unwrap();
    let read = room_state::RoomState::decode(&bytes).unwrap();
    assert_eq!(read.encode(), bytes);
    json!({ "value": readable(&read), "bytes": hex(bytes) })
}
