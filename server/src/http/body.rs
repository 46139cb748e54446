//! Reading request bodies without letting them fill the memory (R8).

use std::{sync::Arc, time::Duration};

use axum::body::{Body, HttpBody};
use http_body_util::BodyExt;
use restante_wire::{ErrorCode, WireError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// When to try again if a budget is spent.
const BUDGET_RETRY_MS: u64 = 500;

/// How long a body may take to arrive: the longest one over a bad network.
const BODY_WITHIN: Duration = Duration::from_secs(120);

/// Bytes of request bodies that may be in memory at once, over all connections (R8): what a machine
/// with 512 MB can spare. Short bodies have a budget of their own, so that somebody who sends many
/// long ones does not keep others from logging in.
#[derive(Clone)]
pub(super) struct BodyBudget(Arc<Semaphore>);

/// A body that was read, and its share of the budget.
pub(super) struct Budgeted {
    bytes: Vec<u8>,
    _share: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Budgeted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl BodyBudget {
    /// A semaphore counts what it gives in 32 bits: this budget is in bytes and stays below.
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// A share for bytes that have arrived, on a stream.
    ///
    /// # Errors
    /// `overloaded` while the budget is spent.
    pub(super) fn share(&self, len: usize) -> Result<OwnedSemaphorePermit, WireError> {
        u32::try_from(len)
            .ok()
            .and_then(|len| Arc::clone(&self.0).try_acquire_many_owned(len).ok())
            .ok_or(WireError::retry(ErrorCode::Overloaded, BUDGET_RETRY_MS))
    }

    /// Reads a whole body of at most `max` bytes.
    ///
    /// # Errors
    /// `too_large`, before anything is read if it announces so; `overloaded` while the budget is
    /// spent; `bad_request` if it does not arrive.
    pub(super) async fn read(&self, body: Body, max: usize) -> Result<Budgeted, WireError> {
        if body.size_hint().lower() > max as u64 {
            return Err(ErrorCode::TooLarge.into());
        }
        tokio::time::timeout(BODY_WITHIN, self.collect(body, max))
            .await
            .map_err(|_| ErrorCode::BadRequest)?
    }

    /// Takes from the budget as bytes arrive: who announces much and sends nothing holds nothing.
    async fn collect(&self, mut body: Body, max: usize) -> Result<Budgeted, WireError> {
        let mut bytes = Vec::new();
        let mut share: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ErrorCode::BadRequest)?;
            let Some(chunk) = frame.data_ref().filter(|chunk| !chunk.is_empty()) else {
                continue;
            };
            if chunk.len() > max - bytes.len() {
                return Err(ErrorCode::TooLarge.into());
            }
            let more = self.share(chunk.len())?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
            bytes.extend_from_slice(chunk);
        }
        Ok(Budgeted {
            bytes,
            _share: share,
        })
    }
}
