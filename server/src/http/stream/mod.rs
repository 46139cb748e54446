//! The two WebSocket streams.
//!
//! Owns: the upgrade, its limits, and who may open which stream. `/v1/stream` carries seats and no
//! account ([`seats`]), `/v1/account/stream` one session and no seats ([`account`]); a request of
//! the other kind is refused (`wrong_connection`), so that no connection ties the two together.
//! Read next: [`connection`], the loop that both share.

mod account;
mod connection;
mod seats;

use std::sync::Arc;

use axum::{
    extract::{State, WebSocketUpgrade},
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

use self::{account::AccountStream, seats::SeatStream};
use super::endpoint::refuse;
use crate::{rate_limit::ClientAddress, services::Services};

/// Bytes read from a socket at once. A connection has this much memory while it is idle.
const READ_BUFFER: usize = 2 * 1024;

/// Frames are collected up to this length before they are written; nothing is kept for it while a
/// connection is idle.
const WRITE_BUFFER: usize = 16 * 1024;

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
    upgrade: WebSocketUpgrade,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return refuse(ErrorCode::WrongConnection.into());
    }
    limited(upgrade, MAX_FRAME).on_upgrade(move |socket| {
        let stream = SeatStream::new(services, payer);
        connection::run(socket, stream)
    })
}

async fn open_account(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // The session is shown in the first frame: browsers cannot set this header on a stream.
    if headers.contains_key(header::AUTHORIZATION) {
        return refuse(ErrorCode::WrongConnection.into());
    }
    limited(upgrade, MAX_ACCOUNT_FRAME)
        .on_upgrade(move |socket| connection::run(socket, AccountStream::new(services)))
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

fn limited(upgrade: WebSocketUpgrade, max_frame: usize) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(max_frame)
        .max_frame_size(max_frame)
}
