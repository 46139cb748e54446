//! Time that is spent on what is measured, and not on what surrounds it.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::process;

/// Adds up real and processor time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stopwatch {
    /// Real time.
    pub elapsed: Duration,
    /// Processor time of the whole process: openmls encrypts the path of a commit on several threads.
    pub cpu: Duration,
    /// Bytes handed to the file system: pages of database and log, as often as they are written.
    pub written: u64,
}

impl Stopwatch {
    /// Runs `work` with the watch running.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let written = process::bytes_written();
        let (begin, cpu) = (Instant::now(), process_cpu());
        let value = work();
        self.elapsed += begin.elapsed();
        self.cpu += process_cpu().saturating_sub(cpu);
        self.written += process::bytes_written().saturating_sub(written);
        value
    }

    /// How many a second, of so many in all.
    #[must_use]
    pub fn per_second(&self, count: u32) -> f64 {
        f64::from(count) / self.elapsed.as_secs_f64()
    }

    /// Both watches together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            elapsed: self.elapsed + other.elapsed,
            cpu: self.cpu + other.cpu,
            written: self.written + other.written,
        }
    }

    /// Kilobytes written for each of so many.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "what one run writes is far below 2^52"
    )]
    pub fn written_kb(&self, count: u32) -> f64 {
        self.written as f64 / 1e3 / f64::from(count.max(1))
    }

    /// Processor time for each of so many, in microseconds.
    #[must_use]
    pub fn cpu_us(&self, count: u32) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / f64::from(count.max(1))
    }
}

fn process_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_timed_counts() {
        let mut watch = Stopwatch::default();
        let sum = watch.time(|| (0..100_000_u64).fold(0, |sum, x| sum ^ x.wrapping_mul(x)));
        assert_eq!(
            sum,
            (0..100_000_u64).fold(0, |sum, x| sum ^ x.wrapping_mul(x))
        );
        let counted = watch.elapsed;
        assert!(counted > Duration::ZERO);
        assert_eq!(watch.elapsed, counted);
    }
}
