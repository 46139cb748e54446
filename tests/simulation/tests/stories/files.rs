//! Messages with files: they leave when their files are at the relay, once, whatever happens.

use restante_client::{
    ErrorKind,
    engine::{
        attachments::SealedFile,
        io::{Command, Draft, Event, MessageState, Outcome, RoomId},
    },
};
use restante_crypto::{
    Randomness,
    attachment::{AttachmentKey, Layout},
};
use restante_simulation::{Crash, World};
use restante_wire::BlobId;

use crate::{ALICE, BOB, world};

/// What the driver hands over when it has sealed a file.
fn sealed(name: &str, size: u64) -> SealedFile {
    let randomness = Randomness::os();
    SealedFile {
        copy: format!("copy of {name}"),
        sealed_len: Layout::new(size).unwrap().sealed_len(),
        hash: [7; 32],
        blob: BlobId(randomness.bytes()),
        key: AttachmentKey::generate(&randomness),
        name: name.into(),
        media_type: "application/octet-stream".into(),
        size,
        thumbnail: None,
        waveform: None,
    }
}

fn send(world: &mut World, room: &RoomId, text: &str, files: Vec<SealedFile>) {
    let draft = Draft {
        text: text.into(),
        files,
        ..Draft::default()
    };
    let command = Command::SendDraft { room: *room, draft };
    let sent = world.command(ALICE, command);
    assert!(matches!(sent, Ok(Outcome::Message(_))), "{sent:?}");
}

/// Names of the files that somebody sees, message by message.
fn files_at(world: &World, who: usize, room: &RoomId) -> Vec<Vec<String>> {
    let messages = world.history(who, room).into_iter();
    messages
        .map(|message| {
            let files = message.attachments.into_iter();
            files.map(|file| file.name).collect()
        })
        .collect()
}

#[test]
fn c1_a_message_leaves_when_its_files_are_at_the_relay_and_not_before() {
    let mut world = world(1, 2);
    let room = world.become_contacts(ALICE, BOB);
    world.relay.takes_no_blobs = true;
    send(
        &mut world,
        &room,
        "look",
        vec![sealed("a", 5), sealed("b", 9)],
    );
    world.say(ALICE, &room, "written later, sent first");
    world.quiet();
    assert_eq!(world.texts(BOB, &room), ["written later, sent first"]);
    assert_eq!(world.history(ALICE, &room).len(), 2);
    world.relay.takes_no_blobs = false;
    world.rest();
    assert_eq!(
        world.texts(BOB, &room),
        ["written later, sent first", "look"]
    );
    assert_eq!(files_at(&world, BOB, &room), [vec![], vec!["a", "b"]]);
    world.assert_agreement(&room, &[ALICE, BOB]);
}

#[test]
fn c4_a_message_of_files_arrives_once_wherever_the_process_ends() {
    for (at, crash) in
        (0..12).flat_map(|at| [(at, Crash::BeforeSending), (at, Crash::AfterSending)])
    {
        let mut world = world(40 + at, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.rest();
        world.crash_at(ALICE, at, crash);
        send(
            &mut world,
            &room,
            "",
            vec![sealed("a", 100_000), sealed("b", 1)],
        );
        world.rest();
        assert_eq!(files_at(&world, BOB, &room), [["a", "b"]], "crash at {at}");
        world.assert_agreement(&room, &[ALICE, BOB]);
    }
}

#[test]
fn c4_a_message_whose_sealed_copy_is_gone_is_shown_as_failed_and_says_why() {
    let mut world = world(3, 2);
    let room = world.become_contacts(ALICE, BOB);
    let lost = "copy of b".to_owned();
    world.people[ALICE].lost_copies.insert(lost);
    send(
        &mut world,
        &room,
        "look",
        vec![sealed("a", 5), sealed("b", 9)],
    );
    world.say(ALICE, &room, "the room goes on");
    world.rest();
    assert_eq!(world.texts(BOB, &room), ["the room goes on"]);
    let failed = world
        .history(ALICE, &room)
        .into_iter()
        .find(|message| message.text == "look");
    assert_eq!(failed.unwrap().state, MessageState::Failed);
    let told = world.people[ALICE]
        .events
        .iter()
        .find_map(|event| match event {
            Event::TransferFailed(failed) => Some(failed.error),
            _ => None,
        });
    assert_eq!(told, Some(ErrorKind::FileLost));
}

#[test]
fn c4_files_arrive_through_bad_weather() {
    for seed in 0..6 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        for number in 0..4 {
            let name = format!("file {number}");
            send(&mut world, &room, &name, vec![sealed(&name, 1_000)]);
            world.run(20, 7);
        }
        world.rest();
        assert_eq!(world.history(BOB, &room).len(), 4, "seed {seed}");
        world.assert_agreement(&room, &[ALICE, BOB]);
    }
}
