//! `/v1/stream`: mailbox requests of seats.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use restante_wire::{
    ErrorCode, MailboxAddress, WireError, codec,
    inbox::InboxRequest,
    limits::MAX_POSITIONS,
    mailbox::{Answer, Create, Position, Request, Rotate},
    stream::{ClientFrame, Ended, Event, Greeting, ServerFrame},
};

use super::{
    super::budget::Share,
    connection::{Protocol, answer},
};
use crate::{
    delivery::fan_out::{self, Outbox, Reader, Watch},
    rate_limit::ClientAddress,
    services::Services,
    store::{Change, Page, PageLimits},
};

/// Most mailboxes that one connection watches.
const MAX_WATCHES: usize = 4 * MAX_POSITIONS;

/// A page for a watch that is behind: small, because each connection may hold one.
const PAGE: PageLimits = PageLimits {
    entries: 128,
    bytes: 128 * 1024,
};

/// The state of one stream of seats.
pub(super) struct SeatStream {
    services: Arc<Services>,
    payer: ClientAddress,
    outbox: Arc<Outbox>,
    watches: HashMap<MailboxAddress, Arc<Watch>>,
}

/// A request until it is answered, with its share of the memory for such requests.
struct Open {
    request: u64,
    _share: Share,
}

impl Open {
    /// Gives the share back; what is left is the number to answer to.
    fn answered(self) -> u64 {
        self.request
    }
}

impl SeatStream {
    pub(super) fn new(services: Arc<Services>, payer: ClientAddress) -> Self {
        Self {
            services,
            payer,
            outbox: Arc::default(),
            watches: HashMap::new(),
        }
    }

    async fn handle(&mut self, open: Open, body: Request) {
        let request = open.request;
        let result = match body {
            Request::Append(body) => return self.submit(open, Change::Append(body)),
            Request::Ack(body) => return self.submit(open, Change::Ack(body)),
            Request::Ephemeral(body) => return self.submit(open, Change::Ephemeral(body)),
            Request::SetWakeHandle(body) => return self.submit(open, Change::SetWakeHandle(body)),
            Request::Rotate(body) => return self.rotate(open, body),
            Request::Create(body) => return self.create(open, body).await,
            Request::Watch(body) => return self.watch(request, body.positions).await,
            Request::Fetch(body) => self.services.store.fetch(body).await.map(Answer::Fetched),
            Request::Heads(body) => self.services.store.heads(body).await.map(Answer::Heads),
            Request::Unwatch(body) => {
                self.unwatch(&body.mailboxes);
                Ok(Answer::Done)
            }
        };
        self.reply(request, result);
    }

    /// Hands a change to the store, which answers when it is durable.
    fn submit(&self, open: Open, change: Change) {
        let outbox = Arc::clone(&self.outbox);
        let push = move |result| outbox.push_answer(answer(open.answered(), result));
        self.outbox.open_request();
        self.services.store.submit(change, push);
    }

    /// Answers at once.
    fn reply(&self, request: u64, result: Result<Answer, WireError>) {
        self.outbox.open_request();
        self.outbox.push_answer(answer(request, result));
    }

    async fn create(&self, open: Open, body: Create) {
        match self.services.stamps.verify(&body.stamp, self.payer).await {
            Ok(()) => self.submit(open, Change::Create(body)),
            Err(error) => self.reply(open.request, Err(error)),
        }
    }

    /// A watch of this seat on this connection goes on with the new secret.
    fn rotate(&self, open: Open, body: Rotate) {
        let watch = self
            .watches
            .get(&body.access.mailbox)
            .filter(|watch| watch.is_of_seat(&body.access.seat))
            .cloned();
        let secret = body.secret_hash;
        let outbox = Arc::clone(&self.outbox);
        let push = move |result: Result<Answer, WireError>| {
            if let (Ok(_), Some(watch)) = (&result, watch) {
                watch.replace_secret(secret);
            }
            outbox.push_answer(answer(open.answered(), result));
        };
        self.outbox.open_request();
        self.services.store.submit(Change::Rotate(body), push);
    }

    /// Joins the hub first and looks at the log then, so that there is no gap between them.
    async fn watch(&mut self, request: u64, positions: Vec<Position>) {
        if positions.len() > MAX_POSITIONS {
            return self.reply(request, Err(ErrorCode::TooLarge.into()));
        }
        if self.watches.len() + positions.len() > MAX_WATCHES {
            return self.reply(request, Err(ErrorCode::TooMany.into()));
        }
        let joined: Vec<(Arc<Watch>, u64)> = positions
            .iter()
            .map(|position| (self.join(position), position.cursor))
            .collect();
        let lasts = match self.services.store.readable(positions).await {
            Ok(lasts) => lasts,
            Err(error) => {
                for (watch, _) in &joined {
                    self.services.store.hub().leave(watch);
                }
                return self.reply(request, Err(error));
            }
        };
        // The answer comes before the first event.
        let outcomes = lasts.iter().map(|last| (*last).into()).collect();
        self.reply(request, Ok(Answer::Watching(outcomes)));
        for ((watch, cursor), last) in joined.into_iter().zip(lasts) {
            match last {
                Ok(last) => {
                    self.keep(Arc::clone(&watch));
                    watch.start(last > cursor);
                }
                Err(_) => self.services.store.hub().leave(&watch),
            }
        }
    }

    fn join(&self, position: &Position) -> Arc<Watch> {
        let access = &position.access;
        let reader = Reader::Seat {
            id: access.seat,
            secret: access.secret.hash(),
        };
        let outbox = Arc::clone(&self.outbox);
        let watch = Watch::new(access.mailbox, reader, position.cursor, outbox);
        self.services.store.hub().join(Arc::clone(&watch));
        watch
    }

    /// Keeps a watch in the place of an earlier one of the same mailbox.
    fn keep(&mut self, watch: Arc<Watch>) {
        if let Some(earlier) = self.watches.insert(*watch.log(), watch) {
            self.services.store.hub().leave(&earlier);
        }
    }

    fn unwatch(&mut self, mailboxes: &[MailboxAddress]) {
        for mailbox in mailboxes {
            if let Some(watch) = self.watches.remove(mailbox) {
                self.services.store.hub().leave(&watch);
            }
        }
    }

    /// Ends a watch and says why.
    fn end(&mut self, watch: &Arc<Watch>, reason: Ended) -> Bytes {
        self.services.store.hub().leave(watch);
        let mailbox = *watch.log();
        if self
            .watches
            .get(&mailbox)
            .is_some_and(|kept| Arc::ptr_eq(kept, watch))
        {
            self.watches.remove(&mailbox);
        }
        codec::encode(&ServerFrame::<Answer>::Event(Event::Ended {
            mailbox,
            reason,
        }))
        .into()
    }
}

impl Protocol for SeatStream {
    fn services(&self) -> &Arc<Services> {
        &self.services
    }

    fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    fn greeting(&self, greeting: Greeting) -> Vec<u8> {
        codec::encode(&ServerFrame::<Answer>::Greeting(greeting))
    }

    async fn request(&mut self, frame: Bytes, share: Result<Share, WireError>) {
        match codec::decode::<ClientFrame<Request>>(&frame) {
            Ok(ClientFrame { request, body }) => {
                // Decoded, it is there twice.
                drop(frame);
                match share {
                    Ok(share) => {
                        let open = Open {
                            request,
                            _share: share,
                        };
                        self.handle(open, body).await;
                    }
                    Err(error) => self.reply(request, Err(error)),
                }
            }
            Err(error) => {
                let error = match codec::decode::<ClientFrame<InboxRequest>>(&frame) {
                    Ok(_) => ErrorCode::WrongConnection.into(),
                    Err(_) => error.into(),
                };
                self.reply(super::request_number(&frame), Err(error));
            }
        }
    }

    fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        std::future::pending()
    }

    async fn read_on(&mut self, watch: Arc<Watch>) -> Result<Vec<Bytes>, WireError> {
        let (Some(cursor), Reader::Seat { id, secret }) = (watch.begin_read(), watch.reader())
        else {
            return Ok(Vec::new());
        };
        let store = &self.services.store;
        let page = store.page(*watch.log(), id, secret, cursor, PAGE).await;
        match page {
            Ok(Page::Entries {
                encoded,
                up_to,
                last,
                is_final,
            }) => {
                let mut frames = Vec::new();
                if !encoded.is_empty() {
                    frames.push(fan_out::envelopes(watch.log(), &encoded));
                }
                if is_final && up_to >= last {
                    frames.push(self.end(&watch, Ended::NoSuchSeat));
                } else {
                    watch.end_read(up_to, up_to >= last);
                }
                Ok(frames)
            }
            Ok(Page::Trimmed { first }) => Ok(vec![self.end(&watch, Ended::Trimmed { first })]),
            Err(error) if error.code == ErrorCode::NoSuchSeat => {
                Ok(vec![self.end(&watch, Ended::NoSuchSeat)])
            }
            Err(error) => Err(error),
        }
    }

    fn leave(&mut self) {
        for (_, watch) in self.watches.drain() {
            self.services.store.hub().leave(&watch);
        }
    }
}
