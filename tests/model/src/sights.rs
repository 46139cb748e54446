//! How often an exploration came by what it is meant to come by: one that never meets a retry shows
//! nothing about retries. No part of the states.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// Something to come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// An append on another commit than the last was refused.
    Stale,
    /// An envelope id was known, and its number answered again.
    Retried,
    /// The same, and the envelope had been trimmed.
    RetriedBehindTrimming,
    /// Ids were forgotten.
    Forgotten,
    /// Envelopes were deleted.
    Trimmed,
    /// A seat that is dropped read on to its end.
    DroppedSeatRead,
    /// A seat was refused, or its secret.
    Refused,
    /// A seat that has not rotated its secret was refused.
    Unrotated,
    /// A decided transaction was lost.
    Crashed,
    /// An invitation, or a fresh secret, was delivered.
    Letter,
    /// A reader found what it wanted deleted.
    Lost,
    /// A seat went that nobody used.
    SeatExpired,
}

const ALL: [Sight; 12] = [
    Sight::Stale,
    Sight::Retried,
    Sight::RetriedBehindTrimming,
    Sight::Forgotten,
    Sight::Trimmed,
    Sight::DroppedSeatRead,
    Sight::Refused,
    Sight::Unrotated,
    Sight::Crashed,
    Sight::Letter,
    Sight::Lost,
    Sight::SeatExpired,
];

/// Counts of sights.
#[derive(Default)]
pub struct Sights([AtomicU64; ALL.len()]);

impl Sights {
    pub(crate) fn see(&self, sight: Sight, happened: bool) {
        if happened && let Some(count) = self.0.get(sight as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often the exploration came by it.
    #[must_use]
    pub fn of(&self, sight: Sight) -> u64 {
        let count = self.0.get(sight as usize);
        count.map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

impl fmt::Display for Sights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sight in ALL.into_iter().filter(|sight| self.of(*sight) > 0) {
            write!(f, " {sight:?} {}", self.of(sight))?;
        }
        Ok(())
    }
}
