//! `cargo xtask vectors`: writes the files of `tests/vectors` anew, by running the tests that check
//! them. What changes belongs into review: it is what other clients rely on.

use crate::{error::Failure, shell};

/// Makes the tests write; `tests/vectors/src/lib.rs` reads it.
const WRITE: &str = "RESTANTE_WRITE_VECTORS";

/// In the name of every test that owns a file, and of no other that reads one.
const OWNERS: &str = "committed";

/// Runs every test that owns a file.
pub(crate) fn run() -> Result<(), Failure> {
    let runs: [&[&str]; 2] = [
        &[
            "test",
            "--workspace",
            "--test",
            "vectors",
            "--test",
            "rooms",
            OWNERS,
        ],
        &["test", "--workspace", "--lib", OWNERS],
    ];
    for arguments in runs {
        let mut command = shell::cargo(arguments.iter().copied());
        shell::run(command.env(WRITE, "1"))?;
    }
    Ok(())
}
