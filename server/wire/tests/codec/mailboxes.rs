//! Mailbox and inbox requests, answers and frames.

use proptest::{collection::vec, option, prelude::*};
use restante_wire::{
    Done, RestoreId,
    inbox::{Deliver, InboxAnswer, InboxRequest, Lane, Letter},
    mailbox::{
        Ack, Answer, Append, AppendItem, Appended, Create, Ephemeral, Fetch, Fetched, Head, Heads,
        OwnedDrop, Position, Refusal, Request, Rotate, SeatChanges, SeatGrant, SetWakeHandle,
        Unwatch, Watch,
    },
    stream::{ClientFrame, Ended, Event, Greeting, ServerFrame},
};

use crate::{survive, values::*};

fn grant() -> impl Strategy<Value = SeatGrant> + Clone {
    (seat(), secret_hash()).prop_map(|(seat, secret_hash)| SeatGrant { seat, secret_hash })
}

fn changes() -> impl Strategy<Value = SeatChanges> + Clone {
    let drops =
        (seat(), owner_secret()).prop_map(|(seat, owner_secret)| OwnedDrop { seat, owner_secret });
    let list = option::of(vec((seat(), role()), 0..3));
    (
        vec(grant(), 0..3),
        vec(grant(), 0..3),
        vec(drops, 0..3),
        any::<bool>(),
        list,
    )
        .prop_map(|(add, refresh, drop_owned, drop_self, list)| SeatChanges {
            add,
            refresh,
            drop_owned,
            drop_self,
            list,
        })
}

fn item() -> impl Strategy<Value = AppendItem> + Clone {
    let head = (envelope_id(), any::<u64>(), kind(), wake());
    (head, changes(), option::of(bytes()), bytes()).prop_map(
        |((id, after_commit, kind, wake), changes, welcome, body)| AppendItem {
            id,
            after_commit,
            kind,
            wake,
            changes,
            welcome,
            body,
        },
    )
}

fn position() -> impl Strategy<Value = Position> + Clone {
    (access(), any::<u64>()).prop_map(|(access, cursor)| Position { access, cursor })
}

fn request() -> impl Strategy<Value = Request> + Clone {
    let create = (stamp(), mailbox(), seat(), secret_hash(), owner_tag()).prop_map(
        |(stamp, mailbox, seat, secret_hash, owner_tag)| {
            Request::Create(Create {
                stamp,
                mailbox,
                seat,
                secret_hash,
                owner_tag,
            })
        },
    );
    let rotate =
        (access(), secret_hash(), owner_tag()).prop_map(|(access, secret_hash, owner_tag)| {
            Request::Rotate(Rotate {
                access,
                secret_hash,
                owner_tag,
            })
        });
    let positions = || vec(position(), 0..4);
    prop_oneof![
        create,
        (access(), vec(item(), 0..3))
            .prop_map(|(access, items)| Request::Append(Append { access, items })),
        (access(), any::<u64>(), any::<u32>()).prop_map(|(access, cursor, limit)| Request::Fetch(
            Fetch {
                access,
                cursor,
                limit
            }
        )),
        positions().prop_map(|positions| Request::Heads(Heads { positions })),
        positions().prop_map(|positions| Request::Watch(Watch { positions })),
        vec(mailbox(), 0..4).prop_map(|mailboxes| Request::Unwatch(Unwatch { mailboxes })),
        positions().prop_map(|positions| Request::Ack(Ack { positions })),
        rotate,
        (access(), handle())
            .prop_map(|(access, handle)| Request::SetWakeHandle(SetWakeHandle { access, handle })),
        (access(), bytes())
            .prop_map(|(access, body)| Request::Ephemeral(Ephemeral { access, body })),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> + Clone {
    prop_oneof![
        (any::<u64>(), vec(envelope(), 0..2)).prop_map(|(last_commit, missing)| Refusal::Stale {
            last_commit,
            missing
        }),
        wire_error().prop_map(Refusal::Error),
    ]
}

fn answer() -> impl Strategy<Value = Answer> + Clone {
    let page = (vec(envelope(), 0..2), any::<u64>())
        .prop_map(|(envelopes, last)| Fetched::Page { envelopes, last });
    let trimmed = any::<u64>().prop_map(|first| Fetched::Trimmed { first });
    let head = (any::<u32>(), outcome(any::<u64>())).prop_map(|(index, last)| Head { index, last });
    prop_oneof![
        Just(Answer::Done),
        (vec(any::<u64>(), 0..4), option::of(refusal()))
            .prop_map(|(numbers, refused)| Answer::Appended(Appended { numbers, refused })),
        prop_oneof![page, trimmed].prop_map(Answer::Fetched),
        vec(head, 0..4).prop_map(Answer::Heads),
        vec(outcome(any::<u64>()), 0..4).prop_map(Answer::Watching),
        vec(outcome(Just(Done {})), 0..4).prop_map(Answer::Acked),
    ]
}

fn letter() -> impl Strategy<Value = Letter> + Clone {
    let lane = prop_oneof![Just(Lane::Stranger), Just(Lane::Contact)];
    (any::<u64>(), envelope_id(), day(), lane, bytes()).prop_map(|(number, id, day, lane, body)| {
        Letter {
            number,
            id,
            day,
            lane,
            body,
        }
    })
}

fn event() -> impl Strategy<Value = Event> + Clone {
    let reason = prop_oneof![
        Just(Ended::NoSuchSeat),
        any::<u64>().prop_map(|first| Ended::Trimmed { first }),
    ];
    prop_oneof![
        (mailbox(), vec(envelope(), 0..2))
            .prop_map(|(mailbox, envelopes)| Event::Envelopes { mailbox, envelopes }),
        (mailbox(), bytes()).prop_map(|(mailbox, body)| Event::Ephemeral { mailbox, body }),
        (mailbox(), reason).prop_map(|(mailbox, reason)| Event::Ended { mailbox, reason }),
        vec(letter(), 0..3).prop_map(Event::Letters),
    ]
}

fn from_relay<A: std::fmt::Debug + Clone + 'static>(
    answer: impl Strategy<Value = A> + Clone + 'static,
) -> impl Strategy<Value = ServerFrame<A>> {
    let greeting = (any::<[u8; 16]>(), day()).prop_map(|(id, day)| {
        ServerFrame::Greeting(Greeting {
            restore_id: RestoreId(id),
            day,
        })
    });
    prop_oneof![
        greeting,
        (any::<u64>(), outcome(answer))
            .prop_map(|(request, result)| ServerFrame::Answer { request, result }),
        event().prop_map(ServerFrame::Event),
    ]
}

fn inbox_request() -> impl Strategy<Value = InboxRequest> + Clone {
    prop_oneof![
        session_token().prop_map(|token| InboxRequest::Open { token }),
        any::<u64>().prop_map(|cursor| InboxRequest::Watch { cursor }),
        any::<u64>().prop_map(|number| InboxRequest::Ack { number }),
        handle().prop_map(|handle| InboxRequest::SetWakeHandle { handle }),
    ]
}

fn inbox_answer() -> impl Strategy<Value = InboxAnswer> + Clone {
    prop_oneof![
        Just(InboxAnswer::Done),
        any::<u64>().prop_map(|last| InboxAnswer::Watching { last }),
    ]
}

fn deliver() -> impl Strategy<Value = Deliver> {
    (
        stamp(),
        mailbox(),
        envelope_id(),
        option::of(contact_token()),
        wake(),
        bytes(),
    )
        .prop_map(|(stamp, inbox, id, contact_token, wake, body)| Deliver {
            stamp,
            inbox,
            id,
            contact_token,
            wake,
            body,
        })
}

fn framed<R: std::fmt::Debug>(
    body: impl Strategy<Value = R>,
) -> impl Strategy<Value = ClientFrame<R>> {
    (any::<u64>(), body).prop_map(|(request, body)| ClientFrame { request, body })
}

survive! {
    mailbox_requests_survive: framed(request());
    mailbox_answers_and_events_survive: from_relay(answer());
    inbox_requests_survive: framed(inbox_request());
    inbox_answers_and_events_survive: from_relay(inbox_answer());
    deliveries_survive: deliver();
    envelopes_survive: envelope();
}
