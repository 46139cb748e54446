//! What shells show of a file before anybody fetches it.

use super::{
    file_name, media_type,
    thumbnail::{PREVIEW, Thumbnail},
    waveform::Waveform,
};
use crate::engine::content::{
    Body, Content,
    attachment::{FoundFile, THUMBNAIL, WAVEFORM},
};

/// A file of a message, as its sender describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, safe to show and for a disk.
    pub name: String,
    /// Its declared type, without parameters.
    pub media_type: String,
    /// What it is to people.
    pub kind: FileKind,
    /// Its declared length in bytes.
    pub size: u64,
    /// A small picture of it.
    pub thumbnail: Option<Thumbnail>,
    /// Of a voice message.
    pub waveform: Option<Waveform>,
}

/// What a file is to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A picture.
    Image,
    /// Something to hear.
    Audio,
    /// Something spoken to the room.
    Voice,
    /// Something to watch.
    Video,
    /// Anything else.
    File,
}

impl FileKind {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::File => "file",
        }
    }

    fn of(media_type: &str, is_voice: bool) -> Self {
        match media_type.split('/').next() {
            Some("audio") if is_voice => Self::Voice,
            Some("audio") => Self::Audio,
            Some("image") => Self::Image,
            Some("video") => Self::Video,
            _ => Self::File,
        }
    }
}

impl Attachment {
    /// The files of a content.
    #[must_use]
    pub fn of(content: &Content) -> Vec<Self> {
        content.found_files().into_iter().map(Self::found).collect()
    }

    fn found(file: FoundFile<'_>) -> Self {
        let media_type = media_type::bare(&file.external.content_type);
        let waveform = preview(&file, WAVEFORM).and_then(Waveform::decode);
        Self {
            name: file_name::safe(&file.external.filename),
            kind: FileKind::of(&media_type, waveform.is_some()),
            media_type,
            size: file.external.size,
            thumbnail: preview(&file, THUMBNAIL).and_then(|bytes| Thumbnail::parse(bytes, PREVIEW)),
            waveform,
        }
    }
}

fn preview<'a>(file: &FoundFile<'a>, media_type: &str) -> Option<&'a [u8]> {
    file.previews.iter().find_map(|part| match &part.body {
        Body::Single {
            content_type,
            content,
        } if content_type == media_type => Some(content.as_slice()),
        _ => None,
    })
}
