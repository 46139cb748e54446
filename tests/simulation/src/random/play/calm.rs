//! The end of all trouble: everybody is on, nothing is in the way, and time passes until everything
//! holds that must.

use restante_client::engine::io::{Command, Room, RoomPhase, Time};

use super::{MINUTE_MS, Play};
use crate::random::{model::ClientIndex, verdict};

/// How long the world may take until everything holds: a newcomer whose invitations were all lost is
/// repaired after two days, and again after four.
const PATIENCE_MS: u64 = 10 * 24 * 60 * MINUTE_MS;

/// How much time passes before everything is looked at again.
const ROUND_MS: u64 = 6 * 60 * MINUTE_MS;

impl Play {
    /// Comes to rest and checks everything.
    ///
    /// # Panics
    /// If something does not hold in the end.
    pub(super) fn calm(&mut self) {
        for who in 0..self.world.people.len() {
            self.world.people[who].frozen_until = Time(0);
            self.world.people[who].crash_at = None;
            self.world.set_clock(who, 0);
            self.turn_on(who);
        }
        self.world.relay.lose_no_letters();
        self.world.tick_all();
        self.world.rest();
        self.observe();
        self.probe();
        let given_up = self.world.now().plus_ms(PATIENCE_MS);
        let mut last = String::new();
        let checks = loop {
            self.world.rest();
            match verdict::of(self) {
                Ok(checks) => break checks,
                Err(finding) => {
                    assert!(self.world.now() < given_up, "{finding}");
                    if finding != last {
                        self.note(|| format!("not yet: {finding}"));
                        last = finding;
                    }
                }
            }
            self.world.pass_ms(ROUND_MS);
            for who in 0..self.world.people.len() {
                if self.is_usable(who) {
                    // What is only noticed when something is asked of the relay.
                    self.world.cut(who);
                }
            }
            self.world.tick_all();
        };
        self.tally.checks += checks;
        self.settle();
    }

    /// Everybody says something in every room.
    fn probe(&mut self) {
        for who in 0..self.world.people.len() {
            if !self.is_usable(who) {
                continue;
            }
            let rooms = self.world.engine(who).rooms().expect("rooms");
            let joined = |room: &Room| room.phase == RoomPhase::Joined && room.halted.is_none();
            for room in rooms.into_iter().filter(joined) {
                let id = room.id;
                self.say(who, &room, |text| Command::SendText { room: id, text });
            }
            self.world.rest();
        }
    }

    /// What was uncertain is known now.
    fn settle(&mut self) {
        let views = self.views();
        let rooms: Vec<_> = self.model.rooms().copied().collect();
        for room in rooms {
            let mut joined = views.joined(&room);
            let is_of_two = |who: &ClientIndex| {
                let found = views.room(*who, &room);
                found.is_some_and(|found| found.direct)
            };
            if joined.iter().any(is_of_two) && !views.is_accepted(&room) {
                joined.clear();
            }
            self.model.settle(room, &joined);
        }
    }
}
