//! Developer commands: serve, test, ci, arrows, tidy, bench.

fn main() {}
