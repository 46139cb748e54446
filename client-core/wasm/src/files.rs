//! Files of messages, from and to the browser's blobs.

use std::{
    future::Future,
    io::{self, Read, Seek, SeekFrom, Write},
};

use js_sys::{Array, Uint8Array};
use restante_client::{
    Error, ErrorKind,
    driver::Client,
    engine::io::{MessageId, RoomId},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::oneshot;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{AbortSignal, Blob, BlobPropertyBag, FileReaderSync};

use crate::call::{Given, message, read, room};

/// Bytes that are read from a blob at once: each time costs as much as a megabyte does.
const READ_AHEAD: usize = 1024 * 1024;

/// Bytes that are gathered before they are handed to the browser, which may put them on its disk.
const PART: usize = 4 * 1024 * 1024;

/// What may be said.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    Fetch {
        room: String,
        message: String,
        index: usize,
    },
    Thumbnail {
        room: String,
        message: String,
        index: usize,
    },
}

pub(crate) async fn carry_out(
    client: &Client,
    call: Call,
    signal: &AbortSignal,
) -> Result<Given, Error> {
    match call {
        Call::Fetch {
            room: id,
            message: of,
            index,
        } => {
            let place = (room(&id)?, message(&of)?);
            unless_aborted(signal, fetch(client, place, index)).await
        }
        Call::Thumbnail {
            room: id,
            message: of,
            index,
        } => {
            let (room, of) = (room(&id)?, message(&of)?);
            let found = read(client, move |engine| engine.attachments(&room, &of)).await?;
            let file = found.into_iter().nth(index).ok_or(ErrorKind::NotFound)?;
            jpeg(file.thumbnail.map(|small| small.jpeg).as_deref())
        }
    }
}

/// Works until it is done, or until nobody wants it any more, and then gives nothing. What is dropped lets
/// go of its request and of its file; the next attempt goes on behind what is there.
async fn unless_aborted(
    signal: &AbortSignal,
    work: impl Future<Output = Result<Given, Error>>,
) -> Result<Given, Error> {
    let (ended, end) = oneshot::channel();
    let on_abort = Closure::once(move || {
        // Whoever waited is done.
        let _ = ended.send(());
    });
    signal.set_onabort(Some(on_abort.as_ref().unchecked_ref()));
    if signal.aborted() {
        return Ok(Value::Null.into());
    }
    let done = tokio::select! {
        biased;
        done = work => done,
        Ok(()) = end => Ok(Value::Null.into()),
    };
    signal.set_onabort(None);
    done
}

/// A JPEG as a blob; null where there is none.
pub(crate) fn jpeg(bytes: Option<&[u8]>) -> Result<Given, Error> {
    let Some(bytes) = bytes else {
        return Ok(Value::Null.into());
    };
    let parts = Array::of1(&Uint8Array::from(bytes));
    Ok(Given::Object(joined(&parts, "image/jpeg")?.into()))
}

/// A blob that came with a call.
pub(crate) fn blob(blobs: &Array, index: u32) -> Option<Blob> {
    blobs.get(index).dyn_into().ok()
}

async fn fetch(client: &Client, place: (RoomId, MessageId), index: usize) -> Result<Given, Error> {
    let sources = client.files(place.0, place.1).await?;
    let source = sources.into_iter().nth(index).ok_or(ErrorKind::NotFound)?;
    let shown_as = harmless(&source.media_type).to_owned();
    let parts = client.open_file(place, source, Parts::default(), disk_full);
    let parts = parts.await?.finish()?;
    Ok(Given::Object(joined(&parts, &shown_as)?.into()))
}

/// The type that a blob may have: one that a browser shows and never runs. A page that opened a blob of
/// another type would run a stranger's script as its own.
fn harmless(media_type: &str) -> &str {
    let is_shown = ["image/", "audio/", "video/"]
        .iter()
        .any(|kind| media_type.starts_with(kind));
    match is_shown && !media_type.contains("svg") && !media_type.contains("xml") {
        true => media_type,
        false => "application/octet-stream",
    }
}

fn joined(parts: &Array, media_type: &str) -> Result<Blob, Error> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    Blob::new_with_blob_sequence_and_options(parts, &options)
        .map_err(|_| ErrorKind::DiskFull.into())
}

fn disk_full(error: io::Error) -> Error {
    Error::caused(ErrorKind::DiskFull, error)
}

/// A file in the clear as it comes, in the browser's hands.
#[derive(Default)]
struct Parts {
    done: Array,
    next: Vec<u8>,
}

impl Parts {
    fn finish(mut self) -> Result<Array, Error> {
        self.hand_over().map_err(disk_full)?;
        Ok(self.done)
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let part = Array::of1(&Uint8Array::from(self.next.as_slice()));
        let part = Blob::new_with_u8_array_sequence(&part);
        self.done
            .push(part.map_err(|_| io::ErrorKind::StorageFull)?.as_ref());
        self.next.clear();
        Ok(())
    }
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.next.extend_from_slice(bytes);
        if self.next.len() >= PART {
            self.hand_over()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a blob, as nobody but a worker may.
pub(crate) struct BlobReader {
    blob: Blob,
    reader: FileReaderSync,
    len: u64,
    at: u64,
    /// What was read ahead, and where it begins.
    ahead: (u64, Vec<u8>),
}

impl BlobReader {
    /// At its beginning.
    ///
    /// # Errors
    /// `internal_client` outside a worker.
    pub(crate) fn new(blob: Blob) -> Result<Self, Error> {
        let reader = FileReaderSync::new().map_err(|_| Error::new(ErrorKind::Internal))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast takes the nearest integer that there is"
        )]
        let len = blob.size() as u64;
        Ok(Self {
            blob,
            reader,
            len,
            at: 0,
            ahead: (0, Vec::new()),
        })
    }

    /// Length in bytes.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// What is there at this place; nothing at the end.
    fn there(&mut self) -> io::Result<&[u8]> {
        let (start, bytes) = &self.ahead;
        let end = start + bytes.len() as u64;
        if !(*start..end).contains(&self.at) && self.at < self.len {
            self.ahead = (self.at, self.read_ahead()?);
        }
        let (start, bytes) = &self.ahead;
        let skipped = usize::try_from(self.at.saturating_sub(*start)).unwrap_or(usize::MAX);
        Ok(bytes.get(skipped..).unwrap_or_default())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "blobs are shorter than 2^53 bytes"
    )]
    fn read_ahead(&self) -> io::Result<Vec<u8>> {
        let end = (self.at + READ_AHEAD as u64).min(self.len);
        let part = self.blob.slice_with_f64_and_f64(self.at as f64, end as f64);
        let part = part.map_err(|_: JsValue| io::ErrorKind::Other)?;
        // A file that was changed since the page got it cannot be read any more.
        let read = self.reader.read_as_array_buffer(&part);
        Ok(Uint8Array::new(read.map_err(|_| io::ErrorKind::Other)?.as_ref()).to_vec())
    }
}

impl Read for BlobReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.there()?.read(into)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(away) => self.len.checked_add_signed(away),
            SeekFrom::Current(away) => self.at.checked_add_signed(away),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
