//! The requests that go by HTTP.

use std::sync::Arc;

use restante_wire::{ErrorCode, WireError, api::Access, fault::planted};
use tokio::sync::{Semaphore, mpsc};

use super::{report::Report, session::Session, side::Side, tasks::Tasks};
use crate::{
    engine::io::{CallId, Failure, Input, Reply},
    platform::Runtime,
};

/// Most posts on their way at once.
const MAX_ON_THE_WAY: usize = 8;

/// Most posts on their way or waiting; further ones are refused for now.
const MAX_POSTS: usize = 256;

/// A post to be made.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) call: CallId,
    pub(super) relay: String,
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) body: Vec<u8>,
}

/// All posts. Dropping this ends them.
#[derive(Debug)]
pub(super) struct Posts {
    rooms: Side,
    session: Arc<Session>,
    reports: mpsc::Sender<Report>,
    slots: Arc<Semaphore>,
    tasks: Tasks,
}

impl Posts {
    pub(super) fn new(rooms: Side, session: Arc<Session>, reports: mpsc::Sender<Report>) -> Self {
        Self {
            rooms,
            session,
            reports,
            slots: Arc::new(Semaphore::new(MAX_ON_THE_WAY)),
            tasks: Tasks::default(),
        }
    }

    /// Makes a post, and reports how it ended. Gives it back as refused when there are too many.
    pub(super) fn start(&mut self, runtime: &Runtime, epoch: u64, post: Post) -> Result<(), Input> {
        if self.tasks.running() >= MAX_POSTS {
            let refusal = WireError::retry(ErrorCode::Overloaded, 1000);
            return Err(Input::Answered {
                call: post.call,
                result: Err(Failure::Refused(refusal)),
            });
        }
        let (rooms, session) = (self.rooms.clone(), Arc::clone(&self.session));
        let (slots, reports) = (Arc::clone(&self.slots), self.reports.clone());
        self.tasks.spawn(runtime, async move {
            let Ok(_slot) = slots.acquire().await else {
                return;
            };
            let call = post.call;
            let result = make(&rooms, &session, post).await.map(Reply::Http);
            let input = Input::Answered { call, result };
            // The worker is gone only when the client is closed.
            let _ = reports.send(Report::Posted { epoch, input }).await;
        });
        Ok(())
    }

    /// Ends all posts.
    pub(super) fn abort_all(&mut self) {
        self.tasks.abort_all();
    }
}

async fn make(rooms: &Side, session: &Session, post: Post) -> Result<Vec<u8>, Failure> {
    match post.access {
        Access::Anonymous if planted("r7_account_token_on_anonymous_posts") => {
            session.post(post.path, post.body).await
        }
        Access::Anonymous => rooms.post(&post.relay, post.path, None, post.body).await,
        // The token is shown to the relay that gave it, and to no other.
        Access::Session if post.relay == session.relay() => {
            session.post(post.path, post.body).await
        }
        Access::Session => Err(Failure::Refused(ErrorCode::WrongConnection.into())),
    }
}
