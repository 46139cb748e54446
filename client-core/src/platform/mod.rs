//! What differs between the machines this client runs on: clock and tasks, files, HTTP and WebSockets.
//!
//! The only place that names a target: [`native`] and [`web`] have the same names for the same things.
//! Randomness is [`restante_crypto::Randomness`], which knows the operating systems' and the browsers'
//! generators itself.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod web;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use restante_wire::limits;

use crate::engine::io::Time;

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{
    HomeFile, Http, Instant, Lease, Runtime, Task, WebSocket, at_home, blocking, can_write,
    check_password, create_home_file, date, exists, file_len, find_home_file, home_files, jpeg_of,
    keep_home_file, open_home_file, parse_url, prepare, remove_file, remove_home_file, run_engine,
    sleep, time_in_utc, timeout,
};
#[cfg(not(target_family = "wasm"))]
pub use native::{
    MaybeSend, NAME, SystemClock, create_home, create_private, default_home, ensure_private,
    flush_dir, instant, is_other, make_jpeg, open_private, open_regular, private_dir, told_to_stop,
};
#[cfg(target_family = "wasm")]
pub(crate) use web::{
    HomeFile, Http, Instant, Lease, Runtime, Task, WebSocket, at_home, blocking, can_write,
    check_password, create_home_file, date, exists, file_len, find_home_file, home_files,
    keep_home_file, open_home_file, parse_url, prepare, remove_file, remove_home_file, run_engine,
    sleep, time_in_utc, timeout,
};
#[cfg(target_family = "wasm")]
pub use web::{
    MaybeSend, NAME, SystemClock, create_home, ensure_private, is_other, jpeg_of, storage, strength,
};

/// How long a request may take from the first byte to the last.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest answer that is read: a page, or one commit with its Welcome, and their frames.
const MAX_ANSWER: usize = limits::MAX_FRAME + limits::MAX_PAGE_BYTES;

/// An answer to a request by HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// All of the body.
    pub(crate) body: Vec<u8>,
}

/// A file of a home that was found.
#[derive(Debug)]
pub(crate) struct FoundFile {
    /// Its name in its folder.
    pub(crate) name: String,
    /// When it was written last, where that is known.
    pub(crate) written: Option<Time>,
}

/// The last moment that is written as a time; what is later is written like it.
pub(crate) const LAST_TIME: Time = Time(253_402_207_200_999);

/// The same of days since 1970: 9999-12-31.
pub(crate) const LAST_DAY: u32 = 2_932_896;

/// A URL, as the URL Standard of the WHATWG reads it.
#[derive(Debug)]
pub(crate) struct Url {
    /// Without the colon.
    pub(crate) scheme: String,
    /// Of an IPv6 address with its brackets.
    pub(crate) host: String,
    /// Whether it names a user or a password.
    pub(crate) has_user: bool,
    /// All of it, in the form of that standard.
    pub(crate) written: String,
}

/// What the peer of a WebSocket says.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A frame.
    Frame(Vec<u8>),
    /// Nothing, but that it is there.
    #[cfg_attr(
        target_family = "wasm",
        expect(dead_code, reason = "a browser keeps pings to itself")
    )]
    SignOfLife,
}

/// Reads the time: for showing and waiting, never for deciding what is valid.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;
}

/// A clock that stands still until it is moved: for tests and simulations. Clones share the time.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(time: Time) -> Self {
        Self(Arc::new(AtomicU64::new(time.0)))
    }

    /// Moves it on.
    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(Time(5));
        let same = clock.clone();
        assert_eq!(clock.now(), Time(5));
        same.advance_ms(10);
        assert_eq!(clock.now(), Time(15));
    }

    #[test]
    fn the_system_clock_is_past_2025() {
        assert!(SystemClock.now() > Time(1_735_689_600_000));
    }
}
