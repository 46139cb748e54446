//! What must hold of a simulation at any time, and when it is at rest.

use std::collections::BTreeSet;

use restante_client::engine::io::{Message, MessageState, RoomId, RoomPhase};
use restante_wire::mailbox::Request;

use crate::World;

impl World {
    /// Nothing is acknowledged that is not on disk (C1).
    pub(crate) fn check_ack(&self, who: usize, request: &Request) {
        let (Request::Ack(ack), Some(engine)) = (request, &self.people[who].engine) else {
            return;
        };
        let rooms = engine.rooms().expect("rooms");
        for position in &ack.positions {
            let is_on_disk = rooms.iter().any(|room| room.number >= position.cursor);
            assert!(
                is_on_disk,
                "C1: acknowledged {} before it was kept",
                position.cursor
            );
        }
    }

    /// Checks that these people have the same messages, each once, whatever else a lying relay has
    /// done to them.
    ///
    /// # Panics
    /// Where they do not.
    pub fn assert_same_messages(&self, room: &RoomId, members: &[usize]) {
        let ids = |who: usize| -> Vec<_> {
            let mut ids: Vec<_> = self
                .history(who, room)
                .iter()
                .map(|found| found.id)
                .collect();
            ids.sort_unstable();
            ids
        };
        let reference = ids(members[0]);
        let unique: BTreeSet<_> = reference.iter().collect();
        assert_eq!(
            unique.len(),
            reference.len(),
            "C4: a message is there twice"
        );
        for who in members {
            assert_eq!(ids(*who), reference, "C4: {}", self.people[*who].name);
            assert!(!self.room(*who, room).in_doubt, "C3: {who} is in doubt");
            let waits = |message: &Message| message.state <= MessageState::Queued && message.own;
            assert!(!self.history(*who, room).iter().any(waits), "C4: one waits");
        }
    }

    /// Checks that what any two of these people both know of a room stands in one order at both.
    ///
    /// # Panics
    /// Where it does not.
    pub fn assert_one_order(&self, room: &RoomId, members: &[usize]) {
        let ids = |who: usize| -> Vec<_> {
            let history = self.history(who, room);
            history.iter().map(|found| found.id).collect()
        };
        for (index, first) in members.iter().enumerate() {
            for second in &members[index + 1..] {
                let (mut a, mut b) = (ids(*first), ids(*second));
                let (in_a, in_b): (BTreeSet<_>, BTreeSet<_>) =
                    (a.iter().copied().collect(), b.iter().copied().collect());
                a.retain(|id| in_b.contains(id));
                b.retain(|id| in_a.contains(id));
                assert_eq!(a, b, "C3: order of {first} and {second}");
            }
        }
    }

    /// Checks that these people see one room alike, all messages sent, exactly once.
    ///
    /// # Panics
    /// Where they do not.
    pub fn assert_agreement(&self, room: &RoomId, members: &[usize]) {
        let first = members[0];
        let reference = self.texts(first, room);
        let unique: BTreeSet<_> = self
            .history(first, room)
            .iter()
            .map(|found| found.id)
            .collect();
        assert_eq!(
            unique.len(),
            reference.len(),
            "C4: a message is there twice"
        );
        for who in members {
            let shown = self.room(*who, room);
            assert_eq!(
                shown.phase,
                RoomPhase::Joined,
                "{} is in",
                self.people[*who].name
            );
            assert!(
                !shown.in_doubt,
                "C3: {} is in doubt",
                self.people[*who].name
            );
            assert_eq!(
                self.texts(*who, room),
                reference,
                "C3: {} differs",
                self.people[*who].name
            );
            let participants = self.room(first, room).participants;
            assert_eq!(shown.participants, participants, "C3: the roster");
            for message in self.history(*who, room) {
                assert!(message.number.is_some(), "C4: a message was never placed");
                assert!(message.state < MessageState::Failed, "C4: a message failed");
                assert_ne!(
                    message.state,
                    MessageState::Queued,
                    "C4: a message still waits"
                );
            }
        }
    }
}
