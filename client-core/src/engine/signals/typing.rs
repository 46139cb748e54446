//! Typing: who is writing in a room, told at most every few seconds and shown for a few more.

use std::collections::BTreeMap;

use restante_crypto::Member;
use restante_wire::AccountKeyHash;

use super::Signal;
use crate::{
    Error, ErrorKind,
    engine::{
        io::{Event, RoomId, Time},
        turn::Turn,
    },
    store::RoomRow,
};

/// Others are told at most this often that somebody is writing.
pub const TYPING_EVERY_MS: u64 = 3_000;

/// Somebody counts as writing for this long after the last word of it.
pub const TYPING_SHOWN_MS: u64 = 7_000;

/// Nobody is told above this many participants: everybody would see somebody writing always.
const MAX_PARTICIPANTS: usize = 32;

/// Who is writing where.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// When this client last said that it writes.
    told: BTreeMap<RoomId, Time>,
    /// Others that write: until when, and under which name.
    heard: BTreeMap<(RoomId, AccountKeyHash), (Time, String)>,
}

impl Live {
    /// When the next one has been shown long enough.
    pub(super) fn next(&self) -> Option<Time> {
        self.heard.values().map(|(until, _)| *until).min()
    }
}

impl Turn<'_> {
    /// The person is writing, or has stopped. Nothing is promised: who is not connected never knows.
    pub(in crate::engine) fn type_in(&mut self, id: &RoomId, typing: bool) -> Result<(), Error> {
        let room = self.db.room(id)?.ok_or(ErrorKind::NotFound)?;
        self.check_may_post(&room)?;
        if room.state.participants.len() > MAX_PARTICIPANTS {
            return Ok(());
        }
        let told = self.live.signals.typing.told.get(id).copied();
        let is_news = match (told, typing) {
            (Some(told), true) => self.now >= told.plus_ms(TYPING_EVERY_MS),
            (Some(told), false) => self.now < told.plus_ms(TYPING_SHOWN_MS),
            (None, typing) => typing,
        };
        if is_news && self.signal(&room, Signal::Typing(typing))? {
            let told = &mut self.live.signals.typing.told;
            match typing {
                true => told.insert(*id, self.now),
                false => told.remove(id),
            };
        }
        Ok(())
    }

    /// Somebody else is writing, or has stopped.
    pub(super) fn typing_heard(
        &mut self,
        room: &RoomRow,
        sender: &Member,
        typing: bool,
    ) -> Result<(), Error> {
        let is_crowd = room.state.participants.len() > MAX_PARTICIPANTS;
        let is_muted = room.state.mute.is_some_and(|mute| mute.silences(false));
        if !typing {
            self.stopped_typing(&room.id, &sender.account());
        } else if !is_crowd && !is_muted && self.may_post(room, &sender.account())? {
            let name = sender.certificate.body.username.clone();
            let until = self.now.plus_ms(TYPING_SHOWN_MS);
            let key = (room.id, sender.account());
            let heard = &mut self.live.signals.typing.heard;
            if heard.insert(key, (until, name.clone())).is_none() {
                self.tell_typing(room.id, name, true);
            }
        }
        Ok(())
    }

    /// What somebody was writing is here, or will not come.
    pub(in crate::engine) fn stopped_typing(&mut self, room: &RoomId, account: &AccountKeyHash) {
        let heard = self.live.signals.typing.heard.remove(&(*room, *account));
        if let Some((_, name)) = heard {
            self.tell_typing(*room, name, false);
        }
    }

    /// Ends what was not said again in time.
    pub(super) fn end_typing(&mut self) {
        let heard = &self.live.signals.typing.heard;
        let ended: Vec<(RoomId, AccountKeyHash)> = heard
            .iter()
            .filter(|(_, (until, _))| *until <= self.now)
            .map(|(key, _)| *key)
            .collect();
        for (room, account) in ended {
            self.stopped_typing(&room, &account);
        }
    }

    fn tell_typing(&mut self, room: RoomId, username: String, typing: bool) {
        self.events.push(Event::Typing {
            room,
            username,
            typing,
        });
    }
}
