//! Who is to be woken: by an append everybody else's seat that has a handle, by a letter its inbox.
//!
//! Never does: the sending, nor the choice of when (`jobs/push`). The handles are sealed: what stands
//! in them, only the push module can read.

use std::time::Duration;

use restante_wire::{
    ErrorCode, MailboxAddress, SeatId, WireError,
    mailbox::SealedHandle,
    push::{SEALED_HANDLE_LEN, Urgency},
};

use super::{Mailbox, mailbox::Seat};

/// Somebody who may sleep: a seat, or the client of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sleeper {
    /// Key of the log's row in the store.
    pub key: i64,
    /// Which log.
    pub log: MailboxAddress,
    /// Which seat; an inbox has none.
    pub seat: Option<SeatId>,
}

/// That somebody is to be woken, as the store has it.
#[derive(Debug, Clone)]
pub struct WakeUp {
    /// Who.
    pub sleeper: Sleeper,
    /// By which handle.
    pub handle: SealedHandle,
    /// How soon.
    pub urgency: Urgency,
    /// How often it was asked for since the row was made: a wake-up that is sent settles what was
    /// asked for before, and nothing later.
    pub asked: u32,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When it was asked for, by the clock that never goes back; none of one from before the start.
    pub since: Option<Duration>,
}

/// An append that wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Who appended: it is awake.
    pub author: SeatId,
    /// How soon.
    pub urgency: Urgency,
}

/// Refuses a handle of another than the one length, so that lengths say nothing.
///
/// # Errors
/// `too_large`, `bad_request`.
pub fn check_length(handle: Option<&SealedHandle>) -> Result<(), WireError> {
    match handle.map_or(SEALED_HANDLE_LEN, |handle| handle.0.len()) {
        SEALED_HANDLE_LEN => Ok(()),
        ..SEALED_HANDLE_LEN => Err(ErrorCode::BadRequest.into()),
        _ => Err(ErrorCode::TooLarge.into()),
    }
}

impl Mailbox {
    /// Seats that these appends are to wake, how soon, and their handles.
    pub fn to_wake<'a>(
        &'a self,
        calls: &'a [Call],
    ) -> impl Iterator<Item = (&'a SeatId, Urgency, &'a SealedHandle)> {
        let seats = if calls.is_empty() {
            None
        } else {
            Some(&self.seats)
        };
        let live = seats
            .into_iter()
            .flatten()
            .filter(|(_, seat)| seat.is_live());
        live.filter_map(|(id, seat)| {
            let handle = seat.wake_handle.as_ref()?;
            let others = calls.iter().filter(|call| call.author != *id);
            let urgency = others.map(|call| call.urgency).max()?;
            Some((id, urgency, handle))
        })
    }

    /// Forgets the handle of a seat whose device is gone, unless it has another by now.
    pub fn forget_handle(&mut self, id: &SeatId, gone: &SealedHandle) {
        let is_gone = |seat: &Seat| seat.wake_handle.as_ref() == Some(gone);
        if self.seats.get(id).is_some_and(is_gone)
            && let Some(seat) = self.change_seat(id)
        {
            seat.wake_handle = None;
        }
    }

    pub(super) fn note_call(&mut self, call: Call) {
        if !self.changes.calls.contains(&call) {
            self.changes.calls.push(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use restante_wire::{
        Kind,
        mailbox::{SeatChanges, SetWakeHandle, Wake},
    };

    use super::*;
    use crate::delivery::testing::{ADMIN, Room, access, context, listing, seat};

    fn handle(byte: u8) -> SealedHandle {
        SealedHandle(vec![byte; SEALED_HANDLE_LEN])
    }

    fn set(room: &mut Room, who: u8, handle: Option<SealedHandle>) -> Result<(), WireError> {
        let limits = room.limits.clone();
        let request = SetWakeHandle {
            access: access(who),
            handle,
        };
        let ctx = context(room.now_ms, &limits);
        room.mailbox.set_wake_handle(request, &ctx)
    }

    fn say(room: &mut Room, who: u8, wake: Wake) {
        let mut item = room.item(Kind::Message);
        item.wake = wake;
        room.one(who, item).unwrap();
    }

    fn woken(room: &mut Room) -> Vec<(SeatId, Urgency)> {
        let calls = room.mailbox.take_changes().calls;
        let woken = room.mailbox.to_wake(&calls);
        let mut woken: Vec<_> = woken.map(|(id, urgency, _)| (*id, urgency)).collect();
        woken.sort_unstable();
        woken
    }

    #[test]
    fn an_append_wakes_the_others_that_have_a_handle() {
        let mut room = Room::with_members(&[2, 3, 4]);
        for who in [2, 3] {
            set(&mut room, who, Some(handle(who))).unwrap();
        }
        say(&mut room, 2, Wake::None);
        assert_eq!(woken(&mut room), []);
        say(&mut room, 2, Wake::Normal);
        assert_eq!(woken(&mut room), [(seat(3), Urgency::Normal)]);
        say(&mut room, 2, Wake::Urgent);
        say(&mut room, ADMIN, Wake::Normal);
        assert_eq!(
            woken(&mut room),
            [(seat(2), Urgency::Normal), (seat(3), Urgency::Urgent)]
        );
    }

    #[test]
    fn r5_a_dropped_seat_is_not_woken() {
        let mut room = Room::with_members(&[2]);
        set(&mut room, 2, Some(handle(2))).unwrap();
        room.commit(ADMIN, listing(&[ADMIN], &[])).unwrap();
        say(&mut room, ADMIN, Wake::Urgent);
        assert_eq!(woken(&mut room), []);
    }

    #[test]
    fn only_the_handle_that_is_gone_is_forgotten() {
        let mut room = Room::with_members(&[2]);
        set(&mut room, 2, Some(handle(1))).unwrap();
        room.mailbox.forget_handle(&seat(2), &handle(9));
        assert!(room.mailbox.seat(&seat(2)).unwrap().wake_handle.is_some());
        room.mailbox.forget_handle(&seat(2), &handle(1));
        assert!(room.mailbox.seat(&seat(2)).unwrap().wake_handle.is_none());
    }

    #[test]
    fn r7_handles_have_one_length() {
        let mut room = Room::with_members(&[2]);
        for (length, code) in [
            (0, ErrorCode::BadRequest),
            (SEALED_HANDLE_LEN - 1, ErrorCode::BadRequest),
            (SEALED_HANDLE_LEN + 1, ErrorCode::TooLarge),
        ] {
            let refused = set(&mut room, 2, Some(SealedHandle(vec![0; length])));
            assert_eq!(refused, Err(code.into()));
        }
        set(&mut room, 2, None).unwrap();
        room.commit(ADMIN, SeatChanges::default()).unwrap();
    }
}
