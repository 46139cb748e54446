//! Deletes once a day what is past its retention (protocol.md, "Read, watch, acknowledge, forget").

use std::{sync::Arc, time::Duration};

use restante_wire::Day;

use crate::{clock::Clock, shutdown::Shutdown, store::Store};

/// How often the job looks whether a new day has begun, or the last try failed.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// Runs until the relay goes down: once at the start, then on every new day.
pub async fn run(store: Store, clock: Arc<dyn Clock>, shutdown: Shutdown) {
    let _running = shutdown.running();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut done: Option<Day> = None;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = shutdown.begun() => return,
        }
        let today = clock.day();
        if done.is_none_or(|day| day < today) {
            let expired = tokio::select! {
                expired = store.expire() => expired,
                () = shutdown.begun() => return,
            };
            match expired {
                Ok(()) => done = Some(today),
                Err(error) => {
                    tracing::warn!(code = error.code.code(), "expiry stopped, it goes on later");
                }
            }
        }
    }
}
