//! The calendar by a library.

use jiff::{Span, Timestamp, civil::Date};

use crate::{
    engine::io::Time,
    platform::{LAST_DAY, LAST_TIME},
};

/// RFC 3339 in UTC, with milliseconds.
pub(crate) fn time_in_utc(time: Time) -> String {
    instant(time).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The date of a day since 1970.
pub(crate) fn date(days: u32) -> String {
    let span = Span::new().try_days(days.min(LAST_DAY));
    let date = span.and_then(|span| Date::constant(1970, 1, 1).checked_add(span));
    date.unwrap_or(Date::MAX).to_string()
}

/// A sender's clock may say anything: what no calendar holds becomes the last moment of it.
#[must_use]
pub fn instant(time: Time) -> Timestamp {
    let ms = i64::try_from(time.0.min(LAST_TIME.0)).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_ends_with_the_moment_and_the_day_that_both_clients_end_with() {
        let past = i64::try_from(LAST_TIME.0 + 1).unwrap();
        assert!(Timestamp::from_millisecond(past).is_err());
        assert_eq!(time_in_utc(Time(u64::MAX)), "9999-12-30T22:00:00.999Z");
        assert_eq!(date(LAST_DAY), Date::MAX.to_string());
        assert_eq!(date(LAST_DAY - 1), "9999-12-30");
    }
}
