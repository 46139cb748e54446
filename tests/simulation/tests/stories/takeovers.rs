//! Members who would be admins: nobody becomes one who was not made one, but the heir of the last.

use restante_client::{
    ErrorKind,
    engine::{
        io::{Command, RoomId, RoomPhase},
        settings::PolicyChange,
    },
};
use restante_crypto::Permission;
use restante_simulation::World;
use restante_wire::{Kind, mailbox::SeatChanges};

use crate::{ALICE, BOB, CAROL, DAVE, remove, world};

/// A garden of four in which everyone may remove.
pub(crate) fn everyone_removes(seed: u64) -> (World, RoomId) {
    let mut world = world(seed, 4);
    let room = world.group_of_all("garden");
    let change = PolicyChange {
        remove: Some(Permission::Everyone),
        ..PolicyChange::default()
    };
    assert_eq!(
        world.carry_out(ALICE, Command::SetPolicy { room, change }),
        Ok(())
    );
    world.rest();
    (world, room)
}

fn admins(world: &World, who: usize, room: &RoomId) -> Vec<String> {
    let people = world.room(who, room).participants.into_iter();
    people
        .filter_map(|(name, admin)| admin.then_some(name))
        .collect()
}

#[test]
fn c7_a_member_who_may_remove_everyone_removes_no_admin() {
    for seed in 2300..2304 {
        let (mut world, room) = everyone_removes(seed);
        assert_eq!(
            world.carry_out(BOB, remove(room, "alice")),
            Err(ErrorKind::NotAllowed)
        );
        assert_eq!(world.carry_out(BOB, remove(room, "carol")), Ok(()));
        world.rest();
        assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Removed);
        assert_eq!(admins(&world, DAVE, &room), ["alice"], "seed {seed}");
        world.say(ALICE, &room, "still mine");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, DAVE]);
    }
}

#[test]
fn c7_a_commit_that_an_admin_kept_until_it_was_one_no_more_changes_nothing() {
    for seed in 2320..2324 {
        let (mut world, room) = everyone_removes(seed);
        let role = |admin| Command::SetRole {
            room,
            member: "bob".into(),
            admin,
        };
        assert_eq!(world.carry_out(ALICE, role(true)), Ok(()));
        world.rest();
        let mailbox = world.last_mailbox(BOB);
        let (member, title) = ("alice".to_owned(), "bob's own".to_owned());
        let kept = [
            Command::RenameRoom { room, title },
            remove(room, "alice"),
            Command::SetRole {
                room,
                member,
                admin: false,
            },
        ];
        let kept = kept.map(|command| world.forge(BOB, command, Kind::Commit).body);
        assert_eq!(world.carry_out(ALICE, role(false)), Ok(()));
        for body in kept {
            let none = SeatChanges::default();
            world.append_body(BOB, mailbox, Kind::Commit, none, body);
            world.say(CAROL, &room, "we go on");
            world.say(DAVE, &room, "indeed");
            world.rest();
        }
        for who in [ALICE, BOB, CAROL, DAVE] {
            let seen = world.room(who, &room);
            assert_eq!(seen.title, "garden", "seed {seed}");
            assert!(!seen.in_doubt, "seed {seed}: {who}");
            assert_eq!(admins(&world, who, &room), ["alice"], "seed {seed}");
        }
        world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
    }
}
