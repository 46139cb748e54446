//! Commits: what a change means in the group as it is now, for its tree, its room state and the
//! mailbox's seats; and what follows when one is merged.

use std::collections::{BTreeMap, BTreeSet};

use restante_crypto::{
    CommitSummary, Group, GroupError, Member, RoomState as SharedState, Staged, SymmetricKey,
    Violation, seat_id, welcome,
};
use restante_wire::{
    AccountKeyHash, ClientId, Envelope, EnvelopeId, Kind, LogHash, Role, SeatId, SeatSecret,
    account::ClientCertificate,
    fault::planted,
    mailbox::{AppendItem, SeatChanges, SeatGrant, Wake},
};

use super::{
    intent::Change,
    letters::{Invitation, Letter, account_of},
    outbox::{Aftermath, Built},
    plans::Plan,
    seats::role_of,
    turn::Turn,
};
use crate::{Error, ErrorKind, store::RoomRow};

impl Turn<'_> {
    /// Builds the commit of a change. `Ok(None)` where nothing is left to change; the inner error
    /// where the change is not possible.
    pub(super) fn stage(
        &mut self,
        room: &RoomRow,
        change: &Change,
    ) -> Result<Result<Option<Built>, ErrorKind>, Error> {
        if self.leaves_behind(room, change)? {
            return Ok(Err(ErrorKind::SuiteNotSupported));
        }
        let Some(plan) = self.plan(room, change)? else {
            return Ok(Ok(None));
        };
        let group = self.groups.of(self.db, &self.me.client, room)?;
        match group.stage(plan.group.clone(), room.position(), &room.state.leaving) {
            Ok(staged) => self.build(room, plan, staged).map(|built| Ok(Some(built))),
            Err(GroupError::Refused(Violation::NoAdmin)) if room.is_admin(&self.me.account()) => {
                Ok(Err(ErrorKind::LastAdmin))
            }
            Err(GroupError::Refused(Violation::TooMany)) => Ok(Err(ErrorKind::RoomFull)),
            Err(GroupError::Refused(_)) => Ok(Err(ErrorKind::NotAllowed)),
            Err(GroupError::TooLong { .. }) => Ok(Err(ErrorKind::TooLong)),
            Err(error) => Err(Error::caused(ErrorKind::Internal, error)),
        }
    }

    fn build(&mut self, room: &RoomRow, plan: Plan, staged: Staged) -> Result<Built, Error> {
        let mut letters = plan.letters;
        let mut changes = plan.changes;
        // The relay takes a list from an admin's seat only. An account that became admin because the
        // last one went has none.
        changes.list = changes.list.filter(|_| room.state.admin_seat);
        let mut sealed_welcome = None;
        if let Some(bytes) = staged.welcome {
            let (sealed, key) = welcome::seal(&bytes, self.randomness);
            sealed_welcome = Some(sealed);
            let group = self.groups.of(self.db, &self.me.client, room)?;
            let shared = group.room_state().clone();
            let members: BTreeSet<ClientId> = group.members().map(Member::client).collect();
            for added in &plan.added {
                let is_member = members.contains(&added.body.client);
                let (seat, secret) = self.seat_for(room, &shared, added, is_member, &mut changes);
                let invitation = self.invitation(room, &shared, seat, secret, &key, &plan.words);
                letters.push((added.clone(), Letter::Invitation(invitation)));
            }
        }
        let item = AppendItem {
            id: EnvelopeId(self.random()),
            after_commit: room.state.last_commit,
            kind: Kind::Commit,
            wake: if plan.added.is_empty() {
                Wake::None
            } else {
                Wake::Normal
            },
            changes,
            welcome: sealed_welcome,
            body: staged.body,
        };
        Ok(Built {
            item,
            aftermath: Aftermath {
                letters,
                ..Aftermath::default()
            },
        })
    }

    /// A seat for somebody who comes in: a fresh one, or none where the old one lives on.
    fn seat_for(
        &self,
        room: &RoomRow,
        shared: &SharedState,
        added: &ClientCertificate,
        is_member: bool,
        changes: &mut SeatChanges,
    ) -> (SeatId, Option<SeatSecret>) {
        let client = added.body.client;
        let seat = seat_id(&shared.seat_key, &client);
        let state = &room.state;
        // A newcomer may never have learnt the secret of its seat.
        let has_seat =
            !state.seatless.contains(&client) && !state.unconfirmed.contains_key(&client);
        if is_member && has_seat {
            return (seat, None);
        }
        let secret = SeatSecret(self.random());
        let grant = SeatGrant {
            seat,
            secret_hash: secret.hash(),
        };
        if is_member {
            // Where the seat is there after all, its client does not know its secret.
            changes.refresh.push(grant.clone());
        }
        changes.add.push(grant);
        (seat, Some(secret))
    }

    fn invitation(
        &self,
        room: &RoomRow,
        shared: &SharedState,
        seat: SeatId,
        seat_secret: Option<SeatSecret>,
        key: &SymmetricKey,
        words: &str,
    ) -> Invitation {
        Invitation {
            relay: room.relay.clone(),
            mailbox: room.mailbox,
            room: room.shown_as(),
            direct: shared.direct,
            title: shared.title.clone(),
            seat,
            seat_secret,
            line: room.state.line,
            commit: 0,
            log_hash: LogHash([0; 32]),
            welcome_key: key.clone(),
            words: words.to_owned(),
        }
    }

    /// A commit of this client is in the log: merges it and writes the letters that it promised.
    pub(super) fn own_commit(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
        aftermath: Aftermath,
    ) -> Result<(), Error> {
        let (number, seats) = (envelope.number, &envelope.seats);
        let before = room.state.log_hash;
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let summary = group
            .merge_pending()
            .map_err(|error| Error::caused(ErrorKind::Internal, error))?;
        let me = group.me().clone();
        for (certificate, letter) in aftermath.letters {
            let letter = match letter {
                Letter::Invitation(invitation) => {
                    let is_given = seats.added.contains(&invitation.seat)
                        || seats.refreshed.contains(&invitation.seat);
                    Letter::Invitation(Invitation {
                        commit: number,
                        log_hash: before,
                        seat_secret: invitation.seat_secret.clone().filter(|_| is_given),
                        ..invitation
                    })
                }
                other => other,
            };
            if matches!(letter, Letter::Invitation(_)) {
                let is_newcomer = room
                    .state
                    .unconfirmed
                    .contains_key(&certificate.body.client);
                let repairs = !is_newcomer && summary.repaired.contains(&certificate);
                self.keep_invitation(room, &certificate, &letter, repairs)?;
            }
            self.write_letter(&certificate.body, letter)?;
        }
        self.merged(room, envelope, &me, &summary)
    }

    /// What follows from a valid commit, whoever made it.
    pub(super) fn merged(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
        author: &Member,
        summary: &CommitSummary,
    ) -> Result<(), Error> {
        self.expect_seats(room, summary)?;
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let authenticator = authenticator(group);
        let shared = group.room_state();
        let (title, policy) = (shared.title.clone(), shared.policy);
        let version = shared.version;
        let successor = shared.successor.clone();
        self.db
            .add_verdict(&room.id, envelope.number, true, &authenticator)?;
        self.note_members(room, envelope.day.0, summary)?;
        self.heard_of(room, &author.certificate, envelope.day.0)?;
        self.note_newcomers(room, envelope.number, author.client(), summary)?;
        self.drop_repairs(room, summary)?;
        self.note_late_siblings(room, summary)?;
        let state = &mut room.state;
        let mut left = BTreeSet::new();
        for removed in &summary.removed {
            let client = removed.body.client;
            if state.leaving.remove(&client) {
                left.insert(account_of(removed));
            }
            state.seatless.remove(&client);
        }
        let brought = summary.added.iter().chain(&summary.repaired);
        for client in brought.map(|brought| brought.body.client) {
            state.seatless.remove(&client);
        }
        state.standing.merged();
        if !planted("c3_newer_version_ignored") {
            state.version = version;
        }
        state.successor = successor;
        if room.is_beside() {
            return Ok(());
        }
        if !summary.added.is_empty() {
            self.repeat_for(room, &summary.added)?;
            self.add_own_soon(room)?;
            self.suspect_own(room)?;
        }
        let participants = self.roster(room)?;
        let is_in = |left: &AccountKeyHash| participants.iter().any(|(of, ..)| of == left);
        let gone = left.iter().copied().filter(|left| !is_in(left)).collect();
        self.drop_additions(room, &gone)?;
        let picture = self.take_picture(room)?;
        let state = &mut room.state;
        let is_changed = state.participants != participants
            || state.title != title
            || state.picture != picture
            || state.policy != policy;
        if is_changed {
            let before = state.clone();
            state.participants = participants;
            state.title = title;
            state.picture = picture;
            state.policy = policy;
            self.note_changes(room, &before, envelope, author, &left)?;
            self.vault_changed()?;
            // Whoever is gone no longer holds back the ticks.
            self.raise_states(room)?;
        }
        self.tidy_soon(room)
    }

    /// Who is in a room: account, username and whether admin. Whoever was not in it before is met.
    pub(super) fn roster(
        &mut self,
        room: &RoomRow,
    ) -> Result<Vec<(AccountKeyHash, String, bool)>, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state();
        let known = room.state.participants.iter();
        let known: BTreeSet<_> = known.map(|(account, ..)| *account).collect();
        let mut people = BTreeMap::new();
        let mut fresh = Vec::new();
        for member in group.members() {
            let (account, body) = (member.account(), &member.certificate.body);
            let admin = role_of(shared, &account) == Role::Admin;
            if !known.contains(&account) && !people.contains_key(&account) {
                fresh.push(body.clone());
            }
            people.insert(account, (body.username.clone(), admin));
        }
        for certificate in fresh {
            self.meet(&certificate)?;
        }
        let people = people.into_iter();
        Ok(people
            .map(|(account, (name, admin))| (account, name, admin))
            .collect())
    }
}

/// The epoch authenticator, which two members share exactly if they agree on the group's history.
pub(super) fn authenticator(group: &Group) -> [u8; 32] {
    let bytes = group.epoch_authenticator();
    std::array::from_fn(|index| bytes.get(index).copied().unwrap_or_default())
}
