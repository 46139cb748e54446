//! `/v1/account/stream`: the inbox of one client, on the connection of its account.

use std::sync::Arc;

use bytes::Bytes;
use restante_wire::{
    ErrorCode, MailboxAddress, SessionToken, WireError, codec,
    inbox::{InboxAnswer, InboxRequest},
    mailbox::Request,
    stream::{ClientFrame, Ended, Event, Greeting, ServerFrame},
};

use tokio_util::sync::CancellationToken;

use super::{
    super::budget::Share,
    connection::{Protocol, answer},
};
use crate::{
    delivery::fan_out::{self, Outbox, Reader, Watch},
    services::Services,
    store::{Page, PageLimits, sqlite::inboxes},
};

/// Letters are 4 KiB each.
const PAGE: PageLimits = PageLimits {
    entries: 32,
    bytes: 256 * 1024,
};

/// The state of one account stream.
pub(super) struct AccountStream {
    services: Arc<Services>,
    outbox: Arc<Outbox>,
    open: Option<Open>,
    watch: Option<Arc<Watch>>,
}

/// A session that was shown, and the inbox of its client.
struct Open {
    token: SessionToken,
    inbox: MailboxAddress,
    ended: CancellationToken,
}

impl AccountStream {
    pub(super) fn new(services: Arc<Services>) -> Self {
        Self {
            services,
            outbox: Arc::default(),
            open: None,
            watch: None,
        }
    }

    async fn handle(&mut self, request: u64, body: InboxRequest) {
        let result = match body {
            InboxRequest::Open { token } => self.open(token).await.map(|()| InboxAnswer::Done),
            InboxRequest::Watch { cursor } => return self.watch(request, cursor).await,
            InboxRequest::Ack { number } => self.ack(number).await,
            InboxRequest::SetWakeHandle { handle } => match self.inbox() {
                Ok(inbox) => {
                    let store = &self.services.store;
                    let set = store.set_inbox_wake_handle(inbox, handle).await;
                    set.map(|()| InboxAnswer::Done)
                }
                Err(error) => Err(error),
            },
        };
        self.reply(request, result);
    }

    async fn open(&mut self, token: SessionToken) -> Result<(), WireError> {
        if self.open.is_some() {
            return Err(ErrorCode::BadRequest.into());
        }
        let session = self.services.sessions.follow(&token);
        let (owner, ended) = session.ok_or(ErrorCode::Unauthorized)?;
        let client = owner.client.ok_or(ErrorCode::Unauthorized)?;
        let inbox = self
            .services
            .store
            .read(move |connection| inboxes::inbox_of(connection, &client))
            .await?
            .ok_or(ErrorCode::NoSuchInbox)?;
        self.open = Some(Open {
            token,
            inbox,
            ended,
        });
        Ok(())
    }

    /// The inbox, as long as the session holds.
    fn inbox(&self) -> Result<MailboxAddress, WireError> {
        let open = self.open.as_ref().ok_or(ErrorCode::Unauthorized)?;
        match self.services.sessions.check(&open.token) {
            Some(_) => Ok(open.inbox),
            None => Err(ErrorCode::Unauthorized.into()),
        }
    }

    async fn ack(&self, number: u64) -> Result<InboxAnswer, WireError> {
        let inbox = self.inbox()?;
        self.services.store.ack_letters(inbox, number).await?;
        Ok(InboxAnswer::Done)
    }

    /// Joins the hub first and looks at the inbox then, so that there is no gap between them.
    async fn watch(&mut self, request: u64, cursor: u64) {
        let inbox = match self.inbox() {
            Ok(inbox) => inbox,
            Err(error) => return self.reply(request, Err(error)),
        };
        self.leave();
        let watch = Watch::new(inbox, Reader::Owner, cursor, Arc::clone(&self.outbox));
        self.services.store.hub().join(Arc::clone(&watch));
        self.watch = Some(Arc::clone(&watch));
        match self.services.store.last_letter(inbox).await {
            Ok(last) => {
                self.reply(request, Ok(InboxAnswer::Watching { last }));
                watch.start(last > cursor);
            }
            Err(error) => {
                self.leave();
                self.reply(request, Err(error));
            }
        }
    }

    fn reply(&self, request: u64, result: Result<InboxAnswer, WireError>) {
        self.outbox.open_request();
        self.outbox.push_answer(answer(request, result));
    }
}

impl Protocol for AccountStream {
    fn services(&self) -> &Arc<Services> {
        &self.services
    }

    fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    fn greeting(&self, greeting: Greeting) -> Vec<u8> {
        codec::encode(&ServerFrame::<InboxAnswer>::Greeting(greeting))
    }

    async fn request(&mut self, frame: Bytes, share: Result<Share, WireError>) {
        match codec::decode::<ClientFrame<InboxRequest>>(&frame) {
            Ok(ClientFrame { request, body }) => match share {
                Ok(_share) => self.handle(request, body).await,
                Err(error) => self.reply(request, Err(error)),
            },
            Err(error) => {
                let error = match codec::decode::<ClientFrame<Request>>(&frame) {
                    Ok(_) => ErrorCode::WrongConnection.into(),
                    Err(_) => error.into(),
                };
                self.reply(super::request_number(&frame), Err(error));
            }
        }
    }

    fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        let ended = self.open.as_ref().map(|open| open.ended.clone());
        async move {
            match ended {
                Some(ended) => ended.cancelled_owned().await,
                None => std::future::pending().await,
            }
        }
    }

    async fn read_on(&mut self, watch: Arc<Watch>) -> Result<Vec<Bytes>, WireError> {
        let Some(cursor) = watch.begin_read() else {
            return Ok(Vec::new());
        };
        let inbox = *watch.log();
        let page = match self.inbox() {
            Ok(inbox) => self.services.store.letters(inbox, cursor, PAGE).await,
            Err(error) => Err(error),
        };
        match page {
            Ok(Page::Entries {
                encoded,
                up_to,
                last,
                ..
            }) => {
                watch.end_read(up_to, up_to >= last);
                let frame = (!encoded.is_empty()).then(|| fan_out::letters(&encoded));
                Ok(frame.into_iter().collect())
            }
            // The session ended, or the client was expelled and its inbox is gone.
            Err(WireError {
                code: ErrorCode::Unauthorized | ErrorCode::NoSuchInbox,
                ..
            }) => {
                self.leave();
                let reason = Ended::NoSuchSeat;
                let mailbox = inbox;
                let event = Event::Ended { mailbox, reason };
                Ok(vec![
                    codec::encode(&ServerFrame::<InboxAnswer>::Event(event)).into(),
                ])
            }
            Ok(Page::Trimmed { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn leave(&mut self) {
        if let Some(watch) = self.watch.take() {
            self.services.store.hub().leave(&watch);
        }
    }
}
