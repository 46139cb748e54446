//! Deletes blobs whose time is over, and gives their disk back.

use std::{sync::Arc, time::Duration};

use restante_wire::Day;

use crate::{services::Services, shutdown::Shutdown};

/// How often the job looks whether a new day has begun, or the last try failed.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// Runs until the relay goes down: once at the start, then on every new day.
pub async fn run(services: Arc<Services>, shutdown: Shutdown) {
    let _running = shutdown.running();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut done: Option<Day> = None;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = shutdown.begun() => return,
        }
        let today = services.clock.day();
        if done.is_none_or(|day| day < today) {
            let collected = tokio::select! {
                collected = services.blobs.collect() => collected,
                () = shutdown.begun() => return,
            };
            match collected {
                Ok(()) => done = Some(today),
                Err(error) => {
                    tracing::warn!(
                        code = error.code.code(),
                        "collection stopped, it goes on later"
                    );
                }
            }
        }
    }
}
