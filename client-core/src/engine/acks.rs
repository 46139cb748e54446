//! Acknowledgements: what is on disk here need not be kept at the relay.

use restante_wire::mailbox::{Ack, Answer, Position, Request};

use super::{
    io::{Failure, Reply, RoomId, RoomPhase},
    live::Call,
    turn::Turn,
};
use crate::Error;

impl Turn<'_> {
    /// Acknowledges, a relay at a time, what is on disk.
    pub(super) fn pump_acks(&mut self) -> Result<(), Error> {
        for relay in self.live.relays.clone() {
            if self.live.acking.contains(&relay) {
                continue;
            }
            let behind = self.live.rooms_to_ack();
            let mut positions = Vec::new();
            let mut moved = Vec::new();
            for id in behind {
                let Some(room) = self.db.room(&id)? else {
                    continue;
                };
                if room.relay == relay && room.phase == RoomPhase::Joined && room.state.seated {
                    let cursor = self.live.room(&id).received.min(room.state.cursor);
                    positions.push(Position {
                        access: room.access(),
                        cursor,
                    });
                    moved.push((id, cursor));
                }
            }
            if !positions.is_empty() {
                self.live.acking.insert(relay.clone());
                let call = Call::Ack(relay.clone(), moved);
                self.ask(&relay, call, Request::Ack(Ack { positions }));
            }
        }
        Ok(())
    }

    /// The relay moved cursors.
    pub(super) fn acked(
        &mut self,
        relay: &str,
        moved: &[(RoomId, u64)],
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.acking.remove(relay);
        let Ok(Reply::Mailbox(Answer::Acked(_))) = result else {
            return Ok(());
        };
        for (id, number) in moved {
            // A refused position is not asked again on this connection: the seat's own requests find
            // out why.
            let live = self.live.room(id);
            live.acked = live.acked.max(*number);
        }
        Ok(())
    }
}
