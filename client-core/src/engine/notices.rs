//! Notices: what happened to a room, for its history: who named it, added, removed, promoted whom.
//!
//! They follow from valid commits and messages of leaving alone, so that every member that read the
//! same log has the same ones, at the same places between the messages. Nothing is ever decided on
//! them. Read next: [`super::commits`], where commits are merged.

use std::collections::BTreeSet;

use restante_crypto::{Member, Policy};
use restante_wire::{AccountKeyHash, Envelope};
use serde::{Deserialize, Serialize};

use super::{
    io::{Event, RoomId},
    turn::Turn,
};
use crate::{
    Error,
    store::{RoomRow, RoomState},
};

/// Something that happened to a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which room.
    pub room: RoomId,
    /// Its place in the log.
    pub number: u64,
    /// Which of several at one place.
    pub index: u32,
    /// Day on which the relay took it, since 1970: no finer time is known.
    pub day: u32,
    /// Username of who did it, as certified then.
    pub by: String,
    /// Whether this account did.
    pub own: bool,
    /// What it was.
    pub news: News,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// The room has another name.
    Renamed {
        /// Which.
        title: String,
    },
    /// Others may do something now.
    PolicyChanged {
        /// All permissions.
        policy: Policy,
    },
    /// People came in.
    Added {
        /// Their usernames.
        people: Vec<String>,
    },
    /// People were removed.
    Removed {
        /// Their usernames.
        people: Vec<String>,
    },
    /// Whoever did it left.
    Left,
    /// People became admins.
    Promoted {
        /// Their usernames.
        people: Vec<String>,
    },
    /// People are no longer admins.
    Demoted {
        /// Their usernames.
        people: Vec<String>,
    },
    /// The room has another picture.
    PictureChanged,
    /// The room has no picture any more.
    PictureRemoved,
}

impl News {
    /// The stable name.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Renamed { .. } => "renamed",
            Self::PolicyChanged { .. } => "policy_changed",
            Self::Added { .. } => "added",
            Self::Removed { .. } => "removed",
            Self::Left => "left",
            Self::Promoted { .. } => "promoted",
            Self::Demoted { .. } => "demoted",
            Self::PictureChanged => "picture_changed",
            Self::PictureRemoved => "picture_removed",
        }
    }

    /// The people it is about, who did it aside.
    #[must_use]
    pub fn people(&self) -> &[String] {
        match self {
            Self::Added { people }
            | Self::Removed { people }
            | Self::Promoted { people }
            | Self::Demoted { people } => people,
            Self::Renamed { .. }
            | Self::PolicyChanged { .. }
            | Self::Left
            | Self::PictureChanged
            | Self::PictureRemoved => &[],
        }
    }
}

impl Turn<'_> {
    /// A commit was merged: tells what it changed for people.
    pub(super) fn note_changes(
        &mut self,
        room: &RoomRow,
        before: &RoomState,
        envelope: &Envelope,
        author: &Member,
        left: &BTreeSet<AccountKeyHash>,
    ) -> Result<(), Error> {
        // A room of two has no roster to speak of, and of one that was just joined nothing is news.
        if room.state.direct || before.participants.is_empty() {
            return Ok(());
        }
        self.note(room, envelope, author, changes(before, &room.state, left))
    }

    /// This client came into a group.
    pub(super) fn note_own_joining(
        &mut self,
        room: &RoomRow,
        envelope: &Envelope,
        inviter: &Member,
    ) -> Result<(), Error> {
        if room.state.direct {
            return Ok(());
        }
        let people = vec![self.me.username().to_owned()];
        self.note(room, envelope, inviter, vec![News::Added { people }])
    }

    /// A client said that it leaves, the first one of its account.
    pub(super) fn note_leaving(
        &mut self,
        room: &RoomRow,
        envelope: &Envelope,
        sender: &Member,
    ) -> Result<(), Error> {
        self.note(room, envelope, sender, vec![News::Left])
    }

    /// Keeps and tells. Whoever reads a part of the log again, as after a repair, notes nothing twice.
    fn note(
        &mut self,
        room: &RoomRow,
        envelope: &Envelope,
        by: &Member,
        news: Vec<News>,
    ) -> Result<(), Error> {
        for (index, news) in (0..).zip(news) {
            let notice = Notice {
                room: room.shown_as(),
                number: room.place(envelope.number),
                index,
                day: envelope.day.0,
                by: by.certificate.body.username.clone(),
                own: by.account() == self.me.account(),
                news,
            };
            if self.db.add_notice(&notice)? {
                self.events.push(Event::Notice(notice));
            }
        }
        Ok(())
    }
}

/// What is different for people, in the order in which it is told. Accounts in `left` went by
/// themselves, and that was told when they said so.
fn changes(before: &RoomState, after: &RoomState, left: &BTreeSet<AccountKeyHash>) -> Vec<News> {
    let was = |account: &AccountKeyHash| {
        let found = before.participants.iter().find(|(old, ..)| old == account);
        found.map(|(.., admin)| *admin)
    };
    let is = |account: &AccountKeyHash| after.participants.iter().any(|(new, ..)| new == account);
    let (mut added, mut promoted, mut demoted) = (Vec::new(), Vec::new(), Vec::new());
    for (account, username, admin) in &after.participants {
        match (was(account), admin) {
            (None, _) => added.push(username.clone()),
            (Some(false), true) => promoted.push(username.clone()),
            (Some(true), false) => demoted.push(username.clone()),
            _ => {}
        }
    }
    let gone = before
        .participants
        .iter()
        .filter(|(account, ..)| !is(account) && !left.contains(account));
    let removed: Vec<String> = gone.map(|(_, username, _)| username.clone()).collect();
    let mut news = Vec::new();
    let mut about = |people: Vec<String>, what: fn(Vec<String>) -> News| {
        if !people.is_empty() {
            news.push(what(people));
        }
    };
    about(added, |people| News::Added { people });
    about(removed, |people| News::Removed { people });
    about(promoted, |people| News::Promoted { people });
    about(demoted, |people| News::Demoted { people });
    if before.title != after.title {
        let title = after.title.clone();
        news.push(News::Renamed { title });
    }
    if before.picture != after.picture {
        news.push(match after.picture {
            Some(_) => News::PictureChanged,
            None => News::PictureRemoved,
        });
    }
    if before.policy != after.policy {
        let policy = after.policy;
        news.push(News::PolicyChanged { policy });
    }
    news
}

#[cfg(test)]
mod tests {
    use restante_crypto::Permission;
    use restante_wire::{SeatId, SeatSecret};

    use super::*;

    fn state(title: &str, people: &[(u8, bool)]) -> RoomState {
        RoomState {
            title: title.to_owned(),
            participants: people
                .iter()
                .map(|&(id, admin)| (AccountKeyHash([id; 32]), format!("p{id}"), admin))
                .collect(),
            ..RoomState::new(false, SeatId([0; 32]), SeatSecret([0; 32]))
        }
    }

    #[test]
    fn one_commit_may_be_several_pieces_of_news() {
        let before = state("a", &[(1, true), (2, false), (3, false)]);
        let mut after = state("b", &[(1, true), (2, true), (4, false)]);
        after.policy.post = Permission::Admins;
        let news = changes(&before, &after, &BTreeSet::new());
        let kinds: Vec<_> = news.iter().map(News::kind).collect();
        let expected = ["added", "removed", "promoted", "renamed", "policy_changed"];
        assert_eq!(kinds, expected);
        assert_eq!(news[0].people(), ["p4"]);
        assert_eq!(news[1].people(), ["p3"]);
    }

    #[test]
    fn who_left_was_not_removed() {
        let before = state("a", &[(1, true), (2, false)]);
        let after = state("a", &[(1, true)]);
        let left = BTreeSet::from([AccountKeyHash([2; 32])]);
        assert_eq!(changes(&before, &after, &left), []);
    }

    #[test]
    fn nothing_changed_is_no_news() {
        let same = state("a", &[(1, true), (2, false)]);
        assert_eq!(changes(&same, &same, &BTreeSet::new()), []);
    }
}
