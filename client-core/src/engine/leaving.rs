//! Leaving is for the account: whichever of its clients says so, no other one stays or comes in.
//!
//! A client may be let in while another client of its account leaves, by a member that has not read of
//! it yet. Who reads both knows, and the order in the log is the same for all. Read next:
//! [`super::tidy`], which removes those who left.

use std::collections::BTreeSet;

use restante_crypto::{CommitSummary, Member};
use restante_wire::{AccountKeyHash, fault::planted};

use super::{
    intent::{Change, Intent},
    io::RoomPhase,
    letters::account_of,
    turn::Turn,
};
use crate::{
    Error,
    store::{OutboxRow, RoomRow},
};

impl Turn<'_> {
    /// Accounts of members that said they leave.
    fn leaving_accounts(&mut self, room: &RoomRow) -> Result<BTreeSet<AccountKeyHash>, Error> {
        if room.state.leaving.is_empty() {
            return Ok(BTreeSet::new());
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let leaving = group
            .members()
            .filter(|member| room.state.leaving.contains(&member.client()));
        Ok(leaving.map(Member::account).collect())
    }

    /// A client said that it leaves: so does its account.
    pub(super) fn account_leaves(
        &mut self,
        room: &mut RoomRow,
        sender: &Member,
    ) -> Result<(), Error> {
        let clients = match planted("c3_a_sibling_of_who_left_stays") {
            true => vec![sender.client()],
            false => self.clients_in(room, &sender.account())?,
        };
        room.state.leaving.extend(clients);
        Ok(())
    }

    /// One of two left in a group that was followed by another: the room is the same. Clients that are in
    /// the later group alone hear of it there.
    pub(super) fn left_in_earlier_group(&mut self, line: &RoomRow) -> Result<(), Error> {
        let main = self.db.room(&line.shown_as())?;
        let main = main.filter(|main| main.phase == RoomPhase::Joined);
        match main {
            Some(main) if !self.leaves(&main)? => self.want(&main.id, &Intent::Leave, None),
            _ => Ok(()),
        }
    }

    /// A commit is merged: a client that came in by it, or came back, never reads its account's message of
    /// leaving, and leaves by that, too.
    pub(super) fn note_late_siblings(
        &mut self,
        room: &mut RoomRow,
        summary: &CommitSummary,
    ) -> Result<(), Error> {
        let late = summary.added.iter().chain(&summary.repaired);
        if room.state.leaving.is_empty() || planted("c3_a_sibling_of_who_left_stays") {
            return Ok(());
        }
        let leaving = self.leaving_accounts(room)?;
        let late = late.filter(|added| leaving.contains(&account_of(added)));
        room.state
            .leaving
            .extend(late.map(|added| added.body.client));
        Ok(())
    }

    /// Whether an addition has to wait until somebody who is leaving is out. One that no person asked
    /// for is dropped: it was for a client of somebody who was in the room.
    pub(super) fn waits_for_leavers(
        &mut self,
        room: &RoomRow,
        row: &OutboxRow,
        accounts: &[AccountKeyHash],
    ) -> Result<bool, Error> {
        let leaving = self.leaving_accounts(room)?;
        let waits = accounts.iter().any(|account| leaving.contains(account));
        if waits && row.task.is_none() && accounts.iter().all(|account| leaving.contains(account)) {
            self.db.delete_outbox_row(row.id)?;
        }
        Ok(waits)
    }

    /// These accounts have left: nobody lets a client of theirs in any more, unless a person wants it.
    pub(super) fn drop_additions(
        &mut self,
        room: &RoomRow,
        left: &BTreeSet<AccountKeyHash>,
    ) -> Result<(), Error> {
        if left.is_empty() {
            return Ok(());
        }
        for row in self.db.outbox(&room.id, u32::MAX)? {
            let is_moot = row.task.is_none()
                && matches!(&row.intent, Intent::Commit(Change::Add { accounts, .. })
                    if accounts.iter().all(|account| left.contains(account)));
            if is_moot {
                self.db.delete_outbox_row(row.id)?;
                self.live.room(&room.id).sent.remove(&row.id);
            }
        }
        Ok(())
    }

    /// Whether a client of an account may be let into a room without anybody being asked: somebody of
    /// it is in, and none of it leaves; or it was in another group of the room.
    pub(super) fn may_let_in(
        &mut self,
        room: &RoomRow,
        account: &AccountKeyHash,
    ) -> Result<bool, Error> {
        if self.leaving_accounts(room)?.contains(account) {
            return Ok(false);
        }
        let mut groups = self.db.lines_beside(&room.id)?;
        groups.push(room.clone());
        for known in groups {
            if self.db.has_group(&known.id)? && !self.clients_in(&known, account)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
