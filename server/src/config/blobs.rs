//! Settings of blobs: where they lie, how many bytes they may take, how long they are kept.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Bytes of a mebibyte.
const MIB: u64 = 1024 * 1024;

/// Attachments at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlobSettings {
    /// Folder of the blobs; `blobs` in the data directory if not set.
    pub dir: Option<PathBuf>,
    /// Longest blob.
    pub max_mib: u32,
    /// All of them together.
    pub total_mib: u32,
    /// Blobs that one address may make in a day.
    pub address_mib_per_day: u32,
    /// What blobs leave free on their disk.
    pub keep_free_mib: u32,
    /// Days for which a complete blob is kept.
    pub retention_days: u32,
    /// Parts of 512 KiB being written or read at once.
    pub parts_at_once: u32,
}

impl Default for BlobSettings {
    fn default() -> Self {
        Self {
            dir: None,
            max_mib: 256,
            total_mib: 20 * 1024,
            address_mib_per_day: 4 * 1024,
            keep_free_mib: 512,
            retention_days: 30,
            parts_at_once: 64,
        }
    }
}

impl BlobSettings {
    pub(crate) fn max_bytes(&self) -> u64 {
        u64::from(self.max_mib) * MIB
    }

    pub(crate) fn total_bytes(&self) -> u64 {
        u64::from(self.total_mib) * MIB
    }

    pub(crate) fn address_bytes_per_day(&self) -> u64 {
        u64::from(self.address_mib_per_day) * MIB
    }

    pub(crate) fn keep_free_bytes(&self) -> u64 {
        u64::from(self.keep_free_mib) * MIB
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.retention_days == 0 || self.parts_at_once == 0 {
            return Err(ConfigError::Value {
                name: "blobs",
                rule: "at least 1 for retention_days and parts_at_once",
            });
        }
        Ok(())
    }
}
