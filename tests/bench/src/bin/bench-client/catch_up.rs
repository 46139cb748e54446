//! Catch-up: a member comes back to a room in which another one wrote.

use std::{fs, path::Path};

use restante_bench::stopwatch::Stopwatch;
use restante_client::{engine::Engine, store::Store};
use restante_crypto::Randomness;
use restante_simulation::person::PASSPHRASE;

use crate::{
    online::Online,
    sending::{FullRoom, NOW},
};

/// Takes in all messages of the room from a copy of a member's home, receipts and acknowledgements
/// included, and checks that each is there once.
pub(crate) fn measure(full: &FullRoom, messages: u32) -> Stopwatch {
    let home = tempfile::tempdir().expect("a temporary folder");
    copy(full.reader.home(), home.path());
    let store = Store::open(home.path(), PASSPHRASE).expect("a home");
    let engine = Engine::with_randomness(store, Randomness::os(), NOW).expect("an engine");
    let before = engine
        .history(&full.room, u32::MAX)
        .expect("a history")
        .len();
    let reader = Online::connect(engine, full.relay.clone(), full.mailbox, NOW);
    assert_eq!(reader.shown, messages, "each message was shown once");
    let watch = reader.rest;
    let (engine, _) = reader.into_parts();
    let history = engine.history(&full.room, u32::MAX).expect("a history");
    assert_eq!(
        history.len(),
        before + messages as usize,
        "each message is there once"
    );
    watch
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).expect("a folder") {
        let path = file.expect("a file").path();
        let name = path.file_name().expect("a name");
        fs::copy(&path, to.join(name)).expect("a copy");
    }
}
