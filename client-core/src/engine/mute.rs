//! Muting: what the person of this client does not want to be told of at once. Nobody else learns it.

use serde::{Deserialize, Serialize};

use super::{
    account::VaultSettings,
    io::{Outcome, RoomId, Time},
    turn::Turn,
};
use crate::{Error, ErrorKind, store::TimerKind};

/// How quiet a room is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mute {
    /// The person is told of everything.
    #[default]
    Off,
    /// Only of messages that mention the person.
    MentionsOnly,
    /// Of nothing.
    All,
    /// Of nothing until a time in milliseconds since 1970; then it is off by itself.
    Until(u64),
}

/// Longest time for which a room can be muted: longer is for ever.
pub const MAX_MUTE_S: u64 = 10 * 366 * 86_400;

impl Mute {
    /// Whether a message is not to be told.
    #[must_use]
    pub const fn silences(self, is_mentioned: bool) -> bool {
        match self {
            Self::Off => false,
            Self::MentionsOnly => !is_mentioned,
            Self::All | Self::Until(_) => true,
        }
    }

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::MentionsOnly => "mentions_only",
            Self::All => "all",
            Self::Until(_) => "until",
        }
    }

    /// When it ends by itself.
    #[must_use]
    pub const fn until(self) -> Option<Time> {
        match self {
            Self::Until(time) => Some(Time(time)),
            _ => None,
        }
    }

    /// Name and value among the account's settings in the vault.
    #[must_use]
    pub fn setting(self, room: &RoomId) -> (String, String) {
        let value = match self {
            Self::Until(time) => format!("until {time}"),
            _ => self.name().to_owned(),
        };
        (format!("mute/{}", room.to_hex()), value)
    }

    /// From [`Self::setting`]; nothing of names and values that are not its own.
    #[must_use]
    pub fn of_setting(name: &str, value: &str) -> Option<(RoomId, Self)> {
        let room = RoomId::from_hex(name.strip_prefix("mute/")?)?;
        let mute = match value {
            "off" => Self::Off,
            "mentions_only" => Self::MentionsOnly,
            "all" => Self::All,
            _ => Self::Until(value.strip_prefix("until ")?.parse().ok()?),
        };
        Some((room, mute))
    }
}

impl Turn<'_> {
    /// The person wants a room to be this quiet.
    pub(super) fn mute(&mut self, id: &RoomId, mute: Mute) -> Result<Outcome, Error> {
        let mut room = self.db.room(id)?.ok_or(ErrorKind::NotFound)?;
        let longest = self.now.plus_ms(MAX_MUTE_S * 1_000);
        if mute.until().is_some_and(|time| time > longest) {
            return Err(ErrorKind::BadInput.into());
        }
        self.set_unmute(id, mute)?;
        room.state.mute = Some(mute);
        self.write_room(&room)?;
        self.vault_changed()?;
        self.room_changed(&room)?;
        Ok(Outcome::Done)
    }

    /// How quiet another client of this account left rooms; of a room of which this client's own word
    /// waits to be written, that counts.
    pub(super) fn take_mutes(
        &mut self,
        theirs: &VaultSettings,
        is_waiting: bool,
    ) -> Result<(), Error> {
        for (name, value) in &theirs.values {
            let Some((id, mute)) = Mute::of_setting(name, value) else {
                continue;
            };
            let Some(mut room) = self.db.room(&id)? else {
                continue;
            };
            let own = room.state.mute;
            if own == Some(mute) || (is_waiting && own.is_some()) {
                continue;
            }
            self.set_unmute(&id, mute)?;
            room.state.mute = Some(mute);
            self.write_room(&room)?;
            self.room_changed(&room)?;
        }
        Ok(())
    }

    pub(super) fn set_unmute(&mut self, id: &RoomId, mute: Mute) -> Result<(), Error> {
        match mute.until() {
            Some(time) => self.db.set_timer(TimerKind::Unmute, Some(id), time),
            None => self.db.clear_timer(TimerKind::Unmute, Some(id)),
        }
    }

    /// The time of [`Mute::Until`] has come.
    pub(super) fn unmute(&mut self, id: &RoomId) -> Result<(), Error> {
        match self.db.room(id)? {
            Some(room) if matches!(room.state.mute, Some(Mute::Until(_))) => {
                self.mute(id, Mute::Off).map(|_| ())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_round_trip() {
        let room = RoomId([7; 32]);
        for mute in [Mute::Off, Mute::MentionsOnly, Mute::All, Mute::Until(12)] {
            let (name, value) = mute.setting(&room);
            assert_eq!(Mute::of_setting(&name, &value), Some((room, mute)));
        }
        assert_eq!(Mute::of_setting("mute/xy", "all"), None);
        assert_eq!(Mute::of_setting("colour", "all"), None);
        let (name, _) = Mute::All.setting(&room);
        assert_eq!(Mute::of_setting(&name, "until noon"), None);
    }

    #[test]
    fn a_mention_is_heard_unless_all_is_quiet() {
        assert!(!Mute::MentionsOnly.silences(true));
        assert!(Mute::MentionsOnly.silences(false));
        assert!(Mute::All.silences(true));
        assert!(!Mute::Off.silences(false));
    }
}
