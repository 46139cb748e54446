//! Command line client of Restante.

fn main() {}
