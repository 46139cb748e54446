//! Files on their way: sealed copies to the relay, blobs from it.
//!
//! ```text
//! send: file ──seal──▶ home/outgoing ──upload──▶ relay
//! save: relay ──fetch──▶ home/incoming ──open──▶ the person's folder
//! ```
//!
//! A file is sealed once, into the home, before its message is written: whatever happens to the
//! original later, what is uploaded is what was sealed, and no key ever seals two contents. What is
//! fetched lies sealed in the home until all of it is there and fits its hash; only then is it opened.
//! Both folders hold sealed bytes only, and both ways go on where they were interrupted.
//!
//! Owns: these two folders, parts, progress. Never does: decide what is uploaded and when (the
//! engine), or fetch what nobody asked for. Read next: [`seal`], [`uploads`], [`save`].

mod fetch;
mod picture;
mod place;
mod save;
mod seal;
mod uploads;

pub(super) use fetch::sweep_incoming;
pub use save::Saved;
pub use seal::FileToSend;
pub(super) use seal::sweep;
pub(super) use uploads::Uploads;

use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind, platform::private_dir};

/// Sealed copies that wait for their upload.
const OUTGOING: &str = "outgoing";

/// Blobs that are being fetched.
const INCOMING: &str = "incoming";

/// A folder of the home, made if it is not there.
fn folder(home: &Path, name: &str) -> Result<PathBuf, Error> {
    let folder = home.join(name);
    private_dir(&folder)?;
    Ok(folder)
}

/// What the operating system says about a file of the home.
fn at_home(error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
        _ => ErrorKind::Storage,
    };
    Error::caused(kind, error)
}
