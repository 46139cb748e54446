//! Registration over crashes and lost answers.

use std::path::Path;

use restante_wire::ErrorCode;
use zeroize::Zeroizing;

use super::relay;
use crate::{
    ErrorKind,
    driver::{Client, NewHome, RegisterOptions},
    engine::account::Password,
};

async fn register(home: &Path, relay: &str, username: &str) -> Result<NewHome, crate::Error> {
    Client::register(RegisterOptions {
        home: home.to_owned(),
        passphrase: Zeroizing::new("of the home".into()),
        relay: relay.to_owned(),
        username: username.to_owned(),
        password: Password::new("an unlikely heron walks sideways").unwrap(),
        invite: None,
    })
    .await
}

#[tokio::test]
async fn c1_a_registration_whose_answer_was_lost_is_sent_again_byte_for_byte() {
    let (url, seen) = relay::serve().await;
    seen.lose_answers(1);
    let home = tempfile::tempdir().unwrap();
    let error = register(home.path(), &url, "alice").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Relay(ErrorCode::Overloaded));
    let new = register(home.path(), &url, "alice").await.unwrap();
    assert!(new.resumed);
    let finishes = seen.finishes();
    assert_eq!(finishes.len(), 2);
    assert_eq!(finishes[0], finishes[1]);
}

#[tokio::test]
async fn the_phrase_is_shown_again_until_it_was_seen() {
    let (url, seen) = relay::serve().await;
    let home = tempfile::tempdir().unwrap();
    let new = register(home.path(), &url, "alice").await.unwrap();
    let phrase = new.phrase.clone();
    new.client.clone().close().await;
    // The screen was gone before anybody read it.
    drop(new);
    let again = register(home.path(), &url, "alice").await.unwrap();
    assert!(again.resumed);
    assert_eq!(*again.phrase, *phrase);
    assert_eq!(seen.finishes().len(), 1);
    again.phrase_was_shown().unwrap().close().await;
    let third = register(home.path(), &url, "alice").await.unwrap_err();
    assert_eq!(third.kind, ErrorKind::AccountExists);
}

#[tokio::test]
async fn a_name_that_is_taken_leaves_the_home_free_for_another() {
    let (url, seen) = relay::serve().await;
    seen.refuse(1);
    let home = tempfile::tempdir().unwrap();
    let error = register(home.path(), &url, "alice").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Relay(ErrorCode::UsernameTaken));
    let new = register(home.path(), &url, "alice2").await.unwrap();
    assert!(!new.resumed);
    let finishes = seen.finishes();
    assert_ne!(finishes[0], finishes[1]);
}

#[tokio::test]
async fn a_kept_registration_that_the_relay_refuses_for_good_is_forgotten() {
    let (url, seen) = relay::serve().await;
    seen.lose_answers(1);
    let home = tempfile::tempdir().unwrap();
    register(home.path(), &url, "alice").await.unwrap_err();
    // Somebody else took the name meanwhile: the first request had not reached the relay.
    seen.refuse(1);
    let new = register(home.path(), &url, "Alice").await.unwrap();
    assert!(!new.resumed);
    assert_eq!(seen.finishes().len(), 3);
}

#[tokio::test]
async fn a_kept_registration_is_never_carried_out_under_another_name() {
    let (url, seen) = relay::serve().await;
    seen.lose_answers(1);
    let home = tempfile::tempdir().unwrap();
    register(home.path(), &url, "alice").await.unwrap_err();
    let error = register(home.path(), &url, "alice2").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RegistrationPending);
    assert_eq!(seen.finishes().len(), 1, "nothing was sent");
    assert!(register(home.path(), &url, "alice").await.unwrap().resumed);
}

#[tokio::test]
async fn a_refused_registration_leaves_nothing_that_binds_the_next() {
    let (url, seen) = relay::serve().await;
    seen.refuse(1);
    let home = tempfile::tempdir().unwrap();
    register(home.path(), &url, "alice").await.unwrap_err();
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    // Nothing listens at this port of an address that no machine has.
    let nowhere = "http://127.255.255.254:9";
    let error = register(home.path(), nowhere, "alice").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Offline);
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none());
}

#[tokio::test]
async fn a_home_is_registered_by_one_process_at_a_time() {
    let (url, _) = relay::serve().await;
    let home = tempfile::tempdir().unwrap();
    let new = register(home.path(), &url, "alice").await.unwrap();
    let error = register(home.path(), &url, "alice").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::HomeInUse);
    drop(new);
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_their_owners_alone_in_a_folder_that_everybody_can_look_into() {
    use std::os::unix::fs::PermissionsExt;

    let (url, _) = relay::serve().await;
    let home = tempfile::tempdir().unwrap();
    let open_to_all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(home.path(), open_to_all).unwrap();
    let new = register(home.path(), &url, "alice").await.unwrap();
    let mut names = Vec::new();
    for file in std::fs::read_dir(home.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} has {mode:o}", file.file_name());
        names.push(file.file_name());
    }
    for name in [
        "restante.db",
        "restante.db-wal",
        "key-check.db",
        "registration.db",
    ] {
        assert!(names.iter().any(|found| found == name), "{name}");
    }
    drop(new);
}
