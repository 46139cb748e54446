//! The two streams: what is asked and answered on each.

use restante_wire::{
    api,
    inbox::{InboxAnswer, InboxRequest},
    mailbox,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::engine::io::{Reply, Stream};

/// One of the streams.
pub(super) trait Protocol: Send + 'static {
    type Request: Serialize + Send;
    type Answer: DeserializeOwned + Send;
    const PATH: &'static str;
    const STREAM: Stream;

    fn reply(answer: Self::Answer) -> Reply;

    /// A request that changes and tells nothing, for where a WebSocket cannot be pinged.
    fn probe() -> Self::Request;
}

/// Seats, and no account.
pub(super) struct Rooms;

impl Protocol for Rooms {
    type Request = mailbox::Request;
    type Answer = mailbox::Answer;
    const PATH: &'static str = api::STREAM;
    const STREAM: Stream = Stream::Rooms;

    fn reply(answer: Self::Answer) -> Reply {
        Reply::Mailbox(answer)
    }

    fn probe() -> Self::Request {
        let mailboxes = Vec::new();
        mailbox::Request::Unwatch(mailbox::Unwatch { mailboxes })
    }
}

/// The account's inbox, and no seats.
pub(super) struct Account;

impl Protocol for Account {
    type Request = InboxRequest;
    type Answer = InboxAnswer;
    const PATH: &'static str = api::ACCOUNT_STREAM;
    const STREAM: Stream = Stream::Account;

    fn reply(answer: Self::Answer) -> Reply {
        Reply::Inbox(answer)
    }

    fn probe() -> Self::Request {
        // Letters are counted from 1.
        InboxRequest::Ack { number: 0 }
    }
}
