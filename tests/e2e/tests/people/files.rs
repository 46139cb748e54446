//! Files: sent through cuts and kills, saved as they were, and lies about them found out.

use std::path::{Path, PathBuf};

use restante_client::{
    ErrorKind,
    driver::{Events, FileToSend, Heard, Saved},
    engine::{
        attachments::{FileKind, SealedFile, Transfer, Way},
        io::{Command, Draft, Event, Message, MessageId, Outcome, RoomId},
    },
};
use restante_e2e::Chance;
use restante_harness::{canary, deadline::within, person::Person, proxy::Proxy, relay::Relay};

/// Stands in a file that the relay must not be able to read.
const CANARY: &str = "Wellensittich";

/// A picture of one pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4,
    0x89, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x64, 0xF8, 0xCF, 0x50,
    0x0F, 0x00, 0x03, 0x86, 0x01, 0x80, 0x5A, 0x34, 0x7D, 0x6B, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45,
    0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
];

/// A file of this length that no compression could shorten, with a word in it here and there.
fn write_file(folder: &Path, name: &str, len: usize) -> PathBuf {
    let mut chance = Chance::new(len as u64);
    let mut bytes: Vec<u8> = (0..len.div_ceil(8))
        .flat_map(|_| chance.below(u64::MAX).to_le_bytes())
        .collect();
    bytes.truncate(len);
    for place in bytes.chunks_mut(100_000) {
        if let Some(start) = place.get_mut(..CANARY.len()) {
            start.copy_from_slice(CANARY.as_bytes());
        }
    }
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

async fn seal(person: &Person, path: &Path) -> SealedFile {
    let file = FileToSend {
        path: path.to_owned(),
        ..FileToSend::default()
    };
    let sealed = person.client().seal_files(vec![file]).await;
    let mut sealed = sealed.expect("a file that can be sealed");
    sealed.pop().expect("one file")
}

async fn send(person: &Person, room: RoomId, text: &str, file: SealedFile) -> MessageId {
    let draft = Draft {
        text: text.into(),
        files: vec![file],
        ..Draft::default()
    };
    let command = Command::SendDraft { room, draft };
    match person.does(command).await {
        Outcome::Message(id) => id,
        other => unreachable!("files give a message: {other:?}"),
    }
}

async fn arrives(person: &Person, room: RoomId, id: MessageId) -> Message {
    person
        .waits("a message with a file", move |engine| {
            let history = engine.history(&room, 100).ok()?;
            history.into_iter().find(|message| message.id == id)
        })
        .await
}

fn transfer(heard: Option<Heard>) -> Option<Transfer> {
    match heard {
        Some(Heard::Event(event)) => match *event {
            Event::Transfer(transfer) => Some(transfer),
            _ => None,
        },
        _ => None,
    }
}

/// Follows an upload to its end: cut after a quarter, the relay killed after half, cut again.
async fn upload_through_troubles(events: &mut Events, network: &Proxy, relay: &mut Relay) {
    let (mut done, mut troubles) = (0, 0);
    within("the upload", async {
        loop {
            let Some(transfer) = transfer(events.next().await) else {
                continue;
            };
            assert!(transfer.done >= done, "what was answered is not lost");
            done = transfer.done;
            match (troubles, done * 4 / transfer.total) {
                (0, 1..) => network.cut(),
                (1, 2..) => {
                    relay.kill9().await;
                    relay.restart().await;
                }
                (2, 3..) => network.cut(),
                (_, 4) => break,
                _ => continue,
            }
            troubles += 1;
        }
    })
    .await;
    assert_eq!(troubles, 3);
}

/// Saves the files of a message; the connection is cut once more than half is there.
async fn save_through_a_cut(
    person: &Person,
    room: RoomId,
    id: MessageId,
    folder: &Path,
    network: &Proxy,
) -> Vec<Saved> {
    let mut events = person.client().events();
    let mut is_cut = false;
    let saving = person.client().save_files(room, id, folder);
    tokio::pin!(saving);
    let saved = within("the download", async {
        loop {
            tokio::select! {
                saved = &mut saving => break saved.expect("a file that holds"),
                heard = events.next() => {
                    let is_half = transfer(heard).is_some_and(|transfer| {
                        transfer.way == Way::Down && transfer.done * 2 > transfer.total
                    });
                    if is_half && !is_cut {
                        is_cut = true;
                        network.cut();
                    }
                }
            }
        }
    })
    .await;
    assert!(is_cut, "the download was cut");
    saved
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_arrives_with_its_words_and_preview_and_is_saved_as_it_was() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let room = alice.befriends(&bob).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cat.png");
    std::fs::write(&path, PNG).expect("a file");
    let sealed = seal(&alice, &path).await;
    let id = send(&alice, room, "the cat", sealed).await;

    let message = arrives(&bob, room, id).await;
    assert_eq!(message.text, "the cat");
    let file = message.attachments.first().expect("a file");
    assert_eq!(
        (file.name.as_str(), file.size),
        ("cat.png", PNG.len() as u64)
    );
    assert_eq!(file.kind, FileKind::Image);
    assert!(file.thumbnail.is_some());

    for expected in ["cat (2).png", "cat (3).png"] {
        let saved = bob.client().save_files(room, id, folder.path()).await;
        let saved = saved.expect("a file that holds").pop().expect("one file");
        assert_eq!(saved.path, folder.path().join(expected));
        assert_eq!(std::fs::read(saved.path).expect("a file"), PNG);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_c4_fifty_megabytes_arrive_through_cut_connections_and_a_killed_relay() {
    const LEN: usize = 50_000_000;
    let mut relay = Relay::start().await;
    let network = Proxy::before(relay.address()).await;
    let alice = Person::register(&network.url(), "alice").await;
    let bob = Person::register(&network.url(), "bob").await;
    let room = alice.befriends(&bob).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_file(folder.path(), "film.bin", LEN);
    let original = std::fs::read(&path).expect("the file");
    let sealed = seal(&alice, &path).await;
    // The sealed copy is what counts from here on.
    std::fs::remove_file(&path).expect("the file");
    let mut events = alice.client().events();
    let id = send(&alice, room, "", sealed).await;

    upload_through_troubles(&mut events, &network, &mut relay).await;

    let message = arrives(&bob, room, id).await;
    assert_eq!(
        message.attachments.first().map(|file| file.size),
        Some(LEN as u64)
    );
    let saved = save_through_a_cut(&bob, room, id, folder.path(), &network).await;
    let saved = saved.first().expect("one file");
    assert!(std::fs::read(&saved.path).expect("the file") == original);

    // R7: whoever takes the relay's disk finds no word of it.
    relay.kill9().await;
    assert_eq!(canary::search(relay.folder(), CANARY), []);
    let plain = canary::search(folder.path(), CANARY);
    assert!(!plain.is_empty(), "the search would have found it");
    let homes = [alice.home(), bob.home()];
    assert!(
        homes
            .iter()
            .all(|home| canary::search(home, CANARY).is_empty())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_an_upload_goes_on_after_its_client_was_closed_in_the_middle() {
    let relay = Relay::start().await;
    let mut alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let room = alice.befriends(&bob).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_file(folder.path(), "long.bin", 20_000_000);
    let sealed = seal(&alice, &path).await;
    let mut events = alice.client().events();
    let id = send(&alice, room, "", sealed).await;
    within("the middle", async {
        while transfer(events.next().await).is_none_or(|transfer| transfer.done <= 2_000_000) {}
    })
    .await;
    alice.goes_away().await;
    alice.comes_back().await;
    arrives(&bob, room, id).await;
    let saved = bob.client().save_files(room, id, folder.path()).await;
    let saved = saved.expect("a file that holds");
    let copy = std::fs::read(&saved.first().expect("one").path).expect("a file");
    assert!(copy == std::fs::read(path).expect("the file"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_about_a_file_are_found_out_each_by_its_name_and_nothing_is_saved() {
    type Lie = fn(&mut SealedFile);
    let lies: [(Lie, ErrorKind); 5] = [
        (|file| file.hash = [0; 32], ErrorKind::AttachmentDamaged),
        (|file| file.size -= 1, ErrorKind::AttachmentSize),
        (|file| file.size *= 2, ErrorKind::AttachmentSize),
        (
            |file| file.media_type = "image/jpeg".into(),
            ErrorKind::AttachmentType,
        ),
        (|file| file.name = "../../evil".into(), ErrorKind::Internal),
    ];
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let room = alice.befriends(&bob).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = write_file(folder.path(), "data.bin", 100_000);
    let into = folder.path().join("a/b");
    std::fs::create_dir_all(&into).expect("a folder");
    for (lie, expected) in lies {
        let mut sealed = seal(&alice, &path).await;
        lie(&mut sealed);
        let id = send(&alice, room, "", sealed).await;
        arrives(&bob, room, id).await;
        let saved = bob.client().save_files(room, id, &into).await;
        match expected {
            // No error, but no way out of the folder either.
            ErrorKind::Internal => {
                let saved = saved.expect("a file under a safe name");
                assert_eq!(saved.first().expect("one").path, into.join("evil"));
            }
            expected => assert_eq!(saved.expect_err("a lie").kind, expected),
        }
    }
    let names: Vec<_> = std::fs::read_dir(&into).expect("a folder").collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
