//! Sign-ins that are cut short at every step, and clients that end: nothing half is left.

use std::path::Path;

use restante_client::{
    Error, ErrorKind,
    driver::{Client, LoginOptions},
    engine::{account::Password, io::Command},
};
use restante_harness::{
    deadline::{deadline, within},
    person::{PASSPHRASE, Person, password},
    proxy::Proxy,
    relay::Relay,
};

/// What a sign-in asks of the relay, in order.
const STEPS: [&str; 3] = ["/v1/login/start", "/v1/login/finish", "/v1/account/record"];

async fn signs_in(relay: &str, home: &Path) -> Result<Client, Error> {
    let login = Client::login(LoginOptions {
        home: home.to_owned(),
        passphrase: PASSPHRASE.to_owned().into(),
        relay: relay.into(),
        username: "bob".into(),
        password: Password::new(&password("bob")).expect("a password"),
    });
    within("a sign-in", login).await
}

async fn clients_of(person: &Person) -> usize {
    let synced = person.client().sync(deadline()).await;
    synced.expect("a client that settles");
    let listed = person.client().query(|engine| engine.clients()).await;
    let listed = listed.expect("a running client").expect("a disk");
    listed.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_cut_at_any_step_leaves_no_half_client() {
    let relay = Relay::start().await;
    let network = Proxy::before(relay.address()).await;
    let bob = Person::register(&network.url(), "bob").await;
    let mut clients = 1;
    for (step, path) in STEPS.into_iter().enumerate() {
        for lose in [Proxy::lose_request, Proxy::lose_answer] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let home = folder.path().join("home");
            lose(&network, path);
            let cut = signs_in(&network.url(), &home).await;
            assert_eq!(cut.unwrap_err().kind, ErrorKind::Offline, "step {step}");
            let kept = std::fs::read(home.join("login.db"));
            let client = signs_in(&network.url(), &home).await.expect("no refusal");
            let synced = client.sync(deadline()).await;
            synced.expect("a client that settles");
            client.close().await;
            clients += 1;
            assert_eq!(clients_of(&bob).await, clients, "step {step}");

            // As if the process had ended before it removed what it kept.
            if let Ok(kept) = kept {
                std::fs::write(home.join("login.db"), kept).expect("a disk");
            }
            let again = signs_in(&network.url(), &home).await;
            assert_eq!(again.unwrap_err().kind, ErrorKind::AccountExists);
            let opened = Client::open(&home, PASSPHRASE).await.expect("a home");
            opened.close().await;
            assert!(!home.join("login.db").exists(), "keys are left");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_ends_writes_its_vault_first() {
    let relay = Relay::start().await;
    let mut bob = Person::register(&relay.url(), "bob").await;
    assert_eq!(clients_of(&bob).await, 1);
    let client = bob.client();
    let me = client.query(|engine| engine.whoami()).await;
    let rename = Command::RenameClient {
        client: me.expect("a running client").client,
        name: "desk".into(),
    };
    client.command(rename).await.expect("no refusal");
    bob.goes_away().await;

    let second = bob.logs_in(&relay.url()).await;
    let listed = second.client().query(|engine| engine.clients()).await;
    let listed = listed.expect("a running client").expect("a disk");
    let named = |name: &Option<String>| name.as_deref() == Some("desk");
    assert!(listed.iter().any(|client| named(&client.name)));
}
