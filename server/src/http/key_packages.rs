//! The pool of key packages: filled by its client, emptied by strangers.

use std::sync::Arc;

use restante_wire::{
    AccountKeyHash, ClientId, Day, ErrorCode, WireError,
    error::Done,
    key_package::{
        Claim, Claimed, KeyPackagePool, PooledKeyPackage, ReadKeyPackagePool, UploadKeyPackages,
    },
    limits::{MAX_CLIENTS, MAX_KEY_PACKAGE, MAX_KEY_PACKAGES},
};
use rusqlite::Transaction;
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous, session};
use crate::{
    auth::SessionOwner,
    rate_limit::ClientAddress,
    services::Services,
    store::{
        StoreError,
        sqlite::accounts::{self, key_packages::Pool},
    },
};

/// Longest body of an upload.
const UPLOAD_BODY: usize = SMALL_BODY + MAX_KEY_PACKAGES * (MAX_KEY_PACKAGE + 16);

/// Most suites of one client: what a client of several versions speaks at once.
const MAX_SUITES: usize = 8;

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(session("Adds to the client's pool.", UPLOAD_BODY, upload))
        .routes(session(
            "Tells the state of the client's pool.",
            SMALL_BODY,
            state,
        ))
        .routes(anonymous(
            "Claims key packages of an account.",
            SMALL_BODY,
            claim,
        ))
}

async fn upload(
    services: Arc<Services>,
    owner: SessionOwner,
    request: UploadKeyPackages,
) -> Result<Done, WireError> {
    let pool = pool_of(&owner)?;
    if request.packages.len() > MAX_KEY_PACKAGES {
        return Err(ErrorCode::TooMany.into());
    }
    for package in &request.packages {
        check(package)?;
    }
    let today = services.clock.day();
    services
        .store
        .write(move |transaction| add(transaction, &pool, &request, today))
        .await?;
    Ok(Done {})
}

async fn state(
    services: Arc<Services>,
    owner: SessionOwner,
    _: ReadKeyPackagePool,
) -> Result<KeyPackagePool, WireError> {
    let pool = pool_of(&owner)?;
    let today = services.clock.day();
    let suites = services
        .store
        .read(move |connection| pool.state(connection, today))
        .await?;
    Ok(KeyPackagePool { suites })
}

async fn claim(
    services: Arc<Services>,
    address: ClientAddress,
    request: Claim,
) -> Result<Claimed, WireError> {
    services.stamps.verify(&request.stamp, address).await?;
    if request.clients.len() > MAX_CLIENTS {
        return Err(ErrorCode::TooLarge.into());
    }
    let today = services.clock.day();
    let clients = services
        .store
        .write(move |transaction| take(transaction, &request, today))
        .await?;
    Ok(Claimed { clients })
}

fn pool_of(owner: &SessionOwner) -> Result<Pool, ErrorCode> {
    Ok(Pool {
        account: owner.account,
        client: owner.client.ok_or(ErrorCode::Unauthorized)?,
    })
}

fn check(package: &PooledKeyPackage) -> Result<(), ErrorCode> {
    match package.bytes.len() {
        0 => Err(ErrorCode::BadRequest),
        1..=MAX_KEY_PACKAGE => Ok(()),
        _ => Err(ErrorCode::TooLarge),
    }
}

fn add(
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

type ClaimedPackages = Vec<(ClientId, Option<PooledKeyPackage>)>;

fn take(
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
