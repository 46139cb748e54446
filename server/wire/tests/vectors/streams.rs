//! Frames of the two streams: every kind of request, answer and event.

use restante_wire::{
    Day, EnvelopeId, ErrorCode, Outcome, RestoreId, SessionToken, WireError,
    error::Done,
    inbox::{InboxAnswer, InboxRequest, Lane, Letter},
    mailbox::{Ack, Answer, Appended, Fetched, Head, Heads, Request, SealedHandle, Unwatch, Watch},
    stream::{ClientFrame, Ended, Event, Greeting, ServerFrame},
};
use serde_json::Value;

use crate::{
    log,
    mailboxes::{self, MAILBOX, positions},
    vector,
};

pub(crate) fn vectors() -> Vec<Value> {
    [requests(), answers(), events(), inbox()].concat()
}

fn requests() -> Vec<Value> {
    let requests = [
        Request::Create(mailboxes::create()),
        Request::Append(mailboxes::append()),
        Request::Fetch(mailboxes::fetch()),
        Request::Heads(Heads {
            positions: positions(),
        }),
        Request::Watch(Watch {
            positions: positions(),
        }),
        Request::Unwatch(Unwatch {
            mailboxes: vec![MAILBOX],
        }),
        Request::Ack(Ack {
            positions: positions(),
        }),
        Request::Rotate(mailboxes::rotate()),
        Request::SetWakeHandle(mailboxes::set_wake_handle()),
        Request::Ephemeral(mailboxes::ephemeral()),
    ];
    let frames = (300_u64..).zip(requests);
    frames
        .map(|(request, body)| vector("ClientFrame<Request>", &ClientFrame { request, body }))
        .collect()
}

fn answers() -> Vec<Value> {
    let answers = [
        Answer::Done,
        Answer::Appended(Appended {
            numbers: vec![1, 2],
            refused: None,
        }),
        Answer::Fetched(Fetched::Trimmed { first: 1 }),
        Answer::Heads(vec![Head {
            index: 1,
            last: Outcome::Done(2),
        }]),
        Answer::Watching(vec![Outcome::Done(3)]),
        Answer::Acked(vec![
            Outcome::Done(Done {}),
            Outcome::Refused(WireError::new(ErrorCode::BeyondLog)),
        ]),
    ];
    let refused = Outcome::Refused(WireError::retry(ErrorCode::Overloaded, 250));
    answers
        .into_iter()
        .map(Outcome::Done)
        .chain([refused])
        .zip(300_u64..)
        .map(|(result, request)| {
            let frame: ServerFrame<Answer> = ServerFrame::Answer { request, result };
            vector("ServerFrame<Answer>", &frame)
        })
        .collect()
}

fn letter() -> Letter {
    Letter {
        number: 1,
        id: EnvelopeId([0x31; 16]),
        day: Day(20_779),
        lane: Lane::Stranger,
        body: vec![0x32; 3],
    }
}

fn events() -> Vec<Value> {
    let greeting = ServerFrame::<Answer>::Greeting(Greeting {
        restore_id: RestoreId([0x33; 16]),
        day: Day(20_779),
    });
    let events = [
        Event::Envelopes {
            mailbox: MAILBOX,
            envelopes: log::envelopes(),
        },
        Event::Ephemeral {
            mailbox: MAILBOX,
            body: vec![0x34; 3],
        },
        Event::Ended {
            mailbox: MAILBOX,
            reason: Ended::NoSuchSeat,
        },
        Event::Ended {
            mailbox: MAILBOX,
            reason: Ended::Trimmed { first: 500 },
        },
        Event::Letters(vec![letter()]),
    ];
    let events = events
        .into_iter()
        .map(|event| vector("ServerFrame<Answer>", &ServerFrame::<Answer>::Event(event)));
    [vector("ServerFrame<Answer>", &greeting)]
        .into_iter()
        .chain(events)
        .collect()
}

fn inbox() -> Vec<Value> {
    let requests = [
        InboxRequest::Open {
            token: SessionToken([0x35; 32]),
        },
        InboxRequest::Watch { cursor: 5 },
        InboxRequest::Ack { number: 6 },
        InboxRequest::SetWakeHandle {
            handle: Some(SealedHandle(vec![0x36; 3])),
        },
    ];
    let answers = [InboxAnswer::Done, InboxAnswer::Watching { last: 6 }];
    let requests = (1_u64..)
        .zip(requests)
        .map(|(request, body)| vector("ClientFrame<InboxRequest>", &ClientFrame { request, body }));
    let answers = (1_u64..).zip(answers).map(|(request, answer)| {
        let frame: ServerFrame<InboxAnswer> = ServerFrame::Answer {
            request,
            result: Outcome::Done(answer),
        };
        vector("ServerFrame<InboxAnswer>", &frame)
    });
    requests.chain(answers).collect()
}
