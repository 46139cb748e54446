//! What is noise to one is noise to the other, and neither is stopped by it.

use restante_crypto::Change;
use restante_interop::{Change as PeerChange, sealed};
use restante_wire::{EnvelopeId, Kind, LogHash};

use crate::world::{MAILBOX, Mailbox, Ours, add_peer, agree, append, new_peer};

#[test]
fn garbage_costs_one_number_at_both() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    for kind in [Kind::Message, Kind::Commit] {
        let garbage = mailbox.append(EnvelopeId([1; 16]), kind, vec![1; 300], None);
        assert!(alice.receive(&garbage).is_err());
        assert!(room.receive(&garbage).is_err());
    }
    let outgoing = room.commit(PeerChange::Update).unwrap();
    assert_eq!(outgoing.after_commit, mailbox.log.len() as u64);
    let envelope = append(&mut mailbox, &mut room, outgoing);
    alice.receive(&envelope).unwrap();
    agree(&mut alice, &room);
}

#[test]
fn a_commit_in_a_message_is_noise_at_both() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    let outgoing = room.commit(PeerChange::Update).unwrap();
    let envelope = mailbox.append(EnvelopeId([2; 16]), Kind::Message, outgoing.body, None);
    assert!(alice.receive(&envelope).is_err());
    assert!(room.receive(&envelope).is_err());
    agree(&mut alice, &room);
}

#[test]
fn a_plain_member_cannot_rename_the_room_by_another_library() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    let authenticator = alice.group().epoch_authenticator();
    let mut state = room.state().unwrap();
    state.title = "Mine".into();
    let outgoing = room.commit(PeerChange::State(state)).unwrap();
    let envelope = mailbox.append(outgoing.id, outgoing.kind, outgoing.body, None);
    assert_eq!(
        alice.receive(&envelope).unwrap_err().code(),
        "may_not_rename"
    );
    assert_eq!(alice.group().epoch_authenticator(), authenticator);
}

#[test]
fn a_sender_that_saw_another_log_is_noticed() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    let mut position = alice.position();
    position.hash = LogHash([0; 32]);
    let body = alice.group().encrypt(b"hi", position).unwrap();
    let envelope = mailbox.append(EnvelopeId([3; 16]), Kind::Message, body, None);
    assert!(!room.log_mismatch());
    room.receive(&envelope).unwrap();
    assert!(room.log_mismatch());
}

#[test]
fn an_envelope_of_another_mailbox_or_epoch_does_not_open() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    let old = room.say(b"too late").unwrap();
    let key = room.export(b"restante envelope v1").unwrap();
    let context = [b"restante envelope v1\0", &MAILBOX.0[..]].concat();
    assert!(sealed::open(&key, &context, &old.body).is_ok());
    assert!(sealed::open(&key, &context[..30], &old.body).is_err());

    let (envelope, _) = alice.commits(&mut mailbox, Change::Update);
    room.receive(&envelope).unwrap();
    let late = mailbox.append(old.id, Kind::Message, old.body, None);
    assert!(alice.receive(&late).is_err());
    assert!(room.receive(&late).is_err());
    agree(&mut alice, &room);
}
