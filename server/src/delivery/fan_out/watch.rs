//! One reader's place in one log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use restante_wire::{MailboxAddress, SeatId, SecretHash, fault};

use super::Outbox;

/// Who reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// A seat of a mailbox, which proved its right with the secret of this hash.
    Seat {
        /// Which seat.
        id: SeatId,
        /// What it showed.
        secret: SecretHash,
    },
    /// The client whose inbox it is.
    Owner,
}

/// One reader's place in one log, on one connection.
pub struct Watch {
    log: MailboxAddress,
    outbox: Arc<Outbox>,
    place: Mutex<Place>,
}

struct Place {
    reader: Reader,
    next: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Has everything that was published.
    Live,
    /// Reads from the log; nothing was published since its last read began.
    Reading,
    /// Must read (again).
    Behind,
    /// Gets nothing any more.
    Over,
}

impl Watch {
    /// A watch that waits for the number after `cursor`, and gets nothing before it was started.
    #[must_use]
    pub fn new(log: MailboxAddress, reader: Reader, cursor: u64, outbox: Arc<Outbox>) -> Arc<Self> {
        Arc::new(Self {
            log,
            outbox,
            place: Mutex::new(Place {
                reader,
                next: cursor.saturating_add(1),
                state: State::Reading,
            }),
        })
    }

    /// The address of its log.
    #[must_use]
    pub const fn log(&self) -> &MailboxAddress {
        &self.log
    }

    /// Who reads.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.lock().reader.clone()
    }

    /// Whether this seat reads.
    #[must_use]
    pub fn is_of_seat(&self, seat: &SeatId) -> bool {
        matches!(&self.lock().reader, Reader::Seat { id, .. } if id == seat)
    }

    /// The client replaced its secret on the same connection: it reads with the new one from now on.
    pub fn replace_secret(&self, new: SecretHash) {
        if let Reader::Seat { secret, .. } = &mut self.lock().reader {
            *secret = new;
        }
    }

    /// Starts after a check that began when the watch had joined the hub: live if there was nothing
    /// to read and nothing was published since, otherwise by reading.
    pub fn start(self: &Arc<Self>, has_stored: bool) {
        let mut place = self.lock();
        if place.state == State::Reading && !has_stored {
            place.state = State::Live;
        } else {
            self.fall_behind(&mut place);
        }
    }

    /// Begins to read a page: the cursor above which it is read, or none if the watch is over.
    #[must_use]
    pub fn begin_read(&self) -> Option<u64> {
        let mut place = self.lock();
        if place.state == State::Over {
            return None;
        }
        place.state = State::Reading;
        Some(place.next - 1)
    }

    /// Takes a page that was read up to this number. Goes live if it was the last page and nothing
    /// was published since it was begun, otherwise reads on.
    pub fn end_read(self: &Arc<Self>, last_read: u64, is_last_page: bool) {
        let mut place = self.lock();
        place.next = place.next.max(last_read.saturating_add(1));
        if place.state == State::Reading && is_last_page {
            place.state = State::Live;
        } else {
            self.fall_behind(&mut place);
        }
    }

    /// Ends the watch: nothing is pushed for it from now on.
    pub fn end(&self) {
        self.lock().state = State::Over;
    }

    /// Takes published envelopes of these numbers if they are the next.
    pub(super) fn offer(self: &Arc<Self>, first: u64, last: u64, frame: &Bytes) {
        let mut place = self.lock();
        match place.state {
            State::Live if last < place.next => {}
            State::Live
                if first == place.next
                    && (self.outbox.offer(frame)
                        || fault::planted("r2_slow_reader_loses_events")) =>
            {
                place.next = last + 1;
            }
            State::Live => self.fall_behind(&mut place),
            State::Reading => place.state = State::Behind,
            State::Behind | State::Over => {}
        }
    }

    /// Takes what is not stored, if it is live and was not sent by itself.
    pub(super) fn offer_ephemeral(&self, author: &SeatId, frame: &Bytes) {
        let place = self.lock();
        let is_own = matches!(&place.reader, Reader::Seat { id, .. } if id == author);
        if place.state == State::Live && !is_own {
            // There is no room: what is not stored may be lost.
            let _ = self.outbox.offer(frame);
        }
    }

    /// Must prove its right again, by reading, if it is of one of these seats.
    pub(super) fn recheck(self: &Arc<Self>, is_meant: impl Fn(&SeatId) -> bool) {
        let mut place = self.lock();
        if let Reader::Seat { id, .. } = &place.reader
            && !is_meant(id)
        {
            return;
        }
        match place.state {
            State::Live => self.fall_behind(&mut place),
            State::Reading => place.state = State::Behind,
            State::Behind | State::Over => {}
        }
    }

    /// Queues the watch for reading. Called where it is not queued: it was live, or just read.
    fn fall_behind(self: &Arc<Self>, place: &mut Place) {
        if place.state != State::Over {
            place.state = State::Behind;
            self.outbox.push_behind(Arc::clone(self));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
