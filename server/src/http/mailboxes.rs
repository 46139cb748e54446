//! Mailbox requests over HTTP: the same requests as on the stream, carried out by the same store.

use std::sync::Arc;

use restante_wire::{
    ErrorCode, WireError,
    error::{Done, Outcome},
    limits::MAX_FRAME,
    mailbox::{
        Ack, Answer, Append, Appended, Create, Ephemeral, Fetch, Fetched, Head, Heads, Rotate,
        SetWakeHandle,
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous};
use crate::{rate_limit::ClientAddress, services::Services, store::Change};

/// Longest body of a request with many positions.
const POSITIONS_BODY: usize = 256 * 1024;

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(anonymous("Makes a mailbox.", SMALL_BODY, create))
        .routes(anonymous("Appends to a mailbox.", MAX_FRAME, append))
        .routes(anonymous("Reads a page of a mailbox.", SMALL_BODY, fetch))
        .routes(anonymous(
            "Tells which mailboxes have something new.",
            POSITIONS_BODY,
            heads,
        ))
        .routes(anonymous("Moves cursors of seats.", POSITIONS_BODY, ack))
        .routes(anonymous("Replaces a seat's secret.", SMALL_BODY, rotate))
        .routes(anonymous(
            "Sets or clears a seat's wake-up handle.",
            SMALL_BODY,
            set_wake_handle,
        ))
        .routes(anonymous(
            "Sends what is not stored to the seats connected now.",
            2 * SMALL_BODY,
            ephemeral,
        ))
}

async fn create(
    services: Arc<Services>,
    payer: ClientAddress,
    request: Create,
) -> Result<Done, WireError> {
    services.stamps.verify(&request.stamp, payer).await?;
    done(&services, Change::Create(request)).await
}

async fn append(
    services: Arc<Services>,
    _: ClientAddress,
    request: Append,
) -> Result<Appended, WireError> {
    match services.store.change(Change::Append(request)).await? {
        Answer::Appended(appended) => Ok(appended),
        _ => Err(ErrorCode::Internal.into()),
    }
}

async fn fetch(
    services: Arc<Services>,
    _: ClientAddress,
    request: Fetch,
) -> Result<Fetched, WireError> {
    services.store.fetch(request).await
}

async fn heads(
    services: Arc<Services>,
    _: ClientAddress,
    request: Heads,
) -> Result<Vec<Head>, WireError> {
    services.store.heads(request).await
}

async fn ack(
    services: Arc<Services>,
    _: ClientAddress,
    request: Ack,
) -> Result<Vec<Outcome<Done>>, WireError> {
    match services.store.change(Change::Ack(request)).await? {
        Answer::Acked(outcomes) => Ok(outcomes),
        _ => Err(ErrorCode::Internal.into()),
    }
}

async fn rotate(
    services: Arc<Services>,
    _: ClientAddress,
    request: Rotate,
) -> Result<Done, WireError> {
    done(&services, Change::Rotate(request)).await
}

async fn set_wake_handle(
    services: Arc<Services>,
    _: ClientAddress,
    request: SetWakeHandle,
) -> Result<Done, WireError> {
    done(&services, Change::SetWakeHandle(request)).await
}

async fn ephemeral(
    services: Arc<Services>,
    _: ClientAddress,
    request: Ephemeral,
) -> Result<Done, WireError> {
    done(&services, Change::Ephemeral(request)).await
}

/// Carries out a change whose answer says no more than that it is done.
async fn done(services: &Services, change: Change) -> Result<Done, WireError> {
    match services.store.change(change).await? {
        Answer::Done => Ok(Done {}),
        _ => Err(ErrorCode::Internal.into()),
    }
}
