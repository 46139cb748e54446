//! Deletes blobs whose time is over, and gives their disk back.

use std::sync::Arc;

use super::daily::daily;
use crate::{services::Services, shutdown::Shutdown};

/// Runs until the relay goes down: once at the start, then on every new day.
pub async fn run(services: Arc<Services>, shutdown: Shutdown) {
    daily("collection", &*services.clock, &shutdown, || {
        services.blobs.collect()
    })
    .await;
}
