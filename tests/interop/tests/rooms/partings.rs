//! Removing, being removed, and repairs in both directions.

use std::collections::BTreeSet;

use restante_crypto::{Change, Group, ParticipantRole, welcome};
use restante_interop::{
    Change as PeerChange, Invitation, Received, Room, room_state::MemberRole, sealed,
};
use restante_wire::AccountKeyHash;

use crate::world::{
    MAILBOX, Mailbox, Ours, RELAY, Read, add_peer, agree, append, new_peer, opened,
};

/// Alice with her room, Carol and the peer in it; the peer is an admin.
fn three(mailbox: &mut Mailbox) -> (Ours, Ours, restante_interop::Peer, Room) {
    let (mut alice, mut carol) = (Ours::with_room("alice"), Ours::new("carol"));
    let peer = new_peer("pete");
    let package = carol.key_package();
    let change = alice.addition(&[package.public]);
    let (envelope, key) = alice.commits(mailbox, change);
    let letter = alice.invites(carol.client.certificate(), &envelope, key.unwrap());
    carol.joins(&letter, &envelope, package.rows);
    let mut room = add_peer(mailbox, &mut alice, &peer);
    carol.receive(mailbox.log.last().unwrap()).unwrap();
    let mut state = alice.group().room_state().clone();
    let account = peer.identity().certificate().body.account.key_hash;
    state.participants.get_mut(&account).unwrap().role = ParticipantRole::Admin;
    let (envelope, _) = alice.commits(mailbox, Change::SetState(state));
    carol.receive(&envelope).unwrap();
    room.receive(&envelope).unwrap();
    agree(&mut alice, &room);
    agree(&mut carol, &room);
    (alice, carol, peer, room)
}

fn without(room: &Room, account: &AccountKeyHash) -> restante_interop::RoomState {
    let state = room.state().unwrap();
    let staying: Vec<_> = state
        .people()
        .filter(|(person, _)| person.key_hash != *account)
        .collect();
    state.with_people(&staying).unwrap()
}

#[test]
fn c7_a_removed_peer_reads_nothing_more() {
    let mut mailbox = Mailbox::default();
    let (mut alice, mut carol, peer, mut room) = three(&mut mailbox);
    let (envelope, _) = alice.commits(
        &mut mailbox,
        Change::Remove {
            clients: BTreeSet::from([peer.identity().client()]),
            state: None,
        },
    );
    carol.receive(&envelope).unwrap();
    assert_eq!(room.receive(&envelope).unwrap(), Received::RemovalClaimed);

    let said = alice.says(&mut mailbox, "among ourselves");
    carol.receive(&said).unwrap();
    assert!(room.receive(&said).is_err());
    let outgoing = room.say(b"still here?").unwrap();
    let said = mailbox.append(outgoing.id, outgoing.kind, outgoing.body, None);
    assert!(carol.receive(&said).is_err());
}

#[test]
fn c7_who_the_peer_removed_reads_nothing_more() {
    let mut mailbox = Mailbox::default();
    let (mut alice, mut carol, _, mut room) = three(&mut mailbox);
    let account = carol.client.certificate().body.account.key_hash;
    let change = PeerChange::Remove {
        client: carol.id(),
        state: Some(without(&room, &account)),
    };
    let outgoing = room.commit(change).unwrap();
    let envelope = append(&mut mailbox, &mut room, outgoing);
    alice.receive(&envelope).unwrap();
    agree(&mut alice, &room);
    assert_eq!(
        carol.receive(&envelope),
        Ok(Read::Removal { repaired: false })
    );
    let outgoing = room.say(b"among ourselves").unwrap();
    let said = append(&mut mailbox, &mut room, outgoing);
    alice.receive(&said).unwrap();
    assert!(carol.receive(&said).is_err());
    assert_eq!(room.state().unwrap().role(&account), None::<MemberRole>);
}

#[test]
fn a_repaired_peer_comes_back_by_the_welcome_of_the_repair() {
    let mut mailbox = Mailbox::default();
    let (mut alice, mut carol, peer, mut room) = three(&mut mailbox);
    let client = peer.identity().client();
    let change = carol.repair(client, &peer.key_package().unwrap());
    let (envelope, key) = carol.commits(&mut mailbox, change);
    alice.receive(&envelope).unwrap();
    assert_eq!(room.receive(&envelope).unwrap(), Received::RemovalClaimed);
    let letter = carol.invites(peer.identity().certificate(), &envelope, key.unwrap());
    let (_, invitation) = opened(&peer, &letter);
    let mut room = Room::join(&peer, &invitation, &envelope).unwrap();
    agree(&mut alice, &room);
    let outgoing = room.commit(PeerChange::Update).unwrap();
    let envelope = append(&mut mailbox, &mut room, outgoing);
    alice.receive(&envelope).unwrap();
    carol.receive(&envelope).unwrap();
    agree(&mut carol, &room);
}

#[test]
fn the_peer_repairs_our_client() {
    let mut mailbox = Mailbox::default();
    let (mut alice, mut carol, _, mut room) = three(&mut mailbox);
    let package = carol.key_package();
    let outgoing = room
        .commit(PeerChange::Repair {
            client: carol.id(),
            key_package: package.public,
        })
        .unwrap();
    let (sealed_welcome, key) = outgoing.welcome.clone().unwrap();
    let envelope = append(&mut mailbox, &mut room, outgoing);
    alice.receive(&envelope).unwrap();
    assert_eq!(
        carol.receive(&envelope),
        Ok(Read::Removal { repaired: true })
    );
    let key = restante_crypto::SymmetricKey::from_bytes(key);
    let bytes = welcome::open(&key, &sealed_welcome).unwrap();
    let joined = Group::join(&carol.client, MAILBOX, &bytes, package.rows).unwrap();
    carol.group = Some(joined.group);
    agree(&mut carol, &room);
    agree(&mut alice, &room);
}

#[test]
fn a_welcome_opens_by_the_key_of_its_invitation_only() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let change = alice.addition(&[peer.key_package().unwrap()]);
    let (envelope, _) = alice.commits(&mut mailbox, change);
    let invitation = Invitation {
        relay: RELAY.into(),
        mailbox: MAILBOX,
        room: [9; 32],
        direct: false,
        title: String::new(),
        seat: restante_wire::SeatId([0; 32]),
        seat_secret: None,
        line: 0,
        commit: envelope.number,
        log_hash: restante_wire::LogHash([0; 32]),
        welcome_key: [0; 32],
        words: String::new(),
    };
    assert!(Room::join(&peer, &invitation, &envelope).is_err());
    assert!(sealed::open(&[0; 32], b"", envelope.welcome.as_ref().unwrap()).is_err());
}
