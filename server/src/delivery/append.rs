//! `append`: the order of everything that is said in a mailbox (R2, R3, R4).
//!
//! The rules stand in [`Mailbox::append_item`] in the order of protocol.md, "Append". Read next:
//! [`super::seats`] for what a commit may change.

use restante_wire::{
    Envelope, ErrorCode, Kind, Role, SeatId, WireError, codec, fault,
    limits::{MAX_BATCH, MAX_BODY, MAX_EPHEMERAL, MAX_WELCOME},
    mailbox::{Append, AppendItem, Ephemeral, SeatAccess},
    push::Urgency,
};

use super::{
    Context, Mailbox,
    mailbox::{MAX_NUMBER, NewEnvelope},
    wake::Call,
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
        if let Some(urgency) = Urgency::of(item.wake) {
            self.note_call(Call {
                author: *author,
                urgency,
            });
        }
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
            self.changes.log = !fault::planted("r4_last_commit_not_written");
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
        if fault::planted("r8_floods_are_not_counted") {
            return Ok(());
        }
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
        used.ephemerals.take(ctx.limits.ephemerals(), ctx.now_ms)
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

#[cfg(test)]
mod tests {
    use restante_wire::mailbox::SeatChanges;

    use super::*;
    use crate::delivery::{
        rate::Rate,
        testing::{ADMIN, Room, access, listing, seat},
    };

    #[test]
    fn r2_numbers_are_contiguous_and_envelopes_say_so() {
        let mut room = Room::with_members(&[2]);
        let first = room.message(2).unwrap();
        let items = (0..5).map(|_| room.item(Kind::Message)).collect();
        let decision = room.append(ADMIN, items).unwrap();
        assert_eq!(
            decision.numbers,
            (first + 1..=first + 5).collect::<Vec<_>>()
        );
        let appended = room.mailbox.take_changes().appended;
        let numbers: Vec<u64> = appended
            .iter()
            .map(|new| codec::decode::<Envelope>(&new.encoded).unwrap().number)
            .collect();
        assert_eq!(numbers, (first..=first + 5).collect::<Vec<_>>());
    }

    #[test]
    fn r3_a_retry_gets_the_number_of_the_first_time() {
        let mut room = Room::with_members(&[2]);
        let item = room.item(Kind::Message);
        let number = room.one(2, item.clone()).unwrap();
        room.commit(ADMIN, SeatChanges::default()).unwrap();
        assert_eq!(room.one(2, item), Ok(number));
        assert_eq!(room.mailbox.last(), number + 1);
    }

    #[test]
    fn r3_a_retry_is_known_until_its_envelope_is_trimmed_and_a_later_commit_exists() {
        let mut room = Room::new();
        room.commit(ADMIN, SeatChanges::default()).unwrap();
        let item = room.item(Kind::Message);
        let number = room.one(ADMIN, item.clone()).unwrap();
        room.ack(ADMIN, number).unwrap();
        room.mailbox.trim(1);
        assert_eq!(room.mailbox.first(), number + 1);
        assert_eq!(room.one(ADMIN, item.clone()), Ok(number));
        room.commit(ADMIN, SeatChanges::default()).unwrap();
        let refused = room.one(ADMIN, item).unwrap_err();
        assert!(matches!(refused, Refused::Stale { .. }));
    }

    #[test]
    fn r4_of_two_commits_on_one_predecessor_exactly_one_is_accepted() {
        let mut room = Room::with_members(&[2]);
        let (one, other) = (room.item(Kind::Commit), room.item(Kind::Commit));
        let number = room.one(2, one).unwrap();
        let refused = room.one(ADMIN, other.clone()).unwrap_err();
        assert_eq!(
            refused,
            Refused::Stale {
                after_commit: other.after_commit,
                last_commit: number
            }
        );
        assert_eq!(room.mailbox.last(), number);
    }

    #[test]
    fn a_batch_is_taken_up_to_the_first_item_that_is_refused() {
        let mut room = Room::with_members(&[2]);
        let mut items: Vec<_> = (0..4).map(|_| room.item(Kind::Message)).collect();
        items[2].after_commit += 1;
        let decision = room.append(2, items).unwrap();
        assert_eq!(decision.numbers.len(), 2);
        assert!(matches!(decision.refused, Some(Refused::Stale { .. })));
    }

    #[test]
    fn r5_a_dropped_seat_appends_nothing() {
        let mut room = Room::with_members(&[2]);
        room.commit(ADMIN, listing(&[ADMIN], &[])).unwrap();
        let refused = room.message(2).unwrap_err();
        assert_eq!(refused, ErrorCode::NoSuchSeat.into());
        let last = room.mailbox.last();
        let changes = SeatChanges {
            drop_self: true,
            ..SeatChanges::default()
        };
        let mut leaving = room.item(Kind::Message);
        leaving.changes = changes;
        let after = room.item(Kind::Message);
        let decision = room.append(ADMIN, vec![leaving, after]).unwrap();
        assert_eq!(decision.numbers, [last + 1]);
        assert_eq!(decision.refused, Some(ErrorCode::NoSuchSeat.into()));
    }

    #[test]
    fn a_wrong_secret_and_an_unknown_seat_are_answered_alike() {
        let mut room = Room::new();
        let mut wrong = access(ADMIN);
        wrong.secret = access(2).secret;
        let unknown = access(2);
        for access in [wrong, unknown] {
            let items = Vec::new();
            let limits = room.limits.clone();
            let ctx = crate::delivery::testing::context(room.now_ms, &limits);
            let refused = room.mailbox.append(Append { access, items }, &ctx);
            assert_eq!(refused, Err(ErrorCode::NoSuchSeat.into()));
        }
    }

    #[test]
    fn r8_a_flood_of_one_seat_is_refused_with_a_time_and_leaves_others_alone() {
        let mut room = Room::with_members(&[2, 3]);
        room.limits.envelopes = Rate {
            burst: 5,
            per_minute: 60,
        };
        // The rotation was counted, too.
        for _ in 0..4 {
            room.message(2).unwrap();
        }
        let Refused::Error(refused) = room.message(2).unwrap_err() else {
            panic!("a flood is not stale");
        };
        assert_eq!(refused, WireError::retry(ErrorCode::RateLimited, 1_000));
        room.message(3).unwrap();
        room.now_ms += 1_000;
        room.message(2).unwrap();
    }

    #[test]
    fn r8_sizes_and_the_number_of_remembered_ids_are_bounded() {
        let mut room = Room::with_members(&[2]);
        let mut large = room.item(Kind::Message);
        large.body = vec![0; MAX_BODY + 1];
        assert_eq!(room.one(2, large), Err(ErrorCode::TooLarge.into()));
        let batch = (0..=MAX_BATCH).map(|_| room.item(Kind::Message)).collect();
        assert_eq!(room.append(2, batch), Err(ErrorCode::TooLarge.into()));
        room.message(2).unwrap();
        room.limits.known_ids = room.mailbox.ids.len();
        let Refused::Error(full) = room.message(2).unwrap_err() else {
            panic!("a full log is not stale");
        };
        assert_eq!(full.code, ErrorCode::RateLimited);
        room.commit(2, SeatChanges::default()).unwrap();
        let last = room.mailbox.last();
        room.ack(2, last).unwrap();
        room.ack(ADMIN, last).unwrap();
        room.mailbox.trim(1);
        room.message(2).unwrap();
    }

    #[test]
    fn commits_carry_their_author_and_messages_do_not() {
        let mut room = Room::with_members(&[2]);
        room.commit(2, SeatChanges::default()).unwrap();
        room.message(2).unwrap();
        let appended = room.mailbox.take_changes().appended;
        let authors: Vec<Option<SeatId>> = appended
            .iter()
            .map(|new| codec::decode::<Envelope>(&new.encoded).unwrap().author)
            .collect();
        assert_eq!(authors, [Some(seat(2)), None]);
    }
}
