//! What goes into the engine and what comes out. Owned values only, so that every shell and binding
//! can carry them.

pub use restante_crypto::{Permission, Policy};
pub use restante_wire::push::Target;
use restante_wire::{
    ClientId, Day, EnvelopeId, ErrorCode, WireError,
    api::Access,
    inbox::{InboxAnswer, InboxRequest},
    mailbox,
    stream::{Event as StreamEvent, Greeting},
};
use serde::{Deserialize, Serialize};

use super::{
    attachments::{Transfer, TransferFailed},
    notices::Notice,
    settings::PolicyChange,
    signals::Presence,
};
pub use super::{
    contact::{Contact, ContactPhase, ContactRequest},
    halt::Halt,
    ids::{MessageId, RoomId},
    message::{Draft, Expiry, Message, MessageState, Quote, Reaction},
    mute::Mute,
    picture::RoomPicture,
    room::{Room, RoomPhase},
};
use crate::store::UploadRow;

/// Milliseconds since 1970-01-01 UTC by this client's clock: for showing and waiting, never for
/// deciding whether something is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub u64);

impl Time {
    /// This much later.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// Names a request until its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Which of a relay's two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// `/v1/stream`: seats, without an account.
    Rooms,
    /// `/v1/account/stream`: this client's inbox.
    Account,
}

/// A request that the driver makes. Lost ones are made again by the engine, so the driver never
/// retries by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A frame on the relay's rooms stream; the driver connects if there is none.
    Mailbox {
        /// For the answer.
        call: CallId,
        /// Base URL.
        relay: String,
        /// What is asked.
        request: mailbox::Request,
    },
    /// A frame on the home relay's account stream; the driver connects and opens the session.
    Inbox {
        /// For the answer.
        call: CallId,
        /// What is asked.
        request: InboxRequest,
    },
    /// A `POST`. With [`Access::Session`] the driver adds the bearer token and renews it once.
    Http {
        /// For the answer.
        call: CallId,
        /// Base URL.
        relay: String,
        /// Path below it.
        path: &'static str,
        /// Whether a session is needed.
        access: Access,
        /// Encoded request.
        body: Vec<u8>,
    },
    /// A sealed copy of the home to bring to its relay, from wherever an earlier attempt stopped.
    Upload {
        /// For the answer.
        call: CallId,
        /// What, and where to.
        upload: UploadRow,
    },
}

/// The answer to an [`Outgoing`] of the same kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To [`Outgoing::Mailbox`].
    Mailbox(mailbox::Answer),
    /// To [`Outgoing::Inbox`].
    Inbox(InboxAnswer),
    /// To [`Outgoing::Http`]: the encoded answer of a 200.
    Http(Vec<u8>),
    /// To [`Outgoing::Upload`]: the relay has all of it.
    Uploaded,
    /// To [`Outgoing::Upload`]: the relay lacks some of it, and the sealed copy is gone.
    CopyLost,
}

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The relay refused.
    Refused(WireError),
    /// The connection ended first: nobody knows whether the relay acted.
    Lost,
    /// Whoever answers at the relay's address shows no certificate that is trusted: nothing was sent.
    Untrusted,
}

impl Failure {
    /// Why the relay refused, if it did.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(error) => Some(error.code),
            Self::Lost | Self::Untrusted => None,
        }
    }

    /// How long the relay refuses, where it says so.
    ///
    /// **Units**: milliseconds.
    #[must_use]
    pub const fn wait_ms(&self) -> Option<u64> {
        match self {
            Self::Refused(error) => error.retry_after_ms,
            Self::Lost | Self::Untrusted => None,
        }
    }
}

/// What the driver tells the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A stream is up. Comes before any of its answers and events.
    Connected {
        /// Base URL of the relay.
        relay: String,
        /// Which stream.
        stream: Stream,
        /// The relay's first words.
        greeting: Greeting,
    },
    /// A stream is down. Its open calls were failed as [`Failure::Lost`] before this.
    Disconnected {
        /// Base URL of the relay.
        relay: String,
        /// Which stream.
        stream: Stream,
    },
    /// A call ended.
    Answered {
        /// Which.
        call: CallId,
        /// How.
        result: Result<Reply, Failure>,
    },
    /// A relay streamed something.
    Event {
        /// Base URL of the relay.
        relay: String,
        /// What.
        event: StreamEvent,
    },
    /// The deadline passed, or nothing happened for a while.
    Tick,
}

/// What a person, through a shell, asks for. Each is durable when [`Engine::command`] returns, and
/// is carried out across restarts.
///
/// [`Engine::command`]: super::Engine::command
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Sends a contact request, with a few words.
    AddContact {
        /// Exact username.
        username: String,
        /// Words of introduction, may be empty.
        words: String,
    },
    /// Accepts a contact request or an invitation to a room.
    Accept {
        /// The room of the request.
        room: RoomId,
    },
    /// Declines it. The other side is told nothing.
    Decline {
        /// The room of the request.
        room: RoomId,
    },
    /// Takes nothing from this account any more.
    Block {
        /// A contact, or the sender of a request.
        username: String,
    },
    /// Makes a group room.
    CreateRoom {
        /// Its name.
        title: String,
        /// Exact usernames.
        members: Vec<String>,
    },
    /// Adds people to a room.
    AddMembers {
        /// Which room.
        room: RoomId,
        /// Exact usernames.
        members: Vec<String>,
    },
    /// Removes people from a room.
    RemoveMembers {
        /// Which room.
        room: RoomId,
        /// Usernames as the room shows them.
        members: Vec<String>,
    },
    /// Gives a room another name.
    RenameRoom {
        /// Which room.
        room: RoomId,
        /// Its name.
        title: String,
    },
    /// Gives a room another picture, or none.
    SetPicture {
        /// Which room.
        room: RoomId,
        /// A JPEG within [`super::picture::BOUNDS`].
        jpeg: Option<Vec<u8>>,
    },
    /// Changes who may do what in a room.
    SetPolicy {
        /// Which room.
        room: RoomId,
        /// What to change.
        change: PolicyChange,
    },
    /// Makes somebody an admin of a room, or a member again.
    SetRole {
        /// Which room.
        room: RoomId,
        /// Username as the room shows it.
        member: String,
        /// Whether an admin.
        admin: bool,
    },
    /// Moves a room to the hybrid ciphersuite, by a group that follows its own.
    UpgradeRoom {
        /// Which room.
        room: RoomId,
    },
    /// Removes clients that were not heard of for ninety days.
    RemoveIdle {
        /// Which room.
        room: RoomId,
    },
    /// Tells those connected now that the person is writing, or has stopped. Kept nowhere.
    Typing {
        /// Which room.
        room: RoomId,
        /// Whether writing.
        typing: bool,
    },
    /// Whether contacts are told that the person is there; off until chosen.
    SharePresence {
        /// Whether.
        share: bool,
    },
    /// The person has come to this client, or goes. Forgotten when the client ends.
    Here {
        /// Whether there.
        here: bool,
    },
    /// Leaves a room.
    Leave {
        /// Which room.
        room: RoomId,
    },
    /// Sends a text.
    SendText {
        /// Which room.
        room: RoomId,
        /// Markdown.
        text: String,
    },
    /// Sends a text with what goes with it.
    SendDraft {
        /// Which room.
        room: RoomId,
        /// What.
        draft: Draft,
    },
    /// Puts other words in the place of an own text.
    Edit {
        /// Which room.
        room: RoomId,
        /// Which message.
        id: MessageId,
        /// Markdown.
        text: String,
    },
    /// Deletes an own message for all.
    Delete {
        /// Which room.
        room: RoomId,
        /// Which message.
        id: MessageId,
    },
    /// Reacts to a message.
    React {
        /// Which room.
        room: RoomId,
        /// Which message.
        id: MessageId,
        /// An emoji, or a few letters without a space.
        emoji: String,
    },
    /// Takes a reaction back.
    Unreact {
        /// Which room.
        room: RoomId,
        /// Which message.
        id: MessageId,
        /// What was said.
        emoji: String,
    },
    /// Makes a room quiet for the person of this client, or loud again.
    Mute {
        /// Which room.
        room: RoomId,
        /// How quiet.
        mute: Mute,
    },
    /// Has this device woken here instead of where it was before; without a target, no more.
    RegisterPush(Option<Target>),
    /// Gives a client of this account a name.
    RenameClient {
        /// Which.
        client: ClientId,
        /// What to call it.
        name: String,
    },
    /// Marks everything up to this place as read and tells the others, coalesced.
    MarkRead {
        /// Which room.
        room: RoomId,
        /// Highest number seen by the person.
        number: u64,
    },
}

/// What a command gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done here and now.
    Done,
    /// A message is in the outbox.
    Message(MessageId),
    /// Work is under way: [`Event::TaskEnded`] tells how it ended.
    Task(TaskId),
    /// The same, and the room that it makes.
    Room {
        /// Which it will be. It is listed as soon as the relay has told who its people are.
        room: RoomId,
        /// Makes it and adds them.
        task: TaskId,
    },
}

impl Outcome {
    /// The work that is under way, if any is.
    #[must_use]
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::Task(task) | Self::Room { task, .. } => Some(*task),
            Self::Done | Self::Message(_) => None,
        }
    }
}

/// A piece of work that outlives restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub i64);

/// A client of this account as shells list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// What the person calls it.
    pub name: Option<String>,
    /// On what it runs, as it said itself.
    pub platform: Option<String>,
    /// Whether it is this one.
    pub is_this: bool,
    /// The day on which it was last heard of in a room that this client is in, too, by the days of the
    /// log. One that runs renews its leaves about weekly. None of this one, and of one that was in no
    /// such room yet.
    pub last_heard: Option<Day>,
    /// Whether its removal has begun and is not finished: remove it again.
    pub is_half_removed: bool,
}

/// What happened, for shells. Delivered once, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message is new, or its place, state or words changed, or what was said about it.
    Message(Message),
    /// A message has expired: it is no longer here.
    MessageGone {
        /// Its room.
        room: RoomId,
        /// Which.
        id: MessageId,
    },
    /// A room is new or changed.
    Room(Room),
    /// Something happened to a room.
    Notice(Notice),
    /// Some clients of a room that this account governs were not heard of for ninety days: it may want
    /// them removed.
    IdleClients {
        /// Which room.
        room: RoomId,
    },
    /// Somebody in a room is writing, or has stopped.
    Typing {
        /// Which room.
        room: RoomId,
        /// Whose username.
        username: String,
        /// Whether writing.
        typing: bool,
    },
    /// A contact has come, or has gone.
    Presence {
        /// Whose username.
        username: String,
        /// How long ago there.
        presence: Presence,
    },
    /// Somebody asks.
    Request(ContactRequest),
    /// A contact is new or changed.
    Contact(Contact),
    /// A file has come further.
    Transfer(Transfer),
    /// A message was given up because of one of its files.
    TransferFailed(TransferFailed),
    /// A task ended.
    TaskEnded {
        /// Which.
        task: TaskId,
        /// The error's code if it failed.
        error: Option<crate::ErrorKind>,
    },
    /// Clients of somebody cannot be added to a hybrid room: they do not offer its suite. Others of
    /// the same person, if there are any, are added.
    SuiteNotSupported {
        /// Which room.
        room: RoomId,
        /// Whose username.
        username: String,
    },
    /// A client of this account signed in with the password alone.
    NewClient {
        /// Which.
        client: ClientId,
    },
    /// Another client of this account changed the password.
    PasswordChanged,
    /// This client can do nothing more: it was removed from its account, or the account was deleted.
    Ended(crate::ErrorKind),
}

/// Names one letter on its way, the same for every retry.
pub type LetterId = EnvelopeId;
