//! Delivering letters to inboxes: two lanes, each with its cap a day, and one cap for all.

use restante_wire::{
    Day, ErrorCode, SecretHash, WireError,
    fault::planted,
    inbox::{Deliver, Lane, Letter},
    limits::LETTER_LEN,
};
use subtle::ConstantTimeEq;

use super::{Context, mailbox::MAX_NUMBER};
use crate::clock::DAY_MS;

/// The state of an inbox as the rules see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inbox {
    /// Hash of the token that opens the contacts' lane.
    pub contact_token: Option<SecretHash>,
    /// Hash of the one before, and the last day on which that opens the lane, too.
    pub earlier_token: Option<(SecretHash, Day)>,
    /// Highest number given, 0 if none.
    pub last: u64,
    /// Highest number that its client has on disk.
    pub cursor: u64,
    /// The day that the counts are of.
    pub day: Day,
    /// Letters of strangers on that day.
    pub strangers_today: u32,
    /// Letters of contacts on that day.
    pub contacts_today: u32,
}

impl Inbox {
    /// Gives a letter its number. `is_known` says whether this inbox has had a letter of its id.
    /// The answer is none if there is nothing to store.
    ///
    /// # Errors
    /// `too_large` or `bad_request` for a body of another length than [`LETTER_LEN`],
    /// `contact_token_refused`, `inbox_full` with the time after which there may be room.
    pub fn deliver(
        &mut self,
        request: Deliver,
        is_known: bool,
        ctx: &Context<'_>,
    ) -> Result<Option<Letter>, WireError> {
        match request.body.len() {
            LETTER_LEN => {}
            ..LETTER_LEN => return Err(ErrorCode::BadRequest.into()),
            _ => return Err(ErrorCode::TooLarge.into()),
        }
        if is_known {
            return Ok(None);
        }
        let lane = self.lane(&request, ctx.day)?;
        self.count(lane, ctx)?;
        self.last += 1;
        Ok(Some(Letter {
            number: self.last,
            id: request.id,
            day: ctx.day,
            lane,
            body: request.body,
        }))
    }

    /// Moves the cursor. It never moves back.
    ///
    /// # Errors
    /// `beyond_log`.
    pub fn ack(&mut self, number: u64) -> Result<(), WireError> {
        if number > self.last {
            return Err(ErrorCode::BeyondLog.into());
        }
        self.cursor = self.cursor.max(number);
        Ok(())
    }

    /// Sets the contact token; the one before it ends now, or at the end of tomorrow. Saying the same
    /// again changes nothing more.
    pub fn set_contact_token(&mut self, hash: SecretHash, keeps_earlier: bool, today: Day) {
        if self.contact_token != Some(hash) {
            let before = self.contact_token.replace(hash);
            let until = Day(today.0.saturating_add(1));
            self.earlier_token = before.map(|before| (before, until));
        }
        if !keeps_earlier || planted("r8_earlier_contact_token_ends_at_once") {
            self.earlier_token = None;
        }
    }

    /// The lane that a letter takes on this day.
    ///
    /// # Errors
    /// `contact_token_refused`: a wrong token is refused, not demoted.
    pub fn lane(&self, request: &Deliver, today: Day) -> Result<Lane, WireError> {
        let Some(token) = &request.contact_token else {
            return Ok(Lane::Stranger);
        };
        let earlier = self.earlier_token.filter(|(_, until)| today <= *until);
        let good = self
            .contact_token
            .into_iter()
            .chain(earlier.map(|(hash, _)| hash));
        let shown = token.hash();
        let opens = good.fold(false, |opens, hash| {
            opens | bool::from(hash.0.ct_eq(&shown.0))
        });
        match opens {
            true => Ok(Lane::Contact),
            false => Err(ErrorCode::ContactTokenRefused.into()),
        }
    }

    fn count(&mut self, lane: Lane, ctx: &Context<'_>) -> Result<(), WireError> {
        if self.day < ctx.day {
            self.day = ctx.day;
            self.strangers_today = 0;
            self.contacts_today = 0;
        }
        let (today, most) = match lane {
            Lane::Stranger => (&mut self.strangers_today, ctx.limits.strangers_per_day),
            Lane::Contact => (&mut self.contacts_today, ctx.limits.contacts_per_day),
        };
        let waiting = self.last.saturating_sub(self.cursor);
        let is_full = waiting >= u64::from(ctx.limits.waiting_letters) || self.last >= MAX_NUMBER;
        if *today >= most || is_full {
            let tomorrow_ms = DAY_MS - ctx.now_ms % DAY_MS;
            return Err(WireError::retry(ErrorCode::InboxFull, tomorrow_ms));
        }
        *today += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use restante_wire::{
        ContactToken, EnvelopeId, MailboxAddress,
        mailbox::{Stamp, Wake},
    };

    use super::*;
    use crate::delivery::Limits;

    fn inbox() -> Inbox {
        Inbox {
            contact_token: Some(ContactToken([9; 32]).hash()),
            ..Inbox::default()
        }
    }

    fn letter(id: u8, token: Option<u8>) -> Deliver {
        Deliver {
            stamp: Stamp::default(),
            inbox: MailboxAddress([1; 32]),
            id: EnvelopeId([id; 16]),
            contact_token: token.map(|byte| ContactToken([byte; 32])),
            wake: Wake::None,
            body: vec![0; LETTER_LEN],
        }
    }

    fn limits() -> Limits {
        Limits {
            strangers_per_day: 2,
            contacts_per_day: 3,
            waiting_letters: 4,
            ..Limits::default()
        }
    }

    fn on_day(day: u32, limits: &Limits) -> Context<'_> {
        Context {
            now_ms: u64::from(day) * DAY_MS + 1_000,
            day: Day(day),
            limits,
        }
    }

    #[test]
    fn r8_a_flood_of_strangers_leaves_the_contacts_their_lane() {
        let (mut inbox, limits) = (inbox(), limits());
        let today = on_day(5, &limits);
        for id in 0..2 {
            inbox.deliver(letter(id, None), false, &today).unwrap();
        }
        let refused = inbox.deliver(letter(2, None), false, &today).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InboxFull);
        assert_eq!(refused.retry_after_ms, Some(DAY_MS - 1_000));
        let accepted = inbox.deliver(letter(3, Some(9)), false, &today).unwrap();
        assert_eq!(accepted.map(|letter| letter.lane), Some(Lane::Contact));
        inbox
            .deliver(letter(4, None), false, &on_day(6, &limits))
            .unwrap();
    }

    #[test]
    fn r8_letters_that_wait_are_bounded_until_they_are_acknowledged() {
        let (mut inbox, limits) = (inbox(), limits());
        for day in 0..2 {
            for id in 0..2 {
                let day = on_day(day, &limits);
                inbox.deliver(letter(id, None), false, &day).unwrap();
            }
        }
        let day = on_day(2, &limits);
        inbox.deliver(letter(9, None), false, &day).unwrap_err();
        inbox.ack(4).unwrap();
        inbox.deliver(letter(9, None), false, &day).unwrap();
        assert_eq!(inbox.ack(6), Err(ErrorCode::BeyondLog.into()));
    }

    #[test]
    fn a_wrong_contact_token_and_a_wrong_length_are_refused() {
        let (mut inbox, limits) = (inbox(), limits());
        let today = on_day(1, &limits);
        let refused = inbox
            .deliver(letter(1, Some(8)), false, &today)
            .unwrap_err();
        assert_eq!(refused.code, ErrorCode::ContactTokenRefused);
        let mut short = letter(1, None);
        short.body.pop();
        let refused = inbox.deliver(short, false, &today).unwrap_err();
        assert_eq!(refused.code, ErrorCode::BadRequest);
        assert_eq!(inbox.last, 0);
    }

    #[test]
    fn an_earlier_token_opens_the_lane_until_the_end_of_the_next_day() {
        let (mut inbox, limits) = (inbox(), limits());
        for _ in 0..2 {
            // The answer was lost, and it is said again.
            inbox.set_contact_token(ContactToken([7; 32]).hash(), true, Day(5));
        }
        for (id, token, day) in [(1, 9, 5), (2, 7, 5), (3, 9, 6)] {
            let letter = inbox.deliver(letter(id, Some(token)), false, &on_day(day, &limits));
            assert_eq!(
                letter.unwrap().map(|letter| letter.lane),
                Some(Lane::Contact)
            );
        }
        let late = inbox.deliver(letter(4, Some(9)), false, &on_day(7, &limits));
        assert_eq!(late.unwrap_err().code, ErrorCode::ContactTokenRefused);
    }

    #[test]
    fn an_earlier_token_ends_at_once_where_it_is_to() {
        let (mut inbox, limits) = (inbox(), limits());
        inbox.set_contact_token(ContactToken([7; 32]).hash(), true, Day(5));
        inbox.set_contact_token(ContactToken([8; 32]).hash(), false, Day(5));
        for token in [7, 9] {
            let refused = inbox.deliver(letter(1, Some(token)), false, &on_day(5, &limits));
            assert_eq!(refused.unwrap_err().code, ErrorCode::ContactTokenRefused);
        }
    }

    #[test]
    fn r3_a_known_letter_is_not_stored_again() {
        let (mut inbox, limits) = (inbox(), limits());
        let known = inbox.deliver(letter(1, None), true, &on_day(1, &limits));
        assert_eq!(known, Ok(None));
        assert_eq!(inbox.strangers_today, 0);
    }
}
