//! Rooms, messages, contacts and events as JSON: what shells hand to scripts and pages.
//!
//! One form for all of them, described in docs/command-line.md. Never does: words for people.

mod files;
mod messages;
mod notices;

use serde_json::{Value, json};

use crate::{
    engine::{
        WhoAmI,
        io::{Client, Contact, ContactRequest, Event, Halt, Room, Time},
        signals::Presence,
        suites::RoomSuite,
    },
    platform::time_in_utc,
};

pub use self::{
    files::{attachment_json, failed_json, transfer_json},
    messages::{hit_json, message_json},
    notices::{day, notice_json, policy_json},
};

/// Who this client is, as `whoami` prints it.
#[must_use]
pub fn whoami_json(me: &WhoAmI) -> Value {
    json!({
        "username": me.username,
        "relay": me.relay,
        "client": hex(me.client.as_bytes()),
        "suites": me.suites.iter().map(|suite| suite.name()).collect::<Vec<_>>(),
    })
}

/// A client of this account, as `client list` prints it.
#[must_use]
pub fn client_json(listed: &Client) -> Value {
    json!({
        "id": hex(listed.id.as_bytes()),
        "name": listed.name,
        "platform": listed.platform,
        "this": listed.is_this,
        "last_heard": listed.last_heard.map(|heard| day(heard.0)),
        "removal_unfinished": listed.is_half_removed,
    })
}

/// A room, as `room list` and `listen` print it.
#[must_use]
pub fn room_json(room: &Room) -> Value {
    let participants: Vec<Value> = room
        .participants
        .iter()
        .map(|(username, admin)| json!({ "username": username, "admin": admin }))
        .collect();
    json!({
        "id": room.id.to_hex(),
        "title": room.title,
        "direct": room.direct,
        "suite": room.suite.map(RoomSuite::name),
        "phase": room.phase.name(),
        "picture": room.picture.map(|picture| json!({
            "sha256": hex(&picture.hash),
            "width": picture.width,
            "height": picture.height,
        })),
        "policy": policy_json(&room.policy),
        "participants": participants,
        "n": room.number,
        "unread": room.unread,
        "muted": room.mute.name(),
        "muted_until": room.mute.until().map(timestamp),
        "in_doubt": room.in_doubt,
        "log_mismatch": room.log_mismatch,
        "halted": room.halted.map(Halt::name),
    })
}

/// A contact, as `contact list` and `listen` print it.
#[must_use]
pub fn contact_json(contact: &Contact) -> Value {
    json!({
        "username": contact.username,
        "room": contact.room.map(|room| room.to_hex()),
        "phase": contact.state_name(),
    })
}

/// Whether a contact is there, as `presence show` and `listen` print it.
#[must_use]
pub fn presence_json(username: &str, presence: Presence) -> Value {
    json!({ "username": username, "presence": presence.name() })
}

/// A request, as `contact requests` and `listen` print it.
#[must_use]
pub fn request_json(request: &ContactRequest) -> Value {
    json!({
        "room": request.room.to_hex(),
        "from": request.from,
        "words": request.words,
        "title": request.title,
    })
}

/// An event, as `listen` prints it: the object with a field `event`.
#[must_use]
pub fn event_json(event: &Event) -> Value {
    let (name, mut value) = match event {
        Event::Message(message) => ("message", message_json(message)),
        Event::MessageGone { room, id } => (
            "message_gone",
            json!({ "id": id.to_hex(), "room": room.to_hex() }),
        ),
        Event::Room(room) => ("room", room_json(room)),
        Event::Notice(notice) => ("notice", notice_json(notice)),
        Event::Request(request) => ("request", request_json(request)),
        Event::Contact(contact) => ("contact", contact_json(contact)),
        Event::Typing {
            room,
            username,
            typing,
        } => (
            "typing",
            json!({ "room": room.to_hex(), "username": username, "typing": typing }),
        ),
        Event::IdleClients { room } => ("idle_clients", json!({ "room": room.to_hex() })),
        Event::Presence { username, presence } => ("presence", presence_json(username, *presence)),
        Event::TaskEnded { task, error } => (
            "task_ended",
            json!({ "task": task.0, "error": error.map(|kind| json!({ "code": kind.code() })) }),
        ),
        Event::Transfer(transfer) => ("transfer", transfer_json(transfer)),
        Event::TransferFailed(failed) => ("transfer_failed", failed_json(failed)),
        Event::NewClient { client } => ("new_client", json!({ "client": hex(client.as_bytes()) })),
        Event::PasswordChanged => ("password_changed", json!({})),
        Event::Ended(why) => ("ended", json!({ "reason": why.code() })),
        Event::SuiteNotSupported { room, username } => (
            "suite_not_supported",
            json!({ "room": room.to_hex(), "username": username }),
        ),
    };
    if let Value::Object(fields) = &mut value {
        fields.insert("event".into(), name.into());
    }
    value
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 3339 in UTC, with milliseconds. A sender's clock may say anything: what no calendar holds becomes
/// the last moment of it.
#[must_use]
pub fn timestamp(time: Time) -> String {
    time_in_utc(time)
}
