//! Rules of the key-package pool: how much a client may keep there, and who gets what.

use restante_wire::{
    AccountKeyHash, ClientId, Day, ErrorCode,
    key_package::{Claim, PooledKeyPackage, UploadKeyPackages},
    limits::{MAX_KEY_PACKAGE, MAX_KEY_PACKAGES},
};
use rusqlite::Transaction;

use crate::store::{
    StoreError,
    sqlite::accounts::{self, key_packages::Pool},
};

/// Most suites of one client: what a client of several versions speaks at once.
const MAX_SUITES: usize = 8;

/// Checks one package of an upload.
///
/// # Errors
/// `bad_request` if it is empty, `too_large` beyond [`MAX_KEY_PACKAGE`].
pub fn check(package: &PooledKeyPackage) -> Result<(), ErrorCode> {
    match package.bytes.len() {
        0 => Err(ErrorCode::BadRequest),
        1..=MAX_KEY_PACKAGE => Ok(()),
        _ => Err(ErrorCode::TooLarge),
    }
}

/// Adds to a client's pool, all or nothing.
///
/// # Errors
/// `unauthorized` if the client is gone, `too_many` beyond a limit.
pub fn add(
    transaction: &Transaction<'_>,
    pool: &Pool,
    request: &UploadKeyPackages,
    today: Day,
) -> Result<(), StoreError> {
    accounts::client(transaction, &pool.account, &pool.client)?.ok_or(ErrorCode::Unauthorized)?;
    if request.replace_all {
        pool.clear(transaction)?;
    }
    pool.forget_expired(transaction, today)?;
    for package in &request.packages {
        pool.add(transaction, package)?;
    }
    let suites = pool.state(transaction, today)?;
    let is_within = suites.len() <= MAX_SUITES
        && suites
            .iter()
            .all(|suite| suite.single_use as usize <= MAX_KEY_PACKAGES);
    if is_within {
        Ok(())
    } else {
        Err(ErrorCode::TooMany.into())
    }
}

/// By client; none where there is nothing left.
pub type ClaimedPackages = Vec<(ClientId, Option<PooledKeyPackage>)>;

/// Takes one package of each client asked for out of its pool.
///
/// # Errors
/// `no_such_user`.
pub fn take(
    transaction: &Transaction<'_>,
    request: &Claim,
    today: Day,
) -> Result<ClaimedPackages, StoreError> {
    wanted(transaction, &request.account, &request.clients)?
        .into_iter()
        .map(|client| {
            let pool = Pool {
                account: request.account,
                client,
            };
            Ok((client, pool.claim(transaction, request.suite, today)?))
        })
        .collect()
}

/// The clients asked for, each once; all of the account if none is named.
fn wanted(
    transaction: &Transaction<'_>,
    account: &AccountKeyHash,
    named: &[ClientId],
) -> Result<Vec<ClientId>, StoreError> {
    accounts::registration(transaction, account)?.ok_or(ErrorCode::NoSuchUser)?;
    let mut clients = named.to_vec();
    if clients.is_empty() {
        clients = accounts::clients(transaction, account)?
            .iter()
            .map(|row| row.client)
            .collect();
    }
    clients.sort_unstable();
    clients.dedup();
    Ok(clients)
}
