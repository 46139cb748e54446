//! The two WebSocket streams.
//!
//! Owns: the upgrade, its limits, and who may open which stream. `/v1/stream` carries seats and no
//! account ([`seats`]), `/v1/account/stream` one session and no seats ([`account`]); a request of
//! the other kind is refused (`wrong_connection`), so that no connection ties the two together.
//! Read next: [`connection`], the loop that both share, and [`metered`], which bounds their memory.

mod account;
mod connection;
mod frame;
mod metered;
mod seats;
mod upgrade;

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::Response,
    routing::get,
};
use bytes::Bytes;
use restante_wire::{
    ErrorCode,
    api::{ACCOUNT_STREAM, STREAM},
    limits::MAX_FRAME,
};
use utoipa_axum::router::OpenApiRouter;

use self::{account::AccountStream, seats::SeatStream, upgrade::Upgrade};
use super::endpoint::refuse;
use crate::{rate_limit::ClientAddress, services::Services};

/// Longest frame of the account stream: the longest request there sets a wake-up handle.
const MAX_ACCOUNT_FRAME: usize = 16 * 1024;

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .route(STREAM, get(open_seats))
        .route(ACCOUNT_STREAM, get(open_account))
}

async fn open_seats(
    State(services): State<Arc<Services>>,
    payer: ClientAddress,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return refuse(ErrorCode::WrongConnection.into());
    }
    let budget = services.border.budget().clone();
    upgrade.serve(budget, MAX_FRAME, move |socket| {
        connection::run(socket, SeatStream::new(services, payer))
    })
}

async fn open_account(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    // The session is shown in the first frame: browsers cannot set this header on a stream.
    if headers.contains_key(header::AUTHORIZATION) {
        return refuse(ErrorCode::WrongConnection.into());
    }
    let budget = services.border.budget().clone();
    upgrade.serve(budget, MAX_ACCOUNT_FRAME, move |socket| {
        connection::run(socket, AccountStream::new(services))
    })
}

/// The request number of a frame whose rest cannot be read, 0 if not even that can.
fn request_number(frame: &Bytes) -> u64 {
    let mut number = 0;
    for (place, byte) in frame.iter().skip(1).take(10).enumerate() {
        number |= u64::from(byte & 0x7f).wrapping_shl(7 * place as u32);
        if byte & 0x80 == 0 {
            return number;
        }
    }
    0
}
