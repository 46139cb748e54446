//! Compiles the relay anew when the web client that it carries was built anew.

#![expect(
    clippy::print_stdout,
    reason = "a build script speaks to Cargo through its output"
)]

fn main() {
    // The folder itself is always there: Cargo takes what is missing for changed.
    println!("cargo::rerun-if-changed=../client-core/web/dist");
}
