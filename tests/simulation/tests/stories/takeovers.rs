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
fn c3_of_two_admins_who_remove_each_other_one_stays_and_nobody_else_inherits() {
    for seed in 2310..2318 {
        let (mut world, room) = everyone_removes(seed);
        let promote = Command::SetRole {
            room,
            member: "dave".into(),
            admin: true,
        };
        assert_eq!(world.carry_out(ALICE, promote), Ok(()));
        world.rest();
        world.command(ALICE, remove(room, "dave")).unwrap();
        world.command(DAVE, remove(room, "alice")).unwrap();
        world.run(60, 40);
        world.rest();
        let phases = [ALICE, DAVE].map(|who| world.room(who, &room).phase);
        let stays = match phases {
            [RoomPhase::Joined, RoomPhase::Removed] => ALICE,
            [RoomPhase::Removed, RoomPhase::Joined] => DAVE,
            other => panic!("seed {seed}: {other:?}"),
        };
        let name = world.people[stays].name.clone();
        assert_eq!(admins(&world, BOB, &room), [name], "seed {seed}");
        world.say(CAROL, &room, "what was that?");
        world.rest();
        world.assert_agreement(&room, &[stays, BOB, CAROL]);
    }
}
