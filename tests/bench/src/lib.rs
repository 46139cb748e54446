//! What the benchmarks share: samples and their percentiles, and what a process used.

pub mod process;
pub mod samples;
pub mod stopwatch;
