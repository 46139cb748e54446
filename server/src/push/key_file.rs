//! Files of keys that the relay makes by itself: readable by it alone, never overwritten.
//!
//! **Shape**: a label line, then lines of base64, the newest key first.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// More than any key file has.
const MAX_LEN: u64 = 64 * 1024;

/// Only the owner may read or write.
const MODE: u32 = 0o600;

/// What is wrong with a file of keys, for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is none.
    #[error("the key {} is missing; put it back, or correct the setting that names it", .0.display())]
    Missing(PathBuf),
    /// It cannot be read or written.
    #[error("the key {} cannot be used: {kind}", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// What the operating system says.
        kind: ErrorKind,
    },
    /// It is readable for others.
    #[error("others may read the key {file}; run `chmod 600 {file}`", file = .0.display())]
    Open(PathBuf),
    /// It is something else, or damaged.
    #[error("{} is not the key that is expected there, or damaged; put the right file back, or remove it to have a new one made", .0.display())]
    Damaged(PathBuf),
}

/// Reads a secret text that belongs to the relay alone.
///
/// # Errors
/// Any [`KeyFileError`] but `Damaged`, which is also that of what is no text.
pub fn read_text(file: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => KeyFileError::Missing(file.to_owned()),
        ErrorKind::InvalidData => KeyFileError::Damaged(file.to_owned()),
        kind => KeyFileError::Io {
            file: file.to_owned(),
            kind,
        },
    };
    let opened = std::fs::File::open(file).map_err(io)?;
    let mode = opened.metadata().map_err(io)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open(file.to_owned()));
    }
    let mut text = Zeroizing::new(String::new());
    opened.take(MAX_LEN).read_to_string(&mut text).map_err(io)?;
    Ok(text)
}

/// Reads keys behind a label.
///
/// # Errors
/// A [`KeyFileError`].
pub fn read(file: &Path, label: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, KeyFileError> {
    let text = read_text(file)?;
    let damaged = || KeyFileError::Damaged(file.to_owned());
    let (first, lines) = text.split_once('\n').ok_or_else(damaged)?;
    if first != label {
        return Err(damaged());
    }
    let keys = lines.lines().map(|line| {
        let key = STANDARD.decode(line.trim()).map_err(|_| damaged())?;
        Ok(Zeroizing::new(key))
    });
    let keys: Vec<_> = keys.collect::<Result<_, KeyFileError>>()?;
    if keys.is_empty() {
        return Err(damaged());
    }
    Ok(keys)
}

/// Writes keys behind a label, in the place of the file if there is one: whole, or not at all.
///
/// # Errors
/// `Io`.
pub fn write(file: &Path, label: &str, keys: &[&[u8]]) -> Result<(), KeyFileError> {
    let io = |error: std::io::Error| KeyFileError::Io {
        file: file.to_owned(),
        kind: error.kind(),
    };
    let mut text = Zeroizing::new(format!("{label}\n"));
    for key in keys {
        STANDARD.encode_string(key, &mut text);
        text.push('\n');
    }
    let mut beside = file.to_owned().into_os_string();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut made = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(MODE)
        .open(&beside)
        .map_err(io)?;
    made.write_all(text.as_bytes()).map_err(io)?;
    made.sync_all().map_err(io)?;
    std::fs::rename(&beside, file).map_err(io)?;
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(io),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: &str = "restante test key v1";

    #[test]
    fn keys_come_back_in_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("test.key");
        assert!(matches!(read(&file, LABEL), Err(KeyFileError::Missing(_))));
        write(&file, LABEL, &[b"old"]).unwrap();
        write(&file, LABEL, &[b"new", b"old"]).unwrap();
        let keys = read(&file, LABEL).unwrap();
        assert_eq!([&keys[0][..], &keys[1][..]], [&b"new"[..], &b"old"[..]]);
        assert!(matches!(read(&file, "x"), Err(KeyFileError::Damaged(_))));
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("test.key");
        write(&file, LABEL, &[b"key"]).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&file, LABEL), Err(KeyFileError::Open(_))));
    }
}
