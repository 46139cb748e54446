//! A registration or sign-in that may have reached the relay: kept in the new home until it is certain.
//!
//! Everything a person would lose with it is in here, encrypted under the home's passphrase before
//! the relay is asked to make the account (C1): the same request can be sent again after a crash or a
//! lost answer, and the recovery phrase is not gone if the screen was.

use std::{
    marker::PhantomData,
    path::{Path, PathBuf},
    time::Duration,
};

use restante_wire::{account::RegisterFinish, codec};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    Error,
    engine::account::NewAccount,
    platform::{ensure_private, exists, remove_file},
    redacted::redacted_debug,
};

/// Something that is kept in a file of its own.
pub(super) trait Kept: Serialize + DeserializeOwned {
    /// Name of the file in a home.
    const FILE: &'static str;
}

impl Kept for Pending {
    const FILE: &'static str = "registration.db";
}

/// A client whose certificate may have reached the relay.
#[derive(Serialize, Deserialize)]
pub(super) struct PendingLogin {
    /// Its keys and its certificate.
    pub(super) account: NewAccount,
}

impl Kept for PendingLogin {
    const FILE: &'static str = "login.db";
}

/// What is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    /// The last request, byte for byte what was or will be sent.
    pub(super) finish: RegisterFinish,
    /// What the home is made from.
    pub(super) account: NewAccount,
    /// The recovery phrase's words.
    pub(super) phrase: String,
}

redacted_debug!(Pending, PendingLogin);

impl Drop for Pending {
    fn drop(&mut self) {
        self.phrase.zeroize();
    }
}

/// The open file. Only one process has it at a time.
#[derive(Debug)]
pub(super) struct PendingFile<T = Pending> {
    path: PathBuf,
    connection: Connection,
    kept: PhantomData<T>,
}

impl<T: Kept> PendingFile<T> {
    /// Opens the file, makes it if there is none, and keeps every other process out.
    ///
    /// # Errors
    /// `wrong_passphrase`, `home_in_use`, `disk_full`, `storage`.
    pub(super) fn open(home: &Path, passphrase: &str) -> Result<Self, Error> {
        let path = home.join(T::FILE);
        ensure_private(&path)?;
        let connection = Connection::open(&path)?;
        // A wrong passphrase is an answer here, not a fault to write to the terminal.
        connection.pragma_update(None, "cipher_log_level", "NONE")?;
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "key", passphrase)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.execute_batch(
            "BEGIN EXCLUSIVE;
             CREATE TABLE IF NOT EXISTS pending (body BLOB NOT NULL);
             COMMIT;",
        )?;
        Ok(Self {
            path,
            connection,
            kept: PhantomData,
        })
    }

    /// Removes a file that was left behind, if there is one.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub(super) fn forget(home: &Path, passphrase: &str) -> Result<(), Error> {
        match exists(&home.join(T::FILE)) {
            true => Self::open(home, passphrase)?.remove(),
            false => Ok(()),
        }
    }

    /// What is kept, if anything is.
    ///
    /// # Errors
    /// `storage`.
    pub(super) fn read(&self) -> Result<Option<T>, Error> {
        let body: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT body FROM pending", [], |row| row.get(0))
            .optional()?;
        let body = body.map(Zeroizing::new);
        Ok(body.map(|body| codec::decode(&body)).transpose()?)
    }

    /// Keeps this. It is on disk when this returns.
    ///
    /// # Errors
    /// `disk_full`, `storage`.
    pub(super) fn write(&self, pending: &T) -> Result<(), Error> {
        let body = Zeroizing::new(codec::encode(pending));
        self.connection
            .execute("INSERT INTO pending (body) VALUES (?1)", [body.as_slice()])?;
        Ok(())
    }

    /// Forgets what is kept.
    ///
    /// # Errors
    /// `storage`.
    pub(super) fn clear(&self) -> Result<(), Error> {
        self.connection.execute("DELETE FROM pending", [])?;
        Ok(())
    }

    /// Forgets what is kept, and removes the file.
    ///
    /// # Errors
    /// `storage`.
    pub(super) fn remove(self) -> Result<(), Error> {
        self.clear()?;
        drop(self.connection);
        remove_file(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use restante_crypto::Randomness;
    use restante_wire::account::RegisterStarted;

    use super::*;
    use crate::{
        ErrorKind,
        engine::account::{Password, Registration, StrongPassword},
    };

    const PASSPHRASE: &str = "of the home";

    /// Everything a registration makes, from an answer of the relay's half of OPAQUE.
    fn pending() -> Pending {
        let password = Password::new("an unlikely heron walks sideways").unwrap();
        let (registration, start) = Registration::start(
            "https://relay.example",
            "alice",
            StrongPassword::judged(password, true).unwrap(),
            None,
            &Randomness::os(),
        )
        .unwrap();
        let opaque = crate::engine::account::relay_answer(&start.opaque);
        let answer = RegisterStarted {
            username: "alice".into(),
            opaque,
        };
        let registered = registration.finish(&answer).unwrap();
        Pending {
            finish: registered.finish,
            account: registered.account,
            phrase: registered.phrase.words().to_string(),
        }
    }

    #[test]
    fn c1_a_registration_is_read_back_byte_for_byte_after_a_crash() {
        let home = tempfile::tempdir().unwrap();
        let kept = pending();
        PendingFile::<Pending>::open(home.path(), PASSPHRASE)
            .unwrap()
            .write(&kept)
            .unwrap();
        let file = PendingFile::<Pending>::open(home.path(), PASSPHRASE).unwrap();
        let again = file.read().unwrap().unwrap();
        assert_eq!(codec::encode(&again.finish), codec::encode(&kept.finish));
        assert_eq!(again.phrase, kept.phrase);
        assert_eq!(
            again.account.client.certificate(),
            kept.account.client.certificate()
        );
        file.remove().unwrap();
        assert!(!home.path().join(Pending::FILE).exists());
    }

    #[test]
    fn the_file_opens_with_its_passphrase_only_and_for_one_process_only() {
        let home = tempfile::tempdir().unwrap();
        let file = PendingFile::<Pending>::open(home.path(), PASSPHRASE).unwrap();
        file.write(&pending()).unwrap();
        let second = PendingFile::<Pending>::open(home.path(), PASSPHRASE).unwrap_err();
        assert_eq!(second.kind, ErrorKind::HomeInUse);
        drop(file);
        let wrong = PendingFile::<Pending>::open(home.path(), "another").unwrap_err();
        assert_eq!(wrong.kind, ErrorKind::WrongPassphrase);
    }

    #[test]
    fn the_phrase_is_not_in_the_file_in_the_clear() {
        let home = tempfile::tempdir().unwrap();
        let kept = pending();
        PendingFile::<Pending>::open(home.path(), PASSPHRASE)
            .unwrap()
            .write(&kept)
            .unwrap();
        let bytes = std::fs::read(home.path().join(Pending::FILE)).unwrap();
        let word = kept.phrase.split(' ').next().unwrap().as_bytes();
        let pair = &kept.phrase.as_bytes()[..word.len() + 4];
        assert!(!bytes.windows(pair.len()).any(|window| window == pair));
        assert!(!bytes.windows(5).any(|window| window == b"alice"));
    }
}
