//! The binary as scripts see it: exit status, JSON, and what goes to which stream. No relay runs here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
};

use rustls::{ServerConfig, ServerConnection, pki_types::PrivatePkcs8KeyDer};
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

/// Takes TLS connections with a certificate that nobody vouches for.
fn relay_with_its_own_certificate() -> String {
    let issued = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            // The client ends it.
            let _ = tls.complete_io(&mut socket.unwrap());
        }
    });
    url
}

#[test]
fn a_relay_whose_certificate_is_not_trusted_is_not_a_dead_one() {
    let home = tempfile::tempdir().unwrap();
    let relay = relay_with_its_own_certificate();
    let output = restante(home.path(), &register(&relay, &["--json"]), STRONG);
    assert_eq!(output.status.code(), Some(1));
    let error = &object(&output)["error"];
    assert_eq!(error["code"], "tls_untrusted");
    assert!(error["retry_after_ms"].is_null(), "no retry helps: {error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("certificate"), "{message}");
}

#[test]
fn a_home_that_is_a_file_is_refused_alike_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a home").unwrap();
    let registering = register("http://127.255.255.254:9", &["--json"]);
    for command in [&["whoami", "--json"][..], &["--json", "sync"], &registering] {
        let output = restante(&file, command, STRONG);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert_eq!(object(&output)["error"]["code"], "not_a_directory");
    }
}

#[test]
fn a_password_with_a_tab_is_refused_with_the_reason() {
    let home = tempfile::tempdir().unwrap();
    let arguments = register("http://127.255.255.254:9", &["--json"]);
    let output = restante(home.path(), &arguments, "an unlikely\theron walks\n");
    let error = &object(&output)["error"];
    assert_eq!(error["code"], "bad_input");
    assert!(error["message"].as_str().unwrap().contains("tab"));
}
