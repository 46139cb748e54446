//! Compiles the relay anew when the web client that it carries was built anew.

fn main() {
    // The folder itself is always there: Cargo takes what is missing for changed.
    println!("cargo::rerun-if-changed=../client-core/web/dist");
}
