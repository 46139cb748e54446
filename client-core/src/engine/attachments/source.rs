//! What a file in a message must be before a byte of it is fetched.
//!
//! A sender may write anything: another host, so that it learns who looks; a size without end; a seal
//! that this client does not know. All of it is refused here, from the message alone.

use restante_crypto::attachment::{AttachmentKey, Layout};
use restante_wire::BlobId;

use super::{Attachment, file_name, media_type};
use crate::{
    Error, ErrorKind,
    engine::{
        Engine,
        content::{
            self, External,
            attachment::{ENC_ALG, HASH_ALG, parse_blob_url},
        },
        io::{MessageId, RoomId},
    },
    redacted::redacted_debug,
};

/// A file that can be fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// Relay that has it.
    pub relay: String,
    /// Its name there.
    pub blob: BlobId,
    /// Opens it.
    pub key: AttachmentKey,
    /// Lengths, from the declared size.
    pub layout: Layout,
    /// SHA-256 of the sealed bytes.
    pub hash: [u8; 32],
    /// Suggested name, safe for a disk.
    pub name: String,
    /// Declared type.
    pub media_type: String,
}

redacted_debug!(Source);

impl Source {
    /// Checks what a message says of a file. `relays` are those that may be asked.
    ///
    /// # Errors
    /// `attachment_foreign` for a URL that is no blob of these relays, `attachment_unsupported` for
    /// another seal or hash, `attachment_size` for a size that no file has.
    pub fn check(external: &External, relays: &[&str]) -> Result<Self, ErrorKind> {
        let (relay, blob) = parse_blob_url(&external.url).ok_or(ErrorKind::AttachmentForeign)?;
        if !relays.contains(&relay) {
            return Err(ErrorKind::AttachmentForeign);
        }
        let key = AttachmentKey::from_parts(&external.key, &external.nonce);
        let hash = external.content_hash.as_slice().try_into().ok();
        let is_ours =
            external.enc_alg == ENC_ALG && external.hash_alg == HASH_ALG && external.aad.is_empty();
        let (Some(key), Some(hash), true) = (key, hash, is_ours) else {
            return Err(ErrorKind::AttachmentUnsupported);
        };
        Ok(Self {
            relay: relay.to_owned(),
            blob,
            key,
            layout: Layout::new(external.size).map_err(|_| ErrorKind::AttachmentSize)?,
            hash,
            name: file_name::safe(&external.filename),
            media_type: media_type::bare(&external.content_type),
        })
    }
}

impl Engine {
    /// The files of a message as shells show them.
    ///
    /// # Errors
    /// `not_found` if there is no such message, `storage`.
    pub fn attachments(
        &self,
        room: &RoomId,
        message: &MessageId,
    ) -> Result<Vec<Attachment>, Error> {
        let found = self.store.read().message(room, message)?;
        let found = found.ok_or(ErrorKind::NotFound)?;
        let content = content::decode(&found.content)
            .map_err(|error| Error::caused(ErrorKind::NotFound, error))?;
        Ok(Attachment::of(&content))
    }

    /// The files of a message, for somebody who asked to have them.
    ///
    /// # Errors
    /// `not_found` if there is no such message or it has no file, those of [`Source::check`],
    /// `storage`.
    pub fn sources(&self, room: &RoomId, message: &MessageId) -> Result<Vec<Source>, Error> {
        let db = self.store.read();
        let room = db.room(room)?.ok_or(ErrorKind::NotFound)?;
        let message = db.message(&room.id, message)?.ok_or(ErrorKind::NotFound)?;
        let content = content::decode(&message.content)
            .map_err(|error| Error::caused(ErrorKind::NotFound, error))?;
        // The relay of the room, where its members put files, and one's own.
        let relays = [room.relay.as_str(), self.me.relay()];
        let found = content.found_files();
        if found.is_empty() {
            return Err(ErrorKind::NotFound.into());
        }
        let sources = found
            .iter()
            .map(|file| Source::check(file.external, &relays));
        Ok(sources.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use restante_crypto::{Randomness, attachment::MAX_SIZE};
    use zeroize::Zeroizing;

    use super::*;
    use crate::engine::content::attachment::blob_url;

    const HOME: &str = "https://relay.example";

    fn external() -> External {
        let key = AttachmentKey::generate(&Randomness::os());
        External {
            content_type: "Image/PNG; a=b".into(),
            url: blob_url(HOME, &BlobId([1; 32])),
            expires: 0,
            size: 5,
            enc_alg: ENC_ALG,
            key: Zeroizing::new(key.key().to_vec()),
            nonce: key.nonce().to_vec(),
            aad: Vec::new(),
            hash_alg: HASH_ALG,
            content_hash: vec![2; 32],
            description: String::new(),
            filename: "../cat.png".into(),
        }
    }

    fn check(change: impl FnOnce(&mut External)) -> Result<Source, ErrorKind> {
        let mut external = external();
        change(&mut external);
        Source::check(&external, &[HOME])
    }

    #[test]
    fn an_honest_file_can_be_fetched_under_a_safe_name() {
        let source = check(|_| {}).unwrap();
        assert_eq!(
            (source.relay.as_str(), source.name.as_str()),
            (HOME, "cat.png")
        );
        assert_eq!(source.media_type, "image/png");
        assert_eq!(source.layout.size(), 5);
    }

    #[test]
    fn a_url_to_anywhere_else_is_foreign() {
        let blob = BlobId([1; 32]);
        for url in [
            blob_url("https://evil.example", &blob),
            blob_url("http://relay.example", &blob),
            blob_url("https://relay.example.evil.example", &blob),
            blob_url("https://relay.example@evil.example", &blob),
            blob_url("https://relay.example:444", &blob),
            blob_url("https://relay.example/x", &blob),
            "http://127.0.0.1:22/".into(),
            "file:///etc/passwd".into(),
            format!("{HOME}/v1/account/record"),
        ] {
            let refused = check(|external| external.url.clone_from(&url)).unwrap_err();
            assert_eq!(refused, ErrorKind::AttachmentForeign, "{url}");
        }
    }

    #[test]
    fn other_seals_and_impossible_sizes_are_refused() {
        let unsupported = ErrorKind::AttachmentUnsupported;
        assert_eq!(check(|external| external.enc_alg = 29), Err(unsupported));
        assert_eq!(check(|external| external.hash_alg = 2), Err(unsupported));
        assert_eq!(check(|external| external.aad = vec![1]), Err(unsupported));
        assert_eq!(
            check(|external| external.nonce = vec![1; 12]),
            Err(unsupported)
        );
        assert_eq!(
            check(|external| external.content_hash.truncate(31)),
            Err(unsupported)
        );
        assert_eq!(
            check(|external| external.size = MAX_SIZE + 1),
            Err(ErrorKind::AttachmentSize)
        );
    }
}
