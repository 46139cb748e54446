//! Whatever others write, no line for people drives a terminal, turns lines around, or begins where a
//! line of this program would.

use restante_client::engine::{
    attachments::{Attachment, FileKind, Transfer, Way},
    io::{
        Contact, ContactPhase, ContactRequest, Event, Message, MessageId, MessageState, Mute,
        Policy, Quote, Reaction, Room, RoomId, RoomPhase, Time,
    },
    notices::{News, Notice},
    search::Hit,
    signals::Presence,
};

use super::*;
use crate::files::Progress;

/// What a hostile name, title or text may hold: a cleared screen, a changed title of the window, a
/// turned line, a second line that looks like this program's, and Markdown that means harm elsewhere.
const HOSTILE: &str = "a\u{1b}[2J\u{9b}31m\u{1b}]0;x\u{7}\u{8}\r\u{202e}b\u{2066}\u{2028}10:02 #1 \
                       alice: no\n10:02 #2 alice: yes\u{85}![x](http://evil.example/?who) <script>";

const ROOM: RoomId = RoomId([1; 32]);

fn text() -> String {
    HOSTILE.to_owned()
}

fn message() -> Message {
    Message {
        id: MessageId([2; 32]),
        room: ROOM,
        number: Some(7),
        sender: text(),
        own: false,
        sent_at: Time(u64::MAX),
        text: text(),
        state: MessageState::Received,
        reply: Some(Quote {
            id: MessageId([3; 32]),
            number: None,
            sender: text(),
            snippet: text(),
        }),
        edited: true,
        deleted: false,
        reactions: vec![Reaction {
            emoji: text(),
            people: vec![text(), text()],
            own: false,
        }],
        mentions: vec![text()],
        expires: None,
        muted: false,
        attachments: vec![Attachment {
            name: text(),
            media_type: text(),
            kind: FileKind::File,
            size: u64::MAX,
            thumbnail: None,
            waveform: None,
        }],
    }
}

fn room() -> Room {
    Room {
        id: ROOM,
        title: text(),
        direct: false,
        suite: None,
        phase: RoomPhase::Joined,
        picture: None,
        policy: Policy::default(),
        participants: vec![(text(), true), (text(), false)],
        number: 7,
        in_doubt: false,
        log_mismatch: false,
        mute: Mute::Off,
        halted: None,
        unread: 1,
    }
}

fn notices() -> impl Iterator<Item = Event> {
    let people = vec![text(), text()];
    let news = [
        News::Renamed { title: text() },
        News::PolicyChanged {
            policy: Policy::default(),
        },
        News::Added {
            people: people.clone(),
        },
        News::Removed {
            people: people.clone(),
        },
        News::Left,
        News::Promoted {
            people: people.clone(),
        },
        News::Demoted { people },
        News::PictureChanged,
        News::PictureRemoved,
    ];
    news.into_iter().map(|news| {
        Event::Notice(Notice {
            room: ROOM,
            number: 7,
            index: 0,
            day: u32::MAX,
            by: text(),
            own: false,
            news,
        })
    })
}

fn events() -> Vec<Event> {
    let request = |title| {
        Event::Request(ContactRequest {
            room: ROOM,
            from: text(),
            words: text(),
            title,
        })
    };
    let mut events = vec![
        Event::Message(message()),
        Event::Room(room()),
        request(None),
        request(Some(text())),
        Event::Contact(Contact {
            username: text(),
            room: None,
            phase: ContactPhase::Asked,
            ended: false,
        }),
        Event::Typing {
            room: ROOM,
            username: text(),
            typing: true,
        },
        Event::Presence {
            username: text(),
            presence: Presence::Online,
        },
        Event::SuiteNotSupported {
            room: ROOM,
            username: text(),
        },
    ];
    events.extend(notices());
    events
}

/// Only the program itself begins lines.
fn is_harmless(shown: &str) -> bool {
    let mut lines = shown.split('\n').skip(1);
    lines.all(|line| line.starts_with("      "))
        && !shown.chars().any(|c| c != '\n' && is_hostile(c))
}

#[test]
fn nothing_that_others_write_drives_a_terminal_or_looks_like_another_line() {
    assert!(!is_harmless(HOSTILE));
    for language in [Language::English, Language::Chinese] {
        for event in events() {
            let shown = event_line(language, &event).unwrap_or_default();
            assert!(is_harmless(&shown), "{shown:?}");
        }
        let hit = Hit {
            room: ROOM,
            id: MessageId([2; 32]),
            number: Some(7),
            sender: text(),
            own: false,
            sent_at: Time(0),
            snippet: text(),
        };
        let transfer = Transfer {
            room: ROOM,
            message: MessageId([2; 32]),
            name: text(),
            way: Way::Down,
            done: 1,
            total: 2,
        };
        let mut lines = vec![hit_line(language, &hit, HOSTILE)];
        lines.extend(Progress::default().line(language, &transfer));
        lines.extend(aligned(&[room_columns(language, &room())]));
        for shown in lines {
            assert!(is_harmless(&shown), "{shown:?}");
        }
    }
}

#[test]
fn what_others_write_is_one_line_of_json_and_comes_back_whole() {
    for event in events() {
        let line = json_line(&event_json(&event));
        assert!(!line.chars().any(is_hostile), "{line:?}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read, event_json(&event));
    }
}
