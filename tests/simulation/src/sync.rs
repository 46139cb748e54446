//! Short runs of one client, as `restante sync` makes them: on, until everything is done that can be
//! done now, and off again.

use restante_client::engine::io::Time;

use crate::World;

/// How long `sync` goes on at most, as the command line has it.
const SYNC_MS: u64 = 60_000;

impl World {
    /// Everybody is off from now on, but while they synchronise.
    pub fn everybody_off(&mut self) {
        for who in 0..self.people.len() {
            self.turn_off(who);
        }
    }

    /// Turns a client on until it is settled or has ended, then off. Nobody else need be on. Gives how
    /// long it took; nothing if it was not done within a minute.
    pub fn sync(&mut self, who: usize) -> Option<u64> {
        let start = self.now;
        self.turn_on(who);
        let took = self.settle(who, start.plus_ms(SYNC_MS));
        self.turn_off(who);
        took.then(|| self.now.0 - start.0)
    }

    /// The same for several, one after the other.
    ///
    /// # Panics
    /// If one is not done in time.
    pub fn sync_each(&mut self, people: &[usize]) {
        for &who in people {
            assert!(self.sync(who).is_some(), "{who} never settles");
        }
    }

    fn settle(&mut self, who: usize, until: Time) -> bool {
        loop {
            self.wake_all();
            if self.step() {
                continue;
            }
            if self.is_settled(who) {
                return true;
            }
            self.hasten(who);
            if !self.people[who].to_relay.is_empty() {
                continue;
            }
            let due = self.people[who].due().filter(|due| *due <= until);
            let Some(due) = due else {
                self.pass_ms(until.0.saturating_sub(self.now.0));
                return false;
            };
            self.pass_ms(due.0.saturating_sub(self.now.0));
            self.tick_all();
        }
    }

    /// Nothing waits for company in a client that is about to end.
    pub(crate) fn hasten(&mut self, who: usize) {
        let now = self.people[who].clock(self.now);
        if let Some(engine) = self.people[who].engine.as_mut() {
            engine.hasten(now).expect("a disk");
            self.after_transaction(who);
        }
    }

    fn is_settled(&self, who: usize) -> bool {
        let engine = self.engine(who);
        let now = self.people[who].clock(self.now);
        engine.ended().expect("a disk").is_some() || engine.settled(now).expect("a disk")
    }
}
