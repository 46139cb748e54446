//! Heads of WebSocket frames, and long frames cut into short ones.
//!
//! **Source**: RFC 6455 section 5.2.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

use super::metered::Ending;

/// Longest frame that the WebSocket library is shown. A multiple of 4, so that every fragment
/// begins with the first byte of the mask.
pub(super) const CHUNK: usize = 2 * 1024;

/// Longest head of a frame: two bytes, a length of eight, a mask of four.
pub(super) const MAX_HEAD: usize = 14;

/// Longest payload of a control frame, and longest that the second byte of a head tells.
const MAX_CONTROL: usize = 125;

const FIN: u8 = 0x80;
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;

/// The length follows in two bytes, or in eight.
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;

/// A frame whose head was read.
pub(super) struct Frame {
    first: u8,
    mask: [u8; 4],
    rest: usize,
    /// What is left of the fragment whose head was handed on.
    chunk: usize,
}

impl Frame {
    /// From a whole head.
    ///
    /// # Errors
    /// `NoFrame` if it is not masked, which a client's must be, or a control frame longer than one
    /// may be; `TooLong` if it is longer than `longest`.
    pub(super) fn parse(head: &[u8], longest: usize) -> Result<Self, Ending> {
        let &[first, second, ref rest @ ..] = head else {
            return Err(Ending::NoFrame);
        };
        let (long, mask) = match rest.split_last_chunk::<4>() {
            Some(parts) if second & MASKED != 0 => parts,
            _ => return Err(Ending::NoFrame),
        };
        let len = match long {
            [] => u64::from(second & !MASKED),
            long => long.iter().fold(0, |len, byte| len << 8 | u64::from(*byte)),
        };
        let frame = Self {
            first,
            mask: *mask,
            rest: usize::try_from(len).map_err(|_| Ending::TooLong)?,
            chunk: 0,
        };
        if frame.is_control() && frame.rest > MAX_CONTROL {
            return Err(Ending::NoFrame);
        }
        if !frame.is_control() && frame.rest > longest {
            return Err(Ending::TooLong);
        }
        Ok(frame)
    }

    pub(super) const fn is_control(&self) -> bool {
        self.first & CONTROL != 0
    }

    /// Whether the message ends with this frame.
    pub(super) const fn is_last(&self) -> bool {
        self.first & FIN != 0
    }

    /// Payload that belongs to the fragment whose head was handed on.
    pub(super) const fn chunk(&self) -> usize {
        self.chunk
    }

    /// Counts payload of this fragment.
    pub(super) const fn handed(&mut self, len: usize) {
        self.chunk -= len;
        self.rest -= len;
    }

    /// Whether all of it was handed on.
    pub(super) const fn is_whole(&self) -> bool {
        self.rest == 0
    }

    /// Puts the head of the next fragment; a short frame has one, which is itself.
    pub(super) fn next_fragment(&mut self, head: &mut Few<MAX_HEAD>) {
        self.chunk = self.rest.min(CHUNK);
        let is_last = self.chunk == self.rest;
        let first = if is_last {
            self.first
        } else {
            self.first & !FIN
        };
        head.clear();
        match u8::try_from(self.chunk) {
            Ok(len) if self.chunk <= MAX_CONTROL => head.put(&[first, MASKED | len]),
            _ => {
                let [.., high, low] = self.chunk.to_be_bytes();
                head.put(&[first, MASKED | TWO_BYTES, high, low]);
            }
        }
        head.put(&self.mask);
        if !is_last {
            // What follows continues it: opcode 0.
            self.first &= FIN;
        }
    }
}

/// How long the head of a frame is, as far as its beginning tells.
pub(super) fn head_len(head: &[u8]) -> usize {
    let Some(second) = head.get(1) else {
        return 2;
    };
    let mask = if second & MASKED == 0 { 0 } else { 4 };
    let long = match second & !MASKED {
        EIGHT_BYTES => 8,
        TWO_BYTES => 2,
        _ => 0,
    };
    2 + long + mask
}

/// A few bytes in place, taken from the front.
pub(super) struct Few<const N: usize> {
    bytes: [u8; N],
    start: usize,
    end: usize,
}

impl<const N: usize> Few<N> {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; N],
            start: 0,
            end: 0,
        }
    }

    pub(super) fn filled(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) const fn len(&self) -> usize {
        self.end - self.start
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) const fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    /// Takes so many, which are there.
    pub(super) fn take(&mut self, len: usize) -> &[u8] {
        let from = self.start;
        self.start = (from + len).min(self.end);
        self.bytes.get(from..self.start).unwrap_or_default()
    }

    /// Adds some, for which there is room.
    pub(super) fn put(&mut self, more: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.end..self.end + more.len()) {
            room.copy_from_slice(more);
            self.end += more.len();
        }
    }

    /// Reads into an empty one.
    pub(super) fn poll_fill(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(&mut self.bytes);
        ready!(Pin::new(socket).poll_read(context, &mut buffer))?;
        let len = buffer.filled().len();
        self.start = 0;
        self.end = len;
        Poll::Ready(Ok(len))
    }
}
