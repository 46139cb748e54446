//! Whether who invites is still a client of its account: asked of the directory before an invitation is
//! taken, or shown to the person.
//!
//! A certificate holds for ever; whether it still counts is said by the account's record. A client that
//! was expelled keeps the contact tokens it was told, and could invite its account's contacts into rooms
//! of its own, or follow a room of two with one, as the person that it was. So an invitation waits until
//! the directory has told the inviter's record of today. Two go without: one of a member of the very
//! group that it is about, which decides itself who is in it (a repair); and one of an account that this
//! client has never met, whose name is looked up when the person accepts ([`super::requests`]).

use restante_wire::{
    AccountKeyHash, MailboxAddress, SeatSecret, account::ClientCertificate, fault::planted,
};

use super::{
    letters::{Invitation, account_of},
    tasks::{Goal, Task},
    turn::Turn,
};
use crate::Error;

/// Most invitations that wait for the directory at once: further ones are dropped, and delivered again
/// by whoever means them.
const MAX_WAITING: usize = 64;

impl Turn<'_> {
    /// An invitation arrived.
    pub(super) fn invitation_arrived(
        &mut self,
        from: &ClientCertificate,
        invitation: Invitation,
    ) -> Result<(), Error> {
        if !self.needs_a_look(from, &invitation)? || planted("c7_invitation_of_the_expelled_taken")
        {
            return self.invited(from, invitation);
        }
        let goal = Goal::Vouch {
            from: Box::new(from.clone()),
            invitation: Box::new(invitation),
            seat: None,
        };
        let mut waiting = self.db.tasks()?;
        waiting.retain(|(_, task)| matches!(task.goal, Goal::Vouch { .. }));
        if waiting.len() >= MAX_WAITING || waiting.iter().any(|(_, task)| task.goal == goal) {
            return Ok(());
        }
        self.db.add_task(&Task {
            goal,
            people: vec![(from.body.username.clone(), None)],
            handed_over: false,
        })?;
        Ok(())
    }

    /// A fresh secret of a seat whose invitation waits: it waits with that. Returns whether there is one.
    pub(super) fn keep_with_invitation(
        &mut self,
        from: &ClientCertificate,
        relay: &str,
        mailbox: &MailboxAddress,
        secret: &SeatSecret,
    ) -> Result<bool, Error> {
        let mut is_kept = false;
        for (id, mut task) in self.db.tasks()? {
            let Goal::Vouch {
                invitation, seat, ..
            } = &mut task.goal
            else {
                continue;
            };
            if invitation.mailbox == *mailbox && invitation.relay == relay {
                *seat = Some(Box::new((from.clone(), secret.clone())));
                self.db.write_task(id, &task)?;
                is_kept = true;
            }
        }
        Ok(is_kept)
    }

    fn needs_a_look(
        &mut self,
        from: &ClientCertificate,
        invitation: &Invitation,
    ) -> Result<bool, Error> {
        let (relay, mailbox) = (&invitation.relay, &invitation.mailbox);
        if let Some(room) = self.db.room_by_mailbox(relay, mailbox)?
            && self.db.has_group(&room.id)?
        {
            return Ok(!self.is_member(&room, from)?);
        }
        let account = account_of(from);
        let known = self.db.person(&account)?;
        let is_met = known.is_some_and(|known| known.phase.is_some() || known.record.is_some());
        let is_own = account == self.me.account();
        Ok(is_own || is_met || self.db.room(&invitation.room)?.is_some())
    }

    /// The directory said whose the inviter's name is, and which clients that account has now.
    pub(super) fn vouched(
        &mut self,
        vouched: &Vouched<'_>,
        found: &[AccountKeyHash],
    ) -> Result<(), Error> {
        let (from, invitation) = (vouched.from, vouched.invitation);
        let account = account_of(from);
        let known = self.db.person(&account)?.and_then(|person| person.record);
        let is_listed = known.is_some_and(|record| record.body.clients.contains(from));
        if !found.contains(&account) || !is_listed || self.is_blocked(&account)? {
            return Ok(());
        }
        self.invited(from, invitation.clone())?;
        match vouched.seat {
            Some((giver, secret)) => self.given_secret(
                giver,
                &invitation.relay,
                &invitation.mailbox,
                secret.clone(),
            ),
            None => Ok(()),
        }
    }
}

/// What waited for the directory.
pub(super) struct Vouched<'a> {
    /// Who invites.
    pub(super) from: &'a ClientCertificate,
    /// Into what.
    pub(super) invitation: &'a Invitation,
    /// A secret of the seat that came after it, and from whom.
    pub(super) seat: Option<&'a (ClientCertificate, SeatSecret)>,
}
