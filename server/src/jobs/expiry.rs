//! Deletes once a day what is past its retention (protocol.md, "Read, watch, acknowledge, forget").

use std::sync::Arc;

use super::daily::daily;
use crate::{clock::Clock, shutdown::Shutdown, store::Store};

/// Runs until the relay goes down: once at the start, then on every new day.
pub async fn run(store: Store, clock: Arc<dyn Clock>, shutdown: Shutdown) {
    daily("expiry", &*clock, &shutdown, || store.expire()).await;
}
