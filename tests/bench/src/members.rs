//! Groups by `restante-crypto`, without a room around them.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a run in which anything fails is not a measurement"
)]

use std::collections::BTreeSet;

use restante_crypto::{
    AccountIdentity, Change, Client, ClientKeys, Group, GroupError, LogPosition, Processed,
    Randomness, RoomState, SeatKey,
    key_package::{self, verify},
};
use restante_wire::{Kind, MailboxAddress, account::CertificateBody, key_package::Suite};

/// Where every measured group lives.
pub const MAILBOX: MailboxAddress = MailboxAddress([1; 32]);

/// Clients added in one commit.
pub const BATCH: usize = 100;

/// A group of `size` clients, as its creator `alice` and its second member see it. Nobody but the
/// creator has made a commit: nearly all inner nodes are blank, and commits are as long as they
/// become.
///
/// # Errors
/// That of the commit which does not fit, where no group of this suite becomes so large.
pub fn group_of(alice: &Client, size: usize, suite: Suite) -> Result<(Group, Group), GroupError> {
    let mut alices = Group::create(alice, MAILBOX, &room(alice), suite)?;
    let others: Vec<Client> = (1..size).map(client).collect();
    let mut bobs: Option<Group> = None;
    for batch in others.chunks(BATCH) {
        let packages: Vec<_> = batch
            .iter()
            .map(|client| key_package::generate(client, suite, false).expect("valid"))
            .collect();
        let change = Change::Add {
            key_packages: packages
                .iter()
                .map(|package| verify(alice, &package.public, suite).expect("valid"))
                .collect(),
            state: None,
        };
        let staged = alices.stage(change, position(), &BTreeSet::new())?;
        alices.merge_pending().expect("valid");
        if let Some(bobs) = &mut bobs {
            receive(bobs, &staged.body);
        } else {
            let rows = packages.into_iter().next().expect("valid").rows;
            let welcome = staged.welcome.expect("valid");
            let bob = batch.first().expect("valid");
            let joined = Group::join(bob, MAILBOX, &welcome, rows).expect("valid");
            bobs = Some(joined.group);
        }
    }
    Ok((alices, bobs.expect("a group has two members at least")))
}

/// Takes another member's commit.
pub fn receive(group: &mut Group, body: &[u8]) {
    if let Processed::Commit { staged, .. } = group
        .process(Kind::Commit, body, &BTreeSet::new())
        .expect("valid")
    {
        group.merge(*staged).expect("valid");
    }
}

/// A place in the log; which one makes no difference to the cost.
#[must_use]
pub fn position() -> LogPosition {
    LogPosition::start(&MAILBOX)
}

/// A certified client.
#[must_use]
pub fn client(number: usize) -> Client {
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
    Client::new(keys, certificate, randomness).expect("valid")
}

fn room(creator: &Client) -> RoomState {
    let account = creator.certificate().body.account.clone();
    let seat_key = SeatKey::generate(creator.randomness());
    RoomState::new([2; 32], "Measured", account, seat_key)
}
