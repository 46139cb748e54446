//! The rules of blobs: who may make one, what the next part is, what can be read, what time deletes.
//!
//! Owns: quotas, the order of parts, collection. Never does: SQL (`store/sqlite/blobs.rs`), files
//! ([`depot`]), HTTP. A part is on disk before the database counts it, and a blob's files are gone
//! before its row is: whatever a crash interrupts is done again, and nothing that was answered is
//! lost. Read next: [`depot`], then `http/blobs.rs`.

mod allowance;
pub mod depot;

use std::sync::Arc;

use restante_wire::{
    BlobId, BlobKey, Day, ErrorCode, WireError,
    blob::{AppendBlob, BlobPart, BlobState, CreateBlob, ReadBlob},
    fault::planted,
    limits::MAX_BLOB_PART,
};
use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};

use self::{allowance::Allowance, depot::Depot};
use crate::{
    clock::Clock,
    config::BlobSettings,
    rate_limit::ClientAddress,
    store::{Store, sqlite::blobs as rows},
};

/// Locks for parts of one blob: two blobs that share one only wait a little for each other.
const LOCKS: usize = 64;

/// When to try again if too many parts are on their way.
const BUSY_RETRY_MS: u64 = 500;

/// Days for which an upload may pause.
const INCOMPLETE_DAYS: u32 = 1;

/// Blobs that one look at the database finds to be due.
const DUE_AT_ONCE: u32 = 100;

/// All blobs of a relay.
pub struct Blobs {
    store: Store,
    clock: Arc<dyn Clock>,
    depot: Depot,
    settings: BlobSettings,
    allowance: Allowance,
    /// Parts being written or read: bounds their memory and what they ask of the disk (R8).
    parts: Semaphore,
    locks: Vec<Mutex<()>>,
}

impl Blobs {
    /// Over a store for what there is, and a depot for the bytes.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, depot: Depot, settings: BlobSettings) -> Self {
        Self {
            allowance: Allowance::new(settings.address_bytes_per_day()),
            parts: Semaphore::new(settings.parts_at_once as usize),
            locks: (0..LOCKS).map(|_| Mutex::new(())).collect(),
            store,
            clock,
            depot,
            settings,
        }
    }

    /// Makes room for a blob. Its stamp was verified.
    ///
    /// # Errors
    /// Those of [`CreateBlob`].
    pub async fn create(
        &self,
        request: &CreateBlob,
        payer: ClientAddress,
    ) -> Result<BlobState, WireError> {
        let size = request.size;
        if size == 0 {
            return Err(ErrorCode::BadRequest.into());
        }
        if size > self.settings.max_bytes() {
            return Err(ErrorCode::TooLarge.into());
        }
        let key = request.blob.key();
        let found = self.store.read(move |at| rows::find(at, &key)).await?;
        if found.is_none() {
            self.allowance.take(payer, size, self.clock.now_ms())?;
        }
        let (today, total) = (self.clock.day(), self.settings.total_bytes());
        let reserve = self
            .store
            .write(move |transaction| rows::reserve(transaction, &key, size, today, total));
        Ok(reserve.await?)
    }

    /// How far a blob is.
    ///
    /// # Errors
    /// `no_such_blob`, or why the database could not be read.
    pub async fn state(&self, blob: &BlobId) -> Result<BlobState, WireError> {
        self.living(blob.key()).await
    }

    /// Adds a part; it is durable when this returns.
    ///
    /// # Errors
    /// Those of [`AppendBlob`].
    pub async fn append(&self, request: AppendBlob) -> Result<BlobState, WireError> {
        let (key, offset, len) = (
            request.blob.key(),
            request.offset,
            request.bytes.len() as u64,
        );
        let _part = self.part()?;
        let _alone = self.alone(&key).await;
        let state = self.living(key).await?;
        let expected = state.size.saturating_sub(offset).min(PART);
        if offset % PART != 0 || len == 0 || len != expected {
            return Err(ErrorCode::BadRequest.into());
        }
        if offset + len <= state.received {
            return Ok(state);
        }
        if offset != state.received {
            return Err(ErrorCode::Conflict.into());
        }
        let today = self.clock.day();
        let moved = (offset, offset + len);
        if planted("r1_blob_part_counted_before_it_is_written") {
            self.count(key, moved, today).await?;
        }
        self.depot
            .put(&key, offset / PART, request.bytes, today)
            .await?;
        metrics::counter!("restante_blob_bytes_total", "way" => "in").increment(len);
        self.count(key, moved, today).await
    }

    async fn count(
        &self,
        key: BlobKey,
        moved: (u64, u64),
        today: Day,
    ) -> Result<BlobState, WireError> {
        let counted = self
            .store
            .write(move |transaction| rows::advance(transaction, &key, moved, today));
        Ok(counted.await?)
    }

    /// Reads a range.
    ///
    /// # Errors
    /// Those of [`ReadBlob`].
    pub async fn read(&self, request: &ReadBlob) -> Result<BlobPart, WireError> {
        let key = request.blob.key();
        let _part = self.part()?;
        let state = self.living(key).await?;
        if !state.is_complete() {
            return Err(ErrorCode::NoSuchBlob.into());
        }
        if request.offset > state.size {
            return Err(ErrorCode::BadRequest.into());
        }
        let len = u64::from(request.limit)
            .min(PART)
            .min(state.size - request.offset);
        let bytes = self.depot.read(&key, request.offset, len).await?;
        metrics::counter!("restante_blob_bytes_total", "way" => "out").increment(len);
        Ok(BlobPart {
            size: state.size,
            bytes,
        })
    }

    /// Deletes blobs whose time is over, and files of blobs that the database does not know (it was
    /// restored from a backup). Stopping in the middle is harmless.
    ///
    /// # Errors
    /// Why it could not go on; the rest waits for the next time.
    pub async fn collect(&self) -> Result<(), WireError> {
        let (complete, incomplete) = self.kept_since();
        loop {
            let due = self
                .store
                .read(move |at| rows::due(at, complete, incomplete, DUE_AT_ONCE))
                .await?;
            if due.is_empty() {
                break;
            }
            for key in due {
                self.collect_one(key).await?;
            }
        }
        for key in self.depot.keys().await? {
            let _alone = self.alone(&key).await;
            let found = self.store.read(move |at| rows::find(at, &key)).await?;
            if found.is_none() {
                self.depot.delete(&key).await?;
            }
        }
        let reserved = self.store.read(rows::reserved).await?;
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!("restante_blob_bytes_reserved").set(reserved as f64);
        Ok(())
    }

    async fn collect_one(&self, key: BlobKey) -> Result<(), WireError> {
        let _alone = self.alone(&key).await;
        // A part may have come since it was found to be due.
        let found = self.store.read(move |at| rows::find(at, &key)).await?;
        let Some(row) = found.filter(|row| !self.is_kept(row)) else {
            return Ok(());
        };
        self.depot.delete(&row.key).await?;
        self.store
            .write(move |transaction| rows::forget(transaction, &key))
            .await?;
        metrics::counter!("restante_blobs_collected_total").increment(1);
        Ok(())
    }

    /// The state of a blob whose time is not over.
    async fn living(&self, key: BlobKey) -> Result<BlobState, WireError> {
        let found = self.store.read(move |at| rows::find(at, &key)).await?;
        found
            .filter(|row| self.is_kept(row))
            .map(|row| row.state)
            .ok_or_else(|| ErrorCode::NoSuchBlob.into())
    }

    fn is_kept(&self, row: &rows::BlobRow) -> bool {
        let (complete, incomplete) = self.kept_since();
        let since = if row.state.is_complete() {
            complete
        } else {
            incomplete
        };
        row.day >= since
    }

    /// The first days that are kept: of complete blobs, and of others.
    fn kept_since(&self) -> (Day, Day) {
        let today = self.clock.day().0;
        (
            Day(today.saturating_sub(self.settings.retention_days)),
            Day(today.saturating_sub(INCOMPLETE_DAYS)),
        )
    }

    fn part(&self) -> Result<SemaphorePermit<'_>, WireError> {
        self.parts
            .try_acquire()
            .map_err(|_| WireError::retry(ErrorCode::Overloaded, BUSY_RETRY_MS))
    }

    /// Keeps other parts of this blob, and its collection, out.
    async fn alone(&self, key: &BlobKey) -> MutexGuard<'_, ()> {
        let [first, ..] = key.0;
        let index = usize::from(first) % LOCKS;
        #[expect(clippy::indexing_slicing, reason = "there are LOCKS of them")]
        self.locks[index].lock().await
    }
}

const PART: u64 = MAX_BLOB_PART as u64;

#[cfg(test)]
mod tests {
    use restante_wire::mailbox::Stamp;

    use super::*;
    use crate::{clock::ManualClock, store::Options};

    #[tokio::test]
    async fn r8_parts_at_once_are_limited_and_who_comes_too_many_is_told_when_to_come_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("db"), &Options::default()).unwrap();
        let depot = Depot::open(folder.path(), 0).unwrap();
        let settings = BlobSettings {
            parts_at_once: 1,
            ..BlobSettings::default()
        };
        let clock = Arc::new(ManualClock::default());
        let blobs = Blobs::new(store, clock, depot, settings);
        let blob = BlobId([1; 32]);
        let create = CreateBlob {
            stamp: Stamp::default(),
            blob,
            size: 3,
        };
        let address = ClientAddress::of("192.0.2.1".parse().unwrap());
        blobs.create(&create, address).await.unwrap();
        let part = AppendBlob {
            blob,
            offset: 0,
            bytes: vec![1; 3],
        };
        let other = blobs.part().unwrap();
        let refused = blobs.append(part.clone()).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Overloaded);
        assert!(refused.retry_after_ms.is_some());
        drop(other);
        assert!(blobs.append(part).await.unwrap().is_complete());
    }
}
