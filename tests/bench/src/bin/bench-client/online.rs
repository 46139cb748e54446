//! A client that is connected to the relay's rules, without a wire between.

use std::collections::VecDeque;

use restante_bench::stopwatch::Stopwatch;
use restante_client::engine::{
    Engine,
    io::{Command, Event, Failure, Input, Outgoing, Reply, Stream, Time},
};
use restante_simulation::{person::RELAY, relay::Relay};
use restante_wire::{
    Day, MailboxAddress, RestoreId,
    mailbox::{Answer, Request},
    stream::{Event as StreamEvent, Greeting},
};

/// Most envelopes of one event, as the relay streams them to a reader that is behind.
const PAGE: usize = 128;

/// A client, its relay, and the time its engine took.
pub(crate) struct Online {
    engine: Engine,
    relay: Relay,
    mailbox: MailboxAddress,
    now: Time,
    /// Number up to which its watch was served; none before it watches.
    served: Option<u64>,
    inputs: VecDeque<Input>,
    /// Messages that its shell was told of.
    pub(crate) shown: u32,
    /// Items that it appended.
    pub(crate) appended: usize,
    /// Time spent in commands.
    pub(crate) commands: Stopwatch,
    /// Time spent on everything else.
    pub(crate) rest: Stopwatch,
}

impl Online {
    /// Connects a client that is in the room of this mailbox, and takes in all that is there.
    pub(crate) fn connect(
        engine: Engine,
        relay: Relay,
        mailbox: MailboxAddress,
        now: Time,
    ) -> Self {
        let mut online = Self {
            engine,
            relay,
            mailbox,
            now,
            served: None,
            inputs: VecDeque::new(),
            shown: 0,
            appended: 0,
            commands: Stopwatch::default(),
            rest: Stopwatch::default(),
        };
        for stream in [Stream::Rooms, Stream::Account] {
            online.inputs.push_back(Input::Disconnected {
                relay: RELAY.to_owned(),
                stream,
            });
        }
        online.inputs.push_back(Input::Connected {
            relay: RELAY.to_owned(),
            stream: Stream::Rooms,
            greeting: Greeting {
                restore_id: RestoreId([1; 16]),
                day: Day((now.0 / 86_400_000) as u32),
            },
        });
        online.settle();
        online
    }

    /// Gives a command; what follows from it waits for [`Self::settle`].
    pub(crate) fn command(&mut self, command: Command) {
        self.now = self.now.plus_ms(1);
        let (engine, now) = (&mut self.engine, self.now);
        self.commands
            .time(|| engine.command(now, command))
            .expect("an accepted command");
    }

    /// Serves requests and streams until nothing is left to do.
    pub(crate) fn settle(&mut self) {
        loop {
            self.serve();
            self.stream();
            let Some(input) = self.inputs.pop_front() else {
                return;
            };
            self.now = self.now.plus_ms(1);
            let (engine, now) = (&mut self.engine, self.now);
            let shown = self.rest.time(|| {
                engine.input(now, input).expect("a working disk");
                std::iter::from_fn(|| engine.next_event())
                    .filter(|event| matches!(event, Event::Message(_)))
                    .count()
            });
            self.shown += u32::try_from(shown).unwrap_or(u32::MAX);
        }
    }

    /// The mailbox of its room.
    pub(crate) const fn mailbox(&self) -> MailboxAddress {
        self.mailbox
    }

    /// The client, and the relay as it is now.
    pub(crate) fn into_parts(self) -> (Engine, Relay) {
        (self.engine, self.relay)
    }

    fn serve(&mut self) {
        while let Some(outgoing) = self.engine.next_outgoing() {
            let input = match outgoing {
                Outgoing::Mailbox { call, request, .. } => {
                    self.note(&request);
                    let (answer, _) = self.relay.answer(request);
                    if let Ok(Answer::Appended(appended)) = &answer {
                        self.appended += appended.numbers.len();
                    }
                    Input::Answered {
                        call,
                        result: answer.map(Reply::Mailbox).map_err(Failure::Refused),
                    }
                }
                // The account's stream is down: only the room is measured.
                Outgoing::Inbox { call, .. }
                | Outgoing::Http { call, .. }
                | Outgoing::Upload { call, .. } => Input::Answered {
                    call,
                    result: Err(Failure::Lost),
                },
            };
            self.inputs.push_back(input);
        }
    }

    fn note(&mut self, request: &Request) {
        if let Request::Watch(watch) = request {
            let position = watch
                .positions
                .iter()
                .find(|position| position.access.mailbox == self.mailbox);
            self.served = position.map(|position| position.cursor).or(self.served);
        }
    }

    /// Streams what the log holds beyond what was served.
    fn stream(&mut self) {
        let Some(served) = self.served else { return };
        let log = self.relay.log(&self.mailbox);
        let fresh = log
            .get(usize::try_from(served).unwrap_or(usize::MAX)..)
            .unwrap_or_default();
        self.served = Some(log.len() as u64);
        for page in fresh.chunks(PAGE) {
            self.inputs.push_back(Input::Event {
                relay: RELAY.to_owned(),
                event: StreamEvent::Envelopes {
                    mailbox: self.mailbox,
                    envelopes: page.to_vec(),
                },
            });
        }
    }
}
