//! What all requests to one gateway share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Plan;

/// Who may send, what is answered, and what there was so far.
pub(crate) struct Shared<A, I> {
    pub(crate) account: A,
    pub(crate) plan: Arc<Plan>,
    inner: Mutex<I>,
}

impl<A, I> Shared<A, I> {
    pub(crate) fn new(account: A, inner: I) -> Arc<Self> {
        Arc::new(Self {
            account,
            plan: Arc::default(),
            inner: Mutex::new(inner),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, I> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
