//! The vault: compare and swap.

use restante_wire::{
    ErrorCode, SessionToken,
    account::{ReadVault, WriteVault},
    limits::MAX_VAULT,
};

use crate::support::{Person, Relay, refusal};

async fn write(
    relay: &Relay,
    token: &SessionToken,
    expected: u64,
    sealed: &[u8],
) -> Result<(), ErrorCode> {
    let request = WriteVault {
        expected,
        sealed: sealed.to_vec(),
    };
    match relay.ask_as(Some(token), &request).await {
        Ok(_) => Ok(()),
        Err(error) => Err(error.code),
    }
}

#[tokio::test]
async fn a_vault_is_replaced_only_by_who_knows_its_version() {
    let relay = Relay::start().await;
    let token = Person::registered(&relay, "alice")
        .await
        .session(&relay)
        .await;
    write(&relay, &token, 1, b"two").await.unwrap();
    assert_eq!(
        write(&relay, &token, 1, b"lost update").await,
        Err(ErrorCode::Conflict)
    );
    assert_eq!(
        write(&relay, &token, 7, b"from the future").await,
        Err(ErrorCode::Conflict)
    );
    assert_eq!(
        write(&relay, &token, u64::MAX, b"overflow").await,
        Err(ErrorCode::Conflict)
    );
    let vault = relay.ask_as(Some(&token), &ReadVault {}).await.unwrap();
    assert_eq!((vault.version, vault.sealed.as_slice()), (2, &b"two"[..]));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_may_be_sent_again() {
    let relay = Relay::start().await;
    let token = Person::registered(&relay, "alice")
        .await
        .session(&relay)
        .await;
    write(&relay, &token, 1, b"two").await.unwrap();
    write(&relay, &token, 1, b"two").await.unwrap();
    assert_eq!(
        relay
            .ask_as(Some(&token), &ReadVault {})
            .await
            .unwrap()
            .version,
        2
    );
}

#[tokio::test]
async fn of_many_writes_over_one_version_exactly_one_is_kept() {
    let relay = Relay::start().await;
    let token = Person::registered(&relay, "alice")
        .await
        .session(&relay)
        .await;
    let contents: Vec<Vec<u8>> = (0..32).map(|number| vec![number; 100]).collect();
    let written = futures_util::future::join_all(
        contents
            .iter()
            .map(|sealed| write(&relay, &token, 1, sealed)),
    )
    .await;
    let winners: Vec<_> = (0..32).filter(|&place| written[place].is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let vault = relay.ask_as(Some(&token), &ReadVault {}).await.unwrap();
    assert_eq!((vault.version, &vault.sealed), (2, &contents[winners[0]]));
}

#[tokio::test]
async fn accounts_have_vaults_of_their_own_up_to_a_size() {
    let relay = Relay::start().await;
    let alice = Person::registered(&relay, "alice")
        .await
        .session(&relay)
        .await;
    let bob = Person::registered(&relay, "bob")
        .await
        .session(&relay)
        .await;
    write(&relay, &alice, 1, &vec![7; MAX_VAULT]).await.unwrap();
    let too_large = write(&relay, &alice, 2, &vec![7; MAX_VAULT + 1]).await;
    assert_eq!(too_large, Err(ErrorCode::TooLarge));
    let untouched = relay.ask_as(Some(&bob), &ReadVault {}).await.unwrap();
    assert_eq!(untouched.sealed, b"vault one");
    let nobody = relay.ask(&ReadVault {}).await;
    assert_eq!(refusal(nobody), ErrorCode::Unauthorized);
}
