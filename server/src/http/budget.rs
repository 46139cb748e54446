//! The memory of what arrives: request bodies and frames of streams, until they are answered (R8).
//!
//! Two pools for the whole relay. The first [`SMALL_BODY`] bytes of anything come from the small
//! one, everything beyond from the large one: whoever sends many long things keeps nobody from
//! logging in or sending a text. What an address has sent of long things that are not whole yet is
//! bounded, too, so that one address cannot take the large pool for itself by never finishing.
//! Bytes count when they arrive, not when they are announced: who announces much and sends nothing
//! holds nothing. Read next: [`super::pace`], which bounds how long something unfinished is held.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use restante_wire::{ErrorCode, WireError, fault};

use super::{endpoint::SMALL_BODY, pace::Pace};
use crate::{config::Limits, rate_limit::ClientAddress};

/// When to try again if a pool is spent.
const RETRY_MS: u64 = 500;

const MIB: usize = 1024 * 1024;

/// The pools of a relay. Cheap to clone.
#[derive(Clone)]
pub(super) struct Budget(Arc<Pools>);

struct Pools {
    small: Pool,
    large: Pool,
    /// Bytes of the large pool that are part of something unfinished, by address.
    unfinished: Mutex<HashMap<ClientAddress, usize>>,
    max_unfinished: usize,
    stall: Duration,
}

struct Pool {
    name: &'static str,
    max: usize,
    used: AtomicUsize,
}

/// What one body or frame holds of the pools; given back when dropped.
pub(super) struct Share {
    budget: Budget,
    /// Whose it is, until it is whole.
    sender: Option<ClientAddress>,
    small: usize,
    large: usize,
}

impl Budget {
    /// Pools of which nothing is used.
    #[must_use]
    pub(super) fn new(limits: &Limits) -> Self {
        let pool = |name, mib: u32| Pool {
            name,
            max: mib as usize * MIB,
            used: AtomicUsize::new(0),
        };
        Self(Arc::new(Pools {
            small: pool("small", limits.receive_small_mib),
            large: pool("large", limits.receive_large_mib),
            unfinished: Mutex::default(),
            max_unfinished: limits.receive_large_mib_per_address as usize * MIB,
            stall: Duration::from_secs(limits.stall_seconds.into()),
        }))
    }

    /// A share of nothing yet, for something that this address sends.
    #[must_use]
    pub(super) fn share(&self, sender: ClientAddress) -> Share {
        Share {
            budget: self.clone(),
            sender: Some(sender),
            small: 0,
            large: 0,
        }
    }

    /// How fast something that begins now must arrive.
    #[must_use]
    pub(super) fn pace(&self) -> Pace {
        Pace::begin(self.0.stall)
    }
}

impl Share {
    /// Covers something of this length; never shrinks.
    ///
    /// # Errors
    /// `overloaded` while a pool is spent, or the large one for this address. What was held stays.
    pub(super) fn grow_to(&mut self, len: usize) -> Result<(), WireError> {
        let small = len.min(SMALL_BODY).saturating_sub(self.small);
        let large = len.saturating_sub(SMALL_BODY).saturating_sub(self.large);
        self.take(small, large).map_err(|pool| {
            metrics::counter!("restante_receive_refusals_total", "pool" => pool).increment(1);
            WireError::retry(ErrorCode::Overloaded, RETRY_MS)
        })
    }

    /// All of it has arrived: it no longer counts for its address.
    pub(super) fn arrived(&mut self) {
        if let Some(sender) = self.sender.take()
            && self.large > 0
        {
            self.budget.0.forget(sender, self.large);
        }
    }

    /// Takes from the pools, or names the one that is spent.
    fn take(&mut self, small: usize, large: usize) -> Result<(), &'static str> {
        if fault::planted("r8_unfinished_frames_are_not_counted") {
            return Ok(());
        }
        let pools = &self.budget.0;
        pools.small.take(small)?;
        self.small += small;
        if large == 0 {
            return Ok(());
        }
        pools.large.take(large)?;
        if let Some(sender) = self.sender
            && !pools.note(sender, large)
        {
            pools.large.give(large);
            return Err("address");
        }
        self.large += large;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.arrived();
        self.budget.0.small.give(self.small);
        self.budget.0.large.give(self.large);
    }
}

impl Pools {
    /// Counts bytes for an address, if it may have as many.
    fn note(&self, sender: ClientAddress, bytes: usize) -> bool {
        let mut unfinished = self
            .unfinished
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let held = unfinished.entry(sender).or_default();
        let fits = *held + bytes <= self.max_unfinished;
        if fits {
            *held += bytes;
        } else if *held == 0 {
            unfinished.remove(&sender);
        }
        fits
    }

    fn forget(&self, sender: ClientAddress, bytes: usize) {
        let mut unfinished = self
            .unfinished
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = unfinished.get_mut(&sender) {
            *held -= bytes;
            if *held == 0 {
                unfinished.remove(&sender);
            }
        }
    }
}

impl Pool {
    fn take(&self, bytes: usize) -> Result<(), &'static str> {
        if bytes == 0 {
            return Ok(());
        }
        let more = |used: usize| {
            let used = used + bytes;
            (used <= self.max).then_some(used)
        };
        match self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
        {
            Ok(_) => Ok(()),
            Err(_) => Err(self.name),
        }
    }

    fn give(&self, bytes: usize) {
        if bytes > 0 {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = SMALL_BODY + MIB;

    fn budget() -> Budget {
        Budget::new(&Limits {
            receive_small_mib: 1,
            receive_large_mib: 4,
            receive_large_mib_per_address: 2,
            ..Limits::default()
        })
    }

    fn address(last: u8) -> ClientAddress {
        ClientAddress::of([192, 0, 2, last].into())
    }

    fn large(budget: &Budget, of: u8) -> Result<Share, WireError> {
        let mut share = budget.share(address(of));
        share.grow_to(LARGE).map(|()| share)
    }

    #[test]
    fn r8_who_finishes_nothing_takes_a_part_of_the_large_pool_only() {
        let budget = budget();
        let mut held = vec![large(&budget, 1).unwrap(), large(&budget, 1).unwrap()];
        let refused = large(&budget, 1).err();
        assert_eq!(
            refused,
            Some(WireError::retry(ErrorCode::Overloaded, RETRY_MS))
        );
        held.push(large(&budget, 2).unwrap());
        // What is whole no longer counts for its address, but for the pool.
        held[0].arrived();
        held.push(large(&budget, 1).unwrap());
        assert!(large(&budget, 3).is_err());
        held.clear();
        assert!(budget.0.unfinished.lock().unwrap().is_empty());
        assert_eq!(budget.0.large.used.load(Ordering::Relaxed), 0);
        assert_eq!(budget.0.small.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn r8_a_spent_large_pool_leaves_short_things_their_own() {
        let budget = budget();
        let held: Vec<_> = [1, 1, 2, 2].map(|of| large(&budget, of).unwrap()).into();
        let mut short = budget.share(address(1));
        short.grow_to(SMALL_BODY).unwrap();
        short.grow_to(SMALL_BODY + 1).unwrap_err();
        short.grow_to(100).unwrap();
        assert_eq!((short.small, short.large), (SMALL_BODY, 0));
        drop(held);
        short.grow_to(SMALL_BODY + 1).unwrap();
    }
}
