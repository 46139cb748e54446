//! Settings that bound what the relay takes and keeps (R8).

use std::num::NonZeroU32;

use restante_wire::limits::MAX_FRAME;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::rate_limit::Rate;

/// How much is taken from one address, seat or inbox, and from all together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at once. Each takes a file descriptor and some 10 KB.
    pub max_connections: u32,
    /// Connections at once from one address (trusted proxies excepted).
    pub max_connections_per_address: u32,
    /// Anonymous requests of one address that cost a stamp: look-ups, claims, deliveries, new
    /// mailboxes.
    pub stamps: Rate,
    /// Registrations of one address.
    pub registrations: Rate,
    /// Logins and session requests of one address.
    pub logins: Rate,
    /// Envelopes of one seat.
    pub envelopes: Rate,
    /// Commits of one member seat.
    pub member_commits: Rate,
    /// Commits of one admin seat.
    pub admin_commits: Rate,
    /// Letters that strangers may leave in one inbox in a day.
    pub inbox_strangers_per_day: u32,
    /// Letters that contacts may leave in one inbox in a day.
    pub inbox_contacts_per_day: u32,
    /// Most appends that one transaction of the database takes.
    pub write_batch: u32,
    /// MiB of memory for what arrives and is not answered yet: the first 16 KiB of each request.
    pub receive_small_mib: u32,
    /// The same for what is beyond the first 16 KiB of a request.
    pub receive_large_mib: u32,
    /// What of `receive_large_mib` one address may hold with requests that are not whole yet.
    pub receive_large_mib_per_address: u32,
    /// Seconds after which a request ends whose bytes stopped coming.
    pub stall_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_connections_per_address: 1_000,
            stamps: rate(1_000, 60),
            registrations: rate(100, 10),
            logins: rate(300, 60),
            envelopes: rate(600, 60),
            member_commits: rate(20, 2),
            admin_commits: rate(300, 30),
            inbox_strangers_per_day: 200,
            inbox_contacts_per_day: 5_000,
            write_batch: 1_024,
            receive_small_mib: 32,
            receive_large_mib: 96,
            receive_large_mib_per_address: 24,
            stall_seconds: 15,
        }
    }
}

impl Limits {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let zero = [
            ("limits.max_connections", self.max_connections),
            (
                "limits.max_connections_per_address",
                self.max_connections_per_address,
            ),
            ("limits.write_batch", self.write_batch),
            ("limits.receive_small_mib", self.receive_small_mib),
            ("limits.stall_seconds", self.stall_seconds),
        ]
        .into_iter()
        .find(|(_, value)| *value == 0);
        if let Some((name, _)) = zero {
            return Err(ConfigError::Value {
                name,
                rule: "at least 1",
            });
        }
        let per_address = self.receive_large_mib_per_address;
        if per_address < LONGEST_MIB || self.receive_large_mib < per_address {
            return Err(ConfigError::Value {
                name: "limits.receive_large_mib_per_address",
                rule: "at least 6, and not above limits.receive_large_mib",
            });
        }
        Ok(())
    }
}

/// What the longest request takes.
const LONGEST_MIB: u32 = (MAX_FRAME / (1024 * 1024)) as u32;

/// How long things are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days for which an envelope waits for seats that have not acknowledged it.
    pub envelope_days: u32,
    /// Days after which a seat that nobody used is dropped.
    pub seat_days: u32,
    /// Days for which a letter waits in an inbox.
    pub letter_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            envelope_days: 30,
            seat_days: 90,
            letter_days: 30,
        }
    }
}

impl Retention {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.envelope_days == 0 || self.letter_days == 0 || self.seat_days < self.envelope_days {
            return Err(ConfigError::Value {
                name: "retention",
                rule: "at least one day each, and seat_days not below envelope_days",
            });
        }
        Ok(())
    }
}

const fn rate(burst: u32, per_minute: u32) -> Rate {
    match (NonZeroU32::new(burst), NonZeroU32::new(per_minute)) {
        (Some(burst), Some(per_minute)) => Rate { burst, per_minute },
        _ => Rate {
            burst: NonZeroU32::MIN,
            per_minute: NonZeroU32::MIN,
        },
    }
}
