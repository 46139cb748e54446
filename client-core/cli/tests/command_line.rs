//! The binary as scripts see it: exit status, JSON, and what goes to which stream. No relay runs here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

const STRONG: &str = "an unlikely heron walks sideways\n";

fn restante(home: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_restante"))
        .args(arguments)
        .env("RESTANTE_HOME", home)
        .env("RESTANTE_PASSPHRASE", "of this home")
        .env("RESTANTE_LANG", "en")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The one object on standard output.
fn object(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn register<'a>(relay: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "register",
        "--relay",
        relay,
        "--username",
        "alice",
        "--password-stdin",
    ];
    arguments.extend(more);
    arguments
}

#[test]
fn a_home_without_an_account_is_refused_with_a_code() {
    let home = tempfile::tempdir().unwrap();
    for command in [
        &["whoami", "--json"][..],
        &["--json", "contact", "list"],
        &["room", "list", "--json"],
        &["sync", "--json"],
        &["history", "team", "--json"],
    ] {
        let output = restante(home.path(), command, "");
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let error = &object(&output)["error"];
        assert_eq!(error["code"], "no_account");
        assert!(error["message"].is_string());
        assert!(error["retry_after_ms"].is_null());
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn people_are_told_on_standard_error_and_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let output = restante(home.path(), &["whoami"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("no_account") && told.contains("restante register"),
        "{told}"
    );
}

#[test]
fn what_is_not_understood_has_status_2() {
    let home = tempfile::tempdir().unwrap();
    for command in [
        &["fly"][..],
        &["send"],
        &["register", "--relay", "https://r.example"],
        &["history", "team", "--limit", "many"],
        &[],
    ] {
        let output = restante(home.path(), command, "");
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn what_is_not_understood_is_json_where_that_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    for command in [
        &["--json", "fly"][..],
        &["send", "--json"],
        &["register", "--relay", "https://r.example", "--json"],
        &["--json", "history", "team", "--limit", "many"],
        &["--json"],
    ] {
        let output = restante(home.path(), command, "");
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let error = &object(&output)["error"];
        assert_eq!(error["code"], "usage", "{command:?}");
        assert!(error["message"].as_str().is_some_and(|text| text.len() > 5));
        assert!(output.stderr.is_empty());
    }
    let help = restante(home.path(), &["--json", "--help"], "");
    assert_eq!(help.status.code(), Some(0));
}

#[test]
fn what_is_no_url_of_a_relay_is_refused_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    for relay in [
        "",
        "ftp://relay.example",
        "two words",
        "http://relay.example",
        "https://",
    ] {
        let output = restante(home.path(), &register(relay, &["--json"]), STRONG);
        assert_eq!(output.status.code(), Some(1), "{relay:?}");
        let error = &object(&output)["error"];
        assert_eq!(error["code"], "bad_input");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("URL of a relay"), "{message}");
    }
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none());
}

#[test]
fn a_refused_registration_leaves_the_home_free_for_another_passphrase() {
    let home = tempfile::tempdir().unwrap();
    let arguments = register("http://127.255.255.254:9", &["--json"]);
    let output = restante(home.path(), &arguments, STRONG);
    assert_eq!(object(&output)["error"]["code"], "offline");
    let again = Command::new(env!("CARGO_BIN_EXE_restante"))
        .args(["whoami", "--json"])
        .env("RESTANTE_HOME", home.path())
        .env("RESTANTE_PASSPHRASE", "another")
        .output()
        .unwrap();
    assert_eq!(object(&again)["error"]["code"], "no_account");
}

#[test]
fn a_weak_password_is_refused_before_the_relay_is_asked() {
    let home = tempfile::tempdir().unwrap();
    let arguments = register("https://relay.invalid", &["--json"]);
    let output = restante(home.path(), &arguments, "password1\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(object(&output)["error"]["code"], "weak_password");
}

#[test]
fn a_relay_in_the_clear_across_a_network_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let arguments = register("http://relay.example", &["--json"]);
    let output = restante(home.path(), &arguments, STRONG);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(object(&output)["error"]["code"], "bad_input");
}

#[test]
fn a_relay_that_is_not_there_is_offline_and_may_be_tried_again() {
    let home = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    for _ in 0..2 {
        let arguments = register(&relay, &["--json"]);
        let output = restante(home.path(), &arguments, STRONG);
        assert_eq!(output.status.code(), Some(1));
        let error = &object(&output)["error"];
        assert_eq!(error["code"], "offline");
        assert_eq!(error["retry_after_ms"], 0);
    }
}

#[test]
fn refusals_speak_the_language_of_the_person() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_restante"))
        .arg("whoami")
        .env("RESTANTE_HOME", home.path())
        .env("RESTANTE_PASSPHRASE", "of this home")
        .env("RESTANTE_LANG", "zh_CN.UTF-8")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("此目录中没有账号")
    );
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_restante"))
        .args(["whoami", "--json"])
        .env("RESTANTE_HOME", home.path())
        .env("RESTANTE_PASSPHRASE", "of this home")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}
