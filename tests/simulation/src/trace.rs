//! What goes over the wire, in a line each: for a reader who looks for the reason of a failure.

use std::fmt::Write;

use restante_client::engine::io::{Failure, Input, Outgoing, Reply, Room};
use restante_wire::{
    Envelope, Kind, MailboxAddress,
    mailbox::{Answer, Request, SeatChanges},
    stream::Event as StreamEvent,
};

use crate::World;

impl World {
    /// Notes a line, if anybody wants to read it.
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        let ms = self.now.0 - crate::world::START_MS;
        if let Some(trace) = &mut self.trace {
            let (day, rest) = (ms / 86_400_000, ms % 86_400_000);
            let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
            let _ = writeln!(
                trace,
                "day {day} {hour:02}:{minute:02}:{second:02} {}",
                line()
            );
        }
    }

    /// Notes what has changed about a client's standing in its rooms, if anybody wants to read it.
    pub(crate) fn note_standing(&mut self, who: usize) {
        if self.trace.is_none() {
            return;
        }
        let person = &mut self.people[who];
        let rooms = person
            .engine
            .as_ref()
            .and_then(|engine| engine.rooms().ok());
        let mut changed = Vec::new();
        for room in rooms.into_iter().flatten() {
            let standing = standing_words(&room);
            let before = person.traced.insert(room.id, standing.clone());
            if before.as_ref() != Some(&standing) {
                changed.push(standing);
            }
        }
        for standing in changed {
            self.note(|| format!("        {who} is {standing}"));
        }
    }
}

fn standing_words(room: &Room) -> String {
    let marks = [
        (room.in_doubt, ", in doubt"),
        (room.log_mismatch, ", against the relay"),
        (room.halted.is_some(), ", standing still"),
    ];
    let marks = marks
        .iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, mark)| *mark);
    let people = room.participants.iter().map(|(name, _)| name.as_str());
    format!(
        "{} in {:02x} {:?} of {}{}",
        room.phase.name(),
        room.id.0[0],
        room.title,
        people.collect::<Vec<_>>().join(" "),
        marks.collect::<String>()
    )
}

/// A request in a few words.
pub(crate) fn outgoing(outgoing: &Outgoing) -> String {
    match outgoing {
        Outgoing::Mailbox { request, .. } => request_words(request),
        Outgoing::Inbox { request, .. } => format!("inbox: {request:?}"),
        Outgoing::Http { path, body, .. } => format!("post {path}, {} bytes", body.len()),
        Outgoing::Upload { .. } => "upload".into(),
    }
}

fn request_words(request: &Request) -> String {
    match request {
        Request::Append(append) => {
            let items = append.items.iter().map(|item| {
                let kind = kind_word(item.kind);
                let seats = seat_words(&item.changes);
                format!("{kind} after {}{seats}", item.after_commit)
            });
            let items: Vec<String> = items.collect();
            let mailbox = name_of(&append.access.mailbox);
            format!("append to {mailbox}: {}", items.join(", "))
        }
        Request::Ack(ack) => {
            let to = ack.positions.iter().map(|position| {
                format!(
                    "{} to {}",
                    name_of(&position.access.mailbox),
                    position.cursor
                )
            });
            format!("ack {}", to.collect::<Vec<_>>().join(", "))
        }
        Request::Watch(watch) => {
            let from = watch.positions.iter().map(|position| {
                format!(
                    "{} from {}",
                    name_of(&position.access.mailbox),
                    position.cursor
                )
            });
            format!("watch {}", from.collect::<Vec<_>>().join(", "))
        }
        Request::Rotate(rotate) => format!("rotate in {}", name_of(&rotate.access.mailbox)),
        Request::Create(create) => format!("create {}", name_of(&create.mailbox)),
        Request::Ephemeral(_) => "ephemeral".into(),
        other => first_word(&format!("{other:?}")),
    }
}

fn seat_words(changes: &SeatChanges) -> String {
    let count = |what: &str, count: usize| match count {
        0 => String::new(),
        _ => format!(" {what} {count}"),
    };
    let list = changes.list.as_ref().map(Vec::len);
    [
        count("adds", changes.add.len()),
        count("refreshes", changes.refresh.len()),
        count(
            "drops",
            changes.drop_owned.len() + usize::from(changes.drop_self),
        ),
        list.map_or_else(String::new, |list| format!(" lists {list}")),
    ]
    .concat()
}

/// Enough of a mailbox's address to tell it from others of the run.
fn name_of(mailbox: &MailboxAddress) -> String {
    format!("{:02x}{:02x}", mailbox.0[0], mailbox.0[1])
}

/// What a client is told, in a few words.
pub(crate) fn input(input: &Input) -> String {
    match input {
        Input::Connected { stream, .. } => format!("connected {stream:?}"),
        Input::Disconnected { stream, .. } => format!("disconnected {stream:?}"),
        Input::Answered { result, .. } => match result {
            Ok(Reply::Mailbox(answer)) => answer_words(answer),
            Ok(Reply::Http(body)) => format!("answer of {} bytes", body.len()),
            Ok(other) => first_word(&format!("{other:?}")),
            Err(Failure::Refused(error)) => format!("refused: {:?}", error.code),
            Err(failure) => format!("{failure:?}"),
        },
        Input::Event { event, .. } => match event {
            StreamEvent::Envelopes { mailbox, envelopes } => format!(
                "envelopes of {}: {}",
                name_of(mailbox),
                envelope_words(envelopes)
            ),
            StreamEvent::Letters(letters) => format!("{} letters", letters.len()),
            StreamEvent::Ended { mailbox, reason } => {
                format!("watch of {} ended: {reason:?}", name_of(mailbox))
            }
            other => first_word(&format!("{other:?}")),
        },
        Input::Tick => "tick".into(),
    }
}

fn answer_words(answer: &Answer) -> String {
    match answer {
        Answer::Appended(appended) => {
            let refused = appended.refused.as_ref().map(|refusal| match refusal {
                restante_wire::mailbox::Refusal::Stale {
                    last_commit,
                    missing,
                } => {
                    format!(
                        "stale, last commit {last_commit}, {}",
                        envelope_words(missing)
                    )
                }
                restante_wire::mailbox::Refusal::Error(error) => format!("{:?}", error.code),
            });
            format!(
                "appended {:?} {}",
                appended.numbers,
                refused.unwrap_or_default()
            )
        }
        Answer::Watching(outcomes) => format!("watching {outcomes:?}"),
        other => first_word(&format!("{other:?}")),
    }
}

fn envelope_words(envelopes: &[Envelope]) -> String {
    let words = envelopes
        .iter()
        .map(|envelope| format!("{} {}", kind_word(envelope.kind), envelope.number));
    words.collect::<Vec<_>>().join(", ")
}

const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Commit => "commit",
        Kind::Message => "message",
    }
}

fn first_word(text: &str) -> String {
    text.chars().take(60).collect()
}
