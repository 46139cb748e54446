//! The settings that the delivery rules go by.

use super::Config;
use crate::{delivery, rate_limit::Rate};

impl Config {
    /// Limits of mailboxes and inboxes.
    #[must_use]
    pub fn delivery_limits(&self) -> delivery::Limits {
        delivery::Limits {
            envelopes: seat_rate(self.limits.envelopes),
            member_commits: seat_rate(self.limits.member_commits),
            admin_commits: seat_rate(self.limits.admin_commits),
            envelope_days: self.retention.envelope_days,
            seat_days: self.retention.seat_days,
            letter_days: self.retention.letter_days,
            strangers_per_day: self.limits.inbox_strangers_per_day,
            contacts_per_day: self.limits.inbox_contacts_per_day,
            ..delivery::Limits::default()
        }
    }
}

const fn seat_rate(rate: Rate) -> delivery::rate::Rate {
    delivery::rate::Rate {
        burst: rate.burst.get(),
        per_minute: rate.per_minute.get(),
    }
}
