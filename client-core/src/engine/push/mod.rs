//! Being woken: where this device is reached, told to every relay in sealed form, once for each seat
//! and for the inbox.
//!
//! Owns: which target is registered, and which seats have a handle of it. A registration has a
//! generation; a seat whose handle is of an earlier one, or sealed to a key that its relay no longer
//! announces, gets another. Never does: receive a wake-up (it says nothing: the client synchronises).

mod target;

pub use target::{apns, fcm, web_push};

use restante_crypto::wake_handle::seal_handle;
use restante_wire::{
    ErrorCode, MailboxAddress, PushKey, PushKeyId, codec,
    inbox::InboxRequest,
    mailbox::{Request, SealedHandle, SetWakeHandle},
    push::{PushService, ReadPushService, Target},
};
use serde::{Deserialize, Serialize};

use super::{
    Engine,
    io::{Failure, Outcome, Reply, RoomPhase, Time},
    live::{Call, HandleCall},
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{Db, HandleMark, Value},
};

/// Handles being set at once.
const AT_ONCE: usize = 16;

/// Wait before something that the relay refused is tried again.
const RETRY_MS: u64 = 10_000;

/// The target of this device.
#[derive(Default, Serialize, Deserialize)]
struct Registration {
    /// None: seats that have a handle lose it.
    target: Option<Target>,
    /// Counts registrations and removals; 0 if there never was one.
    generation: u64,
}

impl Value for Registration {
    const KEY: &'static str = "push";
}

/// How this device is woken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushStatus {
    /// Kind of the registered target: `webpush`, `apns`, `fcm`.
    pub kind: &'static str,
    /// Rooms whose seat has its handle, the inbox counted as one.
    pub told: u64,
    /// Rooms that the relays have not been told for.
    pub waiting: u64,
}

/// What is known of a relay's push module on this connection.
#[derive(Debug, Clone)]
pub(super) enum Service {
    /// Asked for.
    Asked,
    /// As it was told.
    Known(PushService),
    /// Could not be told; asked again then.
    Unknown(Time),
}

impl Engine {
    /// How this device is woken; none if it is not.
    ///
    /// # Errors
    /// `storage`.
    pub fn push_status(&self) -> Result<Option<PushStatus>, Error> {
        let db = self.store.read();
        let Registration { target, generation } = db.value()?.unwrap_or_default();
        let Some(target) = target else {
            return Ok(None);
        };
        let told = db.count_wake_handles(generation, self.me.inbox())?;
        // And the inbox.
        let all = db.count_rooms(RoomPhase::Joined)? + 1;
        Ok(Some(PushStatus {
            kind: target.kind(),
            told,
            waiting: all.saturating_sub(told),
        }))
    }

    /// Whether every relay that is up has all the handles that it can have now.
    pub(super) fn push_is_settled(&self) -> Result<bool, Error> {
        let db = self.store.read();
        let registration: Registration = db.value()?.unwrap_or_default();
        if registration.generation == 0 {
            return Ok(true);
        }
        for relay in &self.live.relays {
            let wanted = match wanted(&registration, self.live.push.services.get(relay)) {
                Wanted::Ask => return Ok(false),
                Wanted::Nothing => continue,
                Wanted::Mark(mark) => mark,
            };
            let home = (relay == self.me.relay()).then(|| self.me.inbox());
            if !lacking(db, relay, home, wanted)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Turn<'_> {
    /// From now on this device is woken here, or, without a target, no more.
    pub(super) fn register_push(&mut self, target: Option<Target>) -> Result<Outcome, Error> {
        if let Some(target) = &target {
            target.check().map_err(|_| ErrorKind::BadInput)?;
        }
        let before: Registration = self.db.value()?.unwrap_or_default();
        if before.target == target {
            return Ok(Outcome::Done);
        }
        self.db.set_value(&Registration {
            target,
            generation: before.generation + 1,
        })?;
        self.db.forget_lost_wake_handles(self.me.inbox())?;
        self.live.push.retry_at = None;
        Ok(Outcome::Done)
    }

    /// A relay is in another life: it may have forgotten every handle.
    pub(super) fn set_handles_again(&mut self, relay: &str) -> Result<(), Error> {
        self.db.forget_wake_handles(relay)
    }

    /// Asks relays for their keys, and tells them the handles that they lack.
    pub(super) fn pump_push(&mut self) -> Result<(), Error> {
        let registration: Registration = self.db.value()?.unwrap_or_default();
        if registration.generation == 0 {
            return Ok(());
        }
        if let Some(again) = self.live.push.retry_at.filter(|again| *again > self.now) {
            self.wake_at(again);
            return Ok(());
        }
        for relay in self.live.relays.clone() {
            if let Some(Service::Unknown(again)) = self.live.push.services.get(&relay) {
                let again = *again;
                if again > self.now {
                    self.wake_at(again);
                } else {
                    self.live.push.services.remove(&relay);
                }
            }
            match wanted(&registration, self.live.push.services.get(&relay)) {
                Wanted::Ask if !self.live.push.services.contains_key(&relay) => {
                    let asked = Service::Asked;
                    self.live.push.services.insert(relay.clone(), asked);
                    let call = Call::ReadPushService(relay.clone());
                    self.post(relay, call, &ReadPushService {});
                }
                Wanted::Ask | Wanted::Nothing => {}
                Wanted::Mark(mark) => self.tell_handles(&relay, &registration, mark)?,
            }
        }
        Ok(())
    }

    fn tell_handles(
        &mut self,
        relay: &str,
        registration: &Registration,
        wanted: HandleMark,
    ) -> Result<(), Error> {
        let is_home = relay == self.me.relay() && self.live.account_up;
        let home = is_home.then(|| self.me.inbox());
        for log in lacking(self.db, relay, home, wanted)? {
            if self.live.push.busy.len() >= AT_ONCE {
                return Ok(());
            }
            if self.live.push.busy.contains(&log) {
                continue;
            }
            let call = Call::SetWakeHandle(HandleCall {
                relay: relay.to_owned(),
                log,
                mark: wanted,
            });
            let handle = self.sealed(relay, registration)?;
            if home == Some(log) {
                self.live.push.busy.insert(log);
                self.ask_inbox(call, InboxRequest::SetWakeHandle { handle });
            } else if let Some(room) = self.db.room_by_mailbox(relay, &log)? {
                let access = room.access();
                let set = SetWakeHandle { access, handle };
                self.live.push.busy.insert(log);
                self.ask(relay, call, Request::SetWakeHandle(set));
            }
        }
        Ok(())
    }

    /// A fresh handle for one seat.
    fn sealed(
        &self,
        relay: &str,
        registration: &Registration,
    ) -> Result<Option<SealedHandle>, Error> {
        let Some(target) = &registration.target else {
            return Ok(None);
        };
        match self.live.push.services.get(relay) {
            Some(Service::Known(PushService { key: Some(key), .. })) => seal_handle(key, target)
                .map(Some)
                .map_err(|error| Error::caused(ErrorKind::RelayFault, error)),
            _ => Ok(None),
        }
    }

    /// A relay told how it wakes devices, or did not.
    pub(super) fn push_service_read(&mut self, relay: String, result: Result<Reply, Failure>) {
        let told = match result {
            Ok(Reply::Http(body)) => codec::decode::<PushService>(&body).ok(),
            _ => None,
        };
        let known = told.filter(|service| service.key.is_none_or(|key| is_usable(&key)));
        let service = match known {
            Some(service) => Service::Known(service),
            None => Service::Unknown(self.now.plus_ms(RETRY_MS)),
        };
        self.live.push.services.insert(relay, service);
    }

    /// A relay took a handle, or did not.
    pub(super) fn wake_handle_set(
        &mut self,
        call: &HandleCall,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.push.busy.remove(&call.log);
        let is_over = match result {
            Ok(_) => true,
            // Its seat finds out by itself; there is nothing to wake for.
            Err(Failure::Refused(error)) => error.code == ErrorCode::NoSuchSeat,
            Err(_) => false,
        };
        if is_over {
            return self.db.mark_wake_handle(&call.relay, &call.log, call.mark);
        }
        let again = self.now.plus_ms(RETRY_MS);
        self.live.push.retry_at = Some(again);
        self.wake_at(again);
        Ok(())
    }
}

/// What a relay ought to have.
enum Wanted {
    /// Its key is to be asked for first.
    Ask,
    /// It wakes no device of this kind.
    Nothing,
    /// Handles that bear this mark.
    Mark(HandleMark),
}

fn wanted(registration: &Registration, service: Option<&Service>) -> Wanted {
    let generation = registration.generation;
    let Some(target) = &registration.target else {
        return Wanted::Mark(HandleMark {
            generation,
            key: None,
        });
    };
    let Some(Service::Known(service)) = service else {
        return match service {
            Some(Service::Unknown(_)) => Wanted::Nothing,
            _ => Wanted::Ask,
        };
    };
    let is_served = match target {
        Target::WebPush(_) => service.vapid.is_some(),
        Target::Apns { .. } => service.apns,
        Target::Fcm { .. } => service.fcm,
    };
    let key: Option<PushKeyId> = service.key.filter(|_| is_served).map(|key| key.id());
    key.map_or(Wanted::Nothing, |key| {
        Wanted::Mark(HandleMark {
            generation,
            key: Some(key),
        })
    })
}

/// Logs of a relay whose handle bears another mark. Where nothing is registered any more, those only
/// that had one.
fn lacking(
    db: Db<'_>,
    relay: &str,
    inbox: Option<MailboxAddress>,
    wanted: HandleMark,
) -> Result<Vec<MailboxAddress>, Error> {
    let mut logs = db.rooms_without_handle(relay, wanted)?;
    if let Some(inbox) = inbox {
        let mark = db.wake_handle_mark(&inbox)?;
        let is_told = match mark {
            Some(mark) => mark == wanted,
            None => wanted.key.is_none(),
        };
        logs.extend((!is_told).then_some(inbox));
    }
    Ok(logs)
}

/// Whether something can be sealed to a key: a relay that announces another is at fault.
fn is_usable(key: &PushKey) -> bool {
    let probe = Target::Fcm {
        token: "probe".into(),
    };
    seal_handle(key, &probe).is_ok()
}
