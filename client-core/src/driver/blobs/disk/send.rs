//! Files of the person's disk that are to be sent.

use std::path::PathBuf;

use crate::{
    Error,
    driver::{
        Client,
        blobs::seal::{Original, unreadable},
    },
    engine::attachments::{SealedFile, Waveform},
    platform::{blocking, open_regular},
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
    /// Seals files into the home, as [`Client::seal`] does.
    ///
    /// # Errors
    /// `file_unreadable` for what is no readable file; otherwise as there.
    pub async fn seal_files(&self, files: Vec<FileToSend>) -> Result<Vec<SealedFile>, Error> {
        let mut sealed = Vec::new();
        for file in files {
            let opening = move || open(file);
            sealed.push(self.seal(blocking(opening).await?).await?);
        }
        Ok(sealed)
    }
}

fn open(file: FileToSend) -> Result<Original<std::fs::File>, Error> {
    let (content, size) = open_regular(&file.path).map_err(unreadable)?;
    let name = file.path.file_name().unwrap_or_default();
    Ok(Original {
        content,
        size,
        name: name.to_string_lossy().into_owned(),
        photo: file.photo,
        voice: file.voice,
        waveform: file.waveform,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn what_is_no_file_is_unreadable() {
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
            assert_eq!(open(wanted).unwrap_err().kind, ErrorKind::FileUnreadable);
        }
    }
}
