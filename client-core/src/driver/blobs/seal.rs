//! Sealing a file for sending: reads it once, writes the sealed copy, looks at what it is.

use std::{
    collections::HashSet,
    io::{BufReader, Cursor, Read, Seek, Write},
    path::Path,
};

use restante_crypto::{
    Randomness,
    attachment::{AttachmentKey, Chunks, Layout},
};
use restante_wire::BlobId;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    OUTGOING,
    steps::{CHUNKS, in_steps},
};
use crate::{
    Error, ErrorKind,
    driver::Client,
    engine::attachments::{MAX_FILE, SealedFile, Waveform, file_name, media_type, thumbnail},
    platform::{
        HomeFile, MaybeSend, at_home, blocking, create_home_file, home_files, jpeg_of,
        keep_home_file, remove_home_file,
    },
};

/// A file that a person wants to send, open for reading.
#[derive(Debug)]
pub struct Original<R> {
    /// All of it.
    pub content: R,
    /// Its length in bytes.
    pub size: u64,
    /// Its name, as its owner has it.
    pub name: String,
    /// Whether it is a photo, of which the pixels alone are sent: place, camera and time stay here.
    pub photo: bool,
    /// Whether it is a voice message. Without a waveform one is made, where the file is WAV.
    pub voice: bool,
    /// The shape of a voice message, from whoever recorded it.
    pub waveform: Option<Waveform>,
}

impl Client {
    /// Seals a file into the home, to be sent by a command. What no message has come of is deleted when
    /// the home is opened next.
    ///
    /// # Errors
    /// Those of opening it; `file_unreadable` if it cannot be read, `file_too_large`, `file_changed` if
    /// it changes while it is read, `bad_input` for a voice message that is no sound, `not_a_picture` for
    /// a photo that is none, `disk_full`, `storage`.
    pub async fn seal<R: Read + Seek + MaybeSend + 'static>(
        &self,
        original: Original<R>,
    ) -> Result<SealedFile, Error> {
        seal(self.home(), original).await
    }
}

/// Deletes sealed copies that no message waits for.
pub(in crate::driver) async fn sweep(home: &Path, kept: &HashSet<String>) {
    let folder = home.join(OUTGOING);
    for found in home_files(folder.clone()).await {
        if !kept.contains(&found.name) {
            remove_home_file(folder.join(found.name)).await;
        }
    }
}

pub(super) async fn seal<R: Read + Seek + MaybeSend + 'static>(
    home: &Path,
    original: Original<R>,
) -> Result<SealedFile, Error> {
    if original.size > MAX_FILE {
        return Err(ErrorKind::FileTooLarge.into());
    }
    if original.photo {
        let pixels = pixels(original).await?;
        return seal_bytes(home, pixels).await;
    }
    seal_bytes(home, original).await
}

/// A photo anew, from its pixels.
async fn pixels<R: Read + Seek + MaybeSend + 'static>(
    original: Original<R>,
) -> Result<Original<Cursor<Vec<u8>>>, Error> {
    let (_, photo) = jpeg_of(original.content, thumbnail::PHOTO).await?;
    let photo = photo.ok_or(ErrorKind::NotAPicture)?;
    let name = file_name::safe(&original.name);
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    Ok(Original {
        size: photo.len() as u64,
        name: format!("{stem}.jpg"),
        content: Cursor::new(photo),
        photo: false,
        voice: original.voice,
        waveform: original.waveform,
    })
}

async fn seal_bytes<R: Read + Seek + MaybeSend + 'static>(
    home: &Path,
    original: Original<R>,
) -> Result<SealedFile, Error> {
    let randomness = Randomness::os();
    let copy: String = randomness
        .bytes::<16>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let path = home.join(OUTGOING).join(&copy);
    let file = create_home_file(path.clone()).await?;
    let sealed = seal_into((file, &path), copy, original, &randomness).await;
    if sealed.is_err() {
        remove_home_file(path).await;
    }
    sealed
}

async fn seal_into<R: Read + Seek + MaybeSend + 'static>(
    (file, path): (HomeFile, &Path),
    copy: String,
    original: Original<R>,
    randomness: &Randomness,
) -> Result<SealedFile, Error> {
    let size = original.size;
    let layout =
        Layout::new(size).map_err(|error| Error::caused(ErrorKind::FileTooLarge, error))?;
    let (content, looks) = look(original).await?;
    let key = AttachmentKey::generate(randomness);
    let sealing = Sealing {
        content,
        copy: file,
        chunks: Chunks::new(&key, layout),
        layout,
        next: 0,
        hash: Sha256::new(),
    };
    let sealed = in_steps(sealing, Sealing::step).await?;
    let (file, place) = (sealed.copy, path.to_owned());
    blocking(move || keep_home_file(&file, &place)).await?;
    Ok(SealedFile {
        copy,
        sealed_len: layout.sealed_len(),
        hash: sealed.hash.finalize().into(),
        blob: BlobId(randomness.bytes()),
        key,
        name: looks.name,
        media_type: looks.media_type.to_owned(),
        size,
        thumbnail: looks.thumbnail,
        waveform: looks.waveform,
    })
}

/// What a message tells of a file beside where it is.
struct Looks {
    name: String,
    media_type: &'static str,
    thumbnail: Option<Vec<u8>>,
    waveform: Option<Waveform>,
}

/// Looks at a file, and gives it back at its beginning.
async fn look<R: Read + Seek + MaybeSend + 'static>(
    mut original: Original<R>,
) -> Result<(R, Looks), Error> {
    let (content, mut looks) = blocking(move || {
        let name = file_name::safe(&original.name);
        let head = head(&mut original.content).map_err(unreadable)?;
        let media_type = media_type::guess(&head, &name);
        let looks = Looks {
            name,
            media_type,
            thumbnail: None,
            waveform: waveform(&mut original, media_type)?,
        };
        Ok((original.content, looks))
    })
    .await?;
    let (mut content, thumbnail) = match looks.media_type.starts_with("image/") {
        true => jpeg_of(content, thumbnail::PREVIEW).await?,
        false => (content, None),
    };
    looks.thumbnail = thumbnail;
    blocking(move || {
        content.rewind().map_err(unreadable)?;
        Ok((content, looks))
    })
    .await
}

/// A sealed copy that is being written.
struct Sealing<R> {
    content: R,
    copy: HomeFile,
    chunks: Chunks,
    layout: Layout,
    /// The chunk that comes next.
    next: u32,
    /// Of what was written.
    hash: Sha256,
}

impl<R: Read> Sealing<R> {
    /// Seals what belongs into a step; whether that was all.
    fn step(&mut self) -> Result<bool, Error> {
        let end = (self.next + CHUNKS).min(self.layout.chunks());
        for chunk in self.next..end {
            let range = self.layout.content(chunk);
            let mut content = Zeroizing::new(Vec::new());
            Read::by_ref(&mut self.content)
                .take(range.end - range.start)
                .read_to_end(&mut content)
                .map_err(unreadable)?;
            // Too few bytes: the file was cut meanwhile.
            let sealed = self
                .chunks
                .seal(chunk, &content)
                .map_err(|error| Error::caused(ErrorKind::FileChanged, error))?;
            self.hash.update(&sealed);
            self.copy.write_all(&sealed).map_err(at_home)?;
        }
        self.next = end;
        if end < self.layout.chunks() {
            return Ok(false);
        }
        match self.content.read(&mut [0]).map_err(unreadable)? {
            0 => Ok(true),
            _ => Err(ErrorKind::FileChanged.into()),
        }
    }
}

fn head(file: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    Read::by_ref(file)
        .take(media_type::HEAD as u64)
        .read_to_end(&mut head)?;
    Ok(head)
}

fn waveform<R: Read + Seek>(
    original: &mut Original<R>,
    media_type: &str,
) -> Result<Option<Waveform>, Error> {
    if !original.voice {
        return Ok(None);
    }
    if !media_type.starts_with("audio/") {
        return Err(ErrorKind::BadInput.into());
    }
    if let Some(given) = &original.waveform {
        return Ok(Some(given.clone()));
    }
    original.content.rewind().map_err(unreadable)?;
    // What is spoken in another form is a voice message all the same, of unknown shape.
    let made = Waveform::of_wav(BufReader::new(&mut original.content));
    Ok(made.or_else(|| Waveform::new(0, Vec::new())))
}

pub(super) fn unreadable(error: std::io::Error) -> Error {
    Error::caused(ErrorKind::FileUnreadable, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sealed(
        name: &str,
        bytes: &[u8],
        voice: bool,
    ) -> (tempfile::TempDir, Result<SealedFile, Error>) {
        let home = tempfile::tempdir().unwrap();
        let original = Original {
            content: Cursor::new(bytes.to_vec()),
            size: bytes.len() as u64,
            name: name.to_owned(),
            photo: false,
            voice,
            waveform: None,
        };
        let sealed = seal(home.path(), original).await;
        (home, sealed)
    }

    #[tokio::test]
    async fn the_sealed_copy_opens_to_the_file_and_fits_its_hash() {
        let content: Vec<u8> = (0..200_000).map(|at| (at % 251) as u8).collect();
        let (home, sealed) = sealed("data.bin", &content, false).await;
        let sealed = sealed.unwrap();
        let copy = std::fs::read(home.path().join(OUTGOING).join(&sealed.copy)).unwrap();
        assert_eq!(copy.len() as u64, sealed.sealed_len);
        assert_eq!(<[u8; 32]>::from(Sha256::digest(&copy)), sealed.hash);
        let layout = Layout::new(sealed.size).unwrap();
        let chunks = Chunks::new(&sealed.key, layout);
        let opened: Vec<u8> = (0..layout.chunks())
            .flat_map(|chunk| {
                let range = layout.sealed(chunk);
                let sealed = &copy[range.start as usize..range.end as usize];
                chunks.open(chunk, sealed).unwrap().to_vec()
            })
            .collect();
        assert_eq!(opened, content);
    }

    #[tokio::test]
    async fn what_is_no_sound_is_no_voice_message_and_leaves_nothing() {
        let (home, text) = sealed("a.txt", b"words", true).await;
        assert_eq!(text.unwrap_err().kind, ErrorKind::BadInput);
        let left = std::fs::read_dir(home.path().join(OUTGOING)).unwrap();
        assert_eq!(left.count(), 0);
    }

    #[tokio::test]
    async fn copies_that_no_message_waits_for_are_swept() {
        let (home, sealed) = sealed("a.txt", b"words", false).await;
        let copy = home
            .path()
            .join(OUTGOING)
            .join(&sealed.as_ref().unwrap().copy);
        sweep(home.path(), &HashSet::from([sealed.unwrap().copy])).await;
        assert!(copy.exists());
        sweep(home.path(), &HashSet::new()).await;
        assert!(!copy.exists());
    }

    #[tokio::test]
    async fn of_a_photo_the_pixels_are_sent_and_of_a_file_every_byte() {
        let home = tempfile::tempdir().unwrap();
        let mut jpeg = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
        let place = b"Exif-GPS-52.5200-13.4050".to_vec();
        image::ImageEncoder::set_exif_metadata(&mut encoder, place).unwrap();
        encoder
            .encode_image(&image::RgbImage::new(600, 400))
            .unwrap();
        for photo in [true, false] {
            let wanted = Original {
                content: Cursor::new(jpeg.clone()),
                size: jpeg.len() as u64,
                name: "cat.jpeg".to_owned(),
                photo,
                voice: false,
                waveform: None,
            };
            let sealed = seal(home.path(), wanted).await.unwrap();
            let copy = std::fs::read(home.path().join(OUTGOING).join(&sealed.copy)).unwrap();
            let layout = Layout::new(sealed.size).unwrap();
            let chunks = Chunks::new(&sealed.key, layout);
            let opened = chunks.open(0, &copy).unwrap();
            let holds = |bytes: &[u8]| bytes.windows(7).any(|part| part == b"52.5200");
            assert_eq!(holds(&opened), !photo);
            assert_eq!(*opened == jpeg, !photo);
            assert_eq!(sealed.media_type, "image/jpeg");
            assert_eq!(sealed.name, if photo { "cat.jpg" } else { "cat.jpeg" });
            assert!(sealed.thumbnail.is_some());
        }
        let text = Original {
            content: Cursor::new(b"words".to_vec()),
            size: 5,
            name: "a.txt".to_owned(),
            photo: true,
            voice: false,
            waveform: None,
        };
        let refused = seal(home.path(), text).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::NotAPicture);
    }
}
