//! A room of the hybrid suite, on two implementations of HPKE and MLS.

use restante_crypto::Change;
use restante_interop::{Change as PeerChange, Identity, Peer, suite::HYBRID};
use restante_wire::key_package::Suite;

use crate::world::{Mailbox, Ours, RELAY, Read, add_peer, agree, append};

#[test]
fn both_commit_and_speak_in_a_hybrid_room() {
    let mut mailbox = Mailbox::default();
    let mut alice = Ours::with_room_of("alice", Suite::MLKEM768X25519_AES128);
    let peer = Peer::of_suite(Identity::generate(RELAY, "pete").unwrap(), HYBRID);
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    agree(&mut alice, &room);

    let outgoing = room.commit(PeerChange::Update).unwrap();
    let envelope = append(&mut mailbox, &mut room, outgoing);
    assert_eq!(alice.receive(&envelope), Ok(Read::Commit));
    agree(&mut alice, &room);

    let (envelope, _) = alice.commits(&mut mailbox, Change::Update);
    room.receive(&envelope).unwrap();
    agree(&mut alice, &room);
    let outgoing = room.say(b"hi Alice").unwrap();
    let said = append(&mut mailbox, &mut room, outgoing);
    let expected = Read::Message(peer.identity().client(), b"hi Alice".to_vec());
    assert_eq!(alice.receive(&said), Ok(expected));
}
