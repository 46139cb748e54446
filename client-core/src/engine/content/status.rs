//! Status reports: delivery and read receipts.
//!
//! **Source**: draft-mahy-mimi-message-status-01. This client reports the highest message it has
//! and the highest that was read; receivers take every earlier message as covered.

use minicbor::Decoder;

use super::{
    ContentError,
    decode::{array, expect_array, fixed, malformed},
    encode,
};
use crate::engine::io::MessageId;

/// Media type of a report.
pub const MEDIA_TYPE: &str = "application/mimi-message-status";

/// Most statuses of one report.
pub const MAX_STATUSES: usize = 1024;

/// What became of a message at the reporter's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not read, or no longer.
    Unread,
    /// On a client of the reporter.
    Delivered,
    /// Read by the reporter.
    Read,
    /// It expired.
    Expired,
    /// It was deleted.
    Deleted,
    /// The reporter put it away.
    Hidden,
    /// The reporter could not open it.
    Error,
    /// A number that later drafts may name.
    Other(u8),
}

impl Status {
    /// The draft's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unread => 0,
            Self::Delivered => 1,
            Self::Read => 2,
            Self::Expired => 3,
            Self::Deleted => 4,
            Self::Hidden => 5,
            Self::Error => 6,
            Self::Other(number) => number,
        }
    }

    /// From the draft's number.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Unread,
            1 => Self::Delivered,
            2 => Self::Read,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Hidden,
            6 => Self::Error,
            _ => Self::Other(number),
        }
    }
}

/// Statuses of some messages, as one client of the reporter sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusReport(pub Vec<(MessageId, Status)>);

impl StatusReport {
    /// The encoded report.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] beyond [`MAX_STATUSES`].
    pub fn encode(&self) -> Result<Vec<u8>, ContentError> {
        if self.0.len() > MAX_STATUSES {
            return Err(ContentError::TooLarge("number of statuses"));
        }
        Ok(encode::collect(|out| {
            out.array(self.0.len() as u64)?;
            for (id, status) in &self.0 {
                out.array(2)?.bytes(&id.0)?.u8(status.number())?;
            }
            Ok(())
        }))
    }

    /// Decodes exactly one report.
    ///
    /// # Errors
    /// A [`ContentError`]; the report is ignored.
    pub fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let mut input = Decoder::new(bytes);
        let count = array(&mut input)?;
        if count > MAX_STATUSES as u64 {
            return Err(ContentError::TooLarge("number of statuses"));
        }
        let mut statuses = Vec::new();
        for _ in 0..count {
            expect_array(&mut input, 2)?;
            let id = MessageId(fixed(&mut input)?);
            let status = Status::from_number(input.u8().map_err(malformed)?);
            statuses.push((id, status));
        }
        match bytes.len() - input.position() {
            0 => Ok(Self(statuses)),
            left => Err(ContentError::Trailing(left)),
        }
    }
}
