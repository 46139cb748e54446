//! Pictures of rooms, from and to the person's disk.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    place::{self, NewFile},
    save::Saved,
};
use crate::{
    Error, ErrorKind,
    driver::Client,
    engine::{attachments::file_name, io::RoomId, picture::BOUNDS},
    platform::{blocking, jpeg_of, open_regular},
};

/// Longest file that is looked at: more than cameras write.
const MAX_ORIGINAL: u64 = 64 * 1024 * 1024;

impl Client {
    /// Makes a room's picture of a photo or drawing, for `Command::SetPicture`: small, from its
    /// pixels, without its metadata.
    ///
    /// # Errors
    /// `file_unreadable` for what is no readable file, `file_too_large`, `not_a_picture` for what is
    /// no picture, is damaged, or is too large to be looked at.
    pub async fn make_picture(&self, path: PathBuf) -> Result<Vec<u8>, Error> {
        make(path).await
    }

    /// Saves a room's picture in a folder that exists, under the room's name. Nothing is overwritten.
    ///
    /// # Errors
    /// `not_found` if there is no such room or it has no picture, `file_unwritable`, `disk_full`,
    /// `storage`.
    pub async fn save_picture(&self, room: RoomId, folder: PathBuf) -> Result<Saved, Error> {
        let found = self.query(move |engine| {
            let jpeg = engine.picture(&room)?.ok_or(ErrorKind::NotFound)?;
            let rooms = engine.rooms()?;
            let title = rooms.into_iter().find(|found| found.id == room);
            Ok::<_, Error>((jpeg, title.map(|found| found.title).unwrap_or_default()))
        });
        let (jpeg, title) = found.await??;
        blocking(move || save(&jpeg, &title, &folder)).await
    }
}

async fn make(path: PathBuf) -> Result<Vec<u8>, Error> {
    let file = blocking(move || open(&path)).await?;
    let (_, made) = jpeg_of(file, BOUNDS).await?;
    made.ok_or_else(|| ErrorKind::NotAPicture.into())
}

fn open(path: &Path) -> Result<File, Error> {
    let opened = open_regular(path);
    let (file, size) = opened.map_err(|error| Error::caused(ErrorKind::FileUnreadable, error))?;
    if size > MAX_ORIGINAL {
        return Err(ErrorKind::FileTooLarge.into());
    }
    Ok(file)
}

fn save(jpeg: &[u8], title: &str, folder: &Path) -> Result<Saved, Error> {
    let mut file = NewFile::in_folder(folder)?;
    file.file.write_all(jpeg).map_err(place::unwritable)?;
    Ok(Saved {
        path: file.put(folder, &file_name::safe(&format!("{title}.jpg")))?,
        size: jpeg.len() as u64,
        media_type: "image/jpeg".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::RgbImage;

    use super::*;
    use crate::engine::attachments::thumbnail::Thumbnail;

    async fn make(path: &Path) -> Result<Vec<u8>, Error> {
        super::make(path.to_owned()).await
    }

    #[tokio::test]
    async fn what_is_no_picture_is_refused_and_told_from_what_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("cat.png");
        fs::write(&text, b"words").unwrap();
        assert_eq!(make(&text).await.unwrap_err().kind, ErrorKind::NotAPicture);
        let missing = folder.path().join("missing.png");
        assert_eq!(
            make(&missing).await.unwrap_err().kind,
            ErrorKind::FileUnreadable
        );
    }

    #[tokio::test]
    async fn a_large_picture_becomes_one_that_a_room_may_have() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cat.png");
        let picture = RgbImage::from_fn(900, 600, |x, y| {
            image::Rgb([(x % 256) as u8, (y % 256) as u8, (x * y % 256) as u8])
        });
        picture.save(&path).unwrap();
        let jpeg = make(&path).await.unwrap();
        assert!(jpeg.len() <= BOUNDS.len);
        assert!(Thumbnail::parse(&jpeg, BOUNDS).is_some());
    }

    #[test]
    fn a_title_from_others_is_a_safe_name_on_this_disk() {
        let folder = tempfile::tempdir().unwrap();
        let saved = save(b"jpeg", "../../etc/\u{202e}x", folder.path()).unwrap();
        assert_eq!(saved.path.parent(), Some(folder.path()));
        assert_eq!(fs::read(saved.path).unwrap(), b"jpeg");
    }
}
