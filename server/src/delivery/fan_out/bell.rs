//! What was committed and is to wake somebody, on its way to whoever sends wake-ups.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::delivery::wake::WakeUp;

/// Wake-ups that wait to be taken; beyond it they are read from the store again.
const MAX_WAITING: usize = 10_000;

/// Carries wake-ups from the store's writer to the job that sends them. What does not fit is not
/// lost: every wake-up is a row.
#[derive(Default)]
pub struct Bell {
    state: Mutex<State>,
    rung: Notify,
}

#[derive(Default)]
struct State {
    is_heard: bool,
    waiting: Vec<WakeUp>,
    has_missed: bool,
}

/// What a [`Bell`] held.
#[derive(Default)]
pub struct Rung {
    /// In the order of their commits.
    pub wake_ups: Vec<WakeUp>,
    /// Whether there were more, to be found in the store.
    pub has_missed: bool,
}

impl Bell {
    /// From now on somebody takes what is rung.
    pub fn listen(&self) {
        self.lock().is_heard = true;
    }

    /// Waits until there is something to take.
    pub async fn rung(&self) {
        self.rung.notified().await;
    }

    /// Takes everything.
    #[must_use]
    pub fn take(&self) -> Rung {
        let mut state = self.lock();
        Rung {
            wake_ups: mem::take(&mut state.waiting),
            has_missed: mem::take(&mut state.has_missed),
        }
    }

    pub(super) fn ring(&self, wake_ups: Vec<WakeUp>) {
        let mut state = self.lock();
        if wake_ups.is_empty() || !state.is_heard {
            return;
        }
        let room = MAX_WAITING.saturating_sub(state.waiting.len());
        state.has_missed |= wake_ups.len() > room;
        state.waiting.extend(wake_ups.into_iter().take(room));
        drop(state);
        self.rung.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
