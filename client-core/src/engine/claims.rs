//! Key packages for the clients that a commit adds.

use restante_crypto::{
    ciphersuite::{CLASSICAL, HYBRID},
    key_package,
};
use restante_wire::{
    AccountKeyHash, ClientId, codec,
    key_package::{Claim, Claimed, Suite},
    mailbox::Stamp,
};

use super::{
    intent::{Change, ClaimedPackage, Intent},
    io::{Failure, Reply, RoomId},
    live::Call,
    moves::Move,
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

/// A claim under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// For a change of this room.
    pub(super) room: RoomId,
    /// The change, in the outbox.
    row: i64,
    /// Whose key packages.
    account: AccountKeyHash,
    /// Of which suite.
    suite: Suite,
    /// What there was of the group's suite, where the remaining clients are asked by their key
    /// packages of another what they offer.
    found: Option<Vec<ClaimedPackage>>,
}

impl Turn<'_> {
    /// Claims key packages that a change still lacks. Returns whether it has to wait for them.
    pub(super) fn ask_claims(
        &mut self,
        room: &RoomRow,
        row: &OutboxRow,
        change: &Change,
    ) -> Result<bool, Error> {
        let suite = self.suite_for(room, change)?;
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
        let asked = Asked {
            room: room.id,
            row: row.id,
            account,
            suite,
            found: None,
        };
        self.claim(asked, clients)?;
        Ok(true)
    }

    fn claim(&mut self, asked: Asked, clients: Vec<ClientId>) -> Result<(), Error> {
        let relay = match self.db.person(&asked.account)? {
            Some(person) => person.account.relay,
            None => self.me.relay().to_owned(),
        };
        let claim = Claim {
            stamp: Stamp::default(),
            account: asked.account,
            suite: asked.suite,
            clients,
        };
        self.live.room(&asked.room).busy = true;
        self.post(relay, Call::Claim(asked), &claim);
        Ok(())
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
        asked: Asked,
        result: Result<Reply, Failure>,
    ) -> Result<(), Error> {
        let (id, account) = (asked.room, asked.account);
        self.live.room(&id).busy = false;
        self.touched.insert(id);
        let (Some(row), Some(room)) = (self.db.outbox_row(asked.row)?, self.db.room(&id)?) else {
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
            Err(failure) => return self.retry_room(&id, failure),
            Ok(_) => return self.fail_change(&row, ErrorKind::RelayFault),
        };
        let named: Vec<ClientId> = claimed.clients.iter().map(|(client, _)| *client).collect();
        let usable = self.usable(&account, asked.suite, claimed)?;
        if let Some(found) = asked.found {
            let is_upgrade = room.state.coming == Some(Move::Upgrade);
            if !Self::lacks_hybrid(&usable) && !is_upgrade {
                return self.take_packages(&room, row, account, found);
            }
            if self.may_turn_classical(&room)? {
                return self.begin_classical(&room, row);
            }
            self.tell_unsupported(&room.shown_as(), &account)?;
            return match found.is_empty() && !has_part_in(&room, &account) {
                true => self.fail_change(&row, ErrorKind::SuiteNotSupported),
                false => self.take_packages(&room, row, account, found),
            };
        }
        let found: Vec<ClaimedPackage> = usable.into_iter().map(|(package, _)| package).collect();
        let is_found = |client: &ClientId| found.iter().any(|package| package.client == *client);
        let others: Vec<ClientId> = named.into_iter().filter(|c| !is_found(c)).collect();
        if asked.suite == HYBRID && !others.is_empty() {
            let asked = Asked {
                suite: CLASSICAL,
                found: Some(found),
                ..asked
            };
            return self.claim(asked, others);
        }
        self.take_packages(&room, row, account, found)
    }

    /// The change goes on with what there is.
    fn take_packages(
        &mut self,
        room: &RoomRow,
        mut row: OutboxRow,
        account: AccountKeyHash,
        fresh: Vec<ClaimedPackage>,
    ) -> Result<(), Error> {
        if fresh.is_empty() && !has_part_in(room, &account) {
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
        // Everybody must be known to offer the suite before the first commit fixes it.
        if !self.may_turn_classical(room)?
            && room.state.coming != Some(Move::Upgrade)
            && let Some(rest) = row.intent.split_off(MAX_ADDED)
        {
            self.want(&room.id, &rest, row.task)?;
        }
        self.db.replace_intent(row.id, &row.intent)
    }

    /// The group is classical: what was claimed for the other suite is of no use.
    fn begin_classical(&mut self, room: &RoomRow, mut row: OutboxRow) -> Result<(), Error> {
        self.turn_classical(room)?;
        if let Intent::Commit(Change::Add {
            packages, asked, ..
        }) = &mut row.intent
        {
            packages.clear();
            asked.clear();
        }
        self.db.replace_intent(row.id, &row.intent)
    }

    /// Key packages that verify, have not expired, and whose certificate is in the account's record,
    /// with the suites that their clients offer.
    fn usable(
        &self,
        account: &AccountKeyHash,
        suite: Suite,
        claimed: Claimed,
    ) -> Result<Vec<(ClaimedPackage, Vec<Suite>)>, Error> {
        let record = self.db.person(account)?.and_then(|person| person.record);
        let today = self.live.relay_day;
        let usable = claimed.clients.into_iter().filter_map(|(client, package)| {
            let package = package.filter(|package| package.expires.0 >= today)?;
            let verified = key_package::verify(&self.me.client, &package.bytes, suite).ok()?;
            let certificate = verified.certificate;
            let is_listed = record
                .as_ref()
                .is_none_or(|record| record.body.clients.contains(&certificate));
            let body = &certificate.body;
            let fits = body.client == client && body.account.key_hash == *account && is_listed;
            let package = ClaimedPackage {
                account: *account,
                client,
                bytes: package.bytes,
            };
            fits.then_some((package, verified.offers))
        });
        Ok(usable.collect())
    }

    fn fail_change(&mut self, row: &OutboxRow, error: ErrorKind) -> Result<(), Error> {
        self.db.delete_outbox_row(row.id)?;
        self.end_task(row.task, Some(error))
    }
}

/// Whether an account is in a room already, if by another client.
fn has_part_in(room: &RoomRow, account: &AccountKeyHash) -> bool {
    let mut people = room.state.participants.iter();
    people.any(|(present, ..)| present == account)
}
