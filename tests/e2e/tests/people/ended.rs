//! A client that was removed from its account, at a terminal: what it holds stays readable, and nothing
//! is accepted from it that could not be sent.

use std::process::Output;

use restante_harness::{
    person::password,
    relay::Relay,
    shell::{Shell, error_code, field},
};

async fn signs_in(relay: &Relay, shell: &Shell, name: &str) -> String {
    let output = shell.signs_in(&relay.url(), name, &password(name)).await;
    field(&String::from_utf8_lossy(&output.stdout), "client").to_owned()
}

/// Alice, her second client with a photo from Bob in its rooms, and the id of that client.
async fn a_second_client(relay: &Relay) -> (Shell, Shell, Shell, String) {
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    alice
        .does(&["room", "create", "garden", "--member", "bob"])
        .await;
    bob.does(&["sync"]).await;
    alice.does(&["sync"]).await;
    let second = Shell::new();
    let id = signs_in(relay, &second, "alice").await;
    // In a room of two the new client makes a successor, in a larger one the others let it in.
    for shell in [&alice, &second, &bob, &alice, &second] {
        shell.does(&["sync"]).await;
    }
    bob.does(&["send", "alice", "before the end"]).await;
    second.does(&["sync"]).await;
    (alice, bob, second, id)
}

async fn removes(alice: &Shell, id: &str) {
    let remove = ["client", "remove", id, "--password-stdin"];
    alice
        .does_with(&remove, &format!("{}\n", password("alice")))
        .await;
}

fn event_of(output: &Output, event: &str) -> Option<String> {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wanted = format!("\"event\":\"{event}\"");
    let line = said.lines().find(|line| line.contains(&wanted));
    line.map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_removed_client_holds_is_read_with_the_relay_gone() {
    let mut relay = Relay::start().await;
    let (alice, _bob, second, id) = a_second_client(&relay).await;
    removes(&alice, &id).await;
    assert_eq!(second.refused(&["sync"]).await, "client_removed");
    relay.kill9().await;

    let history = second.tells(&["history", "bob"]).await;
    assert!(history.contains("before the end"), "{history}");
    let rooms = second.tells(&["room", "list"]).await;
    assert!(rooms.contains("\"phase\":\"removed\""), "{rooms}");
    assert!(rooms.contains("garden"), "{rooms}");
    // Read is read, though nobody can be told any more.
    assert!(!rooms.contains("\"unread\":1"), "{rooms}");
    let found = second.tells(&["search", "before the"]).await;
    assert!(found.contains("before the end"), "{found}");
    let file = second.home().with_file_name("bob.txt");
    let name = file.to_str().expect("a path");
    let exported = second.tells(&["export", "bob", name]).await;
    assert!(exported.contains("\"messages\":1"), "{exported}");
    let contacts = second.tells(&["contact", "list"]).await;
    assert!(contacts.contains("\"username\":\"bob\""), "{contacts}");
    for reading in [
        &["whoami"][..],
        &["contact", "requests"],
        &["client", "list"],
        &["room", "policy", "garden"],
        &["safety-number", "bob"],
        &["presence", "show"],
    ] {
        second.tells(reading).await;
    }
    for acting in [
        &["send", "bob", "late"][..],
        &["sync"],
        &["listen"],
        &["room", "rename", "garden", "mine"],
        &["contact", "add", "carol"],
        &["client", "rename", &id, "mine"],
    ] {
        assert_eq!(second.refused(acting).await, "client_removed", "{acting:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_removed_client_sends_before_it_knows_is_told_as_not_sent() {
    let relay = Relay::start().await;
    let (alice, bob, second, id) = a_second_client(&relay).await;
    removes(&alice, &id).await;
    let sent = second.types(&["send", "bob", "late", "--json"], "").await;
    assert_eq!(sent.status.code(), Some(1), "{sent:?}");
    assert_eq!(error_code(&sent), "client_removed");
    let unsent = event_of(&sent, "message").expect("what became of the message");
    assert!(unsent.contains("\"state\":\"failed\""), "{unsent}");
    let history = second.tells(&["history", "bob"]).await;
    assert!(history.contains("\"state\":\"failed\""), "{history}");
    bob.does(&["sync"]).await;
    assert!(!bob.tells(&["history", "alice"]).await.contains("late"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_follows_a_removed_one_in_its_home_is_the_one_that_is_meant() {
    let relay = Relay::start().await;
    let (alice, _bob, second, id) = a_second_client(&relay).await;
    removes(&alice, &id).await;
    assert_eq!(second.refused(&["sync"]).await, "client_removed");

    let new = signs_in(&relay, &second, "alice").await;
    let who = second.tells(&["whoami"]).await;
    assert!(who.contains(&new), "{who}");
    second.does(&["sync"]).await;
    let listed = second.tells(&["account", "list"]).await;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(
        lines[0].contains("\"ended\":\"client_removed\""),
        "{listed}"
    );
    assert!(lines[0].contains("\"default\":false"), "{listed}");
    assert!(lines[1].contains("\"ended\":null"), "{listed}");
    assert!(lines[1].contains("\"default\":true"), "{listed}");
    its_old_account_is_read_by_its_place(&second, &listed).await;

    // Whom a person chose stays chosen, though others come.
    second.registers(&relay.url(), "work").await;
    assert!(second.tells(&["whoami"]).await.contains(&new));
    let delete = ["account", "delete", "--password-stdin"];
    second
        .does_with(&delete, &format!("{}\n", password("alice")))
        .await;
    // Another account never speaks for one that ended unless the person says so.
    assert_eq!(second.refused(&["sync"]).await, "account_deleted");
    second.registers(&relay.url(), "carol").await;
    assert!(second.tells(&["whoami"]).await.contains("carol"));
}

async fn its_old_account_is_read_by_its_place(second: &Shell, listed: &str) {
    let home = second.home();
    let dir = home.to_str().expect("a path");
    for place in ["1", dir, &format!("{dir}/../home")] {
        let old = second.tells(&["--account", place, "history", "bob"]).await;
        assert!(old.contains("before the end"), "{place}: {old}");
    }
    for new in ["alice", "2"] {
        let who = second.tells(&["--account", new, "whoami"]).await;
        let old = second.tells(&["--account", "1", "whoami"]).await;
        assert_ne!(who, old, "{new}");
    }
    assert!(listed.contains("\"place\":1"), "{listed}");
    let no_place = ["--account", "3", "history", "bob"];
    assert_eq!(second.refused(&no_place).await, "no_account");
    second.does(&["account", "default", "1"]).await;
    let old = second.tells(&["history", "bob"]).await;
    assert!(old.contains("before the end"), "{old}");
    second.does(&["account", "default", "2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_closes_on_a_removed_client_is_told_as_its_end() {
    let relay = Relay::start().await;
    let (alice, _bob, second, id) = a_second_client(&relay).await;
    removes(&alice, &id).await;
    let sent = second
        .types(&["send", "garden", "late", "--json"], "")
        .await;
    assert_eq!(error_code(&sent), "client_removed");
    let unsent = event_of(&sent, "message").expect("what became of the message");
    assert!(unsent.contains("\"state\":\"failed\""), "{unsent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_names_its_rule() {
    let relay = Relay::start().await;
    let url = relay.url();
    let alice = Shell::new();
    alice.registers(&url, "alice").await;
    let who = alice.tells(&["whoami"]).await;
    let (_, rest) = who.split_once("\"client\":\"").expect("a client");
    let own = rest.split('"').next().unwrap_or_default();
    let long = "a".repeat(65);
    let registers = |relay, name| ["register", "--relay", relay, "--username", name];
    let (name_rule, relay_rule) = ("a username is", "require https");
    for (typed, rule) in [
        (&registers(&url, "")[..], name_rule),
        (&registers(&url, "a b"), name_rule),
        (&registers(&url, "a\nb"), name_rule),
        (&registers(&url, &long), name_rule),
        (&registers("http://example.com", "bob"), relay_rule),
        (&["account", "default", ""], "not an account"),
        (&["client", "remove", own], "does not remove itself"),
        (&["client", "rename", own, "a\nb"], "one line"),
        (&["contact", "block", "alice"], "somebody else"),
    ] {
        let said = alice.types(typed, "").await;
        assert_eq!(said.status.code(), Some(1), "{typed:?}");
        let complaint = String::from_utf8_lossy(&said.stderr);
        assert!(complaint.contains(rule), "{typed:?}: {complaint}");
        assert!(complaint.contains("bad_input"), "{typed:?}: {complaint}");
    }
    assert_eq!(
        alice.refused(&["client", "rename", "", "mine"]).await,
        "not_found"
    );
}
