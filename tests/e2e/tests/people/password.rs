//! A change of the password that is killed at every step, and two that are made at once.

use std::process::Output;

use restante_harness::{
    deadline::within,
    person::password,
    proxy::Proxy,
    relay::Relay,
    shell::{Shell, error_code},
};
use tokio::io::AsyncWriteExt;

const CHANGE: [&str; 4] = ["account", "password", "--password-stdin", "--json"];

/// The requests of a change, in order.
const STEPS: [&str; 4] = [
    "/v1/login/start",
    "/v1/login/finish",
    "/v1/account/password/start",
    "/v1/account/password/finish",
];

async fn changes(shell: &Shell, old: &str, new: &str) -> Output {
    shell.types(&CHANGE, &format!("{old}\n{new}\n")).await
}

/// Whether a password opens the account: it is replaced by itself.
async fn is_valid(shell: &Shell, word: &str) -> bool {
    let output = changes(shell, word, word).await;
    if !output.status.success() {
        assert_eq!(error_code(&output), "bad_credentials");
    }
    output.status.success()
}

/// Kills the client with SIGKILL when the network has done something to a change of the password.
async fn is_killed(shell: &Shell, network: &Proxy, old: &str, new: &str) {
    let mut changing = shell.starts(&CHANGE);
    let mut stdin = changing.process.stdin.take().expect("its input is a pipe");
    let input = format!("{old}\n{new}\n");
    stdin.write_all(input.as_bytes()).await.expect("it reads");
    drop(stdin);
    network.all_happened().await;
    within("the end of a killed client", changing.process.kill())
        .await
        .expect("SIGKILL is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_a_change_of_the_password_killed_at_any_step_leaves_the_old_one_or_the_new_one() {
    let relay = Relay::start().await;
    let network = Proxy::before(relay.address()).await;
    let (alice, bob) = Shell::two_contacts(&network.url()).await;
    bob.does(&["send", "alice", "before"]).await;
    let mut word = password("alice");
    for (number, step) in STEPS.into_iter().enumerate() {
        for is_answered in [false, true] {
            let new = format!("seven-quiet-otters-{number}-{is_answered}");
            match is_answered {
                true => network.lose_answer(step),
                false => network.lose_request(step),
            }
            is_killed(&alice, &network, &word, &new).await;
            let is_set = is_answered && Some(&step) == STEPS.last();
            assert_eq!(is_valid(&alice, &new).await, is_set, "{step}");
            assert_eq!(is_valid(&alice, &word).await, !is_set, "{step}");
            if is_set {
                word = new;
            }
        }
    }
    alice.does(&["sync"]).await;
    assert!(alice.tells(&["history", "bob"]).await.contains("before"));

    let (second, url) = (Shell::new(), network.url());
    let login = ["login", "--relay", &url, "--username", "alice"];
    let login = [&login[..], &["--password-stdin"]].concat();
    let signed_in = second.types(&login, &format!("{word}\n")).await;
    assert!(signed_in.status.success());
    assert!(second.tells(&["contact", "list"]).await.contains("bob"));
    second.does(&["send", "bob", "with the new one"]).await;
    bob.does(&["sync"]).await;
    let history = bob.tells(&["history", "alice"]).await;
    assert!(history.contains("with the new one"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clients_that_change_the_password_at_once_the_loser_is_told() {
    let relay = Relay::start().await;
    let (first, second) = (Shell::new(), Shell::new());
    first.registers(&relay.url(), "alice").await;
    let url = relay.url();
    let login = ["login", "--relay", &url, "--username", "alice"];
    let login = [&login[..], &["--password-stdin"]].concat();
    let mut word = password("alice");
    let signed_in = second.types(&login, &format!("{word}\n")).await;
    assert!(signed_in.status.success());
    for round in 0..3 {
        let news = [1, 2].map(|who| format!("seven-quiet-otters-{round}-{who}"));
        let [one, other] = &news;
        let (of_first, of_second) =
            tokio::join!(changes(&first, &word, one), changes(&second, &word, other));
        let has_first_won = of_first.status.success();
        assert_ne!(has_first_won, of_second.status.success());
        let (lost, valid, void) = match has_first_won {
            true => (of_second, one, other),
            false => (of_first, other, one),
        };
        // One that comes when the other is done never had the right password.
        let code = error_code(&lost);
        assert!(
            ["password_changed", "bad_credentials"].contains(&code.as_str()),
            "{code}"
        );
        assert!(!is_valid(&first, void).await);
        assert!(is_valid(&second, valid).await);
        word = valid.clone();
    }
}
