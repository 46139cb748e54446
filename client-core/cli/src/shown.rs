//! Rooms, messages, contacts and events as JSON and as lines for people.

#[cfg(test)]
mod hostile;
mod messages;

use jiff::{Zoned, tz::TimeZone};
use restante_client::engine::{
    io::{
        Contact, ContactPhase, ContactRequest, Event, Halt, MessageState, Mute, Room, RoomPhase,
        Time,
    },
    signals::Presence,
    suites::RoomSuite,
    title::is_bidi_control,
};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

pub(crate) use self::messages::{hit_line, message_line};
use crate::{
    files,
    notices::notice_line,
    texts::{self, Language, Text, fill},
};
pub(crate) use restante_client::json::{
    contact_json, event_json, hex, hit_json, message_json, presence_json, request_json, room_json,
};

/// The day of a message in the reader's zone.
pub(crate) fn day(language: Language, time: Time) -> String {
    let date = zoned(time).date();
    let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    let mut weekdays = language.say(Text::Weekdays).split(' ');
    format!("{date} {}", weekdays.nth(weekday).unwrap_or_default())
}

/// How far a message has come, in words.
pub(crate) fn state_text(language: Language, state: MessageState) -> &'static str {
    match state {
        MessageState::Received => "",
        MessageState::Queued => language.say(Text::StateQueued),
        MessageState::Sent => language.say(Text::StateSent),
        MessageState::Delivered => language.say(Text::StateDelivered),
        MessageState::Read => language.say(Text::StateRead),
        MessageState::Failed => language.say(Text::StateFailed),
        MessageState::Unknown => language.say(Text::StateUnknown),
    }
}

/// The columns of `room list`.
pub(crate) fn room_columns(language: Language, room: &Room) -> Vec<String> {
    let people: Vec<String> = room
        .participants
        .iter()
        .map(|(username, admin)| {
            let mark = if *admin && !room.direct { "*" } else { "" };
            format!("{}{mark}", clean_line(username))
        })
        .collect();
    let mut remarks = vec![phase_text(language, room.phase).to_owned()];
    if room.suite == Some(RoomSuite::Hybrid) {
        remarks.push(language.say(Text::PostQuantum).to_owned());
    }
    if room.unread > 0 {
        remarks.push(fill(
            language.say(Text::Unread),
            &[&room.unread.to_string()],
        ));
    }
    match room.mute {
        Mute::Off => {}
        Mute::MentionsOnly => remarks.push(language.say(Text::MentionsOnly).to_owned()),
        Mute::All => remarks.push(language.say(Text::Muted).to_owned()),
        Mute::Until(time) => remarks.push(fill(
            language.say(Text::MutedUntil),
            &[&local(Time(time), "%Y-%m-%d %H:%M")],
        )),
    }
    if room.in_doubt {
        remarks.push(language.say(Text::InDoubt).to_owned());
    }
    if room.log_mismatch {
        remarks.push(language.say(Text::LogMismatch).to_owned());
    }
    if let Some(halt) = room.halted {
        remarks.push(language.say(halt_text(halt)).to_owned());
    }
    vec![
        room.id.to_hex().chars().take(8).collect(),
        clean_line(&room.title),
        people.join(", "),
        remarks.join("; "),
    ]
}

const fn halt_text(halt: Halt) -> Text {
    match halt {
        Halt::NeedsUpdate => Text::NeedsUpdate,
        Halt::LogLost => Text::LogLost,
    }
}

/// The columns of `contact list`.
pub(crate) fn contact_columns(language: Language, contact: &Contact) -> Vec<String> {
    vec![
        clean_line(&contact.username),
        contact_phase_text(language, contact).to_owned(),
    ]
}

/// The same in words.
pub(crate) fn presence_line(language: Language, username: &str, presence: Presence) -> String {
    let text = match presence {
        Presence::Online => Text::PresenceOnline,
        Presence::Today => Text::PresenceToday,
        Presence::ThisWeek => Text::PresenceThisWeek,
        Presence::LongAgo => Text::PresenceLongAgo,
        Presence::Unknown => Text::PresenceUnknown,
    };
    format!("{}: {}", clean_line(username), language.say(text))
}

/// A request, in words.
pub(crate) fn request_line(language: Language, request: &ContactRequest) -> String {
    let (from, words) = (clean_line(&request.from), clean_line(&request.words));
    match &request.title {
        None => fill(language.say(Text::RequestFrom), &[&from, &words]),
        Some(title) => {
            let title = clean_line(title);
            fill(language.say(Text::InvitationFrom), &[&from, &title, &words])
        }
    }
}

/// An event, in words; none for what people do not need to see.
pub(crate) fn event_line(language: Language, event: &Event) -> Option<String> {
    match event {
        Event::Message(message) => Some(message_line(language, message)),
        Event::MessageGone { .. } => Some(language.say(Text::MessageGone).to_owned()),
        Event::Room(room) => {
            let phase = phase_text(language, room.phase);
            Some(fill(
                language.say(Text::RoomIs),
                &[&clean_line(&room.title), phase],
            ))
        }
        Event::Notice(notice) => Some(notice_line(language, notice)),
        Event::Request(request) => Some(request_line(language, request)),
        Event::Typing {
            username, typing, ..
        } => typing.then(|| fill(language.say(Text::IsTyping), &[&clean_line(username)])),
        Event::IdleClients { .. } => Some(language.say(Text::SomeIdle).to_owned()),
        Event::Presence { username, presence } => {
            Some(presence_line(language, username, *presence))
        }
        Event::Contact(contact) => {
            let phase = contact_phase_text(language, contact);
            let name = clean_line(&contact.username);
            Some(fill(language.say(Text::ContactIs), &[&name, phase]))
        }
        Event::SuiteNotSupported { username, .. } => Some(fill(
            language.say(Text::SuiteLacking),
            &[&clean_line(username)],
        )),
        Event::NewClient { .. } => Some(language.say(Text::NewClient).to_owned()),
        Event::PasswordChanged => Some(language.say(Text::PasswordElsewhere).to_owned()),
        Event::Ended(why) => Some(texts::refusal(language, *why).0.to_owned()),
        // Told by who follows a file, in steps.
        Event::Transfer(_) => None,
        Event::TransferFailed(failed) => Some(files::failed_line(language, failed)),
        Event::TaskEnded { error, .. } => error.map(|kind| {
            let (why, _) = texts::refusal(language, kind);
            fill(language.say(Text::TaskFailed), &[why])
        }),
    }
}

/// Rows with their columns under each other; wide characters count twice.
pub(crate) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            format!("{cell}{padding}")
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// The same for what stands on one line, such as a name.
pub(crate) fn clean_line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

/// Text from others without what would drive a terminal or turn lines around: control characters
/// other than line breaks, and bidirectional overrides.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !is_bidi_control(*c) && *c != '\r')
        .map(|c| match c {
            '\n' => c,
            '\u{2028}' | '\u{2029}' => '\n',
            _ if c.is_control() => ' ',
            _ => c,
        })
        .collect()
}

/// One object on one line, with what would drive a terminal or turn lines around escaped.
pub(crate) fn json_line(value: &Value) -> String {
    let json = value.to_string();
    if !json.chars().any(is_hostile) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match is_hostile(c) {
            // These are all in the Basic Multilingual Plane, and stand in strings only.
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}

fn is_hostile(c: char) -> bool {
    c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

fn phase_text(language: Language, phase: RoomPhase) -> &'static str {
    language.say(match phase {
        RoomPhase::Known => Text::PhaseKnown,
        RoomPhase::Creating => Text::PhaseCreating,
        RoomPhase::Requested => Text::PhaseRequested,
        RoomPhase::Joining => Text::PhaseJoining,
        RoomPhase::Joined => Text::PhaseJoined,
        RoomPhase::Left => Text::PhaseLeft,
        RoomPhase::Removed => Text::PhaseRemoved,
    })
}

fn contact_phase_text(language: Language, contact: &Contact) -> &'static str {
    language.say(match contact.phase {
        _ if contact.ended => Text::PhaseEnded,
        ContactPhase::Asked => Text::PhaseAsked,
        ContactPhase::Accepted => Text::PhaseAccepted,
        ContactPhase::Blocked => Text::PhaseBlocked,
    })
}

pub(super) fn local(time: Time, format: &str) -> String {
    zoned(time).strftime(format).to_string()
}

/// In the reader's zone.
fn zoned(time: Time) -> Zoned {
    restante_client::platform::instant(time).to_zoned(TimeZone::system())
}

#[cfg(test)]
mod tests {
    use restante_client::{
        ErrorKind,
        engine::io::{MessageId, RoomId, TaskId},
    };

    use super::*;

    #[test]
    fn text_from_others_loses_what_drives_a_terminal() {
        assert_eq!(clean("a\u{202e}b\u{7}c\nd"), "ab c\nd");
    }

    #[test]
    fn days_are_named_in_the_language_of_the_reader() {
        // Noon in UTC: the same day nearly everywhere.
        let noon = Time(1_795_348_800_000);
        assert!(day(Language::English, noon).ends_with(" Sunday"));
        assert!(day(Language::Chinese, noon).ends_with(" 星期日"));
    }

    #[test]
    fn columns_align_wide_characters_too() {
        let rows = vec![
            vec!["你好".to_owned(), "x".to_owned()],
            vec!["abc".to_owned(), "y".to_owned()],
        ];
        assert_eq!(aligned(&rows), ["你好  x", "abc   y"]);
    }

    #[test]
    fn every_event_names_itself() {
        let gone = Event::MessageGone {
            room: RoomId([1; 32]),
            id: MessageId([2; 32]),
        };
        assert_eq!(event_json(&gone)["event"], "message_gone");
        let ended = Event::TaskEnded {
            task: TaskId(3),
            error: Some(ErrorKind::NotFound),
        };
        let json = event_json(&ended);
        assert_eq!(json["event"], "task_ended");
        assert_eq!(json["task"], 3);
        assert_eq!(json["error"]["code"], "not_found");
    }
}
