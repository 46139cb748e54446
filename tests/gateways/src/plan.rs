//! What a gateway answers to requests that it would take.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// One answer.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A refusal.
    Refuse {
        /// Status.
        status: u16,
        /// The gateway's own code for the reason.
        reason: &'static str,
        /// Seconds for `Retry-After`.
        retry_after: Option<u64>,
    },
    /// Takes it after this long.
    Slowly(Duration),
    /// Never answers.
    Hang,
}

impl Answer {
    /// A refusal without `Retry-After`.
    #[must_use]
    pub const fn refuse(status: u16, reason: &'static str) -> Self {
        Self::Refuse {
            status,
            reason,
            retry_after: None,
        }
    }
}

/// Answers in their order; when they are used up, everything good is taken.
#[derive(Debug, Default)]
pub struct Plan {
    next: Mutex<VecDeque<Answer>>,
    always: Mutex<Option<Answer>>,
    told: Mutex<Option<UnboundedSender<String>>>,
}

impl Plan {
    /// Adds answers.
    pub fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.extend(answers);
    }

    /// What is answered from now on when nothing else is planned.
    pub fn always(&self, answer: Option<Answer>) {
        *self.always.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// Tells from now on which device each wake-up is for, the moment that it is taken.
    #[must_use]
    pub fn listen(&self) -> UnboundedReceiver<String> {
        let (told, heard) = unbounded_channel();
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        heard
    }

    pub(crate) fn taken(&self, device: &str) {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // Who listened may be gone.
        drop(told.as_ref().map(|told| told.send(device.to_owned())));
    }

    /// Takes the next answer; none for a success. Waits where it is to.
    pub(crate) async fn next(&self) -> Option<(u16, &'static str, Option<u64>)> {
        let planned = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let always = self.always.lock().unwrap_or_else(PoisonError::into_inner);
            next.pop_front().or_else(|| always.clone())
        };
        match planned? {
            Answer::Refuse {
                status,
                reason,
                retry_after,
            } => Some((status, reason, retry_after)),
            Answer::Slowly(time) => {
                tokio::time::sleep(time).await;
                None
            }
            Answer::Hang => std::future::pending().await,
        }
    }
}
