//! Lanes: how many requests a gateway may have at once, and leaving one alone that does not answer.
//!
//! Every gateway has its own lane, and every origin of Web Push counts as a gateway, so that one that
//! hangs delays nobody else's wake-ups. Origins are strangers' words: those that never answered share
//! a small number of places, however many there are. A lane whose gateway fails several times in a
//! row closes for a while; then one request at a time goes to see, and the first that is answered
//! opens it again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Clock, Outcome};

/// Failures in a row that close a lane.
const FAILURES_TO_CLOSE: u32 = 5;

/// How long a lane stays closed at first; twice as long each time, up to the longest.
const CLOSED_FIRST: Duration = Duration::from_secs(2);
const CLOSED_LONGEST: Duration = Duration::from_secs(120);

/// Requests that origins which never answered may have at once, all together and each.
const NEWCOMERS_AT_ONCE: u32 = 64;
const NEWCOMER_AT_ONCE: u32 = 8;

/// Lanes that are remembered.
const MAX_LANES: usize = 4096;

/// Whose lane.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Name {
    /// A gateway that the operator set up.
    Gateway(&'static str),
    /// An origin that a stranger named.
    Origin(String),
}

/// All lanes of a module.
pub struct Lanes {
    clock: Arc<dyn Clock>,
    places: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lanes: HashMap<Name, Lane>,
    newcomers: u32,
}

#[derive(Default)]
struct Lane {
    at_once: u32,
    /// Whether its gateway ever answered.
    is_known: bool,
    failures: u32,
    /// How often it closed since its gateway last answered.
    closings: u32,
    closed_until: Option<Duration>,
}

/// A place in a lane. Dropping it gives it back.
pub struct Pass<'a> {
    lanes: &'a Lanes,
    name: Option<Name>,
    is_newcomer: bool,
}

impl Lanes {
    /// Lanes of so many places each.
    #[must_use]
    pub fn new(places: u32, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            places,
            state: Mutex::default(),
        }
    }

    /// Takes a place.
    ///
    /// # Errors
    /// [`Outcome::Busy`] or [`Outcome::GatewayDown`] with the time for which the lane stays closed.
    pub fn enter(&self, name: Name) -> Result<Pass<'_>, Outcome> {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        let State { lanes, newcomers } = &mut *state;
        if lanes.len() >= MAX_LANES && !lanes.contains_key(&name) {
            lanes
                .retain(|_, lane| lane.at_once > 0 || lane.closed_until.is_some_and(|at| at > now));
            if lanes.len() >= MAX_LANES {
                return Err(Outcome::Busy);
            }
        }
        let is_origin = matches!(name, Name::Origin(_));
        let lane = lanes.entry(name.clone()).or_default();
        let is_newcomer = is_origin && !lane.is_known;
        let places = match lane.closed_until {
            Some(until) if until > now => return Err(Outcome::GatewayDown(Some(until - now))),
            // Goes to see.
            Some(_) => 1,
            None if is_newcomer => NEWCOMER_AT_ONCE.min(self.places),
            None => self.places,
        };
        if lane.at_once >= places || (is_newcomer && *newcomers >= NEWCOMERS_AT_ONCE) {
            return Err(Outcome::Busy);
        }
        lane.at_once += 1;
        *newcomers += u32::from(is_newcomer);
        Ok(Pass {
            lanes: self,
            name: Some(name),
            is_newcomer,
        })
    }

    fn leave(&self, name: &Name, was_newcomer: bool, outcome: Option<Outcome>) {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        state.newcomers -= u32::from(was_newcomer);
        let Some(lane) = state.lanes.get_mut(name) else {
            return;
        };
        lane.at_once = lane.at_once.saturating_sub(1);
        match outcome {
            None | Some(Outcome::Busy) => {}
            Some(Outcome::GatewayDown(wait)) => lane.failed(now, wait),
            Some(_) => lane.answered(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn failed(&mut self, now: Duration, wait: Option<Duration>) {
        self.failures += 1;
        let is_closed = self.closed_until.is_some();
        if self.failures < FAILURES_TO_CLOSE && !is_closed && wait.is_none() {
            return;
        }
        // Requests that were under way when it closed do not close it for longer.
        if self.closed_until.is_some_and(|until| until > now) {
            return;
        }
        let closed = CLOSED_FIRST * 2_u32.saturating_pow(self.closings.min(8));
        let closed = closed.min(CLOSED_LONGEST).max(wait.unwrap_or_default());
        self.closings += 1;
        self.closed_until = Some(now + closed);
    }

    fn answered(&mut self) {
        self.is_known = true;
        self.failures = 0;
        self.closings = 0;
        self.closed_until = None;
    }
}

impl Pass<'_> {
    /// Gives the place back, with what the gateway answered.
    pub fn done(mut self, outcome: Outcome) {
        self.leave(Some(outcome));
    }

    fn leave(&mut self, outcome: Option<Outcome>) {
        if let Some(name) = self.name.take() {
            self.lanes.leave(&name, self.is_newcomer, outcome);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.leave(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::ManualClock;

    fn lanes(places: u32) -> (Arc<ManualClock>, Lanes) {
        let clock = Arc::new(ManualClock::at_s(100));
        let lanes = Lanes::new(places, Arc::clone(&clock) as _);
        (clock, lanes)
    }

    fn apns() -> Name {
        Name::Gateway("apns")
    }

    fn origin(number: usize) -> Name {
        Name::Origin(format!("https://{number}.example"))
    }

    fn refusal(lanes: &Lanes, name: Name) -> Outcome {
        lanes.enter(name).err().unwrap()
    }

    #[test]
    fn a_full_lane_is_busy_and_another_is_not() {
        let (_, lanes) = lanes(2);
        let held = [lanes.enter(apns()).unwrap(), lanes.enter(apns()).unwrap()];
        assert_eq!(refusal(&lanes, apns()), Outcome::Busy);
        assert!(lanes.enter(Name::Gateway("fcm")).is_ok());
        drop(held);
        assert!(lanes.enter(apns()).is_ok());
    }

    #[test]
    fn a_lane_that_fails_closes_and_one_request_goes_to_see() {
        let (clock, lanes) = lanes(100);
        let down = Outcome::GatewayDown(None);
        for _ in 0..FAILURES_TO_CLOSE {
            lanes.enter(apns()).unwrap().done(down);
        }
        assert_eq!(
            refusal(&lanes, apns()),
            Outcome::GatewayDown(Some(CLOSED_FIRST))
        );
        clock.advance(CLOSED_FIRST);
        let probe = lanes.enter(apns()).unwrap();
        assert_eq!(refusal(&lanes, apns()), Outcome::Busy);
        probe.done(down);
        let longer = Outcome::GatewayDown(Some(CLOSED_FIRST * 2));
        assert_eq!(refusal(&lanes, apns()), longer);
        clock.advance(CLOSED_FIRST * 2);
        lanes.enter(apns()).unwrap().done(Outcome::Gone);
        let _two = (lanes.enter(apns()).unwrap(), lanes.enter(apns()).unwrap());
    }

    #[test]
    fn a_gateway_that_says_how_long_is_left_alone_at_once() {
        let (_, lanes) = lanes(100);
        let wait = Duration::from_secs(600);
        let down = Outcome::GatewayDown(Some(wait));
        lanes.enter(apns()).unwrap().done(down);
        assert_eq!(refusal(&lanes, apns()), down);
    }

    #[test]
    fn origins_that_never_answered_share_few_places_and_take_none_of_others() {
        let (_, lanes) = lanes(100);
        lanes.enter(origin(0)).unwrap().done(Outcome::Delivered);
        let mut held = Vec::new();
        for number in 1..1_000 {
            held.extend(lanes.enter(origin(number)));
        }
        assert_eq!(held.len(), NEWCOMERS_AT_ONCE as usize);
        for _ in 0..100 {
            held.push(lanes.enter(origin(0)).unwrap());
        }
        assert!(lanes.enter(apns()).is_ok());
    }

    #[test]
    fn the_number_of_lanes_is_bounded() {
        let (_, lanes) = lanes(100);
        for number in 0..2 * MAX_LANES {
            drop(lanes.enter(origin(number)).unwrap());
        }
        assert!(lanes.lock().lanes.len() <= MAX_LANES);
    }
}
