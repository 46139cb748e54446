//! Bytes that a client writes per message and per commit, by size of the group.
//!
//! `cargo run --release -p restante-crypto --example storage_cost -- 2 100 1000`

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement for people, without input of others"
)]

use std::collections::{BTreeMap, BTreeSet};

use restante_crypto::{
    AccountIdentity, Change, Client, ClientKeys, Group, LogPosition, Participant, ParticipantRole,
    Policy, Processed, Randomness, RoomState, SeatKey, key_package, written_bytes,
};
use restante_wire::{Kind, MailboxAddress, account::CertificateBody, key_package::Suite};

const MAILBOX: MailboxAddress = MailboxAddress([1; 32]);
const SUITE: Suite = Suite::X25519_CHACHA20;

/// Clients added in one commit.
const BATCH: usize = 100;

/// Messages and commits from each side.
const ROUNDS: usize = 10;

fn main() {
    println!("bytes written");
    println!("members  sent  received  staged  merged  own commit  other's commit  all rows");
    for size in std::env::args().skip(1) {
        measure(size.parse().unwrap());
    }
}

fn measure(size: usize) {
    let alice = client(0);
    let (mut alices, mut bobs) = group_of(size, &alice);
    let all_rows = written_bytes(&alices.take_changes());
    drop(bobs.take_changes());
    let (mut sent, mut received, mut staging, mut merging, mut merged) = (0, 0, 0, 0, 0);
    for round in 0..2 * ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (&mut alices, &mut bobs)
        } else {
            (&mut bobs, &mut alices)
        };
        let body = from.encrypt(&[7; 200], position()).unwrap();
        sent += written_bytes(&from.take_changes());
        to.process(Kind::Message, &body, &BTreeSet::new()).unwrap();
        received += written_bytes(&to.take_changes());
        let staged = from
            .stage(Change::Update, position(), &BTreeSet::new())
            .unwrap();
        staging += written_bytes(&from.take_changes());
        from.merge_pending().unwrap();
        merging += written_bytes(&from.take_changes());
        receive(to, &staged.body);
        merged += written_bytes(&to.take_changes());
    }
    let mean = |sum: usize| sum / (2 * ROUNDS);
    println!(
        "{size:7} {:5} {:9} {:7} {:7} {:11} {:15} {all_rows:9}",
        mean(sent),
        mean(received),
        mean(staging),
        mean(merging),
        mean(staging + merging),
        mean(merged),
    );
}

/// A group of `size` clients, as its creator and its second member see it.
fn group_of(size: usize, alice: &Client) -> (Group, Group) {
    let mut alices = Group::create(alice, MAILBOX, &room(alice), SUITE).unwrap();
    let others: Vec<Client> = (1..size).map(client).collect();
    let mut bobs: Option<Group> = None;
    for batch in others.chunks(BATCH) {
        let packages: Vec<_> = batch
            .iter()
            .map(|client| key_package::generate(client, SUITE, false).unwrap())
            .collect();
        let change = Change::Add {
            key_packages: packages
                .iter()
                .map(|package| package.public.clone())
                .collect(),
            state: None,
        };
        let staged = alices.stage(change, position(), &BTreeSet::new()).unwrap();
        alices.merge_pending().unwrap();
        if let Some(bobs) = &mut bobs {
            receive(bobs, &staged.body);
        } else {
            let rows = packages.into_iter().next().unwrap().rows;
            let welcome = staged.welcome.unwrap();
            bobs = Some(
                Group::join(&batch[0], MAILBOX, &welcome, rows)
                    .unwrap()
                    .group,
            );
        }
    }
    (alices, bobs.unwrap())
}

fn receive(group: &mut Group, body: &[u8]) {
    if let Processed::Commit { staged, .. } =
        group.process(Kind::Commit, body, &BTreeSet::new()).unwrap()
    {
        group.merge(*staged).unwrap();
    }
}

fn position() -> LogPosition {
    LogPosition::start(&MAILBOX)
}

fn client(number: usize) -> Client {
    let randomness = Randomness::os();
    let identity = AccountIdentity::generate(&randomness);
    let keys = ClientKeys::generate(&randomness);
    let certificate = identity.certify(CertificateBody {
        account: identity.account("https://relay.example"),
        identity_key: identity.key(),
        username: format!("person{number}"),
        client: keys.client(),
        signature_key: keys.signature_key(),
        inbox: MailboxAddress(randomness.bytes()),
        inbox_key: keys.inbox_key(),
    });
    Client::new(keys, certificate, randomness).unwrap()
}

fn room(creator: &Client) -> RoomState {
    let account = creator.certificate().body.account.clone();
    let role = ParticipantRole::Admin;
    RoomState {
        version: 1,
        room_id: [2; 32],
        direct: false,
        title: "Measured".into(),
        picture: None,
        policy: Policy::default(),
        participants: BTreeMap::from([(account.key_hash, Participant { account, role })]),
        seat_key: SeatKey::generate(creator.randomness()),
    }
}
