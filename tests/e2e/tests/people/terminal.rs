//! What a person at a terminal is told, and what a script reads: the command line client as a process.

use std::collections::BTreeMap;

use restante_harness::{
    person::Person,
    relay::{Relay, Settings},
    shell::{Shell, error_code},
};

/// How often the relay is restarted under somebody who listens.
const RESTARTS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lost_its_database_is_named_and_not_waited_for() {
    let mut relay = Relay::start().await;
    let alice = Shell::new();
    alice.registers(&relay.url(), "alice").await;
    assert!(relay.stop().await);
    for entry in std::fs::read_dir(relay.data()).expect("its folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") && path.is_file() {
            std::fs::remove_file(path).expect("a file goes");
        }
    }
    relay.restart().await;
    for command in [
        &["sync", "--json", "--timeout", "100000"][..],
        &["listen", "--json"],
    ] {
        let output = alice.types(command, "").await;
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert_eq!(error_code(&output), "unknown_account", "{command:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_for_a_time_is_told_for_how_long() {
    let relay = Relay::start_with(Settings {
        is_unlimited: false,
        extra: "[limits]\nstamps = { burst = 1, per_minute = 1 }".into(),
        ..Settings::default()
    })
    .await;
    let alice = Shell::new();
    alice.registers(&relay.url(), "alice").await;
    let bob = Shell::new();
    bob.registers(&relay.url(), "bob").await;
    let add = alice.types(&["contact", "add", "bob", "--json"], "").await;
    let said = String::from_utf8_lossy(&add.stdout);
    assert!(said.contains("queued"), "{said}");
    let synced = alice.types(&["sync", "--timeout", "5", "--json"], "").await;
    assert_eq!(error_code(&synced), "rate_limited");
    let said = String::from_utf8_lossy(&synced.stdout);
    assert!(!said.contains("\"retry_after_ms\":null"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_somebody_listens_in_is_in_use_until_they_stop() {
    let relay = Relay::start().await;
    let alice = Shell::new();
    alice.registers(&relay.url(), "alice").await;
    let mut listening = alice.starts(&["listen"]);
    assert!(listening.next_line().await.is_some());
    let refused = alice.types(&["whoami", "--json"], "").await;
    assert_eq!(error_code(&refused), "home_in_use");
    listening.process.start_kill().expect("it is stopped");
    // It need not have ended yet: the next command waits for the home.
    let output = alice.types(&["whoami", "--json"], "").await;
    assert!(output.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_who_listens_through_restarts_of_the_relay_sees_each_message_once_in_each_state() {
    let mut relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Shell::new();
    bob.registers(&relay.url(), "bob").await;
    let ask = ["contact", "add", "alice", "--json"];
    assert!(bob.types(&ask, "").await.status.success());
    let room = alice
        .waits("a contact request", |engine| {
            Some(engine.requests().ok()?.first()?.room)
        })
        .await;
    alice
        .does(restante_client::engine::io::Command::Accept { room })
        .await;
    assert!(bob.types(&["sync"], "").await.status.success());
    let sent = ["send", "alice", "from bob", "--json"];
    assert!(bob.types(&sent, "").await.status.success());
    let mut listening = bob.starts(&["listen", "--json"]);
    for round in 0..RESTARTS {
        alice.says(room, &format!("before {round}")).await;
        match round % 2 {
            0 => relay.kill9().await,
            _ => assert!(relay.stop().await),
        }
        alice
            .says(room, &format!("while it was down {round}"))
            .await;
        relay.restart().await;
    }
    alice.says(room, "the last").await;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        let line = listening.next_line().await.expect("it goes on");
        if line.contains("\"event\":\"message\"") {
            *seen.entry(line.clone()).or_default() += 1;
        }
        if line.contains("the last") {
            break;
        }
    }
    let doubled: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    let texts = 2 * RESTARTS + 1;
    let received = seen.keys().filter(|line| line.contains("received"));
    assert_eq!(received.count(), texts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_fits_two_rooms_is_refused_with_both() {
    let relay = Relay::start().await;
    let alice = Shell::new();
    alice.registers(&relay.url(), "alice").await;
    for _ in 0..2 {
        let made = alice.types(&["room", "create", "team", "--json"], "").await;
        assert!(made.status.success());
    }
    let refused = alice.types(&["send", "team", "hi", "--json"], "").await;
    assert_eq!(error_code(&refused), "ambiguous");
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(said.matches("\"title\":\"team\"").count(), 2, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_the_rule_that_it_breaks() {
    let relay = Relay::start().await;
    let alice = Shell::new();
    alice.registers(&relay.url(), "alice").await;
    let made = alice.types(&["room", "create", "team", "--json"], "").await;
    assert!(made.status.success());
    let (long_title, long_words) = ("x".repeat(257), "x".repeat(1_025));
    let titles = [
        ("", "not empty"),
        (&long_title, "256 bytes"),
        ("two\nlines", "one line"),
        ("bell\u{7}", "one line"),
        ("turned \u{202e}around", "one line"),
        ("\u{1b}[2J", "one line"),
    ];
    let mut cases = Vec::new();
    for (title, rule) in titles {
        cases.push((vec!["room", "create", title], rule));
        cases.push((vec!["room", "rename", "team", title], rule));
    }
    cases.push((
        vec!["contact", "add", "bob", "--message", &long_words],
        "1,024 bytes",
    ));
    cases.push((vec!["contact", "add", "no name"], "username"));
    for (mut words, rule) in cases {
        words.push("--json");
        let refused = alice.types(&words, "").await;
        assert_eq!(error_code(&refused), "bad_input", "{words:?}");
        let said = String::from_utf8_lossy(&refused.stdout).into_owned();
        assert!(said.contains(rule), "{words:?}: {said}");
    }
}
