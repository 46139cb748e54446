//! Newcomers: clients that were added to a room and have not made their first leaf update.
//!
//! A letter may be lost with all its copies. So who added a client delivers its invitation again after
//! a day, and after two days any member that the newcomer trusts repairs it, which invites it by a new
//! letter and a new Welcome. An invitation that waits for the person is left alone for as long as the
//! person may take, then withdrawn. Clients that are only off cost little: each further repair waits
//! twice as long. Read next: [`super::repair`], and [`super::inbox`] for the newcomer's side.

use restante_crypto::{CommitSummary, Member};
use restante_wire::{AccountKeyHash, ClientId, account::ClientCertificate, fault::planted};
use serde::{Deserialize, Serialize};

use super::{
    inbox::REQUEST_MS,
    intent::{Change, Intent},
    io::{ContactPhase, RoomId, RoomPhase, Time},
    letters::{Letter, account_of},
    tidy::STEP_MS,
    turn::Turn,
};
use crate::{
    Error,
    store::{KeptInvitation, RoomRow, TimerKind},
};

/// Wait before an invitation is delivered again.
const AGAIN_MS: u64 = 86_400_000;

/// Wait before a newcomer is repaired, doubled with each repair.
const REPAIR_MS: u64 = 2 * 86_400_000;

/// After this many repairs the wait grows no more: a month.
const MAX_REPAIRS: u32 = 4;

/// A client that was added and has not committed anything since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// When this client saw it come in, or be repaired.
    pub since: Time,
    /// How often it was repaired.
    pub repairs: u32,
    /// Number of the commit that brought it in last: what lies before it cannot open.
    pub commit: u64,
}

impl Newcomer {
    /// When the first member may repair it.
    fn repair_due(&self) -> Time {
        self.since
            .plus_ms(REPAIR_MS << self.repairs.min(MAX_REPAIRS))
    }
}

impl Turn<'_> {
    /// Keeps an invitation as long as its newcomer may need it again.
    pub(super) fn keep_invitation(
        &mut self,
        room: &RoomRow,
        certificate: &ClientCertificate,
        letter: &Letter,
        repairs: bool,
    ) -> Result<(), Error> {
        let is_taken = repairs || self.takes_invitations(&account_of(certificate))?;
        let wait = if is_taken { AGAIN_MS } else { REQUEST_MS };
        self.db.keep_invitation(&KeptInvitation {
            room: room.id,
            certificate: certificate.clone(),
            letter: letter.clone(),
            repairs,
            due: self.now.plus_ms(wait),
        })
    }

    /// A commit was merged: who came in is waited for, and its author has arrived.
    pub(super) fn note_newcomers(
        &mut self,
        room: &mut RoomRow,
        commit: u64,
        author: ClientId,
        summary: &CommitSummary,
    ) -> Result<(), Error> {
        let since = self.now;
        for added in &summary.added {
            let newcomer = Newcomer {
                since,
                repairs: 0,
                commit,
            };
            room.state.unconfirmed.insert(added.body.client, newcomer);
        }
        for repaired in &summary.repaired {
            let client = repaired.body.client;
            let known = room.state.unconfirmed.get(&client);
            let newcomer = Newcomer {
                since,
                repairs: known.map_or(0, |known| known.repairs.saturating_add(1)),
                commit,
            };
            room.state.unconfirmed.insert(client, newcomer);
        }
        let gone = summary.removed.iter().map(|removed| removed.body.client);
        for client in gone.chain([author]) {
            room.state.unconfirmed.remove(&client);
            self.db.forget_invitation(&room.id, &client)?;
        }
        let is_over = room.state.unconfirmed.is_empty();
        match is_over || !summary.added.is_empty() || !summary.repaired.is_empty() {
            true => self.newcomers_soon(room),
            // A timer that comes too early looks again.
            false => Ok(()),
        }
    }

    /// This client came in: whoever else has not arrived is to be seen in the tree.
    pub(super) fn wait_for_newcomers(
        &mut self,
        room: &mut RoomRow,
        commit: u64,
    ) -> Result<(), Error> {
        if planted("c7_who_comes_in_knows_no_newcomers") {
            return Ok(());
        }
        let (me, since) = (self.me.id(), self.now);
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let newcomers = group.newcomers().map(Member::client);
        let waited_for = newcomers.filter(|client| *client != me).map(|client| {
            let newcomer = Newcomer {
                since,
                repairs: 0,
                commit,
            };
            (client, newcomer)
        });
        room.state.unconfirmed = waited_for.collect();
        let due = since.plus_ms(REPAIR_MS);
        let set = self.db.timer(TimerKind::Newcomers, Some(&room.id))?;
        match room.state.unconfirmed.is_empty() || set.is_some_and(|set| set <= due) {
            true => Ok(()),
            false => self.db.set_timer(TimerKind::Newcomers, Some(&room.id), due),
        }
    }

    /// A person became a contact: its clients take invitations from now on.
    pub(super) fn invitations_taken(&mut self, account: &AccountKeyHash) -> Result<(), Error> {
        let due = self.now.plus_ms(AGAIN_MS);
        for id in self.db.hasten_invitations(account, due)? {
            if let Some(room) = self.db.room(&id)? {
                self.newcomers_soon(&room)?;
            }
        }
        Ok(())
    }

    /// The timer of newcomers: what is due is done.
    pub(super) fn look_after_newcomers(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(mut room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Joined || room.is_beside() {
            return Ok(());
        }
        for kept in self.db.take_due_invitations(id, self.now)? {
            let account = account_of(&kept.certificate);
            if !kept.repairs && !self.takes_invitations(&account)? {
                self.withdraw(&room, account)?;
            } else if !planted("c4_invitation_delivered_once") {
                self.write_letter(&kept.certificate.body, kept.letter)?;
            }
        }
        for (client, due) in self.repairs_due(&room)? {
            if due <= self.now && !planted("c4_lost_newcomer_not_repaired") {
                self.repair(&mut room, client)?;
            }
        }
        self.newcomers_soon(&room)
    }

    /// Sets the timer of newcomers.
    pub(super) fn newcomers_soon(&mut self, room: &RoomRow) -> Result<(), Error> {
        let repairs = self.repairs_due(room)?.into_iter().map(|(_, due)| due);
        let due = repairs.chain(self.db.next_invitation(&room.id)?).min();
        match due {
            Some(due) => self.db.set_timer(TimerKind::Newcomers, Some(&room.id), due),
            None => self.db.clear_timer(TimerKind::Newcomers, Some(&room.id)),
        }
    }

    /// Newcomers that this client may repair, and when: the lowest leaf first, others later.
    fn repairs_due(&mut self, room: &RoomRow) -> Result<Vec<(ClientId, Time)>, Error> {
        if room.state.unconfirmed.is_empty() {
            return Ok(Vec::new());
        }
        let state = &room.state;
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let own = group.me().leaf_index;
        let lower = group.members().filter(|member| {
            member.leaf_index < own && !state.unconfirmed.contains_key(&member.client())
        });
        let rank = lower.count() as u64;
        let waited_for: Vec<(ClientId, AccountKeyHash)> = group
            .members()
            .map(|member| (member.client(), member.account()))
            .filter(|(client, _)| state.unconfirmed.contains_key(client))
            .collect();
        let mut due = Vec::new();
        for (client, account) in waited_for {
            if state.leaving.contains(&client) || !self.takes_invitations(&account)? {
                continue;
            }
            let newcomer = state.unconfirmed.get(&client);
            let first = newcomer.map(|newcomer| newcomer.repair_due().plus_ms(rank * STEP_MS));
            let allowed = state.repaired.get(&client).copied();
            due.extend(first.max(allowed).map(|due| (client, due)));
        }
        Ok(due)
    }

    /// Whether the clients of an account take an invitation from this one without asking the person.
    fn takes_invitations(&self, account: &AccountKeyHash) -> Result<bool, Error> {
        let is_own = *account == self.me.account();
        Ok(is_own || self.phase_of(account)? == Some(ContactPhase::Accepted))
    }

    /// Nobody has answered for as long as an invitation is good.
    fn withdraw(&mut self, room: &RoomRow, account: AccountKeyHash) -> Result<(), Error> {
        if room.state.direct {
            if let Some(mut person) = self.db.person(&account)?
                && person.room == Some(room.id)
                && person.phase == Some(ContactPhase::Asked)
            {
                person.phase = None;
                person.room = None;
                self.db.write_person(&person)?;
                self.vault_changed()?;
            }
            return self.want(&room.id, &Intent::Leave, None);
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let is_admin = group.room_state().is_admin(&self.me.account());
        let has_arrived = group.members().any(|member| {
            member.account() == account && !room.state.unconfirmed.contains_key(&member.client())
        });
        if !is_admin || has_arrived {
            return Ok(());
        }
        let change = Change::Remove {
            accounts: vec![account],
        };
        self.want(&room.id, &Intent::Commit(change), None)
    }
}
