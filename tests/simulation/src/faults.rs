//! What goes wrong between a client and the relay: answers that are lost, requests that arrive twice,
//! readers that do not keep up, clocks that are wrong.

use restante_client::engine::io::{CallId, Failure, Input, Stream};

use crate::{World, person::RELAY, steps::call_of};

impl World {
    /// Everything under way to the relay arrives there; then the connection ends, and nothing that the
    /// relay said meanwhile arrives.
    pub fn lose_answers(&mut self, who: usize) {
        if !self.people[who].connected {
            return;
        }
        let mut lost = Vec::new();
        while let Some(outgoing) = self.people[who].to_relay.pop_front() {
            lost.push(call_of(&outgoing));
            self.arrive(who, outgoing);
        }
        let person = &mut self.people[who];
        let unread = std::mem::take(&mut person.to_client);
        person.cut();
        let (connected, others): (Vec<_>, Vec<_>) = unread
            .into_iter()
            .partition(|input| matches!(input, Input::Connected { .. }));
        // The first words of a connection come before anything that is lost with it.
        person.to_client.extend(connected);
        let calls = others.iter().filter_map(|input| match input {
            Input::Answered { call, .. } => Some(*call),
            _ => None,
        });
        let calls: Vec<CallId> = calls.collect();
        let failed = calls.into_iter().map(|call| Input::Answered {
            call,
            result: Err(Failure::Lost),
        });
        person.to_client.extend(failed);
        for stream in [Stream::Rooms, Stream::Account] {
            let relay = RELAY.to_owned();
            let ended = Input::Disconnected { relay, stream };
            person.to_client.push_back(ended);
        }
    }

    /// The next request of a client arrives once more than it was made. The answer that comes is the
    /// second.
    pub fn duplicate_request(&mut self, who: usize) {
        let Some(outgoing) = self.people[who].to_relay.front().cloned() else {
            return;
        };
        let before = self.people[who].to_client.len();
        let call = call_of(&outgoing);
        self.arrive(who, outgoing);
        let mut place = 0;
        self.people[who].to_client.retain(|input| {
            place += 1;
            let is_answer =
                matches!(input, Input::Answered { call: answered, .. } if *answered == call);
            place <= before || !is_answer
        });
    }

    /// A client takes nothing from the wire for a while.
    pub fn freeze(&mut self, who: usize, ms: u64) {
        self.people[who].frozen_until = self.now.plus_ms(ms);
    }

    /// A client's clock is wrong by so much.
    pub fn set_clock(&mut self, who: usize, skew_ms: i64) {
        self.people[who].skew_ms = skew_ms;
    }
}
