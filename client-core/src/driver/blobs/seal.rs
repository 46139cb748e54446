//! Sealing a file for sending: reads it once, writes the sealed copy, looks at what it is.

use std::{
    collections::HashSet,
    io::{BufReader, BufWriter, Cursor, Read, Seek, Write},
    path::{Path, PathBuf},
};

use restante_crypto::{
    Randomness,
    attachment::{AttachmentKey, Chunks, Layout},
};
use restante_wire::BlobId;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{OUTGOING, at_home, folder};
use crate::{
    Error, ErrorKind,
    driver::{Client, blocking},
    engine::attachments::{MAX_FILE, SealedFile, Waveform, file_name, media_type, thumbnail},
    platform::{create_private, flush_dir, open_regular},
};

/// A file that a person wants to send.
#[derive(Debug, Clone, Default)]
pub struct FileToSend {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is a photo, of which the pixels alone are sent: place, camera and time stay here.
    pub photo: bool,
    /// Whether it is a voice message. Without a waveform one is made, where the file is WAV.
    pub voice: bool,
    /// The shape of a voice message, from whoever recorded it.
    pub waveform: Option<Waveform>,
}

impl Client {
    /// Seals files into the home, to be sent by a command. What no message has come of is deleted
    /// when the home is opened next.
    ///
    /// # Errors
    /// `file_unreadable` for what is no readable file, `file_too_large`, `file_changed` if it changes
    /// while it is read, `bad_input` for a voice message that is no sound, `disk_full`, `storage`.
    pub async fn seal_files(&self, files: Vec<FileToSend>) -> Result<Vec<SealedFile>, Error> {
        let home = self.home().to_owned();
        let sealing = move || {
            let randomness = Randomness::os();
            let sealed = files.iter().map(|file| seal(&home, file, &randomness));
            sealed.collect()
        };
        blocking(sealing).await
    }
}

/// Deletes sealed copies that no message waits for.
pub(in crate::driver) fn sweep(home: &Path, kept: &HashSet<String>) {
    // What cannot be deleted now is deleted next time.
    let Ok(entries) = std::fs::read_dir(home.join(OUTGOING)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| kept.contains(name)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn seal(home: &Path, wanted: &FileToSend, randomness: &Randomness) -> Result<SealedFile, Error> {
    let unreadable = |error| Error::caused(ErrorKind::FileUnreadable, error);
    let (file, size) = open_regular(&wanted.path).map_err(unreadable)?;
    if size > MAX_FILE {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let layout =
        Layout::new(size).map_err(|error| Error::caused(ErrorKind::FileTooLarge, error))?;
    let name = wanted.path.file_name().unwrap_or_default();
    let name = file_name::safe(&name.to_string_lossy());
    if wanted.photo {
        let photo = thumbnail::make(BufReader::new(file), thumbnail::PHOTO);
        let photo = photo.ok_or(ErrorKind::NotAPicture)?;
        let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
        let original = Original {
            layout: Layout::new(photo.len() as u64)
                .map_err(|error| Error::caused(ErrorKind::FileTooLarge, error))?,
            size: photo.len() as u64,
            name: file_name::safe(&format!("{stem}.jpg")),
            content: Cursor::new(photo),
        };
        return seal_content(home, wanted, original, randomness);
    }
    let original = Original {
        layout,
        size,
        name,
        content: file,
    };
    seal_content(home, wanted, original, randomness)
}

/// What is sealed.
struct Original<C> {
    layout: Layout,
    size: u64,
    name: String,
    content: C,
}

fn seal_content(
    home: &Path,
    wanted: &FileToSend,
    original: Original<impl Read + Seek>,
    randomness: &Randomness,
) -> Result<SealedFile, Error> {
    let unreadable = |error| Error::caused(ErrorKind::FileUnreadable, error);
    let Original {
        layout,
        size,
        name,
        content: mut file,
    } = original;
    let head = head(&mut file).map_err(unreadable)?;
    let media_type = media_type::guess(&head, &name);
    let waveform = waveform(wanted, media_type, &mut file)?;
    let thumbnail = picture(media_type, &mut file).map_err(unreadable)?;

    let folder = folder(home, OUTGOING)?;
    let copy: String = randomness
        .bytes::<16>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let path = folder.join(&copy);
    let key = AttachmentKey::generate(randomness);
    let written = write_sealed(&mut file, &path, &Chunks::new(&key, layout), &layout);
    let hash = match written.and_then(|hash| flush_dir(&folder).map_err(at_home).map(|()| hash)) {
        Ok(hash) => hash,
        Err(error) => {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
    };
    Ok(SealedFile {
        copy,
        sealed_len: layout.sealed_len(),
        hash,
        blob: BlobId(randomness.bytes()),
        key,
        name,
        media_type: media_type.to_owned(),
        size,
        thumbnail,
        waveform,
    })
}

/// Writes the sealed copy, durable when this returns, and gives its hash.
fn write_sealed(
    file: &mut (impl Read + Seek),
    path: &Path,
    chunks: &Chunks,
    layout: &Layout,
) -> Result<[u8; 32], Error> {
    let unreadable = |error| Error::caused(ErrorKind::FileUnreadable, error);
    file.rewind().map_err(unreadable)?;
    let mut copy = BufWriter::new(create_private(path).map_err(at_home)?);
    let mut hash = Sha256::new();
    for chunk in 0..layout.chunks() {
        let range = layout.content(chunk);
        let mut content = Zeroizing::new(Vec::new());
        Read::by_ref(file)
            .take(range.end - range.start)
            .read_to_end(&mut content)
            .map_err(unreadable)?;
        // Too few bytes: the file was cut meanwhile.
        let sealed = chunks
            .seal(chunk, &content)
            .map_err(|error| Error::caused(ErrorKind::FileChanged, error))?;
        hash.update(&sealed);
        copy.write_all(&sealed).map_err(at_home)?;
    }
    if file.read(&mut [0]).map_err(unreadable)? != 0 {
        return Err(ErrorKind::FileChanged.into());
    }
    let copy = copy
        .into_inner()
        .map_err(|error| at_home(error.into_error()))?;
    copy.sync_all().map_err(at_home)?;
    Ok(hash.finalize().into())
}

fn head(file: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    Read::by_ref(file)
        .take(media_type::HEAD as u64)
        .read_to_end(&mut head)?;
    Ok(head)
}

fn picture(media_type: &str, file: &mut (impl Read + Seek)) -> std::io::Result<Option<Vec<u8>>> {
    if !media_type.starts_with("image/") {
        return Ok(None);
    }
    file.rewind()?;
    Ok(thumbnail::make(BufReader::new(file), thumbnail::PREVIEW))
}

fn waveform(
    wanted: &FileToSend,
    media_type: &str,
    file: &mut (impl Read + Seek),
) -> Result<Option<Waveform>, Error> {
    if !wanted.voice {
        return Ok(None);
    }
    if !media_type.starts_with("audio/") {
        return Err(ErrorKind::BadInput.into());
    }
    if let Some(given) = &wanted.waveform {
        return Ok(Some(given.clone()));
    }
    file.rewind()
        .map_err(|error| Error::caused(ErrorKind::FileUnreadable, error))?;
    // What is spoken in another form is a voice message all the same, of unknown shape.
    let made = Waveform::of_wav(BufReader::new(file));
    Ok(made.or_else(|| Waveform::new(0, Vec::new())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal_bytes(
        name: &str,
        bytes: &[u8],
        voice: bool,
    ) -> (tempfile::TempDir, Result<SealedFile, Error>) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let wanted = FileToSend {
            path,
            voice,
            ..FileToSend::default()
        };
        let sealed = seal(home.path(), &wanted, &Randomness::os());
        (home, sealed)
    }

    #[test]
    fn the_sealed_copy_opens_to_the_file_and_fits_its_hash() {
        let content: Vec<u8> = (0..200_000).map(|at| (at % 251) as u8).collect();
        let (home, sealed) = seal_bytes("data.bin", &content, false);
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

    #[test]
    fn what_is_no_file_is_unreadable_and_what_is_no_sound_no_voice_message() {
        let home = tempfile::tempdir().unwrap();
        for path in [
            home.path().to_owned(),
            home.path().join("missing"),
            "/dev/zero".into(),
        ] {
            let wanted = FileToSend {
                path,
                ..FileToSend::default()
            };
            let refused = seal(home.path(), &wanted, &Randomness::os()).unwrap_err();
            assert_eq!(refused.kind, ErrorKind::FileUnreadable);
        }
        let (_home, text) = seal_bytes("a.txt", b"words", true);
        assert_eq!(text.unwrap_err().kind, ErrorKind::BadInput);
    }

    #[test]
    fn of_a_photo_the_pixels_are_sent_and_of_a_file_every_byte() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("cat.jpeg");
        let mut jpeg = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
        let place = b"Exif-GPS-52.5200-13.4050".to_vec();
        image::ImageEncoder::set_exif_metadata(&mut encoder, place).unwrap();
        encoder
            .encode_image(&image::RgbImage::new(600, 400))
            .unwrap();
        std::fs::write(&path, &jpeg).unwrap();
        for photo in [true, false] {
            let wanted = FileToSend {
                path: path.clone(),
                photo,
                ..FileToSend::default()
            };
            let sealed = seal(home.path(), &wanted, &Randomness::os()).unwrap();
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
        let text = home.path().join("a.txt");
        std::fs::write(&text, b"words").unwrap();
        let wanted = FileToSend {
            path: text,
            photo: true,
            ..FileToSend::default()
        };
        let refused = seal(home.path(), &wanted, &Randomness::os()).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::NotAPicture);
    }

    #[test]
    fn copies_that_no_message_waits_for_are_swept() {
        let (home, sealed) = seal_bytes("a.txt", b"words", false);
        let copy = home
            .path()
            .join(OUTGOING)
            .join(&sealed.as_ref().unwrap().copy);
        sweep(home.path(), &HashSet::from([sealed.unwrap().copy]));
        assert!(copy.exists());
        sweep(home.path(), &HashSet::new());
        assert!(!copy.exists());
    }
}
