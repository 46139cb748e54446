//! Stories of clients in one thread: what must hold whatever the order of things. Each theme is a
//! module; a story of an invariant is named after it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a story fails where something is not as it must be"
)]

mod all_new;
mod answers;
mod clients;
mod contacts;
mod content;
mod crashes;
mod disk;
mod endings;
mod expelled;
mod files;
mod garbage;
mod halts;
mod insiders;
mod invitations;
mod key_packages;
mod lanes;
mod large;
mod last_words;
mod liars;
mod life;
mod limits;
mod many_lines;
mod months;
mod moves;
mod muting;
mod naming;
mod newcomers;
mod partings;
mod picture;
mod poisoned;
mod races;
mod receipts;
mod removal;
mod removed;
mod requests;
mod restores;
mod seats;
mod secrets;
mod setbacks;
mod settings;
mod signals;
mod strangers;
mod suites;
mod syncs;
mod takeovers;
mod vanished;
mod vault_keys;
mod weather;

use restante_client::engine::io::Command;
use restante_simulation::World;

pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;
pub(crate) const CAROL: usize = 2;
pub(crate) const DAVE: usize = 3;

/// The first people of a story: alice makes groups and is their admin.
pub(crate) fn world(seed: u64, people: usize) -> World {
    World::with_people(seed, &["alice", "bob", "carol", "dave"][..people])
}

pub(crate) fn remove(room: restante_client::engine::io::RoomId, who: &str) -> Command {
    Command::RemoveMembers {
        room,
        members: vec![who.to_owned()],
    }
}

pub(crate) fn add(room: restante_client::engine::io::RoomId, who: &str) -> Command {
    Command::AddMembers {
        room,
        members: vec![who.to_owned()],
    }
}
