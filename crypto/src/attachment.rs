//! Files that travel beside a message: the message carries the key, a relay keeps the bytes.
//!
//! The content is filled up with zeros to a Padmé length and cut into chunks of 64 KiB, each sealed
//! with ChaCha20-Poly1305 under a key that is fresh for every file. Chunks are bound to their place
//! and the last one to being the last, so nobody can reorder, repeat, drop or add one. Every chunk
//! is sealed and opened by itself, in any order: an interrupted transfer goes on in the middle.
//!
//! Owns: the form of a sealed file. Never does: files, transfer, or what a file is about; whether
//! the declared size and type are true is found out by who opens it.
//!
//! **Source**: STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption
//! and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015, as `aead-stream` builds it: nonce = 7 random
//! bytes, chunk number (32 bits, big-endian), 1 for the last chunk and 0 for others. Padmé: see
//! `padding.rs`.

use std::ops::Range;

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::{ChaCha20Poly1305, aead::Payload};
use restante_wire::fault::planted;
use zeroize::Zeroizing;

use crate::{padding, randomness::Randomness, secret::SymmetricKey};

/// Content bytes of every chunk but the last.
pub const CHUNK: usize = 64 * 1024;

/// What sealing adds to a chunk.
pub const TAG_LEN: usize = 16;

/// Bytes of a whole sealed chunk.
pub const SEALED_CHUNK: usize = CHUNK + TAG_LEN;

/// Bytes of the random part of the nonce.
pub const NONCE_LEN: usize = 7;

/// Longest content: far more than any relay takes, far less than 2^32 chunks.
pub const MAX_SIZE: u64 = 1 << 40;

/// Why a sealed file cannot be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttachmentError {
    /// Beyond [`MAX_SIZE`].
    #[error("attachment of {size} bytes, at most {MAX_SIZE} can be sealed")]
    TooLarge {
        /// Declared or real size.
        size: u64,
    },
    /// Cut, extended, or of another size than declared.
    #[error("sealed bytes of length {got}, expected {expected}")]
    Length {
        /// What the declared size makes.
        expected: u64,
        /// What is there.
        got: u64,
    },
    /// There is no such chunk.
    #[error("chunk {chunk} of {chunks}")]
    NoSuchChunk {
        /// Asked for.
        chunk: u32,
        /// How many there are.
        chunks: u32,
    },
    /// Wrong key, changed bytes, or a chunk from another place or file.
    #[error("chunk {chunk} does not open with this key at this place")]
    Unauthentic {
        /// Which one.
        chunk: u32,
    },
    /// What follows the content is not all zeros: the declared size is not the real one.
    #[error("chunk {chunk} has content behind the declared size")]
    Padding {
        /// Which one.
        chunk: u32,
    },
}

/// Key of one file. Never used for a second one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentKey {
    key: SymmetricKey,
    nonce: [u8; NONCE_LEN],
}

impl AttachmentKey {
    /// A fresh key, for one file.
    #[must_use]
    pub fn generate(randomness: &Randomness) -> Self {
        Self {
            key: SymmetricKey::generate(randomness),
            nonce: randomness.bytes(),
        }
    }

    /// From key and nonce as a message carries them; `None` for any other length than 32 and
    /// [`NONCE_LEN`] bytes.
    #[must_use]
    pub fn from_parts(key: &[u8], nonce: &[u8]) -> Option<Self> {
        Some(Self {
            key: SymmetricKey::from_bytes(key.try_into().ok()?),
            nonce: nonce.try_into().ok()?,
        })
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The random part of the nonce.
    #[must_use]
    pub const fn nonce(&self) -> &[u8; NONCE_LEN] {
        &self.nonce
    }
}

/// Lengths and places that follow from the size of the content alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    size: u64,
    padded: u64,
}

impl Layout {
    /// The layout of a content of `size` bytes.
    ///
    /// # Errors
    /// [`AttachmentError::TooLarge`].
    pub fn new(size: u64) -> Result<Self, AttachmentError> {
        if size > MAX_SIZE {
            return Err(AttachmentError::TooLarge { size });
        }
        Ok(Self {
            size,
            padded: padding::bucket(size),
        })
    }

    /// Bytes of the content.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Number of chunks, at least one.
    #[must_use]
    pub fn chunks(&self) -> u32 {
        // MAX_SIZE and its padding are some 2^24 chunks.
        u32::try_from(self.padded.div_ceil(CHUNK as u64)).unwrap_or(u32::MAX)
    }

    /// Bytes of the whole sealed file.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.padded + u64::from(self.chunks()) * TAG_LEN as u64
    }

    /// Where a chunk's content lies in the whole content; empty behind its end.
    #[must_use]
    pub fn content(&self, chunk: u32) -> Range<u64> {
        let start = u64::from(chunk) * CHUNK as u64;
        start.min(self.size)..(start + CHUNK as u64).min(self.size)
    }

    /// Where a sealed chunk lies in the sealed file.
    #[must_use]
    pub fn sealed(&self, chunk: u32) -> Range<u64> {
        let start = u64::from(chunk) * SEALED_CHUNK as u64;
        start.min(self.sealed_len())..(start + SEALED_CHUNK as u64).min(self.sealed_len())
    }

    /// Checks the length of a sealed file before any of it is opened.
    ///
    /// # Errors
    /// [`AttachmentError::Length`]: it was cut or extended, or the declared size is not the real
    /// one.
    pub fn check_sealed_len(&self, got: u64) -> Result<(), AttachmentError> {
        match self.sealed_len() {
            expected if expected == got => Ok(()),
            expected => Err(AttachmentError::Length { expected, got }),
        }
    }
}

/// Seals and opens the chunks of one file.
pub struct Chunks {
    stream: StreamBE32<ChaCha20Poly1305>,
    layout: Layout,
}

impl Chunks {
    /// Of a content of this layout, under this key.
    #[must_use]
    pub fn new(key: &AttachmentKey, layout: Layout) -> Self {
        Self {
            stream: StreamBE32::new(key.key().into(), key.nonce().into()),
            layout,
        }
    }

    /// Seals one chunk. The same content gives the same bytes every time; **never seal other content
    /// under the same key**.
    ///
    /// # Errors
    /// [`AttachmentError::NoSuchChunk`]; [`AttachmentError::Length`] if `content` is not exactly
    /// what [`Layout::content`] says: the file changed meanwhile.
    pub fn seal(&self, chunk: u32, content: &[u8]) -> Result<Vec<u8>, AttachmentError> {
        let place = self.place(chunk)?;
        check_len(&self.layout.content(chunk), content.len())?;
        let sealed = self.layout.sealed(chunk);
        let len = usize::try_from(sealed.end - sealed.start).unwrap_or(SEALED_CHUNK) - TAG_LEN;
        let mut padded = Zeroizing::new(vec![0; len]);
        for (to, from) in padded.iter_mut().zip(content) {
            *to = *from;
        }
        let payload = Payload::from(padded.as_slice());
        self.stream
            .encrypt(place.number, place.is_last, payload)
            .map_err(|_| AttachmentError::Unauthentic { chunk })
    }

    /// Opens one chunk: its content, without padding.
    ///
    /// # Errors
    /// Any [`AttachmentError`] but `TooLarge`.
    pub fn open(&self, chunk: u32, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, AttachmentError> {
        let place = self.place(chunk)?;
        check_len(&self.layout.sealed(chunk), sealed.len())?;
        let opened = self
            .stream
            .decrypt(place.number, place.is_last, sealed)
            .map_err(|_| AttachmentError::Unauthentic { chunk })?;
        let mut opened = Zeroizing::new(opened);
        let content = self.layout.content(chunk);
        let len = usize::try_from(content.end - content.start).unwrap_or(CHUNK);
        if opened.iter().skip(len).any(|byte| *byte != 0) {
            return Err(AttachmentError::Padding { chunk });
        }
        opened.truncate(len);
        Ok(opened)
    }

    fn place(&self, chunk: u32) -> Result<Place, AttachmentError> {
        let chunks = self.layout.chunks();
        if chunk >= chunks {
            return Err(AttachmentError::NoSuchChunk { chunk, chunks });
        }
        if planted("attachment_chunks_in_any_order") {
            return Ok(Place {
                number: 0,
                is_last: false,
            });
        }
        Ok(Place {
            number: chunk,
            is_last: chunk + 1 == chunks,
        })
    }
}

impl std::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chunks(..)")
    }
}

/// What a chunk's nonce says.
struct Place {
    number: u32,
    is_last: bool,
}

fn check_len(range: &Range<u64>, got: usize) -> Result<(), AttachmentError> {
    match (range.end - range.start, got as u64) {
        (expected, got) if expected == got => Ok(()),
        (expected, got) => Err(AttachmentError::Length { expected, got }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> AttachmentKey {
        AttachmentKey::generate(&Randomness::os())
    }

    fn slice(bytes: &[u8], range: &Range<u64>) -> Vec<u8> {
        bytes[range.start as usize..range.end as usize].to_vec()
    }

    fn seal_all(key: &AttachmentKey, content: &[u8]) -> (Layout, Vec<u8>) {
        let layout = Layout::new(content.len() as u64).unwrap();
        let chunks = Chunks::new(key, layout);
        let sealed = (0..layout.chunks())
            .flat_map(|chunk| {
                let content = slice(content, &layout.content(chunk));
                chunks.seal(chunk, &content).unwrap()
            })
            .collect();
        (layout, sealed)
    }

    fn open_all(
        key: &AttachmentKey,
        layout: Layout,
        sealed: &[u8],
    ) -> Result<Vec<u8>, AttachmentError> {
        layout.check_sealed_len(sealed.len() as u64)?;
        let chunks = Chunks::new(key, layout);
        let mut content = Vec::new();
        for chunk in 0..layout.chunks() {
            content.extend(
                chunks
                    .open(chunk, &slice(sealed, &layout.sealed(chunk)))?
                    .iter(),
            );
        }
        Ok(content)
    }

    fn content(len: usize) -> Vec<u8> {
        (0..len).map(|index| (index * 7 % 251) as u8).collect()
    }

    #[test]
    fn a_file_comes_back_at_every_border_of_a_chunk() {
        for len in [0, 1, 255, 256, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let (key, content) = (key(), content(len));
            let (layout, sealed) = seal_all(&key, &content);
            assert_eq!(layout.sealed_len(), sealed.len() as u64);
            assert_eq!(open_all(&key, layout, &sealed).unwrap(), content, "{len}");
        }
    }

    #[test]
    fn a_sealed_file_that_was_cut_or_extended_is_refused_by_its_length() {
        let (key, content) = (key(), content(2 * CHUNK));
        let (layout, sealed) = seal_all(&key, &content);
        let expected = sealed.len() as u64;
        for got in [0, SEALED_CHUNK, sealed.len() - 1] {
            let error = open_all(&key, layout, &sealed[..got]).unwrap_err();
            let got = got as u64;
            assert_eq!(error, AttachmentError::Length { expected, got });
        }
        let longer = [sealed.as_slice(), &[0]].concat();
        assert!(matches!(
            open_all(&key, layout, &longer),
            Err(AttachmentError::Length { .. })
        ));
    }

    #[test]
    fn whole_chunks_that_are_cut_off_are_missed_even_if_the_size_is_changed_to_fit() {
        let (key, content) = (key(), content(3 * CHUNK));
        let (_, sealed) = seal_all(&key, &content);
        let shorter = Layout::new(2 * CHUNK as u64).unwrap();
        assert_eq!(shorter.chunks(), 2);
        let cut = &sealed[..2 * SEALED_CHUNK];
        assert_eq!(
            open_all(&key, shorter, cut),
            Err(AttachmentError::Unauthentic { chunk: 1 })
        );
    }

    #[test]
    fn chunks_that_change_places_are_refused() {
        let (key, content) = (key(), content(4 * CHUNK));
        let (layout, mut sealed) = seal_all(&key, &content);
        let (first, rest) = sealed.split_at_mut(SEALED_CHUNK);
        first.swap_with_slice(&mut rest[..SEALED_CHUNK]);
        assert_eq!(
            open_all(&key, layout, &sealed),
            Err(AttachmentError::Unauthentic { chunk: 0 })
        );
    }

    #[test]
    fn another_key_nonce_or_file_opens_nothing() {
        let (one, content) = (key(), content(300));
        let (layout, sealed) = seal_all(&one, &content);
        let other_nonce = AttachmentKey::from_parts(one.key(), &[0; NONCE_LEN]).unwrap();
        for other in [key(), other_nonce] {
            assert_eq!(
                open_all(&other, layout, &sealed),
                Err(AttachmentError::Unauthentic { chunk: 0 })
            );
        }
    }

    #[test]
    fn a_declared_size_in_the_same_bucket_that_hides_content_is_found_out() {
        let (key, content) = (key(), content(300));
        let (_, sealed) = seal_all(&key, &[content.as_slice(), &[1]].concat());
        let lie = Layout::new(300).unwrap();
        assert_eq!(
            open_all(&key, lie, &sealed),
            Err(AttachmentError::Padding { chunk: 0 })
        );
    }

    #[test]
    fn lengths_say_little() {
        let lens: Vec<u64> = [40_000_000, 40_100_000, 40_300_000]
            .into_iter()
            .map(|size| Layout::new(size).unwrap().sealed_len())
            .collect();
        assert!(lens.windows(2).all(|two| two[0] == two[1]), "{lens:?}");
        assert!(Layout::new(MAX_SIZE + 1).is_err());
        assert!(Layout::new(MAX_SIZE).unwrap().chunks() < 1 << 25);
    }

    #[test]
    fn a_chunk_of_another_length_than_its_place_has_is_not_sealed() {
        let layout = Layout::new(10).unwrap();
        let chunks = Chunks::new(&key(), layout);
        assert!(matches!(
            chunks.seal(0, &[1; 9]),
            Err(AttachmentError::Length { .. })
        ));
        assert!(matches!(
            chunks.seal(1, &[]),
            Err(AttachmentError::NoSuchChunk {
                chunk: 1,
                chunks: 1
            })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_content_comes_back_and_any_flipped_bit_is_noticed(
            content in proptest::collection::vec(any::<u8>(), 0..3 * CHUNK),
            flip in any::<usize>(),
        ) {
            let key = key();
            let (layout, mut sealed) = seal_all(&key, &content);
            prop_assert_eq!(&open_all(&key, layout, &sealed).unwrap(), &content);
            let bit = flip % (sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            let chunk = (bit / 8 / SEALED_CHUNK) as u32;
            prop_assert_eq!(
                open_all(&key, layout, &sealed),
                Err(AttachmentError::Unauthentic { chunk })
            );
        }

        #[test]
        fn a_layout_has_no_gaps(size in 0..MAX_SIZE) {
            let layout = Layout::new(size).unwrap();
            let last = layout.chunks() - 1;
            prop_assert_eq!(layout.sealed(last).end, layout.sealed_len());
            prop_assert_eq!(layout.content(last).end, size);
            prop_assert!(layout.sealed(last).end - layout.sealed(last).start > TAG_LEN as u64);
            prop_assert!(layout.sealed_len() <= size + size / 8 + 272 + size / 4096);
        }
    }
}
