//! The calendar by the browser.

use js_sys::Date;

use crate::{
    engine::io::Time,
    platform::{LAST_DAY, LAST_TIME},
};

/// Length of `2026-11-22`.
const DATE: usize = 10;

const MS_A_DAY: f64 = 86_400_000.0;

/// RFC 3339 in UTC, with milliseconds.
pub(crate) fn time_in_utc(time: Time) -> String {
    #[expect(clippy::cast_precision_loss, reason = "the last moment is below 2^53")]
    let ms = time.0.min(LAST_TIME.0) as f64;
    in_utc(ms)
}

/// The date of a day since 1970.
pub(crate) fn date(days: u32) -> String {
    let mut written = in_utc(f64::from(days.min(LAST_DAY)) * MS_A_DAY);
    written.truncate(DATE);
    written
}

fn in_utc(ms: f64) -> String {
    Date::new(&ms.into()).to_iso_string().into()
}
