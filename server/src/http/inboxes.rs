//! Delivering letters to inboxes. They are read on the account stream ([`super::stream`]).

use std::sync::Arc;

use restante_wire::{WireError, error::Done, inbox::Deliver};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous};
use crate::{rate_limit::ClientAddress, services::Services, store::Change};

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new().routes(anonymous(
        "Puts a letter into somebody's inbox.",
        SMALL_BODY,
        deliver,
    ))
}

async fn deliver(
    services: Arc<Services>,
    payer: ClientAddress,
    request: Deliver,
) -> Result<Done, WireError> {
    services.stamps.verify(&request.stamp, payer).await?;
    services.store.change(Change::Deliver(request)).await?;
    Ok(Done {})
}
