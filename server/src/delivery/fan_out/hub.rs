//! Who watches which log, and handing out what was committed.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use restante_wire::{MailboxAddress, SeatId, fault};

use super::{Bell, Reader, Watch, frames};
use crate::delivery::{mailbox::NewEnvelope, wake::WakeUp};

/// Most bytes of envelopes that travel in one frame, as long as there are several.
const MAX_FRAME_BYTES: usize = 64 * 1024;

/// All watches of this relay.
#[derive(Default)]
pub struct Hub {
    watches: Mutex<HashMap<MailboxAddress, Vec<Arc<Watch>>>>,
    bell: Bell,
}

impl Hub {
    /// Adds a watch: from now on it learns what is published.
    pub fn join(&self, watch: Arc<Watch>) {
        self.lock().entry(*watch.log()).or_default().push(watch);
    }

    /// Removes a watch.
    pub fn leave(&self, watch: &Arc<Watch>) {
        watch.end();
        let mut watches = self.lock();
        if let Some(of_log) = watches.get_mut(watch.log()) {
            of_log.retain(|other| !Arc::ptr_eq(other, watch));
            if of_log.is_empty() {
                watches.remove(watch.log());
            }
        }
    }

    /// How many watches there are.
    #[must_use]
    pub fn watches(&self) -> usize {
        self.lock().values().map(Vec::len).sum()
    }

    /// Where those to be woken are told.
    #[must_use]
    pub const fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Who reads a log on a live connection now.
    #[must_use]
    pub fn readers(&self, log: &MailboxAddress) -> Vec<Reader> {
        let watches = self.lock();
        let of_log = watches.get(log).into_iter().flatten();
        of_log.map(|watch| watch.reader()).collect()
    }

    /// Tells whom a transaction is to wake, after its commit.
    pub fn ring(&self, wake_ups: Vec<WakeUp>) {
        self.bell.ring(wake_ups);
    }

    /// Hands out what one transaction appended to a mailbox, after its commit.
    pub fn publish(
        &self,
        mailbox: &MailboxAddress,
        appended: &[NewEnvelope],
        recheck: &HashSet<SeatId>,
    ) {
        let watches = self.lock();
        let Some(of_log) = watches.get(mailbox) else {
            return;
        };
        // Before what was appended: the right may have ended before it.
        if !recheck.is_empty() {
            for watch in of_log {
                watch.recheck(|seat| recheck.contains(seat));
            }
        }
        for run in runs(appended) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else {
                continue;
            };
            let encoded: Vec<&Bytes> = run.iter().map(|envelope| &envelope.encoded).collect();
            let frame = frames::envelopes(mailbox, &encoded);
            for watch in of_log {
                watch.offer(first.number, last.number, &frame);
                if !last.recheck.is_empty() && !fault::planted("r5_dropped_seat_keeps_watching") {
                    watch.recheck(|seat| last.recheck.contains(seat));
                }
            }
        }
    }

    /// Hands out an ephemeral envelope to everybody but its author.
    pub fn publish_ephemeral(&self, mailbox: &MailboxAddress, author: &SeatId, body: Vec<u8>) {
        let watches = self.lock();
        if let Some(of_log) = watches.get(mailbox) {
            let frame = frames::ephemeral(*mailbox, body);
            for watch in of_log {
                watch.offer_ephemeral(author, &frame);
            }
        }
    }

    /// Tells the watches of a log that there is something to read.
    pub fn notify(&self, log: &MailboxAddress) {
        if let Some(of_log) = self.lock().get(log) {
            for watch in of_log {
                watch.recheck(|_| true);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxAddress, Vec<Arc<Watch>>>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts appended envelopes into frames: of bounded size, and ending where a seat loses its right to
/// read on.
fn runs(appended: &[NewEnvelope]) -> impl Iterator<Item = &[NewEnvelope]> {
    let mut bytes = 0;
    appended.chunk_by(move |this, next| {
        bytes += this.encoded.len();
        let fits = this.recheck.is_empty() && bytes + next.encoded.len() <= MAX_FRAME_BYTES;
        if !fits {
            bytes = 0;
        }
        fits
    })
}
