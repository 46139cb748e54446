//! Uploads: each is a task that makes the blob or asks how far it is, and sends what is missing.
//!
//! A task never tries twice: when the connection ends it says so, and the engine makes it again,
//! which goes on where this one stopped.

use std::{
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use restante_wire::{
    ErrorCode,
    blob::{AppendBlob, BlobState, CreateBlob, ReadBlobState},
    limits::MAX_BLOB_PART,
    mailbox::Stamp,
};
use tokio::sync::mpsc;

use super::OUTGOING;
use crate::{
    driver::{report::Report, side::Side, tasks::Tasks},
    engine::{
        attachments::{Transfer, Way},
        io::{CallId, Failure, Input, Reply},
    },
    platform::{Runtime, at_home, blocking, find_home_file, remove_home_file},
    store::UploadRow,
};

/// Times that a part may meet another state than expected: another process of this home cannot, so
/// this is a relay that lies.
const MAX_CONFLICTS: u32 = 3;

/// All uploads. Dropping this ends them.
#[derive(Debug)]
pub(in crate::driver) struct Uploads {
    side: Side,
    home: Arc<Path>,
    reports: mpsc::Sender<Report>,
    tasks: Tasks,
}

impl Uploads {
    pub(in crate::driver) fn new(
        side: Side,
        home: Arc<Path>,
        reports: mpsc::Sender<Report>,
    ) -> Self {
        Self {
            side,
            home,
            reports,
            tasks: Tasks::default(),
        }
    }

    /// Starts an upload, and reports how it ended. The engine bounds how many there are.
    pub(in crate::driver) fn start(
        &mut self,
        runtime: &Runtime,
        epoch: u64,
        call: CallId,
        upload: UploadRow,
    ) {
        let (side, reports) = (self.side.clone(), self.reports.clone());
        let copy = self.home.join(OUTGOING).join(&upload.copy);
        self.tasks.spawn(runtime, async move {
            let task = Task {
                side,
                reports: reports.clone(),
                copy,
                upload,
            };
            let result = task.run().await;
            let input = Input::Answered { call, result };
            // The worker is gone only when the client is closed.
            let _ = reports.send(Report::Posted { epoch, input }).await;
        });
    }

    /// Ends all uploads.
    pub(in crate::driver) fn abort_all(&mut self) {
        self.tasks.abort_all();
    }
}

struct Task {
    side: Side,
    reports: mpsc::Sender<Report>,
    copy: PathBuf,
    upload: UploadRow,
}

impl Task {
    async fn run(&self) -> Result<Reply, Failure> {
        let was_tried = self.upload.attempts > 0;
        let mut state = self.state(was_tried).await?;
        let mut conflicts = 0;
        while !state.is_complete() {
            let Some(part) = self.part(state.received).await else {
                return Ok(Reply::CopyLost);
            };
            let append = AppendBlob {
                blob: self.upload.blob,
                offset: state.received,
                bytes: part,
            };
            state = match self.side.call(&self.upload.relay, &append).await {
                Err(Failure::Refused(error)) if error.code == ErrorCode::Conflict => {
                    conflicts += 1;
                    if conflicts > MAX_CONFLICTS {
                        return Err(Failure::Refused(error));
                    }
                    self.state(true).await?
                }
                answer => self.check(answer?)?,
            };
            self.tell(state.received).await;
        }
        // The relay has all of it: the copy is needed no more.
        remove_home_file(self.copy.clone()).await;
        Ok(Reply::Uploaded)
    }

    /// How far the blob is; makes it if there is none yet. What may be there already is asked for first,
    /// for that costs no stamp.
    async fn state(&self, may_be_there: bool) -> Result<BlobState, Failure> {
        let (relay, blob) = (&self.upload.relay, self.upload.blob);
        if may_be_there {
            match self.side.call(relay, &ReadBlobState { blob }).await {
                Err(Failure::Refused(error)) if error.code == ErrorCode::NoSuchBlob => {}
                answer => return self.check(answer?),
            }
        }
        let create = CreateBlob {
            stamp: Stamp::default(),
            blob,
            size: self.upload.sealed_len,
        };
        self.check(self.side.call(relay, &create).await?)
    }

    /// A relay that speaks of another blob than was made has a fault.
    fn check(&self, state: BlobState) -> Result<BlobState, Failure> {
        let is_sane = state.size == self.upload.sealed_len
            && (state.is_complete()
                || (state.received < state.size
                    && state.received.is_multiple_of(MAX_BLOB_PART as u64)));
        match is_sane {
            true => Ok(state),
            false => Err(Failure::Refused(ErrorCode::Internal.into())),
        }
    }

    /// The part of the copy that begins here; none if the copy is gone or shorter.
    async fn part(&self, offset: u64) -> Option<Vec<u8>> {
        let len = (self.upload.sealed_len - offset).min(MAX_BLOB_PART as u64);
        let mut file = find_home_file(self.copy.clone()).await?;
        let reading = blocking(move || {
            file.seek(SeekFrom::Start(offset)).map_err(at_home)?;
            let mut part = Vec::new();
            file.take(len).read_to_end(&mut part).map_err(at_home)?;
            Ok(part)
        });
        let part = reading.await.ok()?;
        (part.len() as u64 == len).then_some(part)
    }

    async fn tell(&self, done: u64) {
        let transfer = Transfer {
            room: self.upload.room,
            message: self.upload.message,
            name: self.upload.name.clone(),
            way: Way::Up,
            done,
            total: self.upload.sealed_len,
        };
        // Nobody listening is no error.
        let _ = self.reports.send(Report::Progress(transfer)).await;
    }
}
