//! Blobs over HTTP: part by part, so that no request is long and a cut one costs little.

use std::sync::Arc;

use restante_wire::{
    WireError,
    blob::{AppendBlob, BlobPart, BlobState, CreateBlob, ReadBlob, ReadBlobState},
    limits::MAX_BLOB_PART,
};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous};
use crate::{rate_limit::ClientAddress, services::Services};

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(anonymous("Makes room for a blob.", SMALL_BODY, create))
        .routes(anonymous("Tells how far a blob is.", SMALL_BODY, state))
        .routes(anonymous(
            "Adds the next part of a blob.",
            SMALL_BODY + MAX_BLOB_PART,
            append,
        ))
        .routes(anonymous("Reads a range of a blob.", SMALL_BODY, read))
}

async fn create(
    services: Arc<Services>,
    payer: ClientAddress,
    request: CreateBlob,
) -> Result<BlobState, WireError> {
    services.stamps.verify(&request.stamp, payer).await?;
    services.blobs.create(&request, payer).await
}

async fn state(
    services: Arc<Services>,
    _: ClientAddress,
    request: ReadBlobState,
) -> Result<BlobState, WireError> {
    services.blobs.state(&request.blob).await
}

async fn append(
    services: Arc<Services>,
    _: ClientAddress,
    request: AppendBlob,
) -> Result<BlobState, WireError> {
    services.blobs.append(request).await
}

async fn read(
    services: Arc<Services>,
    _: ClientAddress,
    request: ReadBlob,
) -> Result<BlobPart, WireError> {
    services.blobs.read(&request).await
}
