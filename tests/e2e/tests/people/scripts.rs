//! Messages by the command line, as scripts and people at a terminal handle them.

use std::path::Path;

use restante_harness::{
    deadline::until,
    person::PASSPHRASE,
    relay::Relay,
    shell::{Shell, error_code},
};
use rusqlite::Connection;

/// Messages of the room that is exported.
const MANY: u32 = 100_000;

/// Bytes of each, so that all of them would not fit into the memory that an export may take.
const WORDS: usize = 1_000;

/// Most memory of a process that exports, in KiB: a tenth of what it writes.
const MAX_MEMORY_KIB: u64 = 48 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_answered_changed_found_and_exported_by_number() {
    let relay = Relay::start().await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    alice.does(&["send", "bob", "你好，世界"]).await;
    let history = alice.does(&["history", "bob"]).await;
    let number = history.split_once('#').expect("a number").1;
    let number = number.split(' ').next().expect("a number");
    bob.does(&["sync"]).await;
    bob.does(&["send", "alice", "hello @alice", "--reply-to", number])
        .await;
    bob.does(&["react", "alice", number, "👍"]).await;
    alice.does(&["sync"]).await;
    let edit = ["edit", "bob", number, "你好，新世界"];
    assert!(alice.does(&edit).await.contains("sent"));
    bob.does(&["sync"]).await;
    let history = bob.does(&["history", "alice"]).await;
    assert!(
        history.contains("alice: 你好，新世界  (edited)"),
        "{history}"
    );
    assert!(history.contains("👍 bob"), "{history}");
    assert!(history.contains("> alice: 你好，新世界"), "{history}");
    let found = bob.does(&["search", "新世", "--json"]).await;
    assert!(found.contains(&format!("\"n\":{number},")), "{found}");
    assert_eq!(found.lines().count(), 1);
    assert!(bob.does(&["search", "HELLO @al"]).await.contains("you:"));

    let delete = ["delete", "alice", number];
    assert_eq!(bob.refused(&delete).await, "not_yours");
    alice.does(&["delete", "bob", number]).await;
    bob.does(&["sync"]).await;
    let history = bob.does(&["history", "alice"]).await;
    assert!(history.contains("[deleted]"), "{history}");
    assert!(!history.contains("世界"), "{history}");
    assert!(!bob.does(&["search", "世"]).await.contains("世"));

    bob.does(&["mute", "alice", "--mentions-only"]).await;
    let rooms = bob.does(&["room", "list", "--json"]).await;
    assert!(rooms.contains("\"muted\":\"mentions_only\""), "{rooms}");
    let file = bob.home().with_file_name("room.json");
    let name = file.to_str().expect("a path");
    let export = ["export", "alice", name, "--format", "json"];
    assert!(bob.tells(&export).await.contains("\"messages\":2"));
    assert_eq!(bob.refused(&export).await, "file_exists");
    let text = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("\"deleted\":true") && text.contains("hello @alice"));
}

/// Fills a home with copies of the one message that is there.
fn fill(home: &Path) {
    let database = Connection::open(home.join("restante.db")).expect("a database");
    database
        .pragma_update(None, "key", PASSPHRASE)
        .expect("its key");
    let sql =
        "WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < ?1)
               INSERT INTO messages (room, number, message_id, sender, own, sent_at, state, content)
               SELECT room, 1000 + n, randomblob(32), sender, own, sent_at, state, content
               FROM messages, count";
    let filled = database.execute(sql, [MANY - 1]).expect("many messages");
    assert_eq!(filled, MANY as usize - 1);
}

/// Most memory that a process has had so far; nothing once it has ended.
fn peak_memory_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_room_is_exported_in_little_memory() {
    let relay = Relay::start().await;
    let (alice, _bob) = Shell::two_contacts(&relay.url()).await;
    alice
        .does(&["send", "bob", &"word ".repeat(WORDS / 5)])
        .await;
    fill(&alice.home());
    let file = alice.home().with_file_name("room.txt");
    let name = file.to_str().expect("a path");
    let mut exporting = alice.starts(&["export", "bob", name, "--format", "json"]);
    let process = exporting.process.id().expect("it runs");
    let mut peak = 0;
    let ended = until("an export", || {
        peak = peak.max(peak_memory_kib(process).unwrap_or(0));
        exporting.process.try_wait().expect("a process")
    });
    assert!(ended.await.success());
    assert!(peak > 1_000, "it was measured");
    assert!(peak < MAX_MEMORY_KIB, "{peak} KiB for {MANY} messages");
    let size = std::fs::metadata(&file).expect("a file").len();
    assert!(size > u64::from(MANY) * WORDS as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_there_is_refused_before_anything_is_fetched() {
    let relay = Relay::start().await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    let folder = alice.home();
    let file = folder.with_file_name("letter.bin");
    std::fs::write(&file, vec![7; 100_000]).expect("a file");
    let path = file.to_str().expect("a path");
    alice.does(&["send", "bob", "here", "--file", path]).await;
    bob.does(&["sync"]).await;
    let history = bob.does(&["history", "alice"]).await;
    let number = history.split_once('#').expect("a number").1;
    let number = number.split(' ').next().expect("a number");
    let missing = folder.with_file_name("missing");
    let into = missing.to_str().expect("a path");
    let save = ["save", "alice", number, into, "--json"];
    let refused = bob.types(&save, "").await;
    assert_eq!(error_code(&refused), "file_unwritable");
    let said = String::from_utf8_lossy(&refused.stdout);
    assert!(!said.contains("transfer"), "{said}");
    std::fs::create_dir(&missing).expect("a folder");
    assert!(
        bob.tells(&["save", "alice", number, into])
            .await
            .contains("100000")
    );
}
