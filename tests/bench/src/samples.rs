//! Durations, many of them, and what to say about them.

use std::time::Duration;

/// Measured durations in any order.
#[derive(Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Adds one.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// Adds those of somebody else.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The duration below which so many percent lie; zero without samples.
    pub fn percentile(&mut self, percent: usize) -> Duration {
        if self.0.is_empty() {
            return Duration::ZERO;
        }
        let index = (self.0.len() * percent / 100).min(self.0.len() - 1);
        *self.0.select_nth_unstable(index).1
    }
}

/// The value in the middle, by a key.
#[must_use]
pub fn median_by<T>(mut values: Vec<T>, key: impl Fn(&T) -> f64) -> Option<T> {
    values.sort_by(|a, b| key(a).total_cmp(&key(b)));
    let middle = values.len() / 2;
    values.into_iter().nth(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_do_not_depend_on_the_order() {
        let mut samples = Samples::default();
        for ms in (1..=100).rev() {
            samples.push(Duration::from_millis(ms));
        }
        assert_eq!(samples.percentile(50), Duration::from_millis(51));
        assert_eq!(samples.percentile(99), Duration::from_millis(100));
        assert_eq!(Samples::default().percentile(50), Duration::ZERO);
    }

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median_by(vec![3.0, 1.0, 2.0], |value| *value), Some(2.0));
    }
}
