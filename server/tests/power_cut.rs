//! R1 beyond the end of the process: what a power cut leaves of a database, at any moment, holds
//! every append that was answered before it.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use restante_power_cut::Recorder;
use restante_server::{
    delivery::{Limits, rate::Rate},
    random,
    store::{Change, Environment, Options, Store},
};
use restante_wire::{
    Envelope, EnvelopeId, Kind, MailboxAddress, OwnerSecret, SeatId, SeatSecret,
    mailbox::{
        Ack, Answer, Append, AppendItem, Create, Fetch, Fetched, Position, Refusal, SeatAccess,
        SeatChanges, Stamp, Wake,
    },
};

/// Mailboxes that are written to at the same time.
const MAILBOXES: usize = 6;

/// Appends to each.
const APPENDS: u64 = 120;

/// Moments at which the power is cut.
const CUTS: u64 = 150;

/// An answer: what was told, and how many operations the disk had seen by then.
struct Answered {
    operations: usize,
    seat: SeatAccess,
    number: u64,
    id: EnvelopeId,
    acked: u64,
}

fn options() -> Options {
    let much = Rate {
        burst: 1_000_000,
        per_minute: 1_000_000,
    };
    let mut options = Options::default();
    // Often, so that cuts fall into the copying of the log, too.
    options.checkpoint_pages = 40;
    options.environment = Environment {
        limits: Arc::new(Limits {
            envelopes: much,
            admin_commits: much,
            ..Limits::default()
        }),
        ..Environment::default()
    };
    options
}

/// One client: creates its mailbox, appends, and acknowledges what it has.
async fn live(store: Store, recorder: Recorder) -> Vec<Answered> {
    let access = SeatAccess {
        mailbox: MailboxAddress(random::bytes()),
        seat: SeatId(random::bytes()),
        secret: SeatSecret(random::bytes()),
    };
    let create = Create {
        stamp: Stamp::default(),
        mailbox: access.mailbox,
        seat: access.seat,
        secret_hash: access.secret.hash(),
        owner_tag: OwnerSecret(random::bytes()).tag(&access.seat),
    };
    store.change(Change::Create(create)).await.unwrap();
    let (mut answered, mut after_commit, mut acked) = (Vec::new(), 0, 0);
    for n in 1..=APPENDS {
        let item = item(n, after_commit);
        let (kind, id) = (item.kind, item.id);
        let append = Append {
            access: access.clone(),
            items: vec![item],
        };
        let Ok(Answer::Appended(appended)) = store.change(Change::Append(append)).await else {
            panic!("nothing but appends was asked");
        };
        let number = appended.numbers[0];
        answered.push(Answered {
            operations: recorder.operations(),
            seat: access.clone(),
            number,
            id,
            acked,
        });
        if kind == Kind::Commit {
            after_commit = number;
        }
        if n.is_multiple_of(20) {
            // From here on a cut may find what is acknowledged now deleted.
            acked = number - 5;
            let positions = vec![Position {
                access: access.clone(),
                cursor: acked,
            }];
            store.change(Change::Ack(Ack { positions })).await.unwrap();
        }
    }
    answered
}

fn item(n: u64, after_commit: u64) -> AppendItem {
    AppendItem {
        id: EnvelopeId(random::bytes()),
        after_commit,
        kind: if n.is_multiple_of(7) {
            Kind::Commit
        } else {
            Kind::Message
        },
        wake: Wake::None,
        changes: SeatChanges::default(),
        welcome: None,
        body: vec![n as u8; 200 + 37 * n as usize],
    }
}

async fn read(store: &Store, access: &SeatAccess) -> Option<(u64, Vec<Envelope>)> {
    let fetch = |cursor| {
        store.fetch(Fetch {
            access: access.clone(),
            cursor,
            limit: 512,
        })
    };
    let (first, page) = match fetch(0).await.ok()? {
        Fetched::Trimmed { first } => (first, fetch(first - 1).await.unwrap()),
        page => (1, page),
    };
    match page {
        Fetched::Page { envelopes, .. } => Some((first, envelopes)),
        Fetched::Trimmed { .. } => panic!("nothing is trimmed while it is read"),
    }
}

/// Checks a database that was left by a cut, and that it goes on.
async fn check(left: &Path, answered: &[&Answered]) {
    let store = Store::open(&left.join("relay.sqlite"), &options()).unwrap();
    let mut by_mailbox: BTreeMap<MailboxAddress, Vec<&Answered>> = BTreeMap::new();
    for answer in answered {
        by_mailbox
            .entry(answer.seat.mailbox)
            .or_default()
            .push(answer);
    }
    for answers in by_mailbox.values() {
        let seat = &answers[0].seat;
        let Some((first, envelopes)) = read(&store, seat).await else {
            panic!("R1: a mailbox whose appends were answered is gone");
        };
        let numbers = envelopes.iter().map(|envelope| envelope.number);
        assert!(numbers.eq((first..).take(envelopes.len())), "R2: a gap");
        let ids: BTreeMap<u64, EnvelopeId> = envelopes
            .iter()
            .map(|envelope| (envelope.number, envelope.id))
            .collect();
        // Nothing was asked to be deleted but what was acknowledged before the append after it.
        let may_be_gone = answers.iter().map(|answer| answer.acked).max().unwrap_or(0) + 20;
        for answer in answers {
            match ids.get(&answer.number) {
                Some(id) => assert_eq!(*id, answer.id, "R2: another envelope at a number"),
                None => assert!(
                    answer.number < first && answer.number <= may_be_gone,
                    "R1: an answered append is gone"
                ),
            }
        }
        retry_last(&store, answers).await;
    }
}

/// A retry of what was answered last is not appended again.
async fn retry_last(store: &Store, answers: &[&Answered]) {
    let last = answers.last().unwrap();
    let (_, before) = read(store, &last.seat).await.unwrap();
    let mut item = item(1, u64::MAX);
    item.id = last.id;
    let append = Append {
        access: last.seat.clone(),
        items: vec![item],
    };
    match store.change(Change::Append(append)).await {
        Ok(Answer::Appended(appended)) => match appended.refused {
            None => assert_eq!(appended.numbers, [last.number], "R3"),
            Some(Refusal::Stale { .. }) => {}
            Some(Refusal::Error(error)) => panic!("a retry is refused: {error}"),
        },
        other => panic!("an append is not answered by {other:?}"),
    }
    let (_, after) = read(store, &last.seat).await.unwrap();
    assert_eq!(before.len(), after.len(), "R3: appended twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_every_answered_append_survives_a_power_cut_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::install(dir.path());
    let store = Store::open(&dir.path().join("relay.sqlite"), &options()).unwrap();
    let opened = recorder.operations();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..MAILBOXES {
        clients.spawn(live(store.clone(), recorder));
    }
    let answered: Vec<Answered> = clients.join_all().await.into_iter().flatten().collect();
    let end = recorder.operations();
    assert_eq!(answered.len(), MAILBOXES * APPENDS as usize);
    let mut survived = 0;
    for cut in 0..CUTS {
        let after = opened + (end - opened) * cut as usize / (CUTS as usize - 1);
        let left = tempfile::tempdir().unwrap();
        recorder.cut(after, cut, left.path()).unwrap();
        let before: Vec<&Answered> = answered
            .iter()
            .filter(|answer| answer.operations <= after)
            .collect();
        survived += before.len();
        check(left.path(), &before).await;
    }
    assert!(survived > answered.len() * 10, "cuts fell into the work");
}
