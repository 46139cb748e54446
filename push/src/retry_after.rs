//! The `Retry-After` header (RFC 9110 section 10.2.3).

use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Longest wait that a gateway can ask for: what it says beyond is not believed.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(6 * 3600);

/// Wait of a gateway that asks for one and does not say how long.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(60);

/// How long to wait, by seconds or by a date; none if nothing readable is said.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now_s: u64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait_s = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let at = httpdate::parse_http_date(text).ok()?;
            let at_s = at.duration_since(UNIX_EPOCH).ok()?.as_secs();
            at_s.saturating_sub(now_s)
        }
    };
    Some(Duration::from_secs(wait_s).min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        retry_after(&headers, 784_111_000)
    }

    #[test]
    fn seconds_and_dates_are_read_and_bounded() {
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(read(date), Some(Duration::from_secs(777)));
        let past = "Sat, 06 Nov 1993 08:49:37 GMT";
        assert_eq!(read(past), Some(Duration::ZERO));
        assert_eq!(read("99999999999"), Some(MAX_RETRY_AFTER));
        assert_eq!(read("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new(), 0), None);
    }
}
