//! Replies, edits, deletions, reactions and expiry: the same at everybody, whatever the order of
//! things, and nothing of it for those who may not.

use restante_client::{
    ErrorKind,
    engine::{
        content::{self, Content, MAX_TEXT, Salt},
        intent::Intent,
        io::{Command, Draft, Event, Expiry, Message, MessageId, Outcome, RoomId},
    },
};
use restante_simulation::World;
use restante_wire::codec;

use crate::{
    ALICE, BOB, CAROL, DAVE,
    secrets::{open_database, pages},
    weather::seeds,
    world,
};

/// Longer than [`World::rest`] waits.
const TWO_HOURS_S: u32 = 7_200;
const A_DAY_S: u32 = 86_400;
const HALF_A_DAY_MS: u64 = 43_200_000;

fn put(world: &mut World, who: usize, command: Command) -> MessageId {
    let id = match world.command(who, command).unwrap() {
        Outcome::Message(id) => Some(id),
        _ => None,
    };
    id.expect("something to send")
}

fn say(world: &mut World, who: usize, room: RoomId, text: &str) -> MessageId {
    let text = text.to_owned();
    put(world, who, Command::SendText { room, text })
}

fn edit(room: RoomId, id: MessageId, text: &str) -> Command {
    let text = text.to_owned();
    Command::Edit { room, id, text }
}

fn react(room: RoomId, id: MessageId, emoji: &str) -> Command {
    let emoji = emoji.to_owned();
    Command::React { room, id, emoji }
}

fn unreact(room: RoomId, id: MessageId, emoji: &str) -> Command {
    let emoji = emoji.to_owned();
    Command::Unreact { room, id, emoji }
}

fn shown(world: &World, who: usize, room: &RoomId, id: MessageId) -> Message {
    let mut history = world.history(who, room).into_iter();
    history
        .find(|message| message.id == id)
        .expect("it is there")
}

/// Reactions as `emoji:people`.
fn reactions(message: &Message) -> Vec<String> {
    let said = message.reactions.iter();
    said.map(|said| format!("{}:{}", said.emoji, said.people.join(",")))
        .collect()
}

/// What must be the same at everybody.
fn essence(world: &World, who: usize, room: &RoomId) -> Vec<String> {
    let history = world.history(who, room).into_iter();
    let line = |message: Message| {
        let reply = message.reply.as_ref();
        format!(
            "{:?} {} {} {} {} {:?} {:?}",
            message.number,
            message.sender,
            message.text,
            message.edited,
            message.deleted,
            reply.map(|quote| (quote.number, &quote.sender, &quote.snippet)),
            reactions(&message),
        )
    };
    history.map(line).collect()
}

fn assert_alike(world: &World, room: &RoomId, members: &[usize]) {
    let first = essence(world, members[0], room);
    for who in members {
        assert_eq!(essence(world, *who, room), first, "C3: {who}");
    }
}

/// Lets an insider send whatever bytes it likes as content, from its own client.
fn send_raw(world: &mut World, who: usize, room: &RoomId, bytes: &[u8]) {
    world.turn_off(who);
    let intent = Intent::Content {
        id: MessageId([0; 32]),
        bytes: bytes.to_vec(),
    };
    let database = open_database(world.people[who].home());
    let sql = "INSERT INTO outbox (room, intent) VALUES (?1, ?2)";
    database
        .execute(sql, (room.0, codec::encode(&intent)))
        .unwrap();
    drop(database);
    world.turn_on(who);
    world.rest();
}

/// Content that another client might write, and the id that it has as somebody's in a room.
fn text(world: &World, text: &str, salt: u8) -> Content {
    Content::text(Salt([salt; 16]), text, world.now()).unwrap()
}

fn id_of(world: &World, who: usize, room: &RoomId, content: &Content) -> MessageId {
    let client = &world.people[who].account().client;
    content::message_id(
        &content::sender_uri(&client.certificate().body.account),
        &content::room_uri(room),
        &content.encode().unwrap(),
    )
}

#[test]
fn c3_everybody_sees_what_became_of_a_message() {
    let mut world = world(300, 3);
    let room = world.group_of_all("garden");
    let question = say(&mut world, ALICE, room, "Shall we @bob?");
    world.rest();
    let draft = Draft {
        text: "yes".into(),
        reply_to: Some(question),
        lifetime_s: None,
        ..Draft::default()
    };
    let answer = put(&mut world, BOB, Command::SendDraft { room, draft });
    let regret = say(&mut world, CAROL, room, "what I never said");
    world.rest();
    put(
        &mut world,
        ALICE,
        edit(room, question, "Shall we go, @bob?"),
    );
    put(&mut world, CAROL, Command::Delete { room, id: regret });
    put(&mut world, ALICE, react(room, answer, "👍"));
    world.rest();
    put(&mut world, CAROL, react(room, answer, "👍"));
    put(&mut world, CAROL, react(room, answer, "🎉"));
    world.rest();
    put(&mut world, CAROL, unreact(room, answer, "🎉"));
    world.rest();
    assert_alike(&world, &room, &[ALICE, BOB, CAROL]);
    let seen = shown(&world, BOB, &room, question);
    assert_eq!(seen.text, "Shall we go, @bob?");
    assert_eq!(seen.mentions, ["bob"]);
    assert!(seen.edited && !seen.deleted);
    let seen = shown(&world, ALICE, &room, answer);
    assert_eq!(reactions(&seen), ["👍:alice,carol"]);
    assert!(seen.reactions[0].own);
    let quote = seen.reply.unwrap();
    assert_eq!((quote.id, quote.sender.as_str()), (question, "alice"));
    assert_eq!(quote.snippet, "Shall we go, @bob?");
    let seen = shown(&world, BOB, &room, regret);
    assert!(seen.deleted && seen.text.is_empty());
    assert_eq!(world.room(BOB, &room).unread, 1, "only what is there");
}

#[test]
fn only_own_messages_that_are_there_can_be_changed() {
    let mut world = world(301, 2);
    let room = world.become_contacts(ALICE, BOB);
    let id = say(&mut world, ALICE, room, "mine");
    world.rest();
    let refused = |world: &mut World, command| world.command(BOB, command).unwrap_err().code();
    assert_eq!(refused(&mut world, edit(room, id, "ours")), "not_yours");
    let delete = Command::Delete { room, id };
    assert_eq!(refused(&mut world, delete), "not_yours");
    assert_eq!(refused(&mut world, react(room, id, "a b")), "bad_input");
    assert_eq!(refused(&mut world, unreact(room, id, "👍")), "not_found");
    let nothing = MessageId([1; 32]);
    assert_eq!(refused(&mut world, react(room, nothing, "👍")), "not_found");
    let delete = Command::Delete { room, id };
    put(&mut world, ALICE, delete.clone());
    world.rest();
    let gone = world.command(ALICE, delete).unwrap_err();
    assert_eq!(gone.code(), "not_found");
    assert_eq!(refused(&mut world, react(room, id, "👍")), "not_found");
}

#[test]
fn c6_an_edit_or_deletion_of_somebody_elses_message_changes_nothing() {
    let mut world = world(302, 3);
    let room = world.group_of_all("garden");
    let id = say(&mut world, ALICE, room, "mine");
    world.rest();
    let mut forged = text(&world, "yours", 1);
    forged.replaces = Some(id);
    send_raw(&mut world, BOB, &room, &forged.encode().unwrap());
    let deletion = Content::deletion(Salt([2; 16]), id, None, world.now());
    send_raw(&mut world, BOB, &room, &deletion.encode().unwrap());
    for who in [ALICE, CAROL] {
        let seen = shown(&world, who, &room, id);
        assert_eq!(seen.text, "mine");
        assert!(!seen.edited && !seen.deleted);
        assert_eq!(world.history(who, &room).len(), 1);
    }
    // Nor does one that came before the message it is about.
    let late = text(&world, "late", 3);
    let late_id = id_of(&world, ALICE, &room, &late);
    let deletion = Content::deletion(Salt([4; 16]), late_id, None, world.now());
    send_raw(&mut world, BOB, &room, &deletion.encode().unwrap());
    send_raw(&mut world, ALICE, &room, &late.encode().unwrap());
    let seen = shown(&world, CAROL, &room, late_id);
    assert!(seen.text == "late" && !seen.deleted);
}

#[test]
fn what_comes_before_its_message_counts_when_that_comes() {
    let mut world = world(303, 2);
    let room = world.become_contacts(ALICE, BOB);
    let original = text(&world, "first words", 1);
    let id = id_of(&world, BOB, &room, &original);
    let mut better = text(&world, "better words", 2);
    better.replaces = Some(id);
    send_raw(&mut world, BOB, &room, &better.encode().unwrap());
    assert!(
        world.history(ALICE, &room).is_empty(),
        "nothing to show yet"
    );
    send_raw(&mut world, BOB, &room, &original.encode().unwrap());
    let seen = shown(&world, ALICE, &room, id);
    assert!(seen.edited && seen.text == "better words");

    let doomed = text(&world, "doomed words", 3);
    let id = id_of(&world, BOB, &room, &doomed);
    let deletion = Content::deletion(Salt([4; 16]), id, None, world.now());
    send_raw(&mut world, BOB, &room, &deletion.encode().unwrap());
    send_raw(&mut world, BOB, &room, &doomed.encode().unwrap());
    let seen = shown(&world, ALICE, &room, id);
    assert!(seen.deleted && seen.text.is_empty());

    let like = Content::reaction(Salt([5; 16]), id, "👍", world.now()).unwrap();
    let like_id = id_of(&world, BOB, &room, &like);
    let unlike = Content::deletion(Salt([6; 16]), like_id, Some(id), world.now());
    let target = say(&mut world, ALICE, room, "to like");
    let mut like = like;
    like.in_reply_to = Some(target);
    let like_id = id_of(&world, BOB, &room, &like);
    let mut unlike = unlike;
    unlike.replaces = Some(like_id);
    send_raw(&mut world, BOB, &room, &unlike.encode().unwrap());
    send_raw(&mut world, BOB, &room, &like.encode().unwrap());
    assert!(shown(&world, ALICE, &room, target).reactions.is_empty());
}

#[test]
fn c4_what_comes_twice_counts_once_and_nothing_wakes_the_deleted() {
    let mut world = world(304, 2);
    let room = world.become_contacts(ALICE, BOB);
    let original = text(&world, "words", 1);
    let id = id_of(&world, BOB, &room, &original);
    let original = original.encode().unwrap();
    let like = Content::reaction(Salt([2; 16]), id, "👍", world.now()).unwrap();
    let again = Content::reaction(Salt([3; 16]), id, "👍", world.now()).unwrap();
    for bytes in [&original, &original] {
        send_raw(&mut world, BOB, &room, bytes);
    }
    for like in [&like, &like, &again] {
        send_raw(&mut world, BOB, &room, &like.encode().unwrap());
    }
    assert_eq!(world.history(ALICE, &room).len(), 1);
    assert_eq!(reactions(&shown(&world, ALICE, &room, id)), ["👍:bob"]);
    let deletion = Content::deletion(Salt([4; 16]), id, None, world.now());
    send_raw(&mut world, BOB, &room, &deletion.encode().unwrap());
    send_raw(&mut world, BOB, &room, &original);
    let mut late = text(&world, "late words", 5);
    late.replaces = Some(id);
    send_raw(&mut world, BOB, &room, &late.encode().unwrap());
    let seen = shown(&world, ALICE, &room, id);
    assert!(seen.deleted && !seen.edited && seen.reactions.is_empty());
    assert_eq!(world.history(ALICE, &room).len(), 1);
}

#[test]
fn one_account_reacts_so_often_and_no_more() {
    let mut world = world(305, 2);
    let room = world.become_contacts(ALICE, BOB);
    let id = say(&mut world, ALICE, room, "like me");
    for like in 0..30 {
        let emoji = format!("+{like}");
        let like = Content::reaction(Salt([like; 16]), id, &emoji, world.now()).unwrap();
        send_raw(&mut world, BOB, &room, &like.encode().unwrap());
    }
    assert_eq!(shown(&world, ALICE, &room, id).reactions.len(), 16);
}

#[test]
fn c3_members_agree_on_content_after_any_weather() {
    for seed in seeds(1_300, 6) {
        let mut world = world(seed, 4);
        let room = world.group_of_all("garden");
        for round in 0..20 {
            let who = [ALICE, BOB, CAROL, DAVE][world.random.usize(..4)];
            if world.people[who].engine.is_some() {
                something(&mut world, who, room, round);
            }
            world.run(15, 15);
        }
        world.rest();
        assert_alike(&world, &room, &[ALICE, BOB, CAROL, DAVE]);
        world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
    }
}

fn something(world: &mut World, who: usize, room: RoomId, round: usize) {
    let mut history = world.history(who, &room);
    history.retain(|message| !message.deleted);
    let own: Vec<_> = history.iter().filter(|message| message.own).collect();
    let pick = world.random.usize(..history.len().max(1));
    let command = match (world.random.u8(..10), own.last(), history.get(pick)) {
        (0..=1, Some(own), _) => edit(room, own.id, &format!("edit {round}")),
        (2, Some(own), _) => Command::Delete { room, id: own.id },
        (3..=4, _, Some(any)) => react(room, any.id, ["👍", "👎"][round % 2]),
        (5, _, Some(any)) => unreact(room, any.id, ["👍", "👎"][round % 2]),
        (6, _, Some(any)) => Command::SendDraft {
            room,
            draft: Draft {
                text: format!("answer {round}"),
                reply_to: Some(any.id),
                lifetime_s: None,
                ..Draft::default()
            },
        },
        _ => Command::SendText {
            room,
            text: format!("text {round}"),
        },
    };
    // Refused where there is nothing to take back.
    let _ = world.command(who, command);
}

#[test]
fn c5_deleted_words_are_not_on_any_disk() {
    let canary = "canary-of-what-was-deleted";
    let mut world = world(306, 2);
    let room = world.become_contacts(ALICE, BOB);
    let id = say(&mut world, ALICE, room, canary);
    let kept = "canary-of-what-was-kept";
    say(&mut world, BOB, room, kept);
    world.rest();
    put(
        &mut world,
        ALICE,
        edit(room, id, &format!("{canary} edited")),
    );
    world.rest();
    put(&mut world, ALICE, Command::Delete { room, id });
    // Never at the relay, and nowhere else.
    world.cut(ALICE);
    let unsent = say(&mut world, ALICE, room, canary);
    let delete = Command::Delete { room, id: unsent };
    assert!(world.command(ALICE, delete).is_ok());
    world.rest();
    for who in [ALICE, BOB] {
        world.turn_off(who);
        let pages = pages(world.people[who].home());
        let is_there = |word: &str| {
            pages
                .windows(word.len())
                .any(|found| found == word.as_bytes())
        };
        assert!(is_there(kept), "the control: what is there is found");
        assert!(!is_there(canary), "{who}");
    }
}

#[test]
fn c5_what_disappears_leaves_every_disk_at_its_time() {
    let canary = "canary-of-what-disappeared";
    let mut world = world(307, 2);
    let room = world.become_contacts(ALICE, BOB);
    let draft = Draft {
        text: canary.into(),
        reply_to: None,
        lifetime_s: Some(A_DAY_S),
        ..Draft::default()
    };
    let id = put(&mut world, ALICE, Command::SendDraft { room, draft });
    world.rest();
    let lifetime = Expiry::AfterReading(A_DAY_S);
    assert_eq!(shown(&world, BOB, &room, id).expires, Some(lifetime));
    // Its life begins at the sender when it was sent, at the reader when it was read.
    world.pass_ms(HALF_A_DAY_MS);
    world.rest();
    let number = world.room(BOB, &room).number;
    world
        .command(BOB, Command::MarkRead { room, number })
        .unwrap();
    world.rest();
    world.pass_ms(HALF_A_DAY_MS);
    world.tick_all();
    world.rest();
    assert!(world.history(ALICE, &room).is_empty());
    assert_eq!(world.history(BOB, &room).len(), 1);
    world.pass_ms(HALF_A_DAY_MS);
    world.tick_all();
    world.rest();
    assert!(world.history(BOB, &room).is_empty());
    for who in [ALICE, BOB] {
        let gone = Event::MessageGone { room, id };
        assert_eq!(
            world.people[who]
                .events
                .iter()
                .filter(|event| **event == gone)
                .count(),
            1
        );
        world.turn_off(who);
        let pages = pages(world.people[who].home());
        let is_there = pages
            .windows(canary.len())
            .any(|found| found == canary.as_bytes());
        assert!(!is_there, "{who}");
    }
}

#[test]
fn what_expired_while_a_client_was_off_is_never_shown() {
    let mut world = world(308, 2);
    let room = world.become_contacts(ALICE, BOB);
    let mut content = text(&world, "for a moment", 1);
    let at = u32::try_from(world.now().0 / 1_000).unwrap() + TWO_HOURS_S;
    content.expires = Some(content::Expiration::At(at));
    world.turn_off(BOB);
    send_raw(&mut world, ALICE, &room, &content.encode().unwrap());
    world.pass_ms(u64::from(TWO_HOURS_S) * 1_000);
    world.turn_on(BOB);
    world.rest();
    assert!(world.history(BOB, &room).is_empty());
    assert!(
        !world.people[BOB]
            .events
            .iter()
            .any(|event| matches!(event, Event::Message(_)))
    );
}

#[test]
fn a_text_beyond_the_limit_is_too_long_and_one_at_it_arrives() {
    let mut world = world(1104, 2);
    let room = world.become_contacts(ALICE, BOB);
    let send = |bytes: usize| Command::SendText {
        room,
        text: "x".repeat(bytes),
    };
    assert_eq!(
        world.command(ALICE, send(MAX_TEXT + 1)),
        Err(ErrorKind::TooLong)
    );
    assert!(world.command(ALICE, send(MAX_TEXT)).is_ok());
    world.rest();
    assert_eq!(world.texts(BOB, &room)[0].len(), MAX_TEXT);
}
