//! Bodies of content: one part, none, one elsewhere, or several.
//!
//! **Source**: draft-ietf-mimi-content-08 sections 4.4 and 4.5.

use zeroize::Zeroizing;

use crate::redacted::redacted_debug;

redacted_debug!(Body, External);

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Says nothing.
    Unspecified,
    /// To be shown.
    Render,
    /// A reaction to the message it replies to.
    Reaction,
    /// Somebody's profile.
    Profile,
    /// To be shown in place.
    Inline,
    /// An icon.
    Icon,
    /// To be fetched when the reader wants it.
    Attachment,
    /// Describes or opens a call.
    Session,
    /// The sender's preview of something else.
    Preview,
    /// A number that later drafts may name.
    Other(u8),
}

impl Disposition {
    /// The draft's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::Render => 1,
            Self::Reaction => 2,
            Self::Profile => 3,
            Self::Inline => 4,
            Self::Icon => 5,
            Self::Attachment => 6,
            Self::Session => 7,
            Self::Preview => 8,
            Self::Other(number) => number,
        }
    }

    /// From the draft's number.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Unspecified,
            1 => Self::Render,
            2 => Self::Reaction,
            3 => Self::Profile,
            4 => Self::Inline,
            5 => Self::Icon,
            6 => Self::Attachment,
            7 => Self::Session,
            8 => Self::Preview,
            _ => Self::Other(number),
        }
    }
}

/// How the parts of a container belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Semantics {
    /// Take the one you like best.
    ChooseOne,
    /// Take all or none.
    SingleUnit,
    /// Take as many as you can.
    ProcessAll,
}

impl Semantics {
    /// The draft's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::ChooseOne => 0,
            Self::SingleUnit => 1,
            Self::ProcessAll => 2,
        }
    }

    /// From the draft's number, none for others.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::ChooseOne),
            1 => Some(Self::SingleUnit),
            2 => Some(Self::ProcessAll),
            _ => None,
        }
    }
}

/// A body with its purpose and language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NestedPart {
    /// What it is for.
    pub disposition: Disposition,
    /// Language tags (RFC 5646), comma-separated; empty for none.
    pub language: String,
    /// What it is.
    pub body: Body,
}

impl NestedPart {
    /// One part without a language.
    #[must_use]
    pub fn single(disposition: Disposition, content_type: &str, content: Vec<u8>) -> Self {
        Self {
            disposition,
            language: String::new(),
            body: Body::Single {
                content_type: content_type.to_owned(),
                content,
            },
        }
    }
}

/// What a part is.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing: deletes what `replaces` names.
    Null,
    /// Here.
    Single {
        /// Media type with parameters.
        content_type: String,
        /// The bytes.
        content: Vec<u8>,
    },
    /// Elsewhere.
    External(Box<External>),
    /// Several parts.
    Multi {
        /// How they belong together.
        semantics: Semantics,
        /// At least two.
        parts: Vec<NestedPart>,
    },
    /// A cardinality that this draft does not name. Its items are not kept.
    Unknown {
        /// The number found.
        cardinality: u64,
    },
}

/// Content that is fetched by URL.
#[derive(Clone, PartialEq, Eq)]
pub struct External {
    /// Media type with parameters.
    pub content_type: String,
    /// Where it is.
    pub url: String,
    /// Seconds since 1970-01-01 UTC after which it is gone, 0 if never.
    pub expires: u32,
    /// Length in bytes, 0 if unknown.
    pub size: u64,
    /// IANA AEAD algorithm, 0 for none.
    pub enc_alg: u16,
    /// AEAD key.
    pub key: Zeroizing<Vec<u8>>,
    /// AEAD nonce.
    pub nonce: Vec<u8>,
    /// AEAD associated data.
    pub aad: Vec<u8>,
    /// IANA named-information hash algorithm.
    pub hash_alg: u8,
    /// Hash of what is at the URL.
    pub content_hash: Vec<u8>,
    /// For people, may be empty.
    pub description: String,
    /// Suggested name, may be empty.
    pub filename: String,
}
