//! Files in content: where their sealed bytes are, how they open, and what to show before they are
//! fetched.
//!
//! **Shape**: a file is an external part; with a preview it is a single unit of the external part
//! and its previews (a small JPEG, or the waveform of a voice message). A message is one file, or a
//! container of all to process: its text, then its files.
//!
//! Owns: that mapping. Never does: trust what it finds; [`super::super::attachments`] checks it.

use restante_crypto::attachment::AttachmentKey;
use restante_wire::BlobId;
use zeroize::Zeroizing;

use super::{
    Body, Content, ContentError, Disposition, External, MAX_FIELD, MAX_TEXT, NestedPart, Salt,
    Semantics,
};
use crate::{
    engine::{attachments::Waveform, io::Time},
    redacted::redacted_debug,
};

/// How attachments are sealed (`docs/protocol/blobs.md`), in the private range of the IANA registry
/// of AEAD algorithms: chunks are more than one AEAD message, and no registered number says so.
pub const ENC_ALG: u16 = 0x8001;

/// SHA-256 in the IANA registry of named-information hashes.
pub const HASH_ALG: u8 = 1;

/// Media type of thumbnails.
pub const THUMBNAIL: &str = "image/jpeg";

/// Media type of a [`Waveform`].
pub const WAVEFORM: &str = "application/vnd.restante.waveform";

/// Most files of one message: with their thumbnails they fit into an envelope.
pub const MAX_FILES: usize = 10;

/// Longest thumbnail.
pub const MAX_THUMBNAIL: usize = 32 * 1024;

/// Where blobs are below a relay's URL, as messages name them.
const BLOBS: &str = "/v1/blobs/";

/// A file that was sealed, as a message tells of it.
#[derive(Clone, PartialEq, Eq)]
pub struct FilePart {
    /// Suggested name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Length of the content.
    pub size: u64,
    /// Relay that has the sealed bytes.
    pub relay: String,
    /// Their name there.
    pub blob: BlobId,
    /// Opens them.
    pub key: AttachmentKey,
    /// SHA-256 of the sealed bytes.
    pub hash: [u8; 32],
    /// A small JPEG.
    pub thumbnail: Option<Vec<u8>>,
    /// Of a voice message.
    pub waveform: Option<Waveform>,
}

redacted_debug!(FilePart);

/// A file as found in content: nothing of it is checked.
#[derive(Debug, Clone, Copy)]
pub struct FoundFile<'a> {
    /// Where it is and how it opens.
    pub external: &'a External,
    /// What stands with it.
    pub previews: &'a [NestedPart],
}

impl Content {
    /// A message of files, with a text if that is not empty.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] beyond [`MAX_TEXT`], [`MAX_FILES`] or [`MAX_THUMBNAIL`];
    /// [`ContentError::Malformed`] without a file.
    pub fn files(
        salt: Salt,
        text: Option<NestedPart>,
        files: &[FilePart],
        sent_at: Time,
    ) -> Result<Self, ContentError> {
        if files.len() > MAX_FILES {
            return Err(ContentError::TooLarge("number of files"));
        }
        let mut parts: Vec<NestedPart> = text.into_iter().collect();
        for file in files {
            parts.push(file.part()?);
        }
        let part = match parts.len() {
            0 => return Err(ContentError::Malformed),
            1 => parts.swap_remove(0),
            _ => container(Semantics::ProcessAll, parts),
        };
        Ok(Self::of(salt, part, sent_at))
    }

    /// The files of this, in order, at most [`MAX_FILES`].
    #[must_use]
    pub fn found_files(&self) -> Vec<FoundFile<'_>> {
        let mut found = Vec::new();
        find(&self.part, &mut found);
        found.truncate(MAX_FILES);
        found
    }

    /// The words that go with files; none if this has no file that this build could open.
    #[must_use]
    pub fn caption(&self) -> Option<String> {
        let files = self.found_files();
        if !files.iter().any(|file| file.external.enc_alg == ENC_ALG) {
            return None;
        }
        let mut words = Vec::new();
        collect_texts(&self.part, &mut words);
        Some(words.join("\n"))
    }
}

impl FilePart {
    fn part(&self) -> Result<NestedPart, ContentError> {
        let mut previews = Vec::new();
        if let Some(thumbnail) = &self.thumbnail {
            if thumbnail.len() > MAX_THUMBNAIL {
                return Err(ContentError::TooLarge("thumbnail"));
            }
            previews.push((THUMBNAIL, thumbnail.clone()));
        }
        if let Some(waveform) = &self.waveform {
            previews.push((WAVEFORM, waveform.encode()));
        }
        if self.media_type.len() > MAX_FIELD {
            return Err(ContentError::TooLarge("text field"));
        }
        let external = NestedPart {
            disposition: Disposition::Attachment,
            language: String::new(),
            body: Body::External(Box::new(self.external())),
        };
        if previews.is_empty() {
            return Ok(external);
        }
        let previews = previews
            .into_iter()
            .map(|(media_type, bytes)| NestedPart::single(Disposition::Preview, media_type, bytes));
        let parts = std::iter::once(external).chain(previews).collect();
        Ok(container(Semantics::SingleUnit, parts))
    }

    fn external(&self) -> External {
        External {
            content_type: self.media_type.clone(),
            url: blob_url(&self.relay, &self.blob),
            // How long a relay keeps a blob is the relay's to say.
            expires: 0,
            size: self.size,
            enc_alg: ENC_ALG,
            key: Zeroizing::new(self.key.key().to_vec()),
            nonce: self.key.nonce().to_vec(),
            aad: Vec::new(),
            hash_alg: HASH_ALG,
            content_hash: self.hash.to_vec(),
            description: String::new(),
            filename: self.name.clone(),
        }
    }
}

/// The URL by which a message names a blob.
#[must_use]
pub fn blob_url(relay: &str, blob: &BlobId) -> String {
    let hex: String = blob.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{relay}{BLOBS}{hex}")
}

/// Relay and blob of a URL; `None` for every other URL.
#[must_use]
pub fn parse_blob_url(url: &str) -> Option<(&str, BlobId)> {
    let (relay, hex) = url.rsplit_once(BLOBS)?;
    if hex.len() != 2 * BlobId::LEN || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut id = [0; BlobId::LEN];
    for (index, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some((relay, BlobId(id)))
}

fn container(semantics: Semantics, parts: Vec<NestedPart>) -> NestedPart {
    NestedPart {
        disposition: Disposition::Render,
        language: String::new(),
        body: Body::Multi { semantics, parts },
    }
}

fn find<'a>(part: &'a NestedPart, found: &mut Vec<FoundFile<'a>>) {
    match &part.body {
        Body::External(external) if part.disposition != Disposition::Session => {
            found.push(FoundFile {
                external,
                previews: &[],
            });
        }
        Body::Multi {
            semantics: Semantics::SingleUnit,
            parts,
        } => {
            if let Some((first, previews)) = parts.split_first()
                && let Body::External(external) = &first.body
            {
                found.push(FoundFile { external, previews });
            }
        }
        Body::Multi {
            semantics: Semantics::ProcessAll,
            parts,
        } => parts.iter().for_each(|part| find(part, found)),
        _ => {}
    }
}

fn collect_texts(part: &NestedPart, words: &mut Vec<String>) {
    match &part.body {
        Body::Multi {
            semantics: Semantics::ProcessAll,
            parts,
        } => parts.iter().for_each(|part| collect_texts(part, words)),
        Body::Single {
            content_type,
            content,
        } if content_type.starts_with("text/") && content.len() <= MAX_TEXT => {
            words.extend(str::from_utf8(content).map(str::to_owned));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use restante_crypto::Randomness;

    use super::*;
    use crate::engine::content::{MARKDOWN, decode};

    fn file(name: &str) -> FilePart {
        FilePart {
            name: name.into(),
            media_type: "image/png".into(),
            size: 5_000,
            relay: "https://relay.example".into(),
            blob: BlobId([0xB1; 32]),
            key: AttachmentKey::generate(&Randomness::os()),
            hash: [7; 32],
            thumbnail: Some(vec![1; 300]),
            waveform: None,
        }
    }

    fn text(words: &str) -> Option<NestedPart> {
        let bytes = words.as_bytes().to_vec();
        Some(NestedPart::single(Disposition::Render, MARKDOWN, bytes))
    }

    #[test]
    fn files_and_their_text_come_back_in_order() {
        let mut voice = file("voice.ogg");
        voice.thumbnail = None;
        voice.waveform = Some(Waveform::new(1_500, vec![1, 2, 255]).unwrap());
        let plain = FilePart {
            thumbnail: None,
            ..file("c.bin")
        };
        let files = [file("a.png"), voice, plain];
        let sent = Content::files(Salt([1; 16]), text("look!"), &files, Time(7)).unwrap();
        let content = decode(&sent.encode().unwrap()).unwrap();
        assert_eq!(content.caption().as_deref(), Some("look!"));
        let found = content.found_files();
        let names: Vec<&str> = found
            .iter()
            .map(|found| found.external.filename.as_str())
            .collect();
        assert_eq!(names, ["a.png", "voice.ogg", "c.bin"]);
        assert_eq!(
            found
                .iter()
                .map(|found| found.previews.len())
                .sum::<usize>(),
            2
        );
        assert_eq!(found[0].external.key.as_slice(), files[0].key.key());
    }

    #[test]
    fn one_file_alone_is_the_whole_content_and_has_no_words() {
        let content = Content::files(Salt([1; 16]), None, &[file("a")], Time(7)).unwrap();
        assert_eq!(content.caption().as_deref(), Some(""));
        assert_eq!(content.found_files().len(), 1);
        let text = Content::text(Salt([1; 16]), "no file", Time(7)).unwrap();
        assert_eq!(text.caption(), None);
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let salt = Salt([1; 16]);
        let files = vec![file("a"); MAX_FILES + 1];
        assert!(Content::files(salt, None, &files, Time(0)).is_err());
        assert!(Content::files(salt, None, &[], Time(0)).is_err());
        let mut heavy = file("a");
        heavy.thumbnail = Some(vec![0; MAX_THUMBNAIL + 1]);
        assert!(Content::files(salt, None, &[heavy], Time(0)).is_err());
        let mut full = file("a");
        full.thumbnail = Some(vec![0; MAX_THUMBNAIL]);
        let most = vec![full; MAX_FILES];
        let content = Content::files(salt, text("all"), &most, Time(0)).unwrap();
        assert!(content.encode().is_ok());
    }

    #[test]
    fn only_urls_of_blobs_name_a_blob() {
        let blob = BlobId([0xAB; 32]);
        let url = blob_url("https://relay.example:8443", &blob);
        assert_eq!(
            parse_blob_url(&url),
            Some(("https://relay.example:8443", blob))
        );
        for other in [
            "",
            "https://relay.example/v1/blobs/",
            "https://relay.example/v1/blobs/abcd",
            "https://relay.example/other",
            &format!("{url}?x=1"),
            &format!("{url}/"),
            &url.replace("ab", "+b"),
        ] {
            assert_eq!(parse_blob_url(other), None, "{other}");
        }
    }
}
