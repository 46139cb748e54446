//! The picture of a room: who may give it, who has it, and what members without scruples put there.

use std::collections::BTreeSet;

use restante_client::{
    ErrorKind,
    engine::{
        io::{Command, RoomId},
        picture::BOUNDS,
    },
};
use restante_crypto::{Change, LogPosition, Picture};
use restante_simulation::World;
use restante_wire::{Kind, LogHash, mailbox::SeatChanges};

use crate::{ALICE, BOB, CAROL, add, remove, secrets::open_database, settings::group_of, world};

fn picture(room: RoomId, jpeg: Option<&[u8]>) -> Command {
    let jpeg = jpeg.map(<[u8]>::to_vec);
    Command::SetPicture { room, jpeg }
}

/// A JPEG of one colour.
pub(crate) fn jpeg(width: u32, height: u32, grey: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![grey; (width * height) as usize];
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 50)
        .encode(&pixels, width, height, image::ExtendedColorType::L8)
        .unwrap();
    bytes
}

fn kinds(world: &World, who: usize, room: &RoomId) -> Vec<&'static str> {
    let notices = world.engine(who).notices(room, 0, 100).unwrap();
    notices.iter().map(|notice| notice.news.kind()).collect()
}

#[test]
fn c3_everybody_has_the_picture_and_so_has_whoever_comes_later() {
    let mut world = world(1900, 4);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(ALICE, remove(room, "dave")), Ok(()));
    world.rest();
    let rose = jpeg(128, 96, 10);
    assert_eq!(world.carry_out(ALICE, picture(room, Some(&rose))), Ok(()));
    world.rest();
    assert_eq!(world.carry_out(ALICE, add(room, "dave")), Ok(()));
    world.rest();
    for who in [ALICE, BOB, CAROL, crate::DAVE] {
        let shown = world.room(who, &room).picture.unwrap();
        assert_eq!((shown.width, shown.height), (128, 96));
        assert_eq!(
            world.engine(who).picture(&room).unwrap(),
            Some(rose.clone())
        );
    }
    assert!(kinds(&world, BOB, &room).contains(&"picture_changed"));
    // To who came later it was there from the beginning.
    assert!(!kinds(&world, crate::DAVE, &room).contains(&"picture_changed"));

    world.crash(BOB);
    world.rest();
    assert_eq!(world.engine(BOB).picture(&room).unwrap(), Some(rose));
    assert_eq!(world.carry_out(ALICE, picture(room, None)), Ok(()));
    world.rest();
    for who in [BOB, crate::DAVE] {
        assert_eq!(world.room(who, &room).picture, None);
        let database = open_database(world.people[who].home());
        let count = "SELECT count(*) FROM pictures";
        let kept: u64 = database.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 0);
    }
    assert!(kinds(&world, BOB, &room).contains(&"picture_removed"));
    world.assert_agreement(&room, &[ALICE, BOB, CAROL, crate::DAVE]);
}

#[test]
fn only_who_may_rename_a_room_gives_it_a_picture_and_only_a_small_one() {
    let mut world = world(1901, 3);
    let room = world.group_of_all("garden");
    let chat = world.become_contacts(BOB, CAROL);
    let small = jpeg(64, 64, 10);
    let refused = world.command(BOB, picture(room, Some(&small))).unwrap_err();
    assert_eq!(refused, ErrorKind::NotAllowed);
    let refused = world.command(BOB, picture(chat, Some(&small))).unwrap_err();
    assert_eq!(refused, ErrorKind::NotAllowed);
    let long = [small.as_slice(), &[0; 4096]].concat();
    for bad in [&jpeg(BOUNDS.edge + 1, 8, 0)[..], &long, b"words", b""] {
        let refused = world.command(ALICE, picture(room, Some(bad))).unwrap_err();
        assert_eq!(refused, ErrorKind::NotAPicture);
    }
}

#[test]
fn what_a_member_calls_a_picture_and_is_none_is_passed_over_and_breaks_nothing() {
    for (seed, bad) in [
        (1902, vec![0xFF; 4096]),
        (1903, jpeg(BOUNDS.edge + 1, 8, 0)),
        (1904, Vec::new()),
    ] {
        let mut world = world(seed, 3);
        let room = world.group_of_all("garden");
        let good = jpeg(32, 32, 10);
        assert_eq!(world.carry_out(ALICE, picture(room, Some(&good))), Ok(()));
        world.rest();

        let mailbox = world.last_mailbox(ALICE);
        let mut group = group_of(&world, ALICE, &room);
        let mut state = group.room_state().clone();
        state.picture = Some(Picture(bad));
        let position = LogPosition {
            n: 0,
            hash: LogHash::start(&mailbox),
        };
        let staged = group.stage(Change::SetState(state), position, &BTreeSet::new());
        let body = staged.unwrap().body;
        world.turn_off(ALICE);
        world.append_body(ALICE, mailbox, Kind::Commit, SeatChanges::default(), body);
        world.rest();

        for who in [BOB, CAROL] {
            assert_eq!(world.room(who, &room).picture, None);
            assert!(!world.room(who, &room).in_doubt, "the commit is valid");
        }
        world.say(BOB, &room, "what a picture");
        world.rest();
        let heard = world.texts(CAROL, &room);
        assert!(heard.contains(&"what a picture".to_owned()));
    }
}

#[test]
fn who_was_removed_hears_of_no_later_picture() {
    let mut world = world(1905, 3);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    world.rest();
    let later = jpeg(32, 32, 10);
    assert_eq!(world.carry_out(ALICE, picture(room, Some(&later))), Ok(()));
    world.rest();
    assert!(world.room(BOB, &room).picture.is_some());
    assert_eq!(world.room(CAROL, &room).picture, None);
}
