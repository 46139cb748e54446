//! The account's vault.

use std::sync::Arc;

use restante_wire::{
    ErrorCode, WireError,
    account::{ReadVault, Vault, WriteVault},
    error::Done,
    limits::MAX_VAULT,
};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, session};
use crate::{
    auth::SessionOwner,
    services::Services,
    store::sqlite::accounts::{self, vaults},
};

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(session("Reads the vault.", SMALL_BODY, read))
        .routes(session(
            "Replaces the vault.",
            SMALL_BODY + MAX_VAULT,
            write,
        ))
}

async fn read(
    services: Arc<Services>,
    owner: SessionOwner,
    _: ReadVault,
) -> Result<Vault, WireError> {
    let vault = services
        .store
        .read(move |connection| vaults::read(connection, &owner.account))
        .await?;
    vault.ok_or_else(|| ErrorCode::Unauthorized.into())
}

async fn write(
    services: Arc<Services>,
    owner: SessionOwner,
    request: WriteVault,
) -> Result<Done, WireError> {
    if request.sealed.len() > MAX_VAULT {
        return Err(ErrorCode::TooLarge.into());
    }
    let day = services.clock.day();
    let holds = services
        .store
        .write(move |transaction| {
            // It may have been expelled since its session was looked at.
            if let Some(client) = &owner.client {
                accounts::client(transaction, &owner.account, client)?
                    .ok_or(ErrorCode::Unauthorized)?;
            }
            vaults::replace(
                transaction,
                &owner.account,
                request.expected,
                day,
                &request.sealed,
            )
        })
        .await?;
    if holds {
        Ok(Done {})
    } else {
        Err(ErrorCode::Conflict.into())
    }
}
