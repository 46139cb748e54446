//! A browser's dedicated worker: clock here, the rest beside.
//!
//! There is one thread, and what runs beside everything else runs between its events. Files lie in the
//! origin private file system, as [`storage`] tells.

mod calendar;
mod exception;
mod files;
mod http;
mod picture;
mod socket;
pub mod storage;
pub mod strength;
mod task;
mod url;

use super::Clock;
use crate::engine::io::Time;

pub use self::storage::{create_home, ensure_private, is_other};
pub(crate) use self::{
    calendar::{date, time_in_utc},
    files::{
        HomeFile, at_home, create_home_file, find_home_file, home_files, keep_home_file,
        open_home_file, remove_home_file,
    },
    http::Http,
    socket::WebSocket,
    storage::{Lease, can_write, exists, file_len, prepare, remove_file},
    strength::check_password,
    task::{Instant, Runtime, Task, blocking, run_engine, sleep, timeout},
    url::parse_url,
};
pub use self::{picture::jpeg_of, task::MaybeSend};

/// On what this client runs, as its person's other clients show it.
pub const NAME: &str = "web";

/// The browser's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        // Whole milliseconds since 1970, exact in a double for longer than any clock runs.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast takes the nearest integer, and nothing below 1970"
        )]
        let ms = js_sys::Date::now() as u64;
        Time(ms)
    }
}
