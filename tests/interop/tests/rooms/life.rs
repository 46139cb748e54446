//! Joining, speaking, committing and being committed to.

use restante_crypto::{Change, MAX_PICTURE, Picture};
use restante_interop::{Change as PeerChange, Invitation, Received, Room, RoomState, letter, seat};
use restante_wire::SeatSecret;

use crate::world::{MAILBOX, Mailbox, Ours, RELAY, Read, add_peer, agree, append, new_peer};

#[test]
fn the_peer_joins_our_group_by_letter_and_welcome_and_both_speak() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    agree(&mut alice, &room);

    let said = alice.says(&mut mailbox, "hi Pete");
    assert_eq!(
        room.receive(&said).unwrap(),
        Received::Message {
            sender: alice.id(),
            payload: b"hi Pete".to_vec(),
        }
    );
    let outgoing = room.say(b"hi Alice").unwrap();
    let said = append(&mut mailbox, &mut room, outgoing);
    assert_eq!(
        alice.receive(&said),
        Ok(Read::Message(
            peer.identity().client(),
            b"hi Alice".to_vec()
        ))
    );
    agree(&mut alice, &room);
}

#[test]
fn our_commits_are_in_force_at_the_peer() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);

    let mut renamed = alice.group().room_state().clone();
    renamed.title = "Climbing".into();
    let mut pictured = renamed.clone();
    pictured.picture = Some(Picture(vec![7; MAX_PICTURE]));
    for change in [
        Change::Update,
        Change::SetState(renamed),
        Change::SetState(pictured),
    ] {
        let (envelope, _) = alice.commits(&mut mailbox, change);
        let author = alice.id();
        assert_eq!(
            room.receive(&envelope).unwrap(),
            Received::Commit { author }
        );
        agree(&mut alice, &room);
    }
    let state = room.state().unwrap();
    assert_eq!(state.title, "Climbing");
    assert_eq!(state.picture, Some(vec![7; MAX_PICTURE]));

    let mut carol = Ours::new("carol");
    let package = carol.key_package();
    let change = alice.addition(&[package.public]);
    let (envelope, key) = alice.commits(&mut mailbox, change);
    room.receive(&envelope).unwrap();
    let letter = alice.invites(carol.client.certificate(), &envelope, key.unwrap());
    carol.joins(&letter, &envelope, package.rows);
    agree(&mut alice, &room);
    agree(&mut carol, &room);
}

#[test]
fn commits_of_the_peer_are_in_force_at_ours() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    for _ in 0..3 {
        let outgoing = room.commit(PeerChange::Update).unwrap();
        let envelope = append(&mut mailbox, &mut room, outgoing);
        alice.receive(&envelope).unwrap();
        agree(&mut alice, &room);
    }
}

#[test]
fn our_client_joins_a_group_that_the_peer_made() {
    let mut mailbox = Mailbox::default();
    let (peer, mut alice) = (new_peer("pete"), Ours::new("alice"));
    let account = peer.identity().certificate().body.account.clone();
    let state = RoomState::new([1; 32], [2; 32], "Peers", &account);
    let mut room = Room::create(&peer, MAILBOX, &state).unwrap();
    let package = alice.key_package();

    let mut people: Vec<_> = state.people().collect();
    people.push((
        alice.client.certificate().body.account.clone(),
        restante_interop::room_state::MemberRole::Member,
    ));
    let before = room.position().unwrap();
    let outgoing = room
        .commit(PeerChange::Add {
            key_packages: vec![package.public],
            state: state.with_people(&people).unwrap(),
        })
        .unwrap();
    let welcome_key = outgoing.welcome.as_ref().unwrap().1;
    let envelope = append(&mut mailbox, &mut room, outgoing);

    let to = alice.client.certificate().body.clone();
    let secret = SeatSecret([3; 32]);
    let invitation = Invitation {
        relay: RELAY.into(),
        mailbox: MAILBOX,
        room: [1; 32],
        direct: false,
        title: "Peers".into(),
        seat: seat::seat_id(&state.seat_key, &to.client).unwrap(),
        seat_secret: Some(secret),
        line: 0,
        commit: envelope.number,
        log_hash: before.hash,
        welcome_key,
        words: String::new(),
    };
    let content = letter::LetterContent::Invitation(invitation);
    let letter = letter::seal(peer.identity(), &to, content).unwrap();
    let inviter = alice.joins(&letter, &envelope, package.rows);
    assert_eq!(inviter.client(), peer.identity().client());
    agree(&mut alice, &room);

    let said = alice.says(&mut mailbox, "thanks");
    room.receive(&said).unwrap();
    let (envelope, _) = alice.commits(&mut mailbox, Change::Update);
    room.receive(&envelope).unwrap();
    agree(&mut alice, &room);
}

#[test]
fn refused_appends_leave_gaps_that_both_jump() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    for _ in 0..100 {
        let position = alice.position();
        alice.group().encrypt(b"refused", position).unwrap();
        room.say(b"refused").unwrap();
    }
    let said = alice.says(&mut mailbox, "arrives");
    room.receive(&said).unwrap();
    let outgoing = room.say(b"arrives, too").unwrap();
    let said = append(&mut mailbox, &mut room, outgoing);
    let client = peer.identity().client();
    assert_eq!(
        alice.receive(&said),
        Ok(Read::Message(client, b"arrives, too".to_vec()))
    );
}

#[test]
fn of_two_commits_the_first_in_the_log_wins_at_both() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let mut room = add_peer(&mut mailbox, &mut alice, &peer);
    let lost = room.commit(PeerChange::Update).unwrap();
    let (envelope, _) = alice.commits(&mut mailbox, Change::Update);
    assert_eq!(
        room.receive(&envelope).unwrap(),
        Received::Commit { author: alice.id() }
    );
    agree(&mut alice, &room);
    assert!(lost.after_commit < envelope.number);
    let outgoing = room.commit(PeerChange::Update).unwrap();
    let envelope = append(&mut mailbox, &mut room, outgoing);
    alice.receive(&envelope).unwrap();
    agree(&mut alice, &room);
}

#[test]
fn ephemerals_open_on_the_other_side() {
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let peer = new_peer("pete");
    let room = add_peer(&mut mailbox, &mut alice, &peer);
    let body = alice.group().seal_ephemeral(b"typing", 7).unwrap();
    assert_eq!(
        room.open_ephemeral(&body).unwrap(),
        (alice.id(), 7, b"typing".to_vec())
    );
    let body = room.seal_ephemeral(peer.identity(), 8, b"too").unwrap();
    let opened = alice.group().open_ephemeral(&body).unwrap();
    assert_eq!(opened.sender.client(), peer.identity().client());
    assert_eq!((opened.counter, opened.payload), (8, b"too".to_vec()));
}
