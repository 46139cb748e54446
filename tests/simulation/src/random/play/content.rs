//! What people say.

use std::collections::BTreeSet;

use restante_client::engine::io::{Command, Draft, Message, Outcome, Room, RoomId};

use super::Play;
use crate::random::{
    action::Verb,
    model::{ClientIndex, Said},
    proof::Proof,
    scenario::NAMES,
};

/// What is said about messages.
const EMOJI: [&str; 3] = ["👍", "❤️", "+1"];

impl Play {
    /// Something said in one of a client's rooms, if that makes sense.
    pub(super) fn content(&mut self, who: ClientIndex, verb: Verb) -> Option<()> {
        let room = self.pick_room(who, |room| room.halted.is_none())?;
        let (id, number) = (room.id, room.number);
        match verb {
            Verb::Say => self.say(who, &room, |text| Command::SendText { room: id, text }),
            Verb::Reply => {
                let answered = self.pick_message(who, &id, |_| true)?.id;
                self.say(who, &room, |text| Command::SendDraft {
                    room: id,
                    draft: Draft {
                        text,
                        reply_to: Some(answered),
                        ..Draft::default()
                    },
                })
            }
            Verb::React | Verb::Unreact => {
                let message = self.pick_message(who, &id, |_| true)?.id;
                let emoji = EMOJI[self.random.usize(..EMOJI.len())];
                self.react(who, id, message, emoji, verb == Verb::React)
            }
            Verb::Edit => {
                let name = self.name(who);
                let message = self.pick_message(who, &id, |said| said.author == name)?;
                let text = format!("{} or rather", message.versions.last()?);
                let message = message.id;
                let edit = Command::Edit {
                    room: id,
                    id: message,
                    text: text.clone(),
                };
                self.command(who, edit).ok()?;
                self.model.edited(&message, who, text);
                Some(())
            }
            Verb::Delete => {
                let name = self.name(who);
                let message = self.pick_message(who, &id, |said| said.author == name)?.id;
                let delete = Command::Delete {
                    room: id,
                    id: message,
                };
                self.command(who, delete).ok()?;
                self.model.deleted(&message, who);
                Some(())
            }
            Verb::MarkRead => {
                let read = Command::MarkRead { room: id, number };
                self.command(who, read).ok().map(drop)
            }
            _ => {
                let typing = self.random.bool();
                let command = Command::Typing { room: id, typing };
                self.command(who, command).ok().map(drop)
            }
        }
    }

    /// Says something new, and tells the model.
    pub(super) fn say(
        &mut self,
        who: ClientIndex,
        room: &Room,
        command: impl FnOnce(String) -> Command,
    ) -> Option<()> {
        let name = self.name(who);
        let text = format!("{name} says {:08x}", self.random.u32(..));
        let inside: BTreeSet<&String> = room.participants.iter().map(|(name, _)| name).collect();
        let outsiders = NAMES[..self.people]
            .iter()
            .map(|name| (*name).to_owned())
            .filter(|name| !room.direct && !inside.contains(name))
            .collect();
        let expelled = self.expelled_from(who, &room.id);
        let outcome = self.command(who, command(text.clone())).ok()?;
        let Outcome::Message(id) = outcome else {
            return None;
        };
        self.model
            .said((room.id, id), (&name, who), text, (outsiders, expelled));
        Some(())
    }

    /// Expelled clients that the group of a client has no more.
    fn expelled_from(&self, who: ClientIndex, room: &RoomId) -> BTreeSet<ClientIndex> {
        if self.expelled.is_empty() {
            return BTreeSet::new();
        }
        let proof = Proof::of(&self.world.people[who], room);
        let gone = self.expelled.iter().filter(|client| {
            let id = self.world.client_of(**client);
            proof
                .as_ref()
                .is_some_and(|proof| !proof.members.contains(&id))
        });
        gone.copied().collect()
    }

    fn react(
        &mut self,
        who: ClientIndex,
        room: RoomId,
        id: restante_client::engine::io::MessageId,
        emoji: &str,
        is_said: bool,
    ) -> Option<()> {
        let name = self.name(who);
        let emoji = emoji.to_owned();
        let command = match is_said {
            true => Command::React {
                room,
                id,
                emoji: emoji.clone(),
            },
            false => Command::Unreact {
                room,
                id,
                emoji: emoji.clone(),
            },
        };
        self.command(who, command).ok()?;
        self.model.reacted(&id, (&name, who), &emoji, is_said);
        Some(())
    }

    /// One of the last messages that a client shows, and that fits.
    fn pick_message(
        &mut self,
        who: ClientIndex,
        room: &RoomId,
        fits: impl Fn(&Said) -> bool,
    ) -> Option<Said> {
        let shown = self.world.engine(who).history(room, 20).expect("history");
        let known = |message: &Message| {
            let said = self.model.message(&message.id)?;
            (!message.deleted && fits(said)).then(|| said.clone())
        };
        let mut fitting: Vec<Said> = shown.iter().filter_map(known).collect();
        if fitting.is_empty() {
            return None;
        }
        let place = self.random.usize(..fitting.len());
        Some(fitting.swap_remove(place))
    }
}
