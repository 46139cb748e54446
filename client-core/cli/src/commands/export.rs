//! `export`: a room into a file, page by page, so that its length costs no memory.
//!
//! The file appears under its name when it is complete: until then it is `NAME.part`, readable by
//! its owner alone, and removed if anything fails.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use restante_client::{
    ErrorKind,
    driver::Client,
    engine::io::{Message, RoomId},
};
use serde_json::json;

use super::{find_room, read};
use crate::{
    args::{Export, Format},
    screen::Screen,
    shown,
    texts::{Language, Text, fill},
    trouble::Trouble,
};

/// Messages that are read at once.
const PAGE: u32 = 500;

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    options: Export,
) -> Result<(), Trouble> {
    let room = find_room(client, options.room).await?;
    if options.file.exists() && !options.force {
        return Err(ErrorKind::FileExists.into());
    }
    let mut file = Partial::create(&options.file)?;
    let written = write(client, screen.language(), room, options.format, &mut file).await?;
    file.complete(options.force)?;
    let said = fill(
        screen.language().say(Text::Exported),
        &[&written.to_string()],
    );
    screen.answer(&json!({ "messages": written }), &said)?;
    Ok(())
}

/// Writes all messages that are in the room's log, oldest first.
async fn write(
    client: &Client,
    language: Language,
    room: RoomId,
    format: Format,
    file: &mut Partial,
) -> Result<u64, Trouble> {
    let (mut after, mut written) = (0, 0);
    let mut last_day = String::new();
    loop {
        let page: Vec<Message> = read(client, move |engine| {
            engine.history_after(&room, after, PAGE)
        })
        .await?;
        for message in &page {
            let line = match format {
                Format::Json => shown::json_line(&shown::message_json(message)),
                Format::Text => {
                    let day = shown::day(language, message.sent_at);
                    if day != last_day {
                        file.line(&format!("-- {day} --"))?;
                        last_day = day;
                    }
                    shown::message_line(language, message)
                }
            };
            file.line(&line)?;
            written += 1;
        }
        match page.last().and_then(|message| message.number) {
            Some(last) => after = last,
            None => return Ok(written),
        }
    }
}

/// A file that is not complete.
struct Partial {
    name: PathBuf,
    part: PathBuf,
    out: Option<BufWriter<File>>,
}

impl Partial {
    fn create(name: &Path) -> Result<Self, Trouble> {
        let mut part = OsString::from(name);
        part.push(".part");
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|error| cannot_write(&error))?;
        Ok(Self {
            name: name.to_owned(),
            part,
            out: Some(BufWriter::new(file)),
        })
    }

    fn line(&mut self, line: &str) -> Result<(), Trouble> {
        let out = self.out.as_mut();
        let written = out.map_or(Ok(()), |out| writeln!(out, "{line}"));
        written.map_err(|error| cannot_write(&error))
    }

    /// Everything is on disk, then under its name. Without `force` a file that came up meanwhile is
    /// not overwritten either.
    fn complete(mut self, force: bool) -> Result<(), Trouble> {
        let failed = |error: io::Error| cannot_write(&error);
        if let Some(out) = self.out.take() {
            let file = out
                .into_inner()
                .map_err(|error| cannot_write(error.error()))?;
            file.sync_all().map_err(failed)?;
        }
        if force {
            return fs::rename(&self.part, &self.name).map_err(failed);
        }
        // The part itself goes with this value.
        fs::hard_link(&self.part, &self.name).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Where it was renamed there is nothing left to remove.
        let _ = fs::remove_file(&self.part);
    }
}

fn cannot_write(error: &io::Error) -> Trouble {
    let kind = match error.kind() {
        io::ErrorKind::AlreadyExists => ErrorKind::FileExists,
        io::ErrorKind::StorageFull => ErrorKind::DiskFull,
        _ => ErrorKind::CannotWrite,
    };
    kind.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn code(trouble: Trouble) -> &'static str {
        match trouble {
            Trouble::Refused(error) => error.code(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_complete_file_is_readable_by_its_owner_alone() {
        let folder = folder();
        let name = folder.path().join("room.txt");
        let mut file = Partial::create(&name).unwrap();
        file.line("hello").unwrap();
        assert!(!name.exists());
        file.complete(false).unwrap();
        assert_eq!(fs::read_to_string(&name).unwrap(), "hello\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&name).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_there_stays_unless_it_is_meant_to_go() {
        let folder = folder();
        let name = folder.path().join("room.txt");
        fs::write(&name, "dear").unwrap();
        let mut file = Partial::create(&name).unwrap();
        file.line("new").unwrap();
        assert_eq!(code(file.complete(false).unwrap_err()), "file_exists");
        assert_eq!(fs::read_to_string(&name).unwrap(), "dear");
        let mut file = Partial::create(&name).unwrap();
        file.line("new").unwrap();
        file.complete(true).unwrap();
        assert_eq!(fs::read_to_string(&name).unwrap(), "new\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_left_of_a_file_that_fails() {
        let folder = folder();
        let mut file = Partial::create(&folder.path().join("room.txt")).unwrap();
        file.line("half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let nowhere = folder.path().join("no/folder/room.txt");
        let refused = Partial::create(&nowhere).map(|_| ()).unwrap_err();
        assert_eq!(code(refused), "cannot_write");
    }
}
