//! What a process used, as Linux counts it.

use std::{fs, time::Duration};

/// Processor time of a process, its own and the kernel's for it; zero if it is gone.
#[must_use]
pub fn cpu_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let ticks = parse_ticks(&stat).unwrap_or_default();
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_millis(ticks * 1000 / per_second)
}

/// Memory of a process now and at most, in MiB; zero if it is gone.
#[must_use]
pub fn memory_mib(pid: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| {
                line.strip_prefix(name)?
                    .split_whitespace()
                    .next()?
                    .parse::<u64>()
                    .ok()
            })
            .unwrap_or_default()
            / 1024
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Memory of a process that no file stands behind, now, in KiB; none if it is gone.
#[must_use]
pub fn anonymous_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Bytes that this process has handed to write calls so far.
#[must_use]
pub fn bytes_written() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines()
        .find_map(|line| line.strip_prefix("wchar: ")?.trim().parse().ok())
        .unwrap_or_default()
}

/// utime and stime, fields 14 and 15; the second field may hold anything between its brackets.
fn parse_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_past_a_strange_name() {
        let stat = "7 (a) b) S 1 1 1 0 -1 0 0 0 0 0 120 34 0 0 20 0 1 0 5";
        assert_eq!(parse_ticks(stat), Some(154));
    }

    #[test]
    fn what_is_written_counts() {
        let file = tempfile::tempdir().unwrap();
        let before = bytes_written();
        fs::write(file.path().join("file"), [0; 5_000]).unwrap();
        assert!(bytes_written() >= before + 5_000);
    }

    #[test]
    fn this_process_has_memory() {
        let (now, most) = memory_mib(std::process::id());
        assert!(now > 0 && most >= now);
        assert!(anonymous_kib(std::process::id()).is_some_and(|kib| kib > 0));
    }
}
