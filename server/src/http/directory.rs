//! The directory: exact usernames only, paid by a stamp.

use std::sync::Arc;

use restante_wire::{
    ErrorCode, WireError,
    directory::{Found, Lookup},
};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous};
use crate::{
    accounts::username::Username, rate_limit::ClientAddress, services::Services,
    store::sqlite::accounts,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new().routes(anonymous("Finds an account.", SMALL_BODY, lookup))
}

async fn lookup(
    services: Arc<Services>,
    address: ClientAddress,
    request: Lookup,
) -> Result<Found, WireError> {
    services.stamps.verify(&request.stamp, address).await?;
    let username = Username::parse(&request.username).map_err(|_| ErrorCode::NoSuchUser)?;
    let record = services
        .store
        .read(move |connection| accounts::record_by_name(connection, username.as_str()))
        .await?
        .ok_or(ErrorCode::NoSuchUser)?;
    Ok(Found {
        record,
        proof: None,
    })
}
