//! End-to-end stories and invariant tests.
