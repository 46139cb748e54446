//! `chat`: one room, live. Works over a pipe as well: then it ends when the input does, as soon as
//! everything is sent.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, IsTerminal},
    time::Duration,
};

use restante_client::{
    driver::{Client, Heard},
    engine::io::{Command, Event, Message, MessageId, MessageState, Room, RoomId, RoomPhase},
    json,
    platform::told_to_stop,
};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::{find_room, history, listen, send, signals};
use crate::{notices::notice_line, screen::Screen, shown, texts::Text, trouble::Trouble};

/// Messages shown at the start.
const SHOWN: u32 = 20;

/// How long the last messages may take when the input has ended.
const GOODBYE: Duration = Duration::from_secs(10);

/// Ends the conversation when typed.
const QUIT: &str = "/quit";

pub(super) async fn run(client: &Client, screen: &mut Screen, room: String) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    let mut events = client.events();
    let mut chat = Chat::open(client, screen, room).await?;
    client.go_online().await?;
    signals::arrive(client).await?;
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            heard = events.next() => match heard {
                None => return Ok(()),
                Some(heard) => chat.hear(screen, heard).await?,
            },
            line = input.next_line() => match line? {
                None => break,
                Some(line) if line.trim() == QUIT => break,
                Some(line) if line.trim().is_empty() => {}
                Some(line) => chat.say(screen, line).await?,
            },
            () = told_to_stop() => return signals::depart(client).await,
        }
    }
    client.command(Command::Here { here: false }).await?;
    chat.goodbye(screen, &mut events).await
}

/// One room on the screen.
struct Chat<'a> {
    client: &'a Client,
    room: RoomId,
    /// Whether the person sees what they type, so that own messages need not be repeated.
    echoes: bool,
    /// How far each message on the screen has come, and what it looked like.
    shown: HashMap<MessageId, (MessageState, u64)>,
    /// Highest number on the screen.
    read: u64,
}

impl<'a> Chat<'a> {
    async fn open(client: &'a Client, screen: &mut Screen, room: RoomId) -> Result<Self, Trouble> {
        let messages = history::show(client, screen, room, None, SHOWN, true).await?;
        screen.remark(screen.language().say(Text::ChatHelp))?;
        let mut chat = Self {
            client,
            room,
            echoes: io::stdin().is_terminal(),
            shown: messages
                .iter()
                .map(|message| (message.id, (message.state, looks(screen, message))))
                .collect(),
            read: 0,
        };
        let last = messages.iter().filter_map(|message| message.number).max();
        chat.mark_read(last).await?;
        Ok(chat)
    }

    async fn hear(&mut self, screen: &mut Screen, heard: Heard) -> Result<(), Trouble> {
        match heard {
            Heard::Missed => {
                for message in
                    history::show(self.client, screen, self.room, None, SHOWN, true).await?
                {
                    let looks = looks(screen, &message);
                    self.shown.insert(message.id, (message.state, looks));
                }
            }
            Heard::Event(event) => match *event {
                Event::Message(message) if message.room == self.room => {
                    self.show(screen, &message)?;
                    if !message.own {
                        self.mark_read(message.number).await?;
                    }
                }
                Event::Notice(notice) if notice.room == self.room => {
                    screen.answer(
                        &json::notice_json(&notice),
                        &notice_line(screen.language(), &notice),
                    )?;
                }
                Event::Typing { room, .. } if room == self.room => {
                    listen::tell(screen, &Heard::Event(event))?;
                }
                Event::MessageGone { room, id } if room == self.room => {
                    self.shown.remove(&id);
                    listen::tell(screen, &Heard::Event(event))?;
                }
                Event::Room(room) if room.id == self.room => show_room(screen, room)?,
                _ => {}
            },
        }
        Ok(())
    }

    /// A new or changed message as a line; one that has only come further by its state.
    fn show(&mut self, screen: &mut Screen, message: &Message) -> Result<(), Trouble> {
        let now = (message.state, looks(screen, message));
        let before = self.shown.insert(message.id, now);
        if before == Some(now) {
            return Ok(());
        }
        let language = screen.language();
        let line = match before {
            Some((_, looks)) if looks == now.1 => {
                format!("      ({})", shown::state_text(language, message.state))
            }
            None if message.own && self.echoes => String::new(),
            _ => shown::message_line(language, message),
        };
        if screen.is_json() || !line.is_empty() {
            screen.answer(&shown::event_json(&Event::Message(message.clone())), &line)?;
        }
        Ok(())
    }

    /// Puts a line into the outbox. A refusal is told, and the conversation goes on.
    async fn say(&mut self, screen: &mut Screen, line: String) -> Result<(), Trouble> {
        match self.put(line).await {
            Ok(()) => Ok(()),
            Err(trouble @ Trouble::BadInput(_)) => {
                trouble.tell(screen);
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    async fn put(&self, text: String) -> Result<(), Trouble> {
        let room = self.room;
        send::put(self.client, Command::SendText { room, text }).await?;
        Ok(())
    }

    async fn mark_read(&mut self, number: Option<u64>) -> Result<(), Trouble> {
        if let Some(number) = number.filter(|number| *number > self.read) {
            self.read = number;
            let room = self.room;
            self.client
                .command(Command::MarkRead { room, number })
                .await?;
        }
        Ok(())
    }

    /// Sends what is left, showing what happens meanwhile.
    async fn goodbye(
        &mut self,
        screen: &mut Screen,
        events: &mut restante_client::driver::Events,
    ) -> Result<(), Trouble> {
        let client = self.client;
        let settling = client.sync(GOODBYE);
        tokio::pin!(settling);
        loop {
            tokio::select! {
                // What is not sent now is in the outbox: no reason to end with an error.
                _ = &mut settling => return Ok(()),
                heard = events.next() => match heard {
                    None => return Ok(()),
                    Some(heard) => self.hear(screen, heard).await?,
                },
            }
        }
    }
}

/// What a message looks like but for how far it has come.
fn looks(screen: &Screen, message: &Message) -> u64 {
    let mut message = message.clone();
    message.state = MessageState::Received;
    let mut hasher = DefaultHasher::new();
    shown::message_line(screen.language(), &message).hash(&mut hasher);
    hasher.finish()
}

/// A change of the room; people are told only what bears on the conversation.
fn show_room(screen: &mut Screen, room: Room) -> Result<(), Trouble> {
    let matters = room.phase != RoomPhase::Joined
        || room.in_doubt
        || room.log_mismatch
        || room.halted.is_some();
    if screen.is_json() || matters {
        let line = shown::room_columns(screen.language(), &room).join("  ");
        screen.answer(&shown::event_json(&Event::Room(room)), &line)?;
    }
    Ok(())
}
