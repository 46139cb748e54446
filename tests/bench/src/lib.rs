//! What the benchmarks share: samples and their percentiles, what a process used, and groups, ours
//! and those of openmls alone.

pub mod bare;
pub mod members;
pub mod process;
pub mod samples;
pub mod stopwatch;
