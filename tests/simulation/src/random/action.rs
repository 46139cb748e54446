//! What can happen in a random run, as plain values: they are drawn, written to files and left out one
//! by one. An action that makes no sense in the world it meets does nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that happens, and how the world goes on behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Which client: an index, counted round the clients that there are.
    pub who: u8,
    /// What.
    pub verb: Verb,
    /// Decides everything about it that is not written here, so that leaving out one action changes
    /// as little as possible of the others.
    pub entropy: u64,
    /// Steps of the wire behind it.
    pub steps: u8,
}

/// What somebody does, or what is done to somebody. Fields are picks: indices counted round what
/// there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// A text.
    Say,
    /// An answer to one of the last messages.
    Reply,
    /// An emoji.
    React,
    /// Takes a reaction back.
    Unreact,
    /// Other words for an own message.
    Edit,
    /// Deletes an own message.
    Delete,
    /// Marks a room read.
    MarkRead,
    /// Is writing.
    Typing,
    /// Asks somebody to be a contact.
    Ask(u8),
    /// Accepts or declines what waits.
    Answer(bool),
    /// Makes a room of contacts: a bit for each.
    Create(u8),
    /// Adds somebody to a room.
    Add(u8),
    /// Removes somebody from a room.
    Remove(u8),
    /// Leaves a room.
    Leave,
    /// Renames a room.
    Rename,
    /// Makes somebody an admin, or a member.
    Role(u8, bool),
    /// Changes who may do what, posting excepted.
    Govern,
    /// Signs in on a new home.
    LogIn,
    /// Expels another client of the same account.
    Expel(u8),
    /// Is off for so many minutes.
    Off(u32),
    /// The process ends behind so many transactions.
    Crash(u8),
    /// The connection ends; requests on the way are lost.
    Cut,
    /// The connection ends; the requests arrive, their answers do not.
    LoseAnswers,
    /// The next request arrives twice.
    Duplicate,
    /// Reads nothing for so many minutes.
    Freeze(u16),
    /// The clock is wrong by so many minutes from now on.
    Skew(i16),
    /// So many minutes pass.
    Pass(u32),
    /// The relay's process ends; it starts again from its disk.
    RelayCrash,
    /// The relay loses the next letter to somebody, though it says that it has it.
    LoseLetter,
    /// A copy of every letter to somebody comes again.
    ReplayLetters,
    /// An insider appends noise: a commit or a message, so many times.
    Garbage(bool, u8),
    /// An insider appends an envelope of the log again.
    Replay,
    /// An insider changes seats as it should not.
    SeatMisuse(u8),
    /// Somebody copies the disk of a client.
    Steal,
    /// Everything comes to rest, and is looked at.
    Calm,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {} {:?}", self.who, self.verb)
    }
}
