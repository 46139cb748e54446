//! Key packages for the clients that a commit adds.

use restante_crypto::key_package;
use restante_wire::{
    AccountKeyHash, ClientId, codec,
    key_package::{Claim, Claimed, Suite},
    mailbox::Stamp,
};

use super::{
    intent::{Change, ClaimedPackage, Intent},
    io::{Failure, Reply, RoomId},
    live::Call,
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{OutboxRow, RoomRow},
};

/// Once a commit adds this many bytes of key packages, who is left comes in by a further one: with
/// one more account of many clients and the path of a large group it stays below what the relay
/// takes.
const MAX_ADDED: usize = 128 * 1024;

impl Turn<'_> {
    /// Claims key packages that a change still lacks. Returns whether it has to wait for them.
    pub(super) fn ask_claims(
        &mut self,
        room: &RoomRow,
        row: &OutboxRow,
        change: &Change,
    ) -> Result<bool, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let (account, clients) = match change {
            Change::Add {
                accounts, asked, ..
            } => {
                let present: Vec<(AccountKeyHash, ClientId)> = group
                    .members()
                    .map(|member| (member.account(), member.client()))
                    .collect();
                let mut missing = None;
                for account in accounts.iter().filter(|account| !asked.contains(account)) {
                    missing = self.absent_clients(account, &present)?;
                    if missing.is_some() {
                        break;
                    }
                }
                let Some(missing) = missing else {
                    return Ok(false);
                };
                missing
            }
            Change::Repair {
                client,
                package: None,
                ..
            } => {
                let member = group.members().find(|member| member.client() == *client);
                let Some(member) = member else {
                    return Ok(false);
                };
                (member.account(), vec![*client])
            }
            _ => return Ok(false),
        };
        let relay = match self.db.person(&account)? {
            Some(person) => person.account.relay,
            None => self.me.relay().to_owned(),
        };
        let claim = Claim {
            stamp: Stamp::default(),
            account,
            suite: Suite::X25519_CHACHA20,
            clients,
        };
        self.live.room(&room.id).busy = true;
        self.post(
            relay,
            Call::Claim {
                room: room.id,
                row: row.id,
                account,
            },
            &claim,
        );
        Ok(true)
    }

    /// The clients of an account that are not in a group; all, as an empty list, if none of it is.
    fn absent_clients(
        &self,
        account: &AccountKeyHash,
        present: &[(AccountKeyHash, ClientId)],
    ) -> Result<Option<(AccountKeyHash, Vec<ClientId>)>, Error> {
        if !present.iter().any(|(member, _)| member == account) {
            return Ok(Some((*account, Vec::new())));
        }
        let record = self.db.person(account)?.and_then(|person| person.record);
        let listed = record.map(|record| record.body.clients).unwrap_or_default();
        let absent: Vec<ClientId> = listed
            .iter()
            .map(|certificate| certificate.body.client)
            .filter(|client| !present.contains(&(*account, *client)))
            .collect();
        Ok((!absent.is_empty()).then_some((*account, absent)))
    }

    /// The relay gave key packages out, or did not.
    pub(super) fn claimed(
        &mut self,
        room: RoomId,
        row: i64,
        account: AccountKeyHash,
        result: Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.room(&room).busy = false;
        self.touched.insert(room);
        let Some(mut row) = self.db.outbox_row(row)? else {
            return Ok(());
        };
        let claimed: Claimed = match result {
            Ok(Reply::Http(body)) => match codec::decode(&body) {
                Ok(claimed) => claimed,
                Err(_) => return self.fail_change(&row, ErrorKind::RelayFault),
            },
            Err(Failure::Refused(error)) if error.retry_after_ms.is_none() => {
                return self.fail_change(&row, ErrorKind::Relay(error.code));
            }
            Err(failure) => return self.retry_room(&room, failure),
            Ok(_) => return self.fail_change(&row, ErrorKind::RelayFault),
        };
        let fresh = self.usable(&account, claimed)?;
        let is_in = match self.db.room(&room)? {
            Some(room) => {
                let mut people = room.state.participants.iter();
                people.any(|(present, ..)| *present == account)
            }
            None => false,
        };
        if fresh.is_empty() && !is_in {
            return self.fail_change(&row, ErrorKind::NoKeyPackage);
        }
        match &mut row.intent {
            Intent::Commit(Change::Add {
                packages, asked, ..
            }) => {
                asked.push(account);
                packages.extend(fresh);
            }
            Intent::Commit(Change::Repair { .. }) if fresh.is_empty() => {
                return self.fail_change(&row, ErrorKind::NoKeyPackage);
            }
            Intent::Commit(Change::Repair { package, .. }) => *package = fresh.into_iter().next(),
            _ => return Ok(()),
        }
        if let Some(rest) = row.intent.split_off(MAX_ADDED) {
            self.want(&room, &rest, row.task)?;
        }
        self.db.replace_intent(row.id, &row.intent)
    }

    /// Key packages that verify, have not expired, and whose certificate is in the account's record.
    fn usable(
        &self,
        account: &AccountKeyHash,
        claimed: Claimed,
    ) -> Result<Vec<ClaimedPackage>, Error> {
        let record = self.db.person(account)?.and_then(|person| person.record);
        let today = self.live.relay_day;
        let usable = claimed.clients.into_iter().filter_map(|(client, package)| {
            let package = package.filter(|package| package.expires.0 >= today)?;
            let verified = key_package::verify(&package.bytes, Suite::X25519_CHACHA20).ok()?;
            let certificate = verified.certificate;
            let is_listed = record
                .as_ref()
                .is_none_or(|record| record.body.clients.contains(&certificate));
            let body = &certificate.body;
            let fits = body.client == client && body.account.key_hash == *account && is_listed;
            fits.then_some(ClaimedPackage {
                account: *account,
                client,
                bytes: package.bytes,
            })
        });
        Ok(usable.collect())
    }

    fn fail_change(&mut self, row: &OutboxRow, error: ErrorKind) -> Result<(), Error> {
        self.db.delete_outbox_row(row.id)?;
        self.end_task(row.task, Some(error))
    }
}
