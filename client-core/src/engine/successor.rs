//! Successor groups of one-to-one rooms: a client that signed in by password makes one by itself, so
//! that its person can write with nobody else online (docs/protocol/rooms.md, "Successors").

use restante_crypto::{RoomState as SharedState, group::room_state::Predecessor};
use restante_wire::{AccountKeyHash, MailboxAddress};

use super::{
    intent::{Change, Intent},
    io::{ContactPhase, RoomId, RoomPhase},
    lines::base_of,
    tasks::{Goal, Task},
    turn::Turn,
};
use crate::{Error, store::RoomRow};

impl Turn<'_> {
    /// Begins with looking both people up: only their records say which clients they have now.
    pub(super) fn want_successor(&mut self, room: &RoomRow) -> Result<(), Error> {
        let people = room
            .state
            .participants
            .iter()
            .map(|(_, username, _)| (username.clone(), None))
            .collect();
        self.db.add_task(&Task {
            goal: Goal::Succeed { room: room.id },
            people,
            handed_over: false,
        })?;
        Ok(())
    }

    /// Both records are known: makes the group, and adds all clients of both in one commit.
    pub(super) fn begin_successor(
        &mut self,
        id: &RoomId,
        found: &[AccountKeyHash],
    ) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        let participants = &room.state.participants;
        // Somebody else may have the other's name by now: that is nobody this room was ever with.
        let are_the_same = participants
            .iter()
            .all(|(account, ..)| found.contains(account));
        let me = self.me.account();
        let other = participants.iter().find(|(account, ..)| *account != me);
        let Some((other, ..)) = other.filter(|_| are_the_same) else {
            return Ok(());
        };
        let is_accepted = self.phase_of(other)? == Some(ContactPhase::Accepted);
        if room.phase != RoomPhase::Known || !is_accepted {
            return Ok(());
        }
        let other = *other;
        let predecessor = Predecessor {
            mailbox: room.mailbox,
            epoch: 0,
        };
        let shared = SharedState {
            predecessor: Some(predecessor),
            ..self.first_state(*id, "", true)
        };
        let suite = self.suite_of_new_groups();
        let mailbox = MailboxAddress(self.random());
        let mut created = self.create_group(*id, mailbox, &shared, suite)?;
        created.state.line = room.state.line.saturating_add(1);
        created.state.base = base_of(created.state.line);
        created.state.expected = true;
        created.state.shared = room.state.shared;
        // Who will be in it, so that another successor made at once is known for what it is.
        created.state.participants = room.state.participants;
        created.state.mute = room.state.mute;
        self.write_room(&created)?;
        self.room_changed(&created)?;
        // What was written meanwhile is sent when somebody can hear it.
        let waiting = self.db.outbox(id, u32::MAX)?;
        for row in &waiting {
            self.db.delete_outbox_row(row.id)?;
        }
        let change = Change::add(vec![other, me], String::new());
        self.want(id, &Intent::Commit(change), None)?;
        for row in waiting {
            self.want(id, &row.intent, row.task)?;
        }
        Ok(())
    }
}
