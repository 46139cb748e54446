//! A recovery phrase that its person has not seen yet, apart from the client whose account it opens.

use std::path::Path;

use zeroize::Zeroizing;

use super::{
    client::Client,
    pending::{Kept, Pending, PendingFile, PendingLogin},
    register::NewHome,
};
use crate::{Error, platform::exists, redacted::redacted_debug};

/// The phrase, kept in its home until [`Self::was_shown`].
pub struct UnseenPhrase {
    words: Zeroizing<String>,
    resumed: bool,
    pending: PendingFile,
}

redacted_debug!(UnseenPhrase);

impl UnseenPhrase {
    /// That of a home which was registered in an earlier life of this program; none where it was seen.
    ///
    /// # Errors
    /// `wrong_passphrase`, `home_in_use`, `storage`.
    pub fn find(home: &Path, passphrase: &str) -> Result<Option<Self>, Error> {
        if !exists(&home.join(Pending::FILE)) {
            return Ok(None);
        }
        let pending = PendingFile::<Pending>::open(home, passphrase)?;
        Ok(pending.read()?.map(|kept| Self {
            words: Zeroizing::new(kept.phrase.clone()),
            resumed: true,
            pending,
        }))
    }

    /// 24 words, to be shown once.
    #[must_use]
    pub const fn words(&self) -> &Zeroizing<String> {
        &self.words
    }

    /// Whether it is of an earlier registration, which was carried to its end.
    #[must_use]
    pub const fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// The person has seen it: forgets it.
    ///
    /// # Errors
    /// `storage`; it is then found again.
    pub fn was_shown(self) -> Result<(), Error> {
        self.pending.remove()
    }
}

impl NewHome {
    /// The client, and the phrase by itself.
    #[must_use]
    pub fn split(self) -> (Client, UnseenPhrase) {
        let phrase = UnseenPhrase {
            words: self.phrase,
            resumed: self.resumed,
            pending: self.pending,
        };
        (self.client, phrase)
    }
}

impl Client {
    /// Whether a registration or a sign-in was begun in a home, and is not certain to have ended.
    #[must_use]
    pub fn is_begun(home: &Path) -> bool {
        let files = [Pending::FILE, PendingLogin::FILE];
        files.iter().any(|file| exists(&home.join(file)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_without_a_registration_has_no_phrase_to_show() {
        let home = tempfile::tempdir().unwrap();
        assert!(UnseenPhrase::find(home.path(), "x").unwrap().is_none());
        assert!(!Client::is_begun(home.path()));
    }
}
