//! What a change means in the group as it is now: for the tree, the room state and the seats.

use std::collections::BTreeSet;

use restante_crypto::{
    Change as GroupChange, Member, Participant, ParticipantRole, key_package, seat_id,
};
use restante_wire::{
    AccountKeyHash, ClientId, Role, SeatSecret,
    account::ClientCertificate,
    fault::planted,
    mailbox::{OwnedDrop, SeatChanges, SeatGrant},
};

use super::{
    intent::{Change, ClaimedPackage},
    letters::Letter,
    seats::{role_of, seat_list},
    turn::Turn,
};
use crate::{Error, store::RoomRow};

/// A change as it applies now.
pub(super) struct Plan {
    pub(super) group: GroupChange,
    pub(super) added: Vec<ClientCertificate>,
    pub(super) changes: SeatChanges,
    pub(super) letters: Vec<(ClientCertificate, Letter)>,
    pub(super) words: String,
}

impl Turn<'_> {
    /// What to do for a change; `None` where nothing is left to change.
    pub(super) fn plan(&mut self, room: &RoomRow, change: &Change) -> Result<Option<Plan>, Error> {
        match change {
            Change::Add {
                accounts,
                words,
                packages,
                ..
            } => self.plan_add(room, accounts, packages, words),
            Change::Remove { accounts } => {
                self.plan_remove(room, |member| accounts.contains(&member.account()))
            }
            Change::RemoveClients { clients, tagged } => {
                let plan = self.plan_remove(room, |member| clients.contains(&member.client()))?;
                match (plan, tagged.first()) {
                    (Some(plan), Some(generation)) => {
                        self.drop_owned(room, clients, *generation, plan).map(Some)
                    }
                    (plan, _) => Ok(plan),
                }
            }
            Change::RemoveLeavers => {
                let leaving = room.state.leaving.clone();
                self.plan_remove(room, |member| leaving.contains(&member.client()))
            }
            Change::TidySeats => self.plan_seats(room),
            Change::RemoveIdle => {
                let idle = self.idle_clients(&room.id)?;
                self.plan_remove(room, |member| idle.contains(&member.client()))
            }
            Change::Rename { title } => self.plan_rename(room, title),
            Change::SetPicture { jpeg } => self.plan_picture(room, jpeg.as_deref()),
            Change::SetPolicy(change) => self.plan_policy(room, *change),
            Change::SetRole { account, admin } => self.plan_role(room, account, *admin),
            Change::Name { line } => self.plan_name(room, line),
            Change::Update => Ok(Some(Plan::of(GroupChange::Update))),
            Change::Repair {
                client,
                package,
                words,
            } => {
                let plan = self.plan_repair(room, client, package.as_ref())?;
                let words = words.clone();
                Ok(plan.map(|plan| Plan { words, ..plan }))
            }
        }
    }

    fn plan_add(
        &mut self,
        room: &RoomRow,
        accounts: &[AccountKeyHash],
        packages: &[ClaimedPackage],
        words: &str,
    ) -> Result<Option<Plan>, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let present: BTreeSet<ClientId> = group.members().map(Member::client).collect();
        let suite = group.suite();
        let mut state = group.room_state().clone();
        let roles = self.roles_before(room)?;
        let mut key_packages = Vec::new();
        let mut added = Vec::new();
        for package in packages {
            let is_wanted =
                accounts.contains(&package.account) && !present.contains(&package.client);
            let verified = key_package::verify(&self.me.client, &package.bytes, suite);
            let (true, Ok(verified)) = (is_wanted, verified) else {
                continue;
            };
            let account = verified.certificate.body.account.clone();
            let role = roles.get(&package.account).copied();
            let participant = Participant {
                account,
                role: role.unwrap_or(ParticipantRole::Member),
            };
            state
                .participants
                .entry(package.account)
                .or_insert(participant);
            added.push(verified.certificate.clone());
            key_packages.push(verified);
        }
        if key_packages.is_empty() {
            return Ok(None);
        }
        let group = GroupChange::Add {
            key_packages,
            state: Some(state),
        };
        Ok(Some(Plan {
            added,
            words: words.to_owned(),
            ..Plan::of(group)
        }))
    }

    /// A commit that removes anybody also gives fresh secrets to seats not claimed yet: whoever is
    /// removed may have made them.
    fn plan_remove(
        &mut self,
        room: &RoomRow,
        goes: impl Fn(&Member) -> bool,
    ) -> Result<Option<Plan>, Error> {
        let me = self.me.id();
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state().clone();
        let (gone, stay): (Vec<Member>, Vec<Member>) = group
            .members()
            .cloned()
            .partition(|member| goes(member) && member.client() != me);
        if gone.is_empty() {
            return Ok(None);
        }
        let mut changes = SeatChanges::default();
        let mut letters = Vec::new();
        for member in stay
            .iter()
            .filter(|m| room.state.unconfirmed.contains_key(&m.client()))
        {
            let secret = SeatSecret(self.random());
            let seat = seat_id(&shared.seat_key, &member.client());
            changes.refresh.push(SeatGrant {
                seat,
                secret_hash: secret.hash(),
            });
            let letter = Letter::Seat {
                mailbox: room.mailbox,
                relay: room.relay.clone(),
                secret,
            };
            letters.push((member.certificate.clone(), letter));
        }
        let is_admin = role_of(&shared, &self.me.account()) == Role::Admin;
        changes.list = is_admin.then(|| seat_list(&shared, stay.iter()));
        let clients = gone.iter().map(Member::client).collect();
        let group = GroupChange::Remove {
            clients,
            state: None,
        };
        Ok(Some(Plan {
            changes,
            letters,
            ..Plan::of(group)
        }))
    }

    /// Drops the seats of this account's clients by the owner secret, where no admin's list does it.
    fn drop_owned(
        &mut self,
        room: &RoomRow,
        clients: &BTreeSet<ClientId>,
        generation: u32,
        mut plan: Plan,
    ) -> Result<Plan, Error> {
        if plan.changes.list.is_some() || planted("c7_expelled_seat_kept") {
            return Ok(plan);
        }
        let Some(owner_secret) = self.owner_secret_of(&room.mailbox, generation)? else {
            return Ok(plan);
        };
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let seat_key = group.room_state().seat_key.clone();
        plan.changes.drop_owned = clients
            .iter()
            .map(|client| OwnedDrop {
                seat: seat_id(&seat_key, client),
                owner_secret: owner_secret.clone(),
            })
            .collect();
        Ok(plan)
    }

    /// Nothing changes in the tree; the list of seats says how they must stand.
    fn plan_seats(&mut self, room: &RoomRow) -> Result<Option<Plan>, Error> {
        if room.state.untidy.is_empty() || !room.state.admin_seat {
            return Ok(None);
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let changes = SeatChanges {
            list: Some(seat_list(group.room_state(), group.members())),
            ..SeatChanges::default()
        };
        Ok(Some(Plan {
            changes,
            ..Plan::of(GroupChange::Update)
        }))
    }

    fn plan_repair(
        &mut self,
        room: &RoomRow,
        client: &ClientId,
        package: Option<&ClaimedPackage>,
    ) -> Result<Option<Plan>, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let member = group
            .members()
            .find(|member| member.client() == *client)
            .cloned();
        let (Some(member), Some(package)) = (member, package) else {
            return Ok(None);
        };
        let verified = key_package::verify(&self.me.client, &package.bytes, group.suite());
        let Ok(verified) = verified else {
            return Ok(None);
        };
        if verified.certificate != member.certificate {
            return Ok(None);
        }
        let group = GroupChange::Repair {
            client: *client,
            key_package: Box::new(verified),
        };
        Ok(Some(Plan {
            added: vec![member.certificate],
            ..Plan::of(group)
        }))
    }
}

impl Plan {
    pub(super) fn of(group: GroupChange) -> Self {
        Self {
            group,
            added: Vec::new(),
            changes: SeatChanges::default(),
            letters: Vec::new(),
            words: String::new(),
        }
    }
}
