//! What goes over the wire, in a line each: for a reader who looks for the reason of a failure.

use std::fmt::Write;

use restante_client::engine::io::{Failure, Input, Outgoing, Reply};
use restante_wire::{
    Envelope, Kind,
    mailbox::{Answer, Request},
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
                let (add, list) = (item.changes.add.len(), item.changes.list.as_ref());
                let seats = match (add, list.map(Vec::len)) {
                    (0, None) => String::new(),
                    (add, list) => format!(" seats +{add} list {list:?}"),
                };
                format!("{kind} after {}{seats}", item.after_commit)
            });
            let items: Vec<String> = items.collect();
            let mailbox = append.access.mailbox.0[0];
            format!("append to {mailbox:02x}: {}", items.join(", "))
        }
        Request::Ack(ack) => {
            let to = ack.positions.iter().map(|position| {
                format!(
                    "{:02x} to {}",
                    position.access.mailbox.0[0], position.cursor
                )
            });
            format!("ack {}", to.collect::<Vec<_>>().join(", "))
        }
        Request::Watch(watch) => {
            let from = watch.positions.iter().map(|position| {
                format!(
                    "{:02x} from {}",
                    position.access.mailbox.0[0], position.cursor
                )
            });
            format!("watch {}", from.collect::<Vec<_>>().join(", "))
        }
        Request::Rotate(rotate) => format!("rotate in {:02x}", rotate.access.mailbox.0[0]),
        Request::Create(create) => format!("create {:02x}", create.mailbox.0[0]),
        Request::Ephemeral(_) => "ephemeral".into(),
        other => first_word(&format!("{other:?}")),
    }
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
                "envelopes of {:02x}: {}",
                mailbox.0[0],
                envelope_words(envelopes)
            ),
            StreamEvent::Letters(letters) => format!("{} letters", letters.len()),
            StreamEvent::Ended { mailbox, reason } => {
                format!("watch of {:02x} ended: {reason:?}", mailbox.0[0])
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
