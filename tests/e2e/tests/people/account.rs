//! Password, recovery phrase and the end of an account, by the command line through a real relay.

use std::process::Output;

use restante_harness::{
    person::password,
    relay::Relay,
    shell::{Shell, error_code, field},
};

const NEW: &str = "seven-quiet-otters-paint";
const NEWER: &str = "eight-loud-badgers-whistle";

fn code(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    error_code(output)
}

async fn registers(relay: &Relay, shell: &Shell, name: &str) -> String {
    let told = shell.registers(&relay.url(), name).await;
    field(&told, "recovery_phrase").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_and_what_the_phrase_resets_opens_the_account() {
    let relay = Relay::start().await;
    let (alice, bob) = (Shell::new(), Shell::new());
    let phrase = registers(&relay, &alice, "alice").await;
    bob.registers(&relay.url(), "bob").await;
    bob.does(&["contact", "add", "alice"]).await;
    alice.does(&["sync"]).await;
    alice.does(&["contact", "accept", "bob"]).await;
    alice.does(&["sync"]).await;

    let old = password("alice");
    let change = ["account", "password", "--password-stdin", "--json"];
    let wrong = alice.types(&change, &format!("not it\n{NEW}\n")).await;
    assert_eq!(code(&wrong), "bad_credentials");
    let weak = alice.types(&change, &format!("{old}\n12345678\n")).await;
    assert_eq!(code(&weak), "weak_password");
    alice.does_with(&change, &format!("{old}\n{NEW}\n")).await;
    // As after a lost answer.
    alice.does_with(&change, &format!("{old}\n{NEW}\n")).await;
    let refused = Shell::new().signs_in(&relay.url(), "alice", &old).await;
    assert_eq!(code(&refused), "bad_credentials");
    let second = Shell::new();
    assert!(
        second
            .signs_in(&relay.url(), "alice", NEW)
            .await
            .status
            .success()
    );

    let check = ["account", "phrase", "--phrase-stdin", "--json"];
    alice.does_with(&check, &format!("{phrase}\n")).await;
    let other = registers(&relay, &Shell::new(), "carol").await;
    let wrong = alice.types(&check, &format!("{other}\n")).await;
    assert_eq!(code(&wrong), "wrong_phrase");

    let third = Shell::new();
    let url = relay.url();
    let reset = ["reset", "--json", "--relay", &url, "--username", "alice"];
    let reset = [&reset[..], &["--phrase-stdin"]].concat();
    let wrong = third.types(&reset, &format!("{other}\n{NEWER}\n")).await;
    assert_eq!(code(&wrong), "wrong_phrase");
    third
        .does_with(&reset, &format!("{phrase}\n{NEWER}\n"))
        .await;
    let contacts = third.does(&["contact", "list"]).await;
    assert!(contacts.contains("bob"), "{contacts}");
    let refused = Shell::new().signs_in(&relay.url(), "alice", NEW).await;
    assert_eq!(code(&refused), "bad_credentials");
    alice.does(&["sync"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_is_gone_and_its_name_stays_taken() {
    let relay = Relay::start().await;
    let (alice, bob) = (Shell::new(), Shell::new());
    registers(&relay, &alice, "alice").await;
    bob.registers(&relay.url(), "bob").await;
    let second = Shell::new();
    let joined = second
        .signs_in(&relay.url(), "alice", &password("alice"))
        .await;
    assert!(joined.status.success());

    let delete = ["account", "delete", "--password-stdin", "--json"];
    let wrong = alice.types(&delete, "not it\n").await;
    assert_eq!(code(&wrong), "bad_credentials");
    alice
        .does_with(&delete, &format!("{}\n", password("alice")))
        .await;
    for shell in [&alice, &second] {
        let ended = shell.types(&["sync", "--json"], "").await;
        assert_eq!(code(&ended), "account_deleted");
    }
    let gone = bob.types(&["contact", "add", "alice", "--json"], "").await;
    assert_eq!(code(&gone), "no_such_user");
    let refused = Shell::new()
        .signs_in(&relay.url(), "alice", &password("alice"))
        .await;
    assert_eq!(code(&refused), "bad_credentials");
    let url = relay.url();
    let register = ["register", "--json", "--relay", &url, "--username", "alice"];
    let register = [&register[..], &["--password-stdin"]].concat();
    let taken = Shell::new().types(&register, &format!("{NEW}\n")).await;
    assert_eq!(code(&taken), "username_taken");
}
