//! Benchmarks of relay and client.
