//! Wake-ups from end to end: the command line, a relay, and a push service over TLS whose messages
//! are opened by another implementation of RFC 8291.

use std::path::Path;

use restante_client::platform::{Clock, SystemClock};
use restante_gateways::{Answer, web_push::WebPushService};
use restante_harness::{
    deadline::until,
    push_gateway::{PushGateway, rotate_push_key},
    relay::{Relay, Settings},
    shell::Shell,
};
use rusqlite::{Connection, OpenFlags, types::FromSql};
use tempfile::TempDir;

/// A push service, a relay that trusts its authority, and Alice and Bob, who are contacts; Bob is
/// woken there.
struct World {
    service: WebPushService,
    relay: Relay,
    alice: Shell,
    bob: Shell,
    _authority: TempDir,
}

async fn world(interval_seconds: u32) -> World {
    let service = WebPushService::start(SystemClock.now().0 / 1_000).await;
    let (authority, settings) = laboratory(&service);
    let relay = Relay::start_with(Settings {
        extra: format!("[push]\n{settings}interval_seconds = {interval_seconds}\n"),
        ..Settings::default()
    })
    .await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    register(&bob, &service).await;
    World {
        service,
        relay,
        alice,
        bob,
        _authority: authority,
    }
}

/// Settings with which a push module talks to a service on this machine.
fn laboratory(service: &WebPushService) -> (TempDir, String) {
    let authority = tempfile::tempdir().expect("a temporary folder");
    let file = authority.path().join("authority.pem");
    std::fs::write(&file, service.server.authority_pem()).expect("a file");
    (
        authority,
        format!("laboratory = true\nauthorities = {file:?}\n"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_service_that_hangs_delays_nobody_elses() {
    let now_s = SystemClock.now().0 / 1_000;
    let hanging = WebPushService::start(now_s).await;
    hanging.plan.always(Some(Answer::Hang));
    let good = WebPushService::start(now_s).await;
    let (authority, settings) = laboratory(&good);
    let both = good.server.authority_pem() + &hanging.server.authority_pem();
    std::fs::write(authority.path().join("authority.pem"), both).expect("a file");
    let relay = Relay::start_with(Settings {
        extra: format!("[push]\n{settings}interval_seconds = 0\n"),
        ..Settings::default()
    })
    .await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    register(&alice, &good).await;
    register(&bob, &hanging).await;
    let under_way = || (count(&relay.data(), WAITING) == 1).then_some(());
    alice.does(&["send", "bob", "are you there?"]).await;
    until("a wake-up that hangs", under_way).await;
    bob.does(&["send", "alice", "yes"]).await;
    until("a wake-up", || good.received().into_iter().next()).await;
    // His had not been given up: it was under way all the time, or waits to be tried once more.
    let settled = || under_way().filter(|()| hanging.received().is_empty());
    until("a row for him alone", settled).await;
}

/// Has somebody woken by a service.
async fn register(who: &Shell, service: &WebPushService) {
    let (p256dh, auth) = service.keys_base64();
    let endpoint = service.endpoint("bob");
    let mut command = vec!["push", "register", "--kind", "webpush"];
    command.extend(["--endpoint", &endpoint]);
    command.extend(["--p256dh", &p256dh, "--auth", &auth]);
    who.does(&command).await;
}

/// A number from the relay's database.
fn count(data: &Path, sql: &str) -> u64 {
    query(data, sql)
}

/// The one value that a query of the relay's database gives.
fn query<T: FromSql>(data: &Path, sql: &str) -> T {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Connection::open_with_flags(data.join("relay.sqlite"), flags);
    let database = database.expect("a database");
    database
        .query_row(sql, [], |row| row.get(0))
        .expect("a row")
}

const WAITING: &str = "SELECT count(*) FROM wake_ups";

const HANDLES: &str = "SELECT (SELECT count(*) FROM seats WHERE wake_handle IS NOT NULL)
    + (SELECT count(*) FROM inboxes WHERE wake_handle IS NOT NULL)";

const LINKED: &str = "SELECT count(*) FROM seats s, inboxes i WHERE s.wake_handle IS NOT NULL
    AND substr(s.wake_handle, 10) = substr(i.wake_handle, 10)";

#[tokio::test(flavor = "multi_thread")]
async fn a_sleeping_client_is_woken_once_and_the_gateway_learns_nothing() {
    let world = world(3_600).await;
    let list = world.bob.tells(&["push", "list"]).await;
    assert!(list.contains("\"kind\":\"webpush\""), "{list}");
    assert!(list.contains("\"waiting\":0"), "{list}");
    let data = world.relay.data();
    assert_eq!(count(&data, HANDLES), 2, "of the seat and of the inbox");
    assert_eq!(count(&data, LINKED), 0, "nothing says that they are one's");

    for text in ["are you there?", "are you?", "hello"] {
        world.alice.does(&["send", "bob", text]).await;
    }
    let received = || world.service.received().into_iter().next();
    let wake_up = until("a wake-up", received).await;
    assert_eq!(wake_up.text, br#"{"restante":"wake-up"}"#);
    assert_eq!((&*wake_up.name, &*wake_up.urgency), ("bob", "normal"));
    assert_eq!(wake_up.topic.as_deref(), Some("wake-up"));
    assert_eq!(world.service.received().len(), 1, "coalesced");

    world.bob.does(&["sync"]).await;
    let history = world.bob.does(&["history", "alice"]).await;
    assert!(history.contains("are you there?"), "{history}");
    world.bob.does(&["push", "remove"]).await;
    assert_eq!(count(&data, HANDLES), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_connected_is_not_woken() {
    let world = world(0).await;
    let data = world.relay.data();
    let settled = || (count(&data, "SELECT count(*) FROM wake_ups") == 0).then_some(());
    let mut listening = world.bob.starts(&["listen", "--json"]);
    world.alice.does(&["send", "bob", "one"]).await;
    // From here on he is connected, whether or not he was when this was sent.
    while !listening.hears("message").await.contains("one") {}
    until("a settled row", settled).await;
    let before = world.service.received().len();
    world.alice.does(&["send", "bob", "two"]).await;
    while !listening.hears("message").await.contains("two") {}
    until("a settled row", settled).await;
    assert_eq!(world.service.received().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_whose_device_is_gone_is_forgotten() {
    let world = world(0).await;
    let data = world.relay.data();
    world.service.plan.then([Answer::refuse(410, "")]);
    world.alice.does(&["send", "bob", "are you there?"]).await;
    let forgotten = || (count(&data, HANDLES) == 1).then_some(());
    until("a forgotten handle", forgotten).await;
    assert_eq!(count(&data, "SELECT count(*) FROM wake_ups"), 0);
    world.alice.does(&["send", "bob", "hello?"]).await;
    assert_eq!(count(&data, "SELECT count(*) FROM wake_ups"), 0);
    assert!(world.service.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_up_that_failed_is_sent_after_a_crash() {
    let mut world = world(0).await;
    let data = world.relay.data();
    world.service.plan.always(Some(Answer::refuse(503, "")));
    world.alice.does(&["send", "bob", "are you there?"]).await;
    let tried = "SELECT count(*) FROM wake_ups WHERE attempts > 0";
    until("an attempt", || (count(&data, tried) == 1).then_some(())).await;
    world.relay.kill9().await;
    world.service.plan.always(None);
    world.relay.restart().await;
    let received = || world.service.received().into_iter().next();
    until("a wake-up", received).await;
    let waiting = || (count(&data, "SELECT count(*) FROM wake_ups") == 0).then_some(());
    until("a settled row", waiting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_without_keys_wakes_through_a_gateway_that_has_them() {
    let service = WebPushService::start(SystemClock.now().0 / 1_000).await;
    let (_authority, settings) = laboratory(&service);
    let token = "token = { text = \"a token that relay and gateway know\" }\n";
    let gateway = PushGateway::start(&format!("{token}{settings}")).await;
    let relay = Relay::start_with(Settings {
        extra: format!("[push]\ngateway = \"{}\"\n{token}", gateway.url()),
        ..Settings::default()
    })
    .await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    register(&bob, &service).await;
    alice.does(&["send", "bob", "are you there?"]).await;
    let received = || service.received().into_iter().next();
    let wake_up = until("a wake-up", received).await;
    assert_eq!(wake_up.text, br#"{"restante":"wake-up"}"#);
    for key in ["push.key", "vapid.key"] {
        assert!(gateway.data().join(key).exists(), "{key}");
        assert!(!relay.data().join(key).exists(), "{key}");
    }
    assert!(!gateway.data().join("relay.sqlite").exists());
}

/// Ids of the keys that handles are sealed to, of which there is one.
const KEY_ID: &str = "SELECT max(h) FROM (SELECT hex(substr(wake_handle, 2, 8)) AS h FROM seats
    WHERE wake_handle IS NOT NULL UNION SELECT hex(substr(wake_handle, 2, 8)) FROM inboxes
    WHERE wake_handle IS NOT NULL) HAVING count(*) = 1";

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_opens_what_was_sealed_before_and_clients_seal_to_the_new_one() {
    let mut world = world(0).await;
    let data = world.relay.data();
    let key_id = || query::<String>(&data, KEY_ID);
    let first = key_id();
    let mut woken = 0;
    for round in 0..3 {
        world.relay.stop().await;
        rotate_push_key(&data).await;
        world.relay.restart().await;
        world.alice.does(&["send", "bob", "are you there?"]).await;
        // Of the handle that was sealed to an earlier key.
        let more = || (world.service.received().len() > woken).then_some(());
        until("a wake-up", more).await;
        woken = world.service.received().len();
        if round == 1 {
            // Two keys later: it would be forgotten with the next.
            world.bob.does(&["sync"]).await;
            assert_ne!(key_id(), first);
        }
    }
    let second = key_id();
    world.bob.does(&["sync"]).await;
    assert_ne!(key_id(), second);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_woken_shows_what_came_once_and_gives_the_home_back() {
    let world = world(0).await;
    let receive = ["push", "receive"];
    world.alice.does(&["send", "bob", "are you there?"]).await;
    world.alice.does(&["send", "bob", "look, @bob"]).await;
    let urgent = || {
        let received = world.service.received();
        received.into_iter().find(|one| one.urgency == "high")
    };
    until("an urgent wake-up", urgent).await;
    let shown = world.bob.tells(&receive).await;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 2, "{shown}");
    for (line, text) in lines.iter().zip(["are you there?", "look, @bob"]) {
        assert!(line.contains(text), "{line}");
        assert!(line.contains("\"title\":\"alice\""), "{line}");
    }
    assert_eq!(world.bob.tells(&receive).await, "", "it was shown");

    world.bob.does(&["mute", "alice", "--mentions-only"]).await;
    world.alice.does(&["send", "bob", "never mind"]).await;
    world.alice.does(&["send", "bob", "or do, @bob"]).await;
    let shown = world.bob.tells(&receive).await;
    assert!(shown.contains("or do"), "{shown}");
    assert!(!shown.contains("never mind"), "{shown}");

    let mut listening = world.bob.starts(&["listen", "--json"]);
    world.alice.does(&["send", "bob", "awake?"]).await;
    while !listening.hears("message").await.contains("awake?") {}
    let refused = world.bob.refused(&receive).await;
    assert!(refused.contains("home_in_use"), "{refused}");
}
