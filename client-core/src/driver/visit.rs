//! What a process does that was woken by a push: one visit at the relays, and what to show of it.
//!
//! Owns: from a wake-up to what came. Never does: decide what a notification looks like, or stay.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::Duration,
};

use super::client::{Client, Events, Heard};
use crate::{
    Error, ErrorKind,
    engine::{
        Engine,
        io::{ContactRequest, Event, Message, MessageState, RoomId},
    },
};

/// What a visit brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Messages of others that came and are to be told, in their order, each with its room's title.
    pub messages: Vec<(String, Message)>,
    /// Who asks to be let in.
    pub requests: Vec<ContactRequest>,
    /// Whether there may be more: the time was over first, or the relay could not be reached.
    pub is_partial: bool,
}

/// Rooms before the visit: what they had processed.
type Before = HashMap<RoomId, u64>;

/// Takes the home's lease, connects, fetches and decrypts, gives the lease back, and tells what to
/// show. What waits to be sent goes out with it.
///
/// # Errors
/// `home_in_use` where another process has the home: it is awake, and shows what comes itself. Where
/// nothing came, those of [`Client::sync`] but `timed_out`.
pub async fn visit(home: &Path, passphrase: &str, deadline: Duration) -> Result<Visit, Error> {
    let client = Client::open(home, passphrase).await?;
    let visited = client.visit(deadline).await;
    client.close().await;
    visited
}

impl Client {
    async fn visit(&self, deadline: Duration) -> Result<Visit, Error> {
        let before: Before = self
            .rooms()
            .await?
            .into_iter()
            .map(|(id, (_, number))| (id, number))
            .collect();
        let mut events = self.events();
        let synced = self.sync(deadline).await;
        let came = Came::all(&mut events, &before);
        let titles = self.rooms().await?;
        let titled = |message: Message| {
            let title = titles.get(&message.room).map(|(title, _)| title.clone());
            (title.unwrap_or_default(), message)
        };
        let visit = Visit {
            messages: came.messages.into_values().map(titled).collect(),
            requests: came.requests,
            is_partial: synced.is_err() || came.has_missed,
        };
        let is_empty = visit.messages.is_empty() && visit.requests.is_empty();
        match synced {
            Err(error) if is_empty && error.kind != ErrorKind::TimedOut => Err(error),
            _ => Ok(visit),
        }
    }

    /// Titles of rooms, and what they have processed.
    async fn rooms(&self) -> Result<HashMap<RoomId, (String, u64)>, Error> {
        let rooms = self.query(|engine| Engine::rooms(engine)).await??;
        let rooms = rooms.into_iter();
        Ok(rooms
            .map(|room| (room.id, (room.title, room.number)))
            .collect())
    }
}

/// What was heard, as it is in the end.
#[derive(Default)]
struct Came {
    messages: BTreeMap<(RoomId, u64), Message>,
    requests: Vec<ContactRequest>,
    has_missed: bool,
}

impl Came {
    /// Takes all that is there.
    fn all(events: &mut Events, before: &Before) -> Self {
        let mut came = Self::default();
        while let Some(heard) = events.next_now() {
            match heard {
                Heard::Missed => came.has_missed = true,
                Heard::Event(event) => came.take(*event, before),
            }
        }
        came
    }

    fn take(&mut self, event: Event, before: &Before) {
        match event {
            Event::Message(message) => {
                let Some(number) = message.number else {
                    return;
                };
                let place = (message.room, number);
                // Of an earlier message only what is said about it is new.
                let is_new = before.get(&message.room).is_none_or(|last| *last < number);
                let is_told =
                    message.state == MessageState::Received && !message.muted && !message.deleted;
                if is_new && is_told {
                    self.messages.insert(place, message);
                } else {
                    self.messages.remove(&place);
                }
            }
            Event::MessageGone { room, id } => {
                self.messages
                    .retain(|_, message| (message.room, message.id) != (room, id));
            }
            Event::Request(request) => self.requests.push(request),
            _ => {}
        }
    }
}
