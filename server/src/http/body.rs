//! Reading request bodies without letting them fill the memory (R8).

use axum::body::{Body, HttpBody};
use http_body_util::BodyExt;
use restante_wire::{ErrorCode, WireError};

use super::budget::{Budget, Share};
use crate::rate_limit::ClientAddress;

/// A body that was read, and its share of the budget.
pub(super) struct Budgeted {
    bytes: Vec<u8>,
    _share: Share,
}

impl AsRef<[u8]> for Budgeted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a whole body of at most `max` bytes.
///
/// # Errors
/// `too_large`, before anything is read if it announces so; `overloaded` while the budget is spent;
/// `bad_request` if it does not arrive, or too slowly.
pub(super) async fn read(
    budget: &Budget,
    sender: ClientAddress,
    mut body: Body,
    max: usize,
) -> Result<Budgeted, WireError> {
    if body.size_hint().lower() > max as u64 {
        return Err(ErrorCode::TooLarge.into());
    }
    let mut bytes = Vec::new();
    let mut share = budget.share(sender);
    let mut pace = budget.pace();
    loop {
        let Ok(frame) = tokio::time::timeout_at(pace.deadline(), body.frame()).await else {
            metrics::counter!("restante_stalls_total", "on" => "body").increment(1);
            return Err(ErrorCode::BadRequest.into());
        };
        let Some(frame) = frame else {
            break;
        };
        let frame = frame.map_err(|_| ErrorCode::BadRequest)?;
        let Some(chunk) = frame.data_ref().filter(|chunk| !chunk.is_empty()) else {
            continue;
        };
        if chunk.len() > max - bytes.len() {
            return Err(ErrorCode::TooLarge.into());
        }
        share.grow_to(bytes.len() + chunk.len())?;
        pace.progress(chunk.len());
        bytes.extend_from_slice(chunk);
    }
    share.arrived();
    Ok(Budgeted {
        bytes,
        _share: share,
    })
}
