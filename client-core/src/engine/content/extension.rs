//! Extensions of content: a map from a name to one CBOR item.
//!
//! **Shape**: names are integers or texts of 1 to 255 bytes; positive integers belong to IANA, negative
//! ones and texts to whoever uses them (draft-ietf-mimi-content-08 section 4.3). A value is kept as
//! its encoded item, so that unknown ones survive.

use std::collections::BTreeMap;

use super::{ContentError, encode};
use crate::engine::io::Time;

/// Private name of the sender's clock: an unsigned integer, milliseconds since 1970-01-01 UTC.
pub const SENT_AT: &str = "restante/sent_at";

/// Most extensions of one content.
pub const MAX_EXTENSIONS: usize = 32;

/// Longest encoded value, from the draft.
pub const MAX_VALUE: usize = 4095;

/// Longest text name, from the draft.
pub const MAX_NAME: usize = 255;

/// Name of an extension. The order is that of the encoded names (RFC 8949 section 4.2.1):
/// unsigned integers, negative ones away from zero, then texts by length and bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExtensionKey {
    /// Registered with IANA.
    Registered(u64),
    /// Private: stands for `-1 - n`.
    Negative(u64),
    /// Private: a text, ordered by its length first.
    Text(TextKey),
}

/// A text name. Compares by length, then by bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextKey(String);

impl PartialOrd for TextKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TextKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl ExtensionKey {
    /// A text name.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] beyond [`MAX_NAME`], [`ContentError::Malformed`] if empty.
    pub fn text(name: &str) -> Result<Self, ContentError> {
        match name.len() {
            0 => Err(ContentError::Malformed),
            1..=MAX_NAME => Ok(Self::Text(TextKey(name.to_owned()))),
            _ => Err(ContentError::TooLarge("extension name")),
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.0),
            Self::Registered(_) | Self::Negative(_) => None,
        }
    }
}

/// The extensions of one content, each at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions(BTreeMap<ExtensionKey, Vec<u8>>);

impl Extensions {
    /// Only [`SENT_AT`].
    #[must_use]
    pub fn with_sent_at(sent_at: Time) -> Self {
        let value = encode::collect(|out| out.u64(sent_at.0)?.ok());
        let key = ExtensionKey::Text(TextKey(SENT_AT.to_owned()));
        Self(BTreeMap::from([(key, value)]))
    }

    /// Adds one encoded item.
    ///
    /// # Errors
    /// [`ContentError::DuplicateExtension`], or [`ContentError::TooLarge`] beyond a limit.
    pub fn insert(&mut self, key: ExtensionKey, value: Vec<u8>) -> Result<(), ContentError> {
        if value.len() > MAX_VALUE {
            return Err(ContentError::TooLarge("extension value"));
        }
        if self.0.len() >= MAX_EXTENSIONS {
            return Err(ContentError::TooLarge("number of extensions"));
        }
        match self.0.insert(key, value) {
            None => Ok(()),
            Some(_) => Err(ContentError::DuplicateExtension),
        }
    }

    /// Name and encoded item of each, in the order of encoding.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ExtensionKey, &[u8])> {
        self.0.iter().map(|(key, value)| (key, value.as_slice()))
    }

    pub(super) fn sent_at(&self) -> Option<Time> {
        let (_, value) = self
            .0
            .iter()
            .find(|(key, _)| key.as_text() == Some(SENT_AT))?;
        minicbor::Decoder::new(value).u64().ok().map(Time)
    }
}
