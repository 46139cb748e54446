//! Random sequences of operations on a mailbox, beside a model of it that is too simple to be wrong:
//! the whole log is a list, nothing is ever deleted from it, and what is stored is a mark in it.

use std::collections::HashMap;

use proptest::{collection::vec, prelude::*};
use restante_wire::{
    Envelope, EnvelopeId, ErrorCode, Kind, WireError, codec,
    mailbox::{AppendItem, SeatChanges, Wake},
};

use super::{
    append::Refused,
    cursor::TRIM_STEP,
    rate::Rate,
    testing::{ADMIN, Room, access, grant, listing, seat},
};

/// Seats that operations choose from, the admin's included.
const SEATS: u8 = 4;

/// Envelope ids that operations choose from: few, so that they are often used again.
const IDS: u8 = 12;

#[derive(Debug, Clone)]
enum Operation {
    Append {
        seat: u8,
        id: u8,
        behind: u64,
        kind: Kind,
        changes: Changes,
    },
    Rotate(u8),
    Ack {
        seat: u8,
        back: u64,
    },
    Trim,
}

#[derive(Debug, Clone, Copy)]
enum Changes {
    None,
    Add(u8),
    Leave,
    Without(u8),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let any_seat = || ADMIN..=SEATS;
    let changes = prop_oneof![
        4 => Just(Changes::None),
        3 => any_seat().prop_map(Changes::Add),
        1 => Just(Changes::Leave),
        1 => (ADMIN + 1..=SEATS).prop_map(Changes::Without),
    ];
    let kind = prop_oneof![2 => Just(Kind::Message), 1 => Just(Kind::Commit)];
    let behind = prop_oneof![6 => Just(0), 1 => 1..4u64];
    let append = (any_seat(), 0..IDS, behind, kind, changes).prop_map(
        |(seat, id, behind, kind, changes)| Operation::Append {
            seat,
            id,
            behind,
            kind,
            changes,
        },
    );
    let ack = (any_seat(), 0..4u64).prop_map(|(seat, back)| Operation::Ack { seat, back });
    let operation = prop_oneof![
        6 => append,
        2 => any_seat().prop_map(Operation::Rotate),
        4 => ack,
        1 => Just(Operation::Trim),
    ];
    vec(operation, 1..120)
}

#[derive(Clone, Copy)]
struct ModelSeat {
    is_admin: bool,
    cursor: u64,
    is_rotated: bool,
    dropped_at: Option<u64>,
}

/// An entry of the whole log: its id, and whether it is a commit.
struct Entry {
    id: EnvelopeId,
    is_commit: bool,
}

struct Model {
    log: Vec<Entry>,
    first: u64,
    seats: HashMap<u8, ModelSeat>,
}

impl Model {
    fn new() -> Self {
        let admin = ModelSeat {
            is_admin: true,
            cursor: 0,
            is_rotated: true,
            dropped_at: None,
        };
        Self {
            log: Vec::new(),
            first: 1,
            seats: HashMap::from([(ADMIN, admin)]),
        }
    }

    fn last(&self) -> u64 {
        self.log.len() as u64
    }

    fn last_commit(&self) -> u64 {
        let from_the_end = self.log.iter().rev().position(|entry| entry.is_commit);
        from_the_end.map_or(0, |place| self.last() - place as u64)
    }

    fn live(&self, n: u8) -> Result<ModelSeat, WireError> {
        let seat = self.seats.get(&n).filter(|seat| seat.dropped_at.is_none());
        seat.copied().ok_or_else(|| ErrorCode::NoSuchSeat.into())
    }

    /// A seat that did not rotate does not know the secret that operations show.
    fn rotated(&self, n: u8) -> Result<ModelSeat, WireError> {
        match self.live(n) {
            Ok(seat) if seat.is_rotated => Ok(seat),
            _ => Err(ErrorCode::NoSuchSeat.into()),
        }
    }

    fn known(&self, id: EnvelopeId) -> Option<u64> {
        let numbered = (1..).zip(&self.log);
        let mut known = numbered
            .filter(|(number, _)| *number >= self.first || *number >= self.last_commit())
            .filter(|(_, entry)| entry.id == id);
        known.next().map(|(number, _)| number)
    }

    fn append(&mut self, n: u8, item: &AppendItem, changes: Changes) -> Result<u64, Refused> {
        let author = self.rotated(n)?;
        if let Some(number) = self.known(item.id) {
            return Ok(number);
        }
        let last_commit = self.last_commit();
        if item.after_commit != last_commit {
            return Err(Refused::Stale {
                after_commit: item.after_commit,
                last_commit,
            });
        }
        let is_commit = item.kind == Kind::Commit;
        let is_allowed = match changes {
            Changes::None | Changes::Leave => true,
            Changes::Add(_) => is_commit,
            Changes::Without(_) => is_commit && author.is_admin,
        };
        if !is_allowed {
            return Err(ErrorCode::SeatChangeRefused.into());
        }
        let id = item.id;
        self.log.push(Entry { id, is_commit });
        self.change(n, changes);
        Ok(self.last())
    }

    fn change(&mut self, author: u8, changes: Changes) {
        let number = self.last();
        match changes {
            Changes::None => {}
            Changes::Add(n) => {
                if self.live(n).is_err() {
                    // Whoever comes back comes back as a member.
                    let seat = ModelSeat {
                        is_admin: false,
                        cursor: number - 1,
                        is_rotated: false,
                        dropped_at: None,
                    };
                    self.seats.insert(n, seat);
                }
            }
            Changes::Leave => self.drop_seat(author),
            Changes::Without(n) => self.drop_seat(n),
        }
    }

    fn drop_seat(&mut self, n: u8) {
        let number = self.last();
        if let Some(seat) = self.seats.get_mut(&n) {
            seat.dropped_at.get_or_insert(number);
        }
    }

    fn ack(&mut self, n: u8, cursor: u64) -> Result<(), WireError> {
        self.rotated(n)?;
        if cursor > self.last() {
            return Err(ErrorCode::BeyondLog.into());
        }
        let seat = self.seats.get_mut(&n).unwrap();
        seat.cursor = seat.cursor.max(cursor);
        Ok(())
    }

    fn trim(&mut self, at_least: u64) {
        let live = self.seats.values().filter(|seat| seat.dropped_at.is_none());
        if let Some(lowest) = live.map(|seat| seat.cursor).min()
            && lowest + 1 >= self.first + at_least.max(1)
        {
            self.first = lowest + 1;
        }
    }
}

fn item(room: &Room, id: u8, behind: u64, kind: Kind, changes: Changes) -> AppendItem {
    let everybody: Vec<u8> = (ADMIN + 1..=SEATS).collect();
    let changes = match changes {
        Changes::None => SeatChanges::default(),
        Changes::Add(n) => SeatChanges {
            add: vec![grant(n)],
            ..SeatChanges::default()
        },
        Changes::Leave => SeatChanges {
            drop_self: true,
            ..SeatChanges::default()
        },
        Changes::Without(gone) => {
            let rest: Vec<u8> = everybody.into_iter().filter(|n| *n != gone).collect();
            listing(&[ADMIN], &rest)
        }
    };
    AppendItem {
        id: EnvelopeId([id; 16]),
        after_commit: room.mailbox.last_commit().saturating_sub(behind),
        kind,
        wake: Wake::None,
        changes,
        welcome: None,
        body: vec![id],
    }
}

fn run(room: &mut Room, model: &mut Model, operation: &Operation) {
    match *operation {
        Operation::Append {
            seat,
            id,
            behind,
            kind,
            changes,
        } => {
            let item = item(room, id, behind, kind, changes);
            let expected = model.append(seat, &item, changes);
            assert_eq!(room.one(seat, item), expected);
        }
        Operation::Rotate(n) => {
            let may = model.live(n).is_ok_and(|seat| !seat.is_rotated);
            assert_eq!(room.rotate(n).is_ok(), may);
            if may {
                let limits = room.limits.clone();
                let ctx = super::testing::context(room.now_ms, &limits);
                room.mailbox.enter(&access(n), &ctx).unwrap();
                model.seats.get_mut(&n).unwrap().is_rotated = true;
            }
        }
        Operation::Ack { seat, back } => {
            // One beyond the end is among them.
            let cursor = (model.last() + 1).saturating_sub(back);
            assert_eq!(room.ack(seat, cursor), model.ack(seat, cursor));
        }
        Operation::Trim => {
            room.mailbox.trim(TRIM_STEP / 16);
            model.trim(TRIM_STEP / 16);
        }
    }
}

fn check(room: &mut Room, model: &Model, stored: &mut Vec<(u64, EnvelopeId)>) {
    for new in room.mailbox.take_changes().appended {
        let envelope: Envelope = codec::decode(&new.encoded).unwrap();
        stored.push((envelope.number, envelope.id));
    }
    let expected: Vec<_> = (1..).zip(model.log.iter().map(|entry| entry.id)).collect();
    assert_eq!(*stored, expected, "numbers and envelopes");
    assert_eq!(room.mailbox.first(), model.first, "lowest stored number");
    assert_eq!(room.mailbox.last_commit(), model.last_commit());
    for (n, expected) in &model.seats {
        let seat = room.mailbox.seat(&seat(*n)).unwrap();
        assert_eq!(seat.dropped_at, expected.dropped_at);
        assert_eq!(seat.cursor, expected.cursor);
    }
}

proptest! {
    // Failures are not written down beside the sources: planted faults make them on purpose.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn r2_r3_r4_r5_r6_random_histories_are_those_of_the_model(operations in operations()) {
        let mut room = Room::new();
        let unlimited = Rate { burst: 1_000_000, per_minute: 60 };
        room.limits.envelopes = unlimited;
        room.limits.member_commits = unlimited;
        room.limits.admin_commits = unlimited;
        let (mut model, mut stored) = (Model::new(), Vec::new());
        for operation in operations {
            run(&mut room, &mut model, &operation);
            check(&mut room, &model, &mut stored);
        }
    }
}
