//! How this relay wakes devices, for clients and browsers that want to be woken.

use std::sync::Arc;

use restante_wire::{
    WireError,
    push::{PushService, ReadPushService},
};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous};
use crate::{rate_limit::ClientAddress, services::Services};

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new().routes(anonymous(
        "Tells how this relay wakes devices.",
        SMALL_BODY,
        service,
    ))
}

async fn service(
    services: Arc<Services>,
    _: ClientAddress,
    _: ReadPushService,
) -> Result<PushService, WireError> {
    Ok(services.push.service().await)
}
