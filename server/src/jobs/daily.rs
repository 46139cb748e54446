//! Work that is done once at the start and then on every new day.

use std::time::Duration;

use restante_wire::{Day, WireError};

use crate::{clock::Clock, shutdown::Shutdown};

/// How often it is looked whether a new day has begun, or the last try failed.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// Runs until the relay goes down. What fails is named in the log and tried again at the next look.
pub(super) async fn daily<F>(
    name: &'static str,
    clock: &dyn Clock,
    shutdown: &Shutdown,
    mut work: impl FnMut() -> F,
) where
    F: Future<Output = Result<(), WireError>>,
{
    let _running = shutdown.running();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut done: Option<Day> = None;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = shutdown.begun() => return,
        }
        let today = clock.day();
        if done.is_some_and(|day| day >= today) {
            continue;
        }
        let outcome = tokio::select! {
            outcome = work() => outcome,
            () = shutdown.begun() => return,
        };
        match outcome {
            Ok(()) => done = Some(today),
            Err(error) => {
                tracing::warn!(
                    job = name,
                    code = error.code.code(),
                    "a job stopped, it goes on later"
                );
            }
        }
    }
}
