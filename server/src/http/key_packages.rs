//! The pool of key packages: filled by its client, emptied by strangers.

use std::sync::Arc;

use restante_wire::{
    ErrorCode, WireError,
    error::Done,
    key_package::{Claim, Claimed, KeyPackagePool, ReadKeyPackagePool, UploadKeyPackages},
    limits::{MAX_CLIENTS, MAX_KEY_PACKAGE, MAX_KEY_PACKAGES},
};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous, session};
use crate::{
    accounts::key_packages, auth::SessionOwner, rate_limit::ClientAddress, services::Services,
    store::sqlite::accounts::key_packages::Pool,
};

/// Longest body of an upload.
const UPLOAD_BODY: usize = SMALL_BODY + MAX_KEY_PACKAGES * (MAX_KEY_PACKAGE + 16);

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
        key_packages::check(package)?;
    }
    let today = services.clock.day();
    services
        .store
        .write(move |transaction| key_packages::add(transaction, &pool, &request, today))
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
        .write(move |transaction| key_packages::take(transaction, &request, today))
        .await?;
    Ok(Claimed { clients })
}

fn pool_of(owner: &SessionOwner) -> Result<Pool, ErrorCode> {
    Ok(Pool {
        account: owner.account,
        client: owner.client.ok_or(ErrorCode::Unauthorized)?,
    })
}
