//! Contacts, and who asks to be one, as shells list them.

use super::io::RoomId;

/// A contact as shells list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Username as certified.
    pub username: String,
    /// The one-to-one room; none of somebody blocked who never was a contact.
    pub room: Option<RoomId>,
    /// Asked and not answered, accepted, or blocked.
    pub phase: ContactPhase,
    /// Whether the one-to-one room has ended: one of the two has left it, or deleted the account. They
    /// may be asked again.
    pub ended: bool,
}

impl Contact {
    /// The stable name of what they are now: of the phase, or `ended`.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match self.ended {
            true => "ended",
            false => self.phase.name(),
        }
    }
}

/// How far a contact has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactPhase {
    /// We asked.
    Asked,
    /// Both agreed.
    Accepted,
    /// Blocked here.
    Blocked,
}

impl ContactPhase {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Accepted => "accepted",
            Self::Blocked => "blocked",
        }
    }
}

/// A request that waits for this person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRequest {
    /// The room it would open.
    pub room: RoomId,
    /// Certified username of who asks.
    pub from: String,
    /// Their words.
    pub words: String,
    /// None for a contact request, the room's name for a group.
    pub title: Option<String>,
}
