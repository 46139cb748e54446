//! What an operator may set about mailboxes and inboxes.

use super::rate::Rate;

/// Limits of the delivery rules. The defaults are those of protocol.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one seat.
    pub envelopes: Rate,
    /// Commits of one member seat.
    pub member_commits: Rate,
    /// Commits of one admin seat.
    pub admin_commits: Rate,
    /// Most envelope ids that one mailbox remembers; further messages wait until a commit lets it
    /// forget those that every seat has acknowledged.
    pub known_ids: usize,
    /// Days for which an envelope waits for seats that have not acknowledged it.
    pub envelope_days: u32,
    /// Days after which a seat that nobody used is dropped.
    pub seat_days: u32,
    /// Days for which a letter waits in an inbox.
    pub letter_days: u32,
    /// Letters that strangers may leave in one inbox in a day.
    pub strangers_per_day: u32,
    /// Letters that contacts may leave in one inbox in a day.
    pub contacts_per_day: u32,
    /// Most letters that wait in one inbox.
    pub waiting_letters: u32,
}

impl Limits {
    /// Ephemeral envelopes of one seat: typing and presence go along with messages.
    #[must_use]
    pub const fn ephemerals(&self) -> Rate {
        Rate {
            burst: self.envelopes.burst,
            per_minute: self.envelopes.per_minute.saturating_mul(2),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            envelopes: Rate {
                burst: 600,
                per_minute: 60,
            },
            member_commits: Rate {
                burst: 20,
                per_minute: 2,
            },
            admin_commits: Rate {
                burst: 300,
                per_minute: 30,
            },
            known_ids: 500_000,
            envelope_days: 30,
            seat_days: 90,
            letter_days: 30,
            strangers_per_day: 200,
            contacts_per_day: 5_000,
            waiting_letters: 20_000,
        }
    }
}
