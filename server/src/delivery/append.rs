//! `append`: the order of everything that is said in a mailbox (R2, R3, R4).
//!
//! The rules stand in [`Mailbox::append_item`] in the order of protocol.md, "Append". Read next:
//! [`super::seats`] for what a commit may change.

use restante_wire::{
    Envelope, ErrorCode, Kind, Role, SeatId, WireError, codec, fault,
    limits::{MAX_BATCH, MAX_BODY, MAX_EPHEMERAL, MAX_WELCOME},
    mailbox::{Append, AppendItem, Ephemeral, SeatAccess},
};

use super::{
    Context, Mailbox,
    mailbox::{MAX_NUMBER, NewEnvelope},
};

/// When to try again in a mailbox whose log must be acknowledged, and a commit made, first.
const LOG_FULL_RETRY_MS: u64 = 10 * 60 * 1000;

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Numbers of the accepted prefix.
    pub numbers: Vec<u64>,
    /// Why the next item was refused, if one was.
    pub refused: Option<Refused>,
}

/// Why an item was not appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The sender has not seen the last commit.
    Stale {
        /// What it has seen.
        after_commit: u64,
        /// Number of the last commit.
        last_commit: u64,
    },
    /// Anything else.
    Error(WireError),
}

impl<E: Into<WireError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl Mailbox {
    /// Appends the longest prefix of a batch that the rules allow.
    ///
    /// # Errors
    /// `no_such_seat`, `seat_not_rotated`, `too_large`: then nothing was looked at.
    pub fn append(&mut self, request: Append, ctx: &Context<'_>) -> Result<Decision, WireError> {
        if request.items.len() > MAX_BATCH {
            return Err(ErrorCode::TooLarge.into());
        }
        self.enter_rotated(&request.access, ctx)?;
        let mut numbers = Vec::with_capacity(request.items.len());
        let mut refused = None;
        for item in request.items {
            match self.append_item(&request.access, item, ctx) {
                Ok(number) => numbers.push(number),
                Err(reason) => {
                    refused = Some(reason);
                    break;
                }
            }
        }
        Ok(Decision { numbers, refused })
    }

    fn append_item(
        &mut self,
        access: &SeatAccess,
        item: AppendItem,
        ctx: &Context<'_>,
    ) -> Result<u64, Refused> {
        let seat = self.seats.get(&access.seat);
        // An earlier item of this batch may have dropped the seat.
        if !seat.is_some_and(super::mailbox::Seat::is_live) {
            return Err(ErrorCode::NoSuchSeat.into());
        }
        if let Some(number) = self.ids.number(&item.id)
            && !fault::planted("r3_retry_is_appended_again")
        {
            return Ok(number);
        }
        if item.after_commit != self.last_commit && !fault::planted("r4_stale_commit_accepted") {
            return Err(Refused::Stale {
                after_commit: item.after_commit,
                last_commit: self.last_commit,
            });
        }
        check_size(&item)?;
        self.check_changes(&access.seat, &item)?;
        self.check_room(item.kind, ctx)?;
        self.count(&access.seat, item.kind, ctx)?;
        Ok(self.accept(&access.seat, item, ctx))
    }

    /// Gives the item its number. Nothing is refused from here on.
    fn accept(&mut self, author: &SeatId, item: AppendItem, ctx: &Context<'_>) -> u64 {
        let number = self.last + 1;
        let mut recheck = Vec::new();
        let seats = self.apply_changes(author, number, item.changes, ctx.day, &mut recheck);
        let is_commit = item.kind == Kind::Commit;
        self.push(
            &Envelope {
                number,
                id: item.id,
                kind: item.kind,
                after_commit: item.after_commit,
                day: ctx.day,
                author: is_commit.then_some(*author),
                seats,
                welcome: item.welcome,
                body: item.body,
            },
            recheck,
        );
        if is_commit {
            self.last_commit = number;
            self.changes.log = true;
            if let Some(seat) = self.seats.get_mut(author)
                && !seat.has_committed
            {
                seat.has_committed = true;
                self.changes.seats.insert(*author);
            }
            self.forget_ids();
        }
        number
    }

    fn push(&mut self, envelope: &Envelope, recheck: Vec<SeatId>) {
        self.last = envelope.number;
        self.ids.push(envelope.id);
        self.changes.appended.push(NewEnvelope {
            number: envelope.number,
            id: envelope.id,
            day: envelope.day,
            encoded: codec::encode(envelope).into(),
            recheck,
        });
    }

    fn check_room(&self, kind: Kind, ctx: &Context<'_>) -> Result<(), WireError> {
        if self.last >= MAX_NUMBER {
            return Err(ErrorCode::TooMany.into());
        }
        // Commits pass: they are what makes room.
        if kind == Kind::Message && self.ids.len() >= ctx.limits.known_ids {
            let retry_ms = LOG_FULL_RETRY_MS;
            return Err(WireError::retry(ErrorCode::RateLimited, retry_ms));
        }
        Ok(())
    }

    fn count(&mut self, seat: &SeatId, kind: Kind, ctx: &Context<'_>) -> Result<(), WireError> {
        let role = self.seats.get(seat).map(|seat| seat.role);
        let used = self.used(seat)?;
        match (kind, role) {
            (Kind::Message, _) => used.envelopes.take(ctx.limits.envelopes, ctx.now_ms),
            (Kind::Commit, Some(Role::Admin)) => {
                used.commits.take(ctx.limits.admin_commits, ctx.now_ms)
            }
            (Kind::Commit, _) => used.commits.take(ctx.limits.member_commits, ctx.now_ms),
        }
    }

    /// Lets an ephemeral envelope pass to the seats connected now. Stores nothing.
    ///
    /// # Errors
    /// `no_such_seat`, `seat_not_rotated`, `rate_limited`, `too_large`.
    pub fn ephemeral(&mut self, request: &Ephemeral, ctx: &Context<'_>) -> Result<(), WireError> {
        if request.body.len() > MAX_EPHEMERAL {
            return Err(ErrorCode::TooLarge.into());
        }
        self.enter_rotated(&request.access, ctx)?;
        let used = self.used(&request.access.seat)?;
        used.ephemerals.take(ctx.limits.ephemerals, ctx.now_ms)
    }
}

fn check_size(item: &AppendItem) -> Result<(), WireError> {
    let welcome = item.welcome.as_ref().map_or(0, Vec::len);
    if item.body.len() > MAX_BODY || welcome > MAX_WELCOME {
        return Err(ErrorCode::TooLarge.into());
    }
    if item.kind == Kind::Message && item.welcome.is_some() {
        return Err(ErrorCode::BadRequest.into());
    }
    Ok(())
}
