//! Room settings: names, permissions and roles, wanted by several at once, and who may not.

use restante_client::{
    ErrorKind,
    engine::{
        content::{Content, Salt},
        io::{Command, MessageState, Outcome, RoomId, RoomPhase, TaskId},
        notices::News,
        payload::Payload,
        settings::PolicyChange,
    },
};
use restante_crypto::{Group, LogPosition, Permission};
use restante_simulation::World;
use restante_wire::{
    EnvelopeId, ErrorCode, Kind, LogHash, Role,
    mailbox::{Answer, Append, AppendItem, Refusal, Request, SeatChanges, Wake},
};

use crate::{ALICE, BOB, CAROL, add, remove, secrets::open_database, world};

fn rename(room: RoomId, title: &str) -> Command {
    let title = title.to_owned();
    Command::RenameRoom { room, title }
}

fn role(room: RoomId, member: &str, admin: bool) -> Command {
    let member = member.to_owned();
    Command::SetRole {
        room,
        member,
        admin,
    }
}

fn only_admins_post(room: RoomId) -> Command {
    let change = PolicyChange {
        post: Some(Permission::Admins),
        ..PolicyChange::default()
    };
    Command::SetPolicy { room, change }
}

fn everyone_removes(room: RoomId) -> Command {
    let change = PolicyChange {
        remove: Some(Permission::Everyone),
        ..PolicyChange::default()
    };
    Command::SetPolicy { room, change }
}

/// Gives a command that starts a task.
fn begin(world: &mut World, who: usize, command: Command) -> TaskId {
    let outcome = world.command(who, command);
    let task = match outcome {
        Ok(Outcome::Task(task)) => Some(task),
        _ => None,
    };
    task.expect("the command starts a task")
}

/// A garden of alice, bob and carol with two admins.
fn two_admins(seed: u64) -> (World, RoomId) {
    let mut world = world(seed, 3);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(ALICE, role(room, "bob", true)), Ok(()));
    world.rest();
    (world, room)
}

fn admins(world: &World, who: usize, room: &RoomId) -> Vec<String> {
    let people = world.room(who, room).participants.into_iter();
    people
        .filter_map(|(name, admin)| admin.then_some(name))
        .collect()
}

/// The group of a member without scruples, as it lies on its disk: it speaks MLS well, and does what
/// it likes.
pub(crate) fn group_of(world: &World, who: usize, room: &RoomId) -> Group {
    let mailbox = world.last_mailbox(who);
    let rows = {
        let database = open_database(world.people[who].home());
        let sql = "SELECT key, value FROM group_rows WHERE room = ?1";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([room.0], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    };
    let client = world.people[who].account().client.clone();
    Group::load(&client, mailbox, rows).unwrap()
}

/// What such a member puts into the log: it knows no policy.
fn says_anyway(world: &mut World, who: usize, room: &RoomId, text: &str) {
    let mailbox = world.last_mailbox(who);
    let mut group = group_of(world, who, room);
    let content = Content::text(Salt([who as u8; 16]), text, world.now()).unwrap();
    let payload = Payload::Content(content.encode().unwrap());
    let position = LogPosition {
        n: 0,
        hash: LogHash::start(&mailbox),
    };
    let body = group.encrypt(&payload.encode(), position).unwrap();
    world.append_body(who, mailbox, Kind::Message, SeatChanges::default(), body);
}

#[test]
fn c3_of_two_names_given_at_once_the_later_in_the_log_stays_for_all() {
    for seed in 600..606 {
        let (mut world, room) = two_admins(seed);
        let tasks = [
            (ALICE, begin(&mut world, ALICE, rename(room, "orchard"))),
            (BOB, begin(&mut world, BOB, rename(room, "meadow"))),
        ];
        world.rest();
        for (who, task) in tasks {
            assert_eq!(world.task_result(who, task), Some(Ok(())));
        }
        let name = world.room(CAROL, &room).title;
        assert!(["orchard", "meadow"].contains(&name.as_str()), "{name}");
        for who in [ALICE, BOB, CAROL] {
            assert_eq!(world.room(who, &room).title, name);
        }
        let given = world.engine(CAROL).notices(&room, 0, 100).unwrap();
        let titles = given
            .iter()
            .filter(|notice| notice.news.kind() == "renamed");
        assert_eq!(titles.count(), 2, "both were the name for a while");
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    }
}

#[test]
fn c3_changes_of_different_permissions_at_once_both_hold() {
    for seed in 610..614 {
        let (mut world, room) = two_admins(seed);
        begin(&mut world, ALICE, only_admins_post(room));
        begin(&mut world, BOB, everyone_removes(room));
        world.rest();
        for who in [ALICE, BOB, CAROL] {
            let policy = world.room(who, &room).policy;
            assert_eq!(policy.post, Permission::Admins);
            assert_eq!(policy.remove, Permission::Everyone);
        }
    }
}

#[test]
fn c1_a_setting_survives_the_end_of_the_process_and_a_lost_race() {
    let (mut world, room) = two_admins(620);
    world.cut(ALICE);
    let task = begin(&mut world, ALICE, rename(room, "orchard"));
    world.turn_off(ALICE);
    assert_eq!(world.carry_out(BOB, only_admins_post(room)), Ok(()));
    world.turn_on(ALICE);
    world.rest();
    assert_eq!(world.task_result(ALICE, task), Some(Ok(())));
    assert_eq!(world.room(CAROL, &room).title, "orchard");
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c3_a_role_of_somebody_who_is_gone_is_dropped() {
    let (mut world, room) = two_admins(621);
    world.cut(BOB);
    let task = begin(&mut world, BOB, role(room, "carol", true));
    world.turn_off(BOB);
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    world.turn_on(BOB);
    world.rest();
    assert_eq!(world.task_result(BOB, task), Some(Ok(())));
    assert_eq!(admins(&world, BOB, &room), ["alice", "bob"]);
    world.assert_agreement(&room, &[ALICE, BOB]);
}

#[test]
fn c3_of_two_admins_who_demote_each_other_one_wins_and_the_other_is_told() {
    for seed in 630..640 {
        let (mut world, room) = two_admins(seed);
        let of_alice = begin(&mut world, ALICE, role(room, "bob", false));
        let of_bob = begin(&mut world, BOB, role(room, "alice", false));
        world.rest();
        let ends = [
            world.task_result(ALICE, of_alice).unwrap(),
            world.task_result(BOB, of_bob).unwrap(),
        ];
        let lost = Err(ErrorKind::NotAllowed);
        let winner = match ends {
            [Ok(()), end] if end == lost => "alice",
            [end, Ok(())] if end == lost => "bob",
            _ => panic!("one wins: {ends:?}"),
        };
        for who in [ALICE, BOB, CAROL] {
            assert_eq!(admins(&world, who, &room), [winner]);
        }
        world.say(BOB, &room, "no hard feelings");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    }
}

#[test]
fn c3_of_two_admins_who_remove_each_other_one_stays() {
    for seed in 640..650 {
        let (mut world, room) = two_admins(seed);
        let of_alice = begin(&mut world, ALICE, remove(room, "bob"));
        let of_bob = begin(&mut world, BOB, remove(room, "alice"));
        world.rest();
        let (stays, gone, ends) = match world.room(ALICE, &room).phase {
            RoomPhase::Joined => (ALICE, BOB, (of_alice, of_bob)),
            _ => (BOB, ALICE, (of_bob, of_alice)),
        };
        assert_eq!(world.task_result(stays, ends.0), Some(Ok(())));
        let told = world.task_result(gone, ends.1);
        assert_eq!(told, Some(Err(ErrorKind::RoomClosed)));
        assert_eq!(world.room(gone, &room).phase, RoomPhase::Removed);
        world.say(CAROL, &room, "oh dear");
        world.rest();
        world.assert_agreement(&room, &[stays, CAROL]);
    }
}

#[test]
fn c3_a_room_never_loses_its_last_admin() {
    let (mut world, room) = two_admins(650);
    let mut ends: Vec<_> = [(ALICE, "alice"), (BOB, "bob")]
        .map(|(who, name)| (who, begin(&mut world, who, role(room, name, false))))
        .into();
    world.rest();
    let results: Vec<_> = ends
        .drain(..)
        .map(|(who, task)| world.task_result(who, task).unwrap())
        .collect();
    assert!(results.contains(&Ok(())));
    assert!(results.contains(&Err(ErrorKind::LastAdmin)), "{results:?}");
    let left = admins(&world, CAROL, &room);
    let [last] = &left[..] else {
        panic!("one admin: {left:?}");
    };
    let who = if last == "alice" { ALICE } else { BOB };
    let again = world.command(who, role(room, last, false));
    assert_eq!(again, Err(ErrorKind::LastAdmin));
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c6_what_a_member_says_where_only_admins_post_is_shown_to_nobody() {
    let mut world = world(660, 3);
    let room = world.group_of_all("garden");
    world.say(BOB, &room, "hello all");
    world.rest();
    // Bob is away when the policy changes: what he writes meanwhile is not read by anybody.
    world.cut(BOB);
    world.say(BOB, &room, "written before I knew");
    world.turn_off(BOB);
    assert_eq!(world.carry_out(ALICE, only_admins_post(room)), Ok(()));
    world.turn_on(BOB);
    world.rest();
    let late = world.history(BOB, &room).pop().unwrap();
    assert_eq!(late.state, MessageState::Failed);
    let text = "may I?".to_owned();
    let refused = world.command(BOB, Command::SendText { room, text });
    assert_eq!(refused, Err(ErrorKind::NotAllowed));
    world.say(ALICE, &room, "news");
    world.rest();
    // Receipts are no posts.
    let news = world.history(ALICE, &room).pop().unwrap();
    assert_eq!(news.state, MessageState::Delivered);
    says_anyway(&mut world, BOB, &room, "I do as I please");
    world.rest();
    for who in [ALICE, CAROL] {
        assert_eq!(world.texts(who, &room), ["hello all", "news"]);
    }
    world.assert_agreement(&room, &[ALICE, CAROL]);
}

#[test]
fn c7_the_seat_of_a_demoted_admin_states_no_list_any_more() {
    let (mut world, room) = two_admins(670);
    let access = world.people[BOB].seats.last().unwrap().clone();
    let mailbox = access.mailbox;
    let after_commit = |world: &World| {
        let mut commits = world.relay.log(&mailbox).iter().rev();
        let last = commits.find(|found| found.kind == Kind::Commit);
        last.unwrap().number
    };
    let seat = access.seat;
    let list = |after_commit| {
        let changes = SeatChanges {
            list: Some(vec![(seat, Role::Admin)]),
            ..SeatChanges::default()
        };
        let item = AppendItem {
            id: EnvelopeId([9; 16]),
            after_commit,
            kind: Kind::Commit,
            wake: Wake::None,
            changes,
            welcome: None,
            body: vec![0; 300],
        };
        Request::Append(Append {
            access: access.clone(),
            items: vec![item],
        })
    };
    assert_eq!(world.carry_out(ALICE, role(room, "bob", false)), Ok(()));
    world.rest();
    let request = list(after_commit(&world));
    let (answer, _) = world.relay.answer(request);
    let Ok(Answer::Appended(appended)) = answer else {
        panic!("no answer: {answer:?}");
    };
    let refused = Refusal::Error(ErrorCode::SeatChangeRefused.into());
    assert_eq!(appended.refused, Some(refused));
    let renamed = world.command(BOB, rename(room, "mine"));
    assert_eq!(renamed, Err(ErrorKind::NotAllowed));
    world.say(BOB, &room, "fair enough");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c3_everybody_reads_the_same_notices_between_the_messages() {
    let mut world = world(680, 4);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(ALICE, rename(room, "orchard")), Ok(()));
    assert_eq!(world.carry_out(ALICE, role(room, "bob", true)), Ok(()));
    assert_eq!(world.carry_out(ALICE, only_admins_post(room)), Ok(()));
    assert_eq!(world.carry_out(BOB, remove(room, "carol")), Ok(()));
    assert_eq!(world.carry_out(BOB, add(room, "carol")), Ok(()));
    world.rest();
    let leave = Command::Leave { room };
    assert_eq!(world.carry_out(crate::DAVE, leave), Ok(()));
    world.rest();
    assert_eq!(world.carry_out(BOB, role(room, "bob", false)), Ok(()));
    world.rest();
    let notices = |who: usize| world.engine(who).notices(&room, 0, 100).unwrap();
    let kinds: Vec<&str> = notices(ALICE).iter().map(|told| told.news.kind()).collect();
    assert_eq!(
        kinds,
        [
            "added",
            "renamed",
            "promoted",
            "policy_changed",
            "removed",
            "added",
            "left",
            "demoted"
        ]
    );
    let seen = |who: usize| -> Vec<_> {
        let told = notices(who).into_iter().skip(1);
        told.map(|told| (told.number, told.by, told.news)).collect()
    };
    assert_eq!(seen(BOB), seen(ALICE));
    let left = notices(BOB)
        .into_iter()
        .find(|told| told.news == News::Left);
    assert_eq!(left.unwrap().by, "dave");
    let first = notices(crate::DAVE).into_iter().next().unwrap();
    assert_eq!(first.by, "alice");
    assert_eq!(
        first.news.people(),
        ["dave"],
        "a newcomer is told who added it"
    );
}

#[test]
fn nobody_without_the_right_changes_a_setting_and_rooms_of_two_have_none() {
    let mut world = world(690, 3);
    let room = world.group_of_all("garden");
    let refused = Err(ErrorKind::NotAllowed);
    assert_eq!(world.command(BOB, rename(room, "mine")), refused);
    assert_eq!(world.command(BOB, only_admins_post(room)), refused);
    assert_eq!(world.command(BOB, role(room, "bob", true)), refused);
    let direct = world.engine(ALICE).find_room("bob").unwrap();
    assert_eq!(world.command(ALICE, rename(direct, "us")), refused);
    assert_eq!(world.command(ALICE, only_admins_post(direct)), refused);
    let unknown = world.command(ALICE, role(room, "nobody", true));
    assert_eq!(unknown, Err(ErrorKind::NotFound));
    let long = rename(room, &"x".repeat(257));
    assert_eq!(world.command(ALICE, long), Err(ErrorKind::BadInput));
    let nothing = Command::SetPolicy {
        room,
        change: PolicyChange::default(),
    };
    assert_eq!(world.command(ALICE, nothing), Err(ErrorKind::BadInput));
}

#[test]
fn who_is_in_a_room_already_is_not_added_again() {
    let mut world = world(2_480, 3);
    let room = world.group_of_all("garden");
    let again = world.command(ALICE, add(room, "bob"));
    assert_eq!(again, Err(ErrorKind::AlreadyThere));
    let both = Command::AddMembers {
        room,
        members: vec!["alice".into(), "carol".into()],
    };
    assert_eq!(world.command(ALICE, both), Err(ErrorKind::AlreadyThere));
}
