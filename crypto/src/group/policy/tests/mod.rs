//! One room, and commits in it.

mod property;
mod table;

use std::collections::BTreeMap;

use restante_wire::{AccountKeyHash, ClientId, MailboxAddress, account::AccountId};

use super::{Commit, Proposed, Room, RoomState, Seat, Verdict, Violation, judge};
use crate::{
    SeatKey,
    certificate::CertificateHash,
    group::room_state::{
        MAX_MEMBERS, Participant, ParticipantRole, Permission, Policy, Predecessor, Successor,
    },
};

/// Ada is the admin with two clients; Ben and Cem are members, Ben with two clients.
const ADA: u8 = 1;
const BEN: u8 = 2;
const CEM: u8 = 3;
/// Where the room lies.
const MAILBOX: MailboxAddress = MailboxAddress([7; 32]);
/// Not in the room.
const DAN: u8 = 4;
const EVE: u8 = 5;

fn account(person: u8) -> AccountId {
    AccountId {
        relay: "https://relay.example".into(),
        key_hash: AccountKeyHash([person; 32]),
    }
}

/// Client `number` of a person.
fn client(person: u8, number: u8) -> ClientId {
    let mut id = [0; 16];
    (id[0], id[1]) = (person, number);
    ClientId(id)
}

fn certificate(person: u8, number: u8) -> CertificateHash {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(client(person, number).as_bytes());
    CertificateHash(hash)
}

fn participants(people: &[(u8, ParticipantRole)]) -> BTreeMap<AccountKeyHash, Participant> {
    people
        .iter()
        .map(|&(person, role)| {
            let account = account(person);
            (account.key_hash, Participant { account, role })
        })
        .collect()
}

fn room() -> RoomState {
    RoomState {
        participants: participants(&[
            (ADA, ParticipantRole::Admin),
            (BEN, ParticipantRole::Member),
            (CEM, ParticipantRole::Member),
        ]),
        ..RoomState::new([9; 32], "Room", account(ADA), SeatKey::from_bytes([8; 32]))
    }
}

fn everyone_may(change: impl Fn(&mut Policy) -> &mut Permission) -> RoomState {
    let mut state = room();
    *change(&mut state.policy) = Permission::Everyone;
    state
}

fn members() -> BTreeMap<ClientId, Seat> {
    [(ADA, 1), (ADA, 2), (BEN, 1), (BEN, 2), (CEM, 1)]
        .into_iter()
        .zip(0..)
        .map(|((person, number), leaf_index)| {
            let seat = Seat {
                leaf_index,
                account: account(person),
                certificate: certificate(person, number),
            };
            (client(person, number), seat)
        })
        .collect()
}

fn add(person: u8, number: u8) -> Proposed {
    Proposed::Add {
        client: client(person, number),
        account: account(person),
        certificate: certificate(person, number),
    }
}

fn remove(person: u8, number: u8) -> Proposed {
    Proposed::Remove(client(person, number))
}

fn state(before: &RoomState, change: impl FnOnce(&mut RoomState)) -> Proposed {
    let mut after = before.clone();
    change(&mut after);
    Proposed::State(Box::new(after))
}

fn people(before: &RoomState, people: &[(u8, ParticipantRole)]) -> Proposed {
    state(before, |after| after.participants = participants(people))
}

/// Client 1 of `author` commits in a room with this state.
fn verdict_in(
    before: &RoomState,
    author: u8,
    proposals: Vec<Proposed>,
    leaving: &[ClientId],
) -> Result<Verdict, Violation> {
    let members = members();
    let room = Room {
        state: before,
        mailbox: &MAILBOX,
        members: &members,
        max_members: MAX_MEMBERS,
    };
    let commit = Commit {
        author: client(author, 1),
        proposals,
        path: Some(certificate(author, 1)),
    };
    judge(&room, &commit, &leaving.iter().copied().collect())
}

fn verdict(author: u8, proposals: Vec<Proposed>) -> Result<Verdict, Violation> {
    verdict_in(&room(), author, proposals, &[])
}

fn refused(author: u8, proposals: Vec<Proposed>) -> Option<Violation> {
    verdict(author, proposals).err()
}
