//! The file with the OPAQUE keys: outside the database and its backups, readable by the relay alone.
//!
//! Whoever has this file and the database can try passwords offline at one Argon2id each; whoever
//! has only one of them cannot. **Shape**: a label line, then the keys in base64.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::opaque::OpaqueServer;

/// First line: what the file is, and its version.
const LABEL: &str = "restante opaque key v1\n";

/// More than any key file has.
const MAX_LEN: u64 = 4096;

/// Only the owner may read or write.
const MODE: u32 = 0o600;

/// What is wrong with the key file, for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is none.
    #[error("the OPAQUE key {} is missing; put it back from its backup, without it nobody can log in by password", .0.display())]
    Missing(PathBuf),
    /// There is one already.
    #[error("{} exists already and is left as it is", .0.display())]
    Exists(PathBuf),
    /// It cannot be read or written.
    #[error("the OPAQUE key {} cannot be used: {kind}", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// What the operating system says.
        kind: ErrorKind,
    },
    /// It is readable for others.
    #[error("others may read the OPAQUE key {file}; run `chmod 600 {file}`", file = .0.display())]
    Open(PathBuf),
    /// It is something else, or damaged.
    #[error("{} is not an OPAQUE key, or damaged; put it back from its backup", .0.display())]
    Damaged(PathBuf),
}

/// Reads the keys.
///
/// # Errors
/// Any [`KeyFileError`] but `Exists`; the operator must act.
pub fn read(file: &Path) -> Result<OpaqueServer, KeyFileError> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => KeyFileError::Missing(file.to_owned()),
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
    text.strip_prefix(LABEL)
        .and_then(|encoded| STANDARD.decode(encoded.trim()).ok())
        .map(Zeroizing::new)
        .and_then(|bytes| OpaqueServer::from_bytes(&bytes))
        .ok_or_else(|| KeyFileError::Damaged(file.to_owned()))
}

/// Makes new keys and their file, which must not exist; durable before it returns.
///
/// # Errors
/// `Exists` or `Io`.
pub fn create(file: &Path) -> Result<OpaqueServer, KeyFileError> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => KeyFileError::Exists(file.to_owned()),
        kind => KeyFileError::Io {
            file: file.to_owned(),
            kind,
        },
    };
    let keys = OpaqueServer::generate();
    let mut text = Zeroizing::new(LABEL.to_owned());
    STANDARD.encode_string(keys.to_bytes(), &mut text);
    text.push('\n');
    let mut created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(file)
        .map_err(io)?;
    created.write_all(text.as_bytes()).map_err(io)?;
    created.sync_all().map_err(io)?;
    sync_directory(file).map_err(io)?;
    Ok(keys)
}

/// A new file survives a power cut only when its directory was flushed, too.
fn sync_directory(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => {
            std::fs::File::open(directory)?.sync_all()
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_file() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("opaque.key");
        (dir, file)
    }

    #[test]
    fn keys_come_back_from_their_file() {
        let (_dir, file) = key_file();
        let created = create(&file).unwrap();
        assert_eq!(read(&file).unwrap().fingerprint(), created.fingerprint());
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn keys_are_never_overwritten() {
        let (_dir, file) = key_file();
        let first = create(&file).unwrap();
        assert!(matches!(create(&file), Err(KeyFileError::Exists(_))));
        assert_eq!(read(&file).unwrap().fingerprint(), first.fingerprint());
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let (_dir, file) = key_file();
        create(&file).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&file), Err(KeyFileError::Open(_))));
    }

    #[test]
    fn a_missing_or_damaged_file_is_named() {
        let (_dir, file) = key_file();
        assert!(matches!(read(&file), Err(KeyFileError::Missing(_))));
        create(&file).unwrap();
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.truncate(text.len() / 2);
        std::fs::write(&file, text).unwrap();
        assert!(matches!(read(&file), Err(KeyFileError::Damaged(_))));
    }
}
