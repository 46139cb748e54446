//! A room as shells see it. Read next: [`super::rooms`], which keeps them.

use restante_crypto::Policy;

use super::{halt::Halt, ids::RoomId, mute::Mute, picture::RoomPicture, suites::RoomSuite};

/// What a room is to this client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoomPhase {
    /// This account is in it; this client waits to be let in.
    Known,
    /// Being made here.
    Creating,
    /// Invited; waits for the person.
    Requested,
    /// Accepted; waits for the relay.
    Joining,
    /// A member.
    Joined,
    /// Left, declined or blocked.
    Left,
    /// Removed by somebody.
    Removed,
}

impl RoomPhase {
    /// Whether this client is in the room, or on its way.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Creating | Self::Joining | Self::Joined)
    }

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Creating => "creating",
            Self::Requested => "requested",
            Self::Joining => "joining",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Removed => "removed",
        }
    }
}

/// A room as shells list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its name; for one-to-one rooms the other's username.
    pub title: String,
    /// Whether it is one-to-one.
    pub direct: bool,
    /// How it is encrypted; none as long as this client was never in it.
    pub suite: Option<RoomSuite>,
    /// What it is to this client.
    pub phase: RoomPhase,
    /// Its picture.
    pub picture: Option<RoomPicture>,
    /// Who may do what.
    pub policy: Policy,
    /// Usernames of the participants, with whether they are admins.
    pub participants: Vec<(String, bool)>,
    /// Highest number processed.
    pub number: u64,
    /// Whether this client doubts that it sees the room as others do (messages wait).
    pub in_doubt: bool,
    /// A fault that the person should know of: the relay's log does not fit what members saw.
    pub log_mismatch: bool,
    /// How quiet the person wants it.
    pub mute: Mute,
    /// Why nothing is read on and nothing is sent, if the room stands still.
    pub halted: Option<Halt>,
    /// Messages from others above the read mark.
    pub unread: u64,
}
