//! What time deletes.

use std::sync::Arc;

use restante_server::{clock::DAY_MS, store::Change};
use restante_wire::{ErrorCode, mailbox::Fetched};

use crate::{
    people::Seat,
    world::{World, unlimited},
};

async fn pass_days(world: &World, days: u64) {
    world.clock.advance_ms(days * DAY_MS);
    world.store.expire().await.unwrap();
}

async fn fetched(world: &World, seat: &Seat, cursor: u64) -> Result<Fetched, ErrorCode> {
    let fetched = world.store.fetch(seat.fetch(cursor)).await;
    fetched.map_err(|error| error.code)
}

#[tokio::test]
async fn r6_an_envelope_waits_for_its_whole_retention() {
    let world = World::new();
    let admin = world.room().await;
    world.append(&admin.message(0, b"old")).await.unwrap();
    pass_days(&world, 1).await;
    world.append(&admin.message(0, b"young")).await.unwrap();
    pass_days(&world, 29).await;
    assert!(matches!(
        fetched(&world, &admin, 0).await,
        Ok(Fetched::Page { envelopes, .. }) if envelopes.len() == 2
    ));
    pass_days(&world, 1).await;
    assert_eq!(
        fetched(&world, &admin, 0).await,
        Ok(Fetched::Trimmed { first: 2 })
    );
    pass_days(&world, 1).await;
    assert_eq!(world.rows("envelopes").await, 0);
    let next = admin.message(0, b"next");
    assert_eq!(world.append(&next).await.unwrap().numbers, [3]);
}

#[tokio::test]
async fn a_seat_that_is_used_lives_and_one_that_is_not_ends() {
    let world = World::new();
    let admin = world.room().await;
    let member = world.member(&admin).await;
    for _ in 0..4 {
        pass_days(&world, 30).await;
        // Reading is use.
        world.store.fetch(admin.fetch(1)).await.unwrap();
    }
    assert!(fetched(&world, &admin, 1).await.is_ok());
    assert_eq!(
        fetched(&world, &member, 1).await,
        Err(ErrorCode::NoSuchSeat)
    );
    assert_eq!(world.rows("seats").await, 1);
}

#[tokio::test]
async fn a_mailbox_that_nobody_uses_leaves_nothing_behind() {
    let world = World::new();
    let admin = world.room().await;
    world.member(&admin).await;
    world.append(&admin.message(1, b"x")).await.unwrap();
    pass_days(&world, 91).await;
    for table in ["mailboxes", "seats", "envelopes", "envelope_ids"] {
        assert_eq!(world.rows(table).await, 0, "{table}");
    }
    let again = world.store.change(Change::Create(admin.create())).await;
    assert!(again.is_ok());
}

#[tokio::test]
async fn deleted_pages_are_given_back_to_the_file_system() {
    let world = World::with(|options| {
        let environment = &mut options.environment;
        environment.limits = Arc::new(unlimited());
    });
    let admin = world.room().await;
    let body = vec![7; 100_000];
    for _ in 0..60 {
        world.append(&admin.message(0, &body)).await.unwrap();
    }
    pass_days(&world, 31).await;
    let pages: u64 = world
        .store
        .read(|connection| Ok(connection.pragma_query_value(None, "page_count", |row| row.get(0))?))
        .await
        .unwrap();
    assert!(pages * 4096 < 1_000_000, "{pages} pages are left");
}
