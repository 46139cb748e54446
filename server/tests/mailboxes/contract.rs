//! What every store keeps, whatever is below it. The SQLite store is opened in [`crate::world`].

use std::sync::Arc;

use restante_server::store::{Change, Options, sqlite::core::Core};
use restante_wire::{
    Envelope, ErrorCode, Kind, WireError,
    limits::MAX_POSITIONS,
    mailbox::{Ack, Answer, Fetched, Heads, Refusal},
};

use crate::{
    people::{Seat, item},
    world::World,
};

async fn all(world: &World, seat: &Seat) -> Vec<Envelope> {
    match world.store.fetch(seat.fetch(0)).await.unwrap() {
        Fetched::Page { envelopes, .. } => envelopes,
        Fetched::Trimmed { first } => match world.store.fetch(seat.fetch(first - 1)).await {
            Ok(Fetched::Page { envelopes, .. }) => envelopes,
            other => panic!("the rest is not read as {other:?}"),
        },
    }
}

fn refused<T>(code: ErrorCode) -> Result<T, WireError> {
    Err(code.into())
}

#[tokio::test]
async fn r1_what_was_answered_is_there_after_reopening() {
    let world = World::new();
    let admin = world.room().await;
    let mut append = admin.messages(0, &[b"one", b"two"]);
    append.items.push(item(Kind::Commit, 0, b"three"));
    assert_eq!(world.append(&append).await.unwrap().numbers, [1, 2, 3]);
    let before = all(&world, &admin).await;
    let world = world.reopen();
    assert_eq!(all(&world, &admin).await, before);
    let next = admin.message(3, b"four");
    assert_eq!(world.append(&next).await.unwrap().numbers, [4]);
}

#[tokio::test]
async fn r2_many_at_once_get_contiguous_numbers_and_all_readers_see_the_same() {
    let world = World::new();
    let admin = world.room().await;
    let member = world.member(&admin).await;
    let after = world.last_commit(&admin).await;
    let mut appends = tokio::task::JoinSet::new();
    for n in 0..200_u32 {
        let author = if n % 2 == 0 { &admin } else { &member };
        let change = Change::Append(author.message(after, &n.to_le_bytes()));
        let store = world.store.clone();
        appends.spawn(async move { store.change(change).await });
    }
    let mut numbers: Vec<u64> = appends
        .join_all()
        .await
        .into_iter()
        .map(|answer| match answer.unwrap() {
            Answer::Appended(appended) => appended.numbers[0],
            other => panic!("an append is not answered by {other:?}"),
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (after + 1..=after + 200).collect::<Vec<_>>());
    let read = all(&world, &admin).await;
    assert_eq!(read, all(&world, &member).await);
    assert!(
        read.iter()
            .map(|envelope| envelope.number)
            .eq(1..=after + 200)
    );
}

#[tokio::test]
async fn r3_a_retry_is_answered_with_the_first_number_even_after_reopening() {
    let world = World::new();
    let admin = world.room().await;
    let append = admin.message(0, b"once");
    assert_eq!(world.append(&append).await.unwrap().numbers, [1]);
    world.ack(&admin, 1).await.unwrap();
    let world = world.reopen();
    assert_eq!(world.append(&append).await.unwrap().numbers, [1]);
    world.append(&admin.commit(0)).await.unwrap();
    let world = world.reopen();
    let refusal = world.append(&append).await.unwrap();
    let is_known = refusal.numbers == [1];
    let is_stale = matches!(refusal.refused, Some(Refusal::Stale { .. }));
    assert!(is_known || is_stale, "{refusal:?}");
    assert_eq!(all(&world, &admin).await.last().unwrap().number, 2);
}

#[tokio::test]
async fn r4_of_many_racing_commits_one_is_accepted_and_the_others_see_it() {
    let world = World::new();
    let admin = world.room().await;
    let mut commits = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let change = Change::Append(admin.commit(0));
        let store = world.store.clone();
        commits.spawn(async move { store.change(change).await });
    }
    let (mut accepted, mut stale) = (0, 0);
    for answer in commits.join_all().await {
        match answer.unwrap() {
            Answer::Appended(appended) if appended.refused.is_none() => accepted += 1,
            Answer::Appended(appended) => match appended.refused {
                Some(Refusal::Stale {
                    last_commit,
                    missing,
                }) => {
                    assert_eq!(last_commit, 1);
                    assert_eq!(missing, all(&world, &admin).await);
                    stale += 1;
                }
                other => panic!("a late commit is not refused by {other:?}"),
            },
            other => panic!("an append is not answered by {other:?}"),
        }
    }
    assert_eq!((accepted, stale), (1, 19));
}

#[tokio::test]
async fn r5_a_dropped_seat_reads_to_its_end_and_not_beyond() {
    let world = World::new();
    let admin = world.room().await;
    let member = world.member(&admin).await;
    let after = world.last_commit(&admin).await;
    world
        .append(&admin.message(after, b"for both"))
        .await
        .unwrap();
    let removal = admin.keep_only(after, &[]);
    let end = world.append(&removal).await.unwrap().numbers[0];
    world.append(&admin.message(end, b"secret")).await.unwrap();
    let world = world.reopen();
    let read = all(&world, &member).await;
    assert_eq!(read.last().unwrap().number, end);
    assert_eq!(read.last().unwrap().seats.dropped, [member.id]);
    let beyond = world.store.fetch(member.fetch(end)).await;
    assert_eq!(beyond, refused(ErrorCode::NoSuchSeat));
    let append = world.append(&member.message(end, b"no")).await;
    assert_eq!(append, refused(ErrorCode::NoSuchSeat));
    assert_eq!(
        world.ack(&member, end).await,
        refused(ErrorCode::NoSuchSeat)
    );
    let heads = |cursor| Heads {
        positions: vec![member.at(cursor)],
    };
    let head = world.store.heads(heads(end - 1)).await.unwrap();
    assert_eq!(Result::from(head[0].last.clone()), Ok(end));
    let head = world.store.heads(heads(end)).await.unwrap();
    let code = ErrorCode::NoSuchSeat;
    assert_eq!(Result::from(head[0].last.clone()), refused::<u64>(code));
}

#[tokio::test]
async fn r6_what_everybody_acknowledged_goes_and_what_somebody_needs_stays() {
    let world = World::new();
    let admin = world.room().await;
    let member = world.member(&admin).await;
    let after = world.last_commit(&admin).await;
    let bodies = vec![&b"body"[..]; 100];
    let last = *world
        .append(&admin.messages(after, &bodies))
        .await
        .unwrap()
        .numbers
        .last()
        .unwrap();
    world.ack(&admin, last).await.unwrap();
    assert_eq!(world.rows("envelopes").await, last);
    world.ack(&member, last - 10).await.unwrap();
    assert_eq!(world.rows("envelopes").await, 10);
    let gone = world.store.fetch(member.fetch(1)).await;
    assert_eq!(gone, Ok(Fetched::Trimmed { first: last - 9 }));
    let world = world.reopen();
    assert_eq!(all(&world, &member).await.len(), 10);
    // Too few to be deleted at once: they go when the store has nothing else to do.
    world.ack(&member, last).await.unwrap();
    while world.rows("envelopes").await > 0 {
        tokio::task::yield_now().await;
    }
    let next = admin.message(after, b"next");
    assert_eq!(world.append(&next).await.unwrap().numbers, [last + 1]);
}

#[tokio::test]
async fn a_rotation_survives_reopening_and_ends_the_old_secret_with_the_first_use_of_the_new_one() {
    let world = World::new();
    let admin = world.room().await;
    let (mut member, add) = admin.invite();
    world.append(&admin.commit_with(0, add)).await.unwrap();
    let invited = member.clone();
    let append = invited.message(1, b"too early");
    let not_yet = refused(ErrorCode::SeatNotRotated);
    assert_eq!(world.append(&append).await, not_yet);
    let rotate = member.rotate();
    world.store.change(Change::Rotate(rotate)).await.unwrap();
    let world = world.reopen();
    all(&world, &invited).await;
    assert_eq!(world.append(&append).await, not_yet);
    // Reading counts as use.
    all(&world, &member).await;
    let world = world.reopen();
    let old = world.store.fetch(invited.fetch(0)).await;
    assert_eq!(old, refused(ErrorCode::NoSuchSeat));
    world.append(&member.message(1, b"now")).await.unwrap();
}

#[tokio::test]
async fn a_commit_and_its_welcome_are_one() {
    let world = World::new();
    let admin = world.room().await;
    let mut commit = admin.commit(0);
    commit.items[0].welcome = Some(vec![9; 100_000]);
    world.append(&commit).await.unwrap();
    let world = world.reopen();
    let read = all(&world, &admin).await;
    assert_eq!(read[0].welcome, Some(vec![9; 100_000]));
    assert_eq!(read[0].author, Some(admin.id));
}

#[tokio::test]
async fn a_page_is_bounded_by_bytes_and_the_next_goes_on() {
    let world = World::new();
    let admin = world.room().await;
    let body = vec![1; 700_000];
    for _ in 0..4 {
        world.append(&admin.message(0, &body)).await.unwrap();
    }
    let mut cursor = 0;
    let mut pages = Vec::new();
    while cursor < 4 {
        match world.store.fetch(admin.fetch(cursor)).await.unwrap() {
            Fetched::Page { envelopes, last } => {
                assert_eq!(last, 4);
                pages.push(envelopes.len());
                cursor = envelopes.last().unwrap().number;
            }
            other => panic!("nothing was trimmed: {other:?}"),
        }
    }
    assert_eq!(pages, [2, 2]);
}

#[tokio::test]
async fn one_request_acknowledges_in_many_mailboxes_and_says_which_went_wrong() {
    let world = World::new();
    let (one, two, unknown) = (world.room().await, world.room().await, Seat::new());
    world.append(&one.message(0, b"x")).await.unwrap();
    let positions = vec![one.at(1), two.at(1), unknown.at(0)];
    let answer = world.store.change(Change::Ack(Ack { positions })).await;
    let Ok(Answer::Acked(outcomes)) = answer else {
        panic!("an ack is not answered by {answer:?}");
    };
    let codes: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| Result::from(outcome).map_err(|error| error.code).err())
        .collect();
    let expected = [
        None,
        Some(ErrorCode::BeyondLog),
        Some(ErrorCode::NoSuchSeat),
    ];
    assert_eq!(codes, expected);
    let positions = vec![one.at(1); MAX_POSITIONS + 1];
    let too_many = world.store.change(Change::Ack(Ack { positions })).await;
    assert_eq!(too_many, refused(ErrorCode::TooLarge));
}

#[tokio::test]
async fn an_address_is_taken_once_and_the_same_request_is_answered_again() {
    let world = World::new();
    let admin = world.room().await;
    let again = world.store.change(Change::Create(admin.create())).await;
    assert_eq!(again, Ok(Answer::Done));
    let mut thief = Seat::new();
    thief.mailbox = admin.mailbox;
    let taken = world.store.change(Change::Create(thief.create())).await;
    assert_eq!(taken, refused(ErrorCode::MailboxExists));
}

#[tokio::test]
async fn heads_answers_only_what_is_new_or_refused() {
    let world = World::new();
    let (old, new, unknown) = (world.room().await, world.room().await, Seat::new());
    world.append(&new.message(0, b"x")).await.unwrap();
    let heads = Heads {
        positions: vec![old.at(0), new.at(0), unknown.at(0)],
    };
    let heads = world.store.heads(heads).await.unwrap();
    let told: Vec<_> = heads
        .into_iter()
        .map(|head| (head.index, Result::from(head.last)))
        .collect();
    assert_eq!(told, [(1, Ok(1)), (2, refused(ErrorCode::NoSuchSeat))]);
}

#[tokio::test]
async fn r7_nothing_that_is_stored_names_a_time_or_an_order_of_mailboxes() {
    let world = World::new();
    let mut addresses = Vec::new();
    for _ in 0..20 {
        addresses.push(world.room().await.mailbox.0);
    }
    let by_key: Vec<[u8; 32]> = world
        .store
        .read(|connection| {
            let mut statement =
                connection.prepare("SELECT address FROM mailboxes ORDER BY mailbox_key")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap();
    assert_eq!(by_key.len(), addresses.len());
    assert_ne!(by_key, addresses);
    addresses.reverse();
    assert_ne!(by_key, addresses);
}

#[test]
fn the_synchronous_core_answers_as_the_writer_does() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.sqlite");
    let mut core = Core::open(&path, &Options::default(), Arc::default()).unwrap();
    let admin = Seat::new();
    let two_commits = || Change::Append(admin.commit(0));
    let create = Change::Create(admin.create());
    let mut answers = core.change(vec![create, two_commits(), two_commits()]);
    let Ok(Answer::Appended(late)) = answers.remove(2) else {
        panic!("an append is answered");
    };
    let Some(Refusal::Stale { missing, .. }) = late.refused else {
        panic!("the second commit is late");
    };
    assert_eq!(answers.remove(0), Ok(Answer::Done));
    let read = core.fetch(&admin.fetch(0));
    let expected = Fetched::Page {
        envelopes: missing,
        last: 1,
    };
    assert_eq!(read, Ok(expected));
}
