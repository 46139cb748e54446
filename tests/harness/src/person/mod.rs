//! A person at a client: the real client library, over real sockets, with a home on disk.
//!
//! Stories read as they happen: `alice.says(room, "hi")`, `bob.sees(room, "hi")`. Whatever a person
//! waits for has a deadline.

mod agreement;

use std::{path::PathBuf, sync::Arc};

use restante_client::{
    Error,
    driver::{Client, Events, LoginOptions, RegisterOptions},
    engine::{
        Engine,
        account::Password,
        io::{
            Command, ContactPhase, Message, MessageId, MessageState, Outcome, Room, RoomId,
            RoomPhase,
        },
    },
};
use tempfile::TempDir;

use crate::deadline::{LOOK_EVERY, deadline, within};

pub use agreement::{Seen, assert_agreement};

/// Passphrase of every home.
pub const PASSPHRASE: &str = "the passphrase of a home";

/// More messages than any story has.
const ALL: u32 = 1_000_000;

/// Somebody with an account and one client.
#[derive(Debug)]
pub struct Person {
    /// Username.
    pub name: String,
    folder: Arc<TempDir>,
    client: Option<Client>,
}

impl Person {
    /// Registers at a relay, goes online and settles.
    ///
    /// # Panics
    /// If the relay refuses.
    pub async fn register(relay: &str, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let new_home = Client::register(RegisterOptions {
            home: folder.path().join("home"),
            passphrase: PASSPHRASE.to_owned().into(),
            relay: relay.into(),
            username: name.into(),
            password: Password::new(&password(name)).expect("a password"),
            invite: None,
        });
        let new_home = within("a registration", new_home)
            .await
            .expect("no refusal");
        let client = new_home.phrase_was_shown().expect("a home on disk");
        let person = Self {
            name: name.into(),
            folder: Arc::new(folder),
            client: Some(client),
        };
        // Until its key packages are at the relay, nobody can ask this person.
        person
            .client()
            .sync(deadline())
            .await
            .expect("a client that settles");
        person
    }

    /// Signs in on a new home with the password alone, and settles: a further client of this person.
    ///
    /// # Panics
    /// If the relay refuses.
    pub async fn logs_in(&self, relay: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let login = Client::login(LoginOptions {
            home: folder.path().join("home"),
            passphrase: PASSPHRASE.to_owned().into(),
            relay: relay.into(),
            username: self.name.clone(),
            password: Password::new(&password(&self.name)).expect("a password"),
        });
        let client = within("a sign-in", login).await.expect("no refusal");
        let synced = client.sync(deadline()).await;
        synced.expect("a client that settles");
        Self {
            name: self.name.clone(),
            folder: Arc::new(folder),
            client: Some(client),
        }
    }

    /// Closes the client: it reads nothing until [`Self::comes_back`].
    ///
    /// # Panics
    /// If it is closed already.
    pub async fn goes_away(&mut self) {
        within(
            "the end of a client",
            self.client.take().expect("an open client").close(),
        )
        .await;
    }

    /// Opens the home again and goes online.
    ///
    /// # Panics
    /// If the home does not open.
    pub async fn comes_back(&mut self) {
        let opened = within("a home", Client::open(&self.home(), PASSPHRASE)).await;
        let client = opened.expect("a home that opens");
        client.go_online().await.expect("a running client");
        self.client = Some(client);
    }

    /// The home on disk.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The client behind this person.
    ///
    /// # Panics
    /// If the person is away.
    #[must_use]
    pub fn client(&self) -> &Client {
        self.client.as_ref().expect("the person is here")
    }

    /// Carries out a command to its end.
    ///
    /// # Errors
    /// Whatever the command ends with.
    pub async fn carries_out(&self, command: Command) -> Result<Outcome, Error> {
        let outcome = self.client().command(command).await?;
        if let Some(task) = outcome.task() {
            self.client().wait_task(task, deadline()).await?;
        }
        Ok(outcome)
    }

    /// Carries out a command that must succeed.
    ///
    /// # Panics
    /// If it does not.
    pub async fn does(&self, command: Command) -> Outcome {
        let done = within("a command", self.carries_out(command)).await;
        done.unwrap_or_else(|error| panic!("{} is refused: {error:?}", self.name))
    }

    /// Becomes a contact of somebody: asks, and the other accepts. Hands back their room.
    ///
    /// # Panics
    /// If it fails.
    pub async fn befriends(&self, other: &Self) -> RoomId {
        let words = format!("It is me, {}", self.name);
        self.does(Command::AddContact {
            username: other.name.clone(),
            words,
        })
        .await;
        let name = self.name.clone();
        let room = other.waits("a contact request", move |engine| {
            let request = engine
                .requests()
                .ok()?
                .into_iter()
                .find(|asked| asked.from == name)?;
            Some(request.room)
        });
        let room = room.await;
        other.does(Command::Accept { room }).await;
        let name = other.name.clone();
        self.waits("an accepted contact", move |engine| {
            let mut contacts = engine.contacts().ok()?.into_iter();
            let contact = contacts.find(|contact| contact.username == name)?;
            (contact.phase == ContactPhase::Accepted).then_some(())
        })
        .await;
        room
    }

    /// Makes a group of contacts, who all join.
    ///
    /// # Panics
    /// If it fails.
    pub async fn creates_room(&self, title: &str, members: &[&Self]) -> RoomId {
        let names = members.iter().map(|member| member.name.clone()).collect();
        self.does(Command::CreateRoom {
            title: title.into(),
            members: names,
        })
        .await;
        let wanted = title.to_owned();
        let room = self
            .waits("a new room", move |engine| engine.find_room(&wanted).ok())
            .await;
        for member in members {
            member.joins(room).await;
        }
        room
    }

    /// Waits for an invitation, accepts it where that is asked, and waits until the room is joined.
    ///
    /// # Panics
    /// If there is none.
    pub async fn joins(&self, room: RoomId) {
        let phase = self.waits("an invitation", move |engine| {
            let is_asked = engine
                .requests()
                .ok()?
                .iter()
                .any(|request| request.room == room);
            let is_joined = phase_of(engine, room) == Some(RoomPhase::Joined);
            (is_asked || is_joined).then_some(is_asked)
        });
        if phase.await {
            self.does(Command::Accept { room }).await;
        }
        self.waits("a joined room", move |engine| {
            (phase_of(engine, room) == Some(RoomPhase::Joined)).then_some(())
        })
        .await;
    }

    /// Writes a text. It is durable on this client when this returns, not more.
    ///
    /// # Panics
    /// If the client refuses it.
    pub async fn says(&self, room: RoomId, text: &str) -> MessageId {
        match self
            .does(Command::SendText {
                room,
                text: text.into(),
            })
            .await
        {
            Outcome::Message(id) => id,
            other => panic!("a text gives a message: {other:?}"),
        }
    }

    /// Waits until a text is in the room's history.
    ///
    /// # Panics
    /// If it does not come.
    pub async fn sees(&self, room: RoomId, text: &str) {
        let wanted = text.to_owned();
        self.waits(&format!("“{text}” at {}", self.name), move |engine| {
            let history = engine.history(&room, ALL).ok()?;
            history
                .iter()
                .any(|message| message.text == wanted)
                .then_some(())
        })
        .await;
    }

    /// Waits until every own message is at the relay.
    ///
    /// # Panics
    /// If one is not.
    pub async fn has_sent_all(&self, room: RoomId) {
        self.waits("an empty outbox", move |engine| {
            let history = engine.history(&room, ALL).ok()?;
            let waits = history
                .iter()
                .any(|message| message.state == MessageState::Queued);
            (!waits).then_some(())
        })
        .await;
    }

    /// Waits until the room has a phase.
    ///
    /// # Panics
    /// If it has not.
    pub async fn finds_room(&self, room: RoomId, phase: RoomPhase) {
        self.waits(&format!("{phase:?} at {}", self.name), move |engine| {
            (phase_of(engine, room) == Some(phase)).then_some(())
        })
        .await;
    }

    /// All messages of a room, oldest first.
    ///
    /// # Panics
    /// If they cannot be read.
    pub async fn history(&self, room: RoomId) -> Vec<Message> {
        let read = self
            .client()
            .query(move |engine| engine.history(&room, ALL))
            .await;
        read.expect("a running client").expect("a readable store")
    }

    /// Texts of a room, oldest first.
    pub async fn texts(&self, room: RoomId) -> Vec<String> {
        self.history(room)
            .await
            .into_iter()
            .map(|message| message.text)
            .collect()
    }

    /// A room.
    ///
    /// # Panics
    /// If this person has no such room.
    pub async fn room(&self, room: RoomId) -> Room {
        let rooms = self.client().query(|engine| engine.rooms()).await;
        let rooms = rooms.expect("a running client").expect("a readable store");
        rooms
            .into_iter()
            .find(|found| found.id == room)
            .expect("a room of this person")
    }

    /// Waits until a look at the engine gives something; looks again at every event, and now and then
    /// for what makes none.
    ///
    /// # Panics
    /// With the name of what does not come.
    pub async fn waits<T: Send + 'static>(
        &self,
        what: &str,
        look: impl FnMut(&Engine) -> Option<T> + Send + 'static,
    ) -> T {
        let mut events = self.client().events();
        within(what, async {
            let mut look = look;
            loop {
                let looked = self
                    .client()
                    .query(move |engine| (look(engine), look))
                    .await;
                let (found, again) = looked.expect("a running client");
                if let Some(found) = found {
                    return found;
                }
                look = again;
                next(&mut events).await;
            }
        })
        .await
    }
}

/// The next event and all that came with it, or some time without one.
async fn next(events: &mut Events) {
    if let Ok(heard) = tokio::time::timeout(LOOK_EVERY, events.next()).await {
        assert!(heard.is_some(), "the client ended");
    }
    while events.next_now().is_some() {}
}

fn phase_of(engine: &Engine, room: RoomId) -> Option<RoomPhase> {
    engine
        .rooms()
        .ok()?
        .into_iter()
        .find(|found| found.id == room)
        .map(|found| found.phase)
}

/// The account password of a person; strong enough for the client to take it.
#[must_use]
pub fn password(name: &str) -> String {
    format!("{name} walks 7 quiet herons over the frozen estuary")
}
