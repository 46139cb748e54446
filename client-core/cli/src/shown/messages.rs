//! Messages and hits as JSON and as lines for people.

use restante_client::engine::{
    io::{Expiry, Message, Quote, Reaction},
    search::Hit,
};

use super::{clean, clean_line, local, state_text};
use crate::{
    files::attachment_line,
    texts::{Language, Text, fill},
};

/// What stands under a message begins here.
const INDENT: &str = "\n      ";

fn words_and_files(message: &Message) -> String {
    let mut lines = vec![clean(&message.text)];
    lines.retain(|text| message.attachments.is_empty() || !text.is_empty());
    lines.extend(message.attachments.iter().map(attachment_line));
    lines.join("\n")
}

/// `10:02 #42 alice: text`, with what is to be known of it, what it answers and what was said of it.
pub(crate) fn message_line(language: Language, message: &Message) -> String {
    let time = local(message.sent_at, "%H:%M");
    let number = message.number.map(|number| format!(" #{number}"));
    let sender = match message.own {
        true => language.say(Text::You).to_owned(),
        false => clean_line(&message.sender),
    };
    let text = match message.deleted {
        true => language.say(Text::Deleted).to_owned(),
        false => words_and_files(message).replace('\n', INDENT),
    };
    let mut line = format!("{time}{} {sender}: ", number.unwrap_or_default());
    if let Some(quote) = &message.reply {
        line.push_str(&answered(language, quote));
        line.push_str(INDENT);
    }
    line.push_str(&text);
    let remarks = remarks(language, message);
    if !remarks.is_empty() {
        line.push_str(&format!("  ({})", remarks.join(", ")));
    }
    if !message.reactions.is_empty() {
        let said = message.reactions.iter().map(reaction);
        line.push_str(INDENT);
        line.push_str(&said.collect::<Vec<_>>().join("  "));
    }
    line
}

/// `2026-11-22 10:02 garden #42 alice: …words…`.
pub(crate) fn hit_line(language: Language, hit: &Hit, title: &str) -> String {
    let time = local(hit.sent_at, "%Y-%m-%d %H:%M");
    let number = hit.number.map(|number| format!(" #{number}"));
    let sender = match hit.own {
        true => language.say(Text::You).to_owned(),
        false => clean_line(&hit.sender),
    };
    let (title, snippet) = (clean_line(title), clean_line(&hit.snippet));
    let number = number.unwrap_or_default();
    format!("{time} {title}{number} {sender}: {snippet}")
}

/// `> alice: first words`.
fn answered(language: Language, quote: &Quote) -> String {
    let not_here = language.say(Text::NotHere);
    match (quote.sender.is_empty(), quote.snippet.is_empty()) {
        (true, _) => format!("> {not_here}"),
        (_, true) => format!("> {}: {not_here}", clean_line(&quote.sender)),
        _ => format!(
            "> {}: {}",
            clean_line(&quote.sender),
            clean_line(&quote.snippet)
        ),
    }
}

fn remarks(language: Language, message: &Message) -> Vec<String> {
    let mut remarks = Vec::new();
    if message.edited {
        remarks.push(language.say(Text::Edited).to_owned());
    }
    match message.expires {
        None => {}
        Some(Expiry::At(time)) => remarks.push(fill(
            language.say(Text::ExpiresAt),
            &[&local(time, "%Y-%m-%d %H:%M:%S")],
        )),
        Some(Expiry::AfterReading(seconds)) => remarks.push(fill(
            language.say(Text::ExpiresAfter),
            &[&seconds.to_string()],
        )),
    }
    if message.own && !message.deleted {
        remarks.push(state_text(language, message.state).to_owned());
    }
    remarks
}

fn reaction(reaction: &Reaction) -> String {
    let people: Vec<String> = reaction
        .people
        .iter()
        .map(|name| clean_line(name))
        .collect();
    format!("{} {}", clean_line(&reaction.emoji), people.join(", "))
}

#[cfg(test)]
mod tests {
    use restante_client::engine::io::{MessageId, MessageState, RoomId, Time};

    use serde_json::Value;

    use super::*;
    use crate::shown::{hit_json, json_line, message_json};

    fn message() -> Message {
        Message {
            id: MessageId([0xab; 32]),
            room: RoomId([1; 32]),
            number: Some(7),
            sender: "bob".into(),
            own: false,
            sent_at: Time(1_795_330_000_123),
            text: "hi \u{1b}[2Jthere".into(),
            state: MessageState::Received,
            reply: None,
            edited: false,
            deleted: false,
            reactions: Vec::new(),
            mentions: Vec::new(),
            expires: None,
            muted: false,
            attachments: Vec::new(),
        }
    }

    fn line(message: &Message) -> String {
        let line = message_line(Language::English, message);
        line.split_once(' ').unwrap().1.to_owned()
    }

    #[test]
    fn a_message_has_the_fields_of_the_reference() {
        let json = message_json(&message());
        assert_eq!(json["id"], "ab".repeat(32));
        assert_eq!(json["n"], 7);
        assert_eq!(json["sender"], "bob");
        assert_eq!(json["sent_at"], "2026-11-22T06:46:40.123Z");
        assert_eq!(json["text"], "hi \u{1b}[2Jthere");
        assert_eq!(json["state"], "received");
        assert_eq!(json["reply"], Value::Null);
        assert!(!json.to_string().contains('\u{1b}'));
        let queued = Message {
            number: None,
            ..message()
        };
        assert_eq!(message_json(&queued)["n"], Value::Null);
    }

    #[test]
    fn what_was_said_of_a_message_stands_with_it() {
        let full = Message {
            reply: Some(Quote {
                id: MessageId([1; 32]),
                number: Some(3),
                sender: "alice".into(),
                snippet: "first".into(),
            }),
            edited: true,
            text: "two\nlines".into(),
            reactions: vec![Reaction {
                emoji: "👍".into(),
                people: vec!["alice".into(), "carol".into()],
                own: false,
            }],
            expires: Some(Expiry::AfterReading(60)),
            ..message()
        };
        assert_eq!(
            line(&full),
            "#7 bob: > alice: first\n      two\n      lines  (edited, vanishes 60 s after reading)\
             \n      👍 alice, carol"
        );
        let json = message_json(&full);
        assert_eq!(json["reply"]["n"], 3);
        assert_eq!(json["reactions"][0]["people"][1], "carol");
        assert_eq!(json["expires_after_seconds"], 60);
    }

    #[test]
    fn a_deleted_message_says_so_and_nothing_else() {
        let deleted = Message {
            deleted: true,
            own: true,
            text: String::new(),
            ..message()
        };
        assert_eq!(line(&deleted), "#7 you: [deleted]");
    }

    #[test]
    fn nothing_a_sender_writes_drives_the_terminal() {
        let bad = "a\u{1b}[2J\u{9b}31m\u{202e}b\u{2066}\u{200f}\u{7}\u{2028}c";
        let hostile = Message {
            sender: bad.into(),
            text: bad.into(),
            reply: Some(Quote {
                id: MessageId([1; 32]),
                number: None,
                sender: bad.into(),
                snippet: bad.into(),
            }),
            reactions: vec![Reaction {
                emoji: bad.into(),
                people: vec![bad.into()],
                own: false,
            }],
            ..message()
        };
        let hit = Hit {
            room: RoomId([1; 32]),
            id: MessageId([1; 32]),
            number: None,
            sender: bad.into(),
            own: false,
            sent_at: Time(0),
            snippet: bad.into(),
        };
        let json = json_line(&message_json(&hostile));
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["text"], bad, "escaped, not lost");
        let printed = [
            message_line(Language::English, &hostile).replace('\n', ""),
            hit_line(Language::Chinese, &hit, bad),
            json,
            json_line(&hit_json(&hit, bad)),
        ];
        for line in printed {
            let is_hostile =
                |c: char| c.is_control() || "\u{202e}\u{2066}\u{200f}\u{61c}".contains(c);
            assert!(!line.chars().any(is_hostile), "{line:?}");
        }
    }

    #[test]
    fn a_clock_beyond_the_calendar_is_shown_all_the_same() {
        let late = Message {
            sent_at: Time(u64::MAX),
            ..message()
        };
        assert!(message_line(Language::English, &late).contains("bob"));
    }
}
