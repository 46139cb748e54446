//! Blobs over real HTTP: parts, ranges, quotas, retention, and what crashes and full disks leave.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

#[expect(
    dead_code,
    reason = "shared with the tests of accounts, which use more of it"
)]
mod relay;

use std::path::PathBuf;

use restante_server::{clock::DAY_MS, random};
use restante_wire::{
    BlobId, ErrorCode, WireError,
    blob::{AppendBlob, BlobState, CreateBlob, ReadBlob, ReadBlobState},
    limits::MAX_BLOB_PART,
    mailbox::Stamp,
};

use crate::relay::{Relay, refusal};

const PART: u64 = MAX_BLOB_PART as u64;

impl Relay {
    async fn create(&self, blob: BlobId, size: u64) -> Result<BlobState, WireError> {
        let stamp = Stamp::default();
        self.ask(&CreateBlob { stamp, blob, size }).await
    }

    async fn append(
        &self,
        blob: BlobId,
        offset: u64,
        bytes: &[u8],
    ) -> Result<BlobState, WireError> {
        let bytes = bytes.to_vec();
        self.ask(&AppendBlob {
            blob,
            offset,
            bytes,
        })
        .await
    }

    async fn state(&self, blob: BlobId) -> Result<BlobState, WireError> {
        self.ask(&ReadBlobState { blob }).await
    }

    async fn read(&self, blob: BlobId, offset: u64, limit: u32) -> Result<Vec<u8>, WireError> {
        let read = ReadBlob {
            blob,
            offset,
            limit,
        };
        self.ask(&read).await.map(|part| part.bytes)
    }

    async fn upload(&self, blob: BlobId, content: &[u8]) {
        self.create(blob, content.len() as u64).await.unwrap();
        for (index, part) in content.chunks(MAX_BLOB_PART).enumerate() {
            self.append(blob, index as u64 * PART, part).await.unwrap();
        }
    }

    fn folder_of(&self, blob: BlobId) -> PathBuf {
        let hex: String = blob
            .key()
            .0
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.dir.path().join("blobs").join(hex)
    }

    async fn collect(&self) {
        self.app().services().blobs.collect().await.unwrap();
    }

    fn pass_days(&self, days: u64) {
        self.clock.advance_ms(days * DAY_MS);
    }
}

fn blob() -> BlobId {
    BlobId(random::bytes())
}

fn content(len: u64) -> Vec<u8> {
    (0..len).map(|index| (index % 251) as u8).collect()
}

#[tokio::test]
async fn r1_an_upload_goes_on_after_a_restart_and_its_ranges_can_be_read() {
    let mut relay = Relay::start_with(|_| {}).await;
    let (blob, content) = (blob(), content(2 * PART + 77));
    let size = content.len() as u64;
    let state = relay.create(blob, size).await.unwrap();
    assert_eq!(state, BlobState { size, received: 0 });
    relay
        .append(blob, 0, &content[..MAX_BLOB_PART])
        .await
        .unwrap();
    // What a crash leaves behind the last answer: a part that the database does not count.
    std::fs::write(relay.folder_of(blob).join("1"), b"half a part").unwrap();
    relay.restart().await;

    let state = relay.state(blob).await.unwrap();
    assert_eq!(state.received, PART);
    assert_eq!(relay.create(blob, size).await.unwrap(), state);
    assert_eq!(
        refusal(relay.read(blob, 0, 10).await),
        ErrorCode::NoSuchBlob
    );
    for offset in [PART, 2 * PART] {
        let end = size.min(offset + PART) as usize;
        let state = relay
            .append(blob, offset, &content[offset as usize..end])
            .await;
        assert_eq!(state.unwrap().received, end as u64);
    }
    assert_eq!(relay.read(blob, 0, 10).await.unwrap(), content[..10]);
    let across = relay.read(blob, PART - 5, 10).await.unwrap();
    assert_eq!(across, content[MAX_BLOB_PART - 5..MAX_BLOB_PART + 5]);
    let tail = relay.read(blob, 2 * PART, u32::MAX).await.unwrap();
    assert_eq!(tail, content[2 * MAX_BLOB_PART..]);
    assert_eq!(relay.read(blob, size, 9).await.unwrap(), b"");
    assert_eq!(
        refusal(relay.read(blob, size + 1, 9).await),
        ErrorCode::BadRequest
    );
}

#[tokio::test]
async fn a_part_counts_once_at_its_place_and_whole() {
    let relay = Relay::start_with(|_| {}).await;
    let (blob, content) = (blob(), content(2 * PART + 77));
    assert_eq!(
        refusal(relay.append(blob, 0, &content[..1]).await),
        ErrorCode::NoSuchBlob
    );
    assert_eq!(refusal(relay.create(blob, 0).await), ErrorCode::BadRequest);
    relay.create(blob, content.len() as u64).await.unwrap();
    assert_eq!(refusal(relay.create(blob, 9).await), ErrorCode::Conflict);

    let part = &content[..MAX_BLOB_PART];
    assert_eq!(
        refusal(relay.append(blob, PART, part).await),
        ErrorCode::Conflict
    );
    for (offset, bytes) in [
        (0, &part[1..]),
        (1, part),
        (0, &[]),
        (2 * PART, part),
        (3 * PART, part),
    ] {
        assert_eq!(
            refusal(relay.append(blob, offset, bytes).await),
            ErrorCode::BadRequest
        );
    }
    let first = relay.append(blob, 0, part).await.unwrap();
    let again = relay.append(blob, 0, part).await.unwrap();
    assert_eq!((first.received, again.received), (PART, PART));
    let other = vec![9; MAX_BLOB_PART];
    relay.append(blob, 0, &other).await.unwrap();
    relay
        .append(blob, PART, &content[MAX_BLOB_PART..2 * MAX_BLOB_PART])
        .await
        .unwrap();
    relay
        .append(blob, 2 * PART, &content[2 * MAX_BLOB_PART..])
        .await
        .unwrap();
    assert_eq!(
        relay.read(blob, 0, 8).await.unwrap(),
        content[..8],
        "a part never changes"
    );
}

#[tokio::test]
async fn r1_a_part_that_could_not_be_written_is_not_counted_and_comes_again() {
    let relay = Relay::start_with(|_| {}).await;
    let (blob, content) = (blob(), content(100));
    relay.create(blob, 100).await.unwrap();
    // A file where the blob's folder should be: the disk does not take the part.
    std::fs::write(relay.folder_of(blob), b"").unwrap();
    let refused = relay.append(blob, 0, &content).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::StorageUnavailable);
    assert!(refused.retry_after_ms.is_some());
    assert_eq!(relay.state(blob).await.unwrap().received, 0);
    std::fs::remove_file(relay.folder_of(blob)).unwrap();
    relay.append(blob, 0, &content).await.unwrap();
    assert_eq!(relay.read(blob, 0, 100).await.unwrap(), content);
}

#[tokio::test]
async fn r8_one_blob_all_blobs_and_one_address_have_limits() {
    let relay = Relay::start_with(|config| {
        config.blobs.max_mib = 1;
        config.blobs.total_mib = 3;
        config.blobs.address_mib_per_day = 5;
    })
    .await;
    const MIB: u64 = 1024 * 1024;
    assert_eq!(
        refusal(relay.create(blob(), MIB + 1).await),
        ErrorCode::TooLarge
    );
    for _ in 0..3 {
        relay.create(blob(), MIB).await.unwrap();
    }
    let full = relay.create(blob(), 1).await.unwrap_err();
    assert_eq!(full.code, ErrorCode::StorageFull);
    assert!(full.retry_after_ms.is_some());
    // Unfinished uploads give their room back after a day.
    relay.pass_days(2);
    relay.collect().await;
    for _ in 0..3 {
        relay.create(blob(), MIB).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(
            refusal(relay.create(blob(), MIB).await),
            ErrorCode::StorageFull
        );
    }
    let tired = relay.create(blob(), MIB).await.unwrap_err();
    assert_eq!(tired.code, ErrorCode::RateLimited);
    assert!(tired.retry_after_ms.is_some());
}

#[tokio::test]
async fn r6_a_blob_lives_for_its_retention_and_then_gives_its_disk_back() {
    let relay = Relay::start_with(|config| config.blobs.retention_days = 3).await;
    let (kept, paused, content) = (blob(), blob(), content(PART + 1));
    relay.upload(kept, &content).await;
    relay.create(paused, 2 * PART).await.unwrap();
    relay
        .append(paused, 0, &content[..MAX_BLOB_PART])
        .await
        .unwrap();

    relay.pass_days(1);
    relay.collect().await;
    assert_eq!(relay.state(paused).await.unwrap().received, PART);
    relay.pass_days(1);
    assert_eq!(refusal(relay.state(paused).await), ErrorCode::NoSuchBlob);
    relay.collect().await;
    assert!(!relay.folder_of(paused).exists());

    relay.pass_days(1);
    relay.collect().await;
    assert_eq!(relay.read(kept, 0, 4).await.unwrap(), content[..4]);
    relay.pass_days(1);
    assert_eq!(refusal(relay.read(kept, 0, 4).await), ErrorCode::NoSuchBlob);
    relay.collect().await;
    assert!(!relay.folder_of(kept).exists());
}

#[tokio::test]
async fn files_of_a_blob_that_the_database_does_not_know_are_collected() {
    let relay = Relay::start_with(|_| {}).await;
    let (known, lost) = (blob(), blob());
    relay.upload(known, b"known").await;
    std::fs::create_dir(relay.folder_of(lost)).unwrap();
    std::fs::write(relay.folder_of(lost).join("0"), b"from before a restore").unwrap();
    relay.collect().await;
    assert!(!relay.folder_of(lost).exists());
    assert_eq!(relay.read(known, 0, 5).await.unwrap(), b"known");
}
