//! The order of what waits: by rank, then by time.

use std::{collections::BTreeSet, time::Duration};

use crate::delivery::wake::Sleeper;

/// Which of two that are due goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Something rings.
    Urgent,
    /// All others.
    Normal,
    /// Those whose gateway failed or was busy.
    Behind,
}

type Queue = BTreeSet<(Duration, Sleeper)>;

/// Who waits until when.
#[derive(Default)]
pub(super) struct Queues {
    urgent: Queue,
    normal: Queue,
    behind: Queue,
}

impl Queues {
    pub(super) fn insert(&mut self, rank: Rank, due: Duration, sleeper: Sleeper) {
        self.of(rank).insert((due, sleeper));
    }

    pub(super) fn remove(&mut self, rank: Rank, due: Duration, sleeper: Sleeper) {
        self.of(rank).remove(&(due, sleeper));
    }

    /// Takes whoever goes first, if anybody is due.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Sleeper> {
        let queues = [&mut self.urgent, &mut self.normal, &mut self.behind];
        let mut due = queues
            .into_iter()
            .filter(|queue| queue.first().is_some_and(|(due, _)| *due <= now));
        let (_, sleeper) = due.next()?.pop_first()?;
        Some(sleeper)
    }

    /// Takes whoever of the last rank waits for longest.
    pub(super) fn take_last_behind(&mut self) -> Option<Sleeper> {
        self.behind.pop_last().map(|(_, sleeper)| sleeper)
    }

    /// When the next is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let queues = [&self.urgent, &self.normal, &self.behind];
        let firsts = queues.into_iter().filter_map(|queue| queue.first());
        firsts.map(|(due, _)| *due).min()
    }

    const fn of(&mut self, rank: Rank) -> &mut Queue {
        match rank {
            Rank::Urgent => &mut self.urgent,
            Rank::Normal => &mut self.normal,
            Rank::Behind => &mut self.behind,
        }
    }
}
