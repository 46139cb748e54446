//! The log as one reader follows it: log hash and log position (protocol/groups.md).

use restante_wire::{Envelope, Kind, LogHash, MailboxAddress, codec};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::PeerError;

/// Where a sender stood: the authenticated data of every MLS message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPosition {
    /// Number of the last envelope that the sender had processed or skipped.
    pub n: u64,
    /// The hash over the log up to it.
    pub hash: LogHash,
}

/// How far a log was read.
#[derive(Debug, Clone)]
pub struct Log {
    /// Hashes from where this reader began, by number.
    hashes: Vec<(u64, LogHash)>,
    last_commit: u64,
}

impl Log {
    /// Before the first envelope of a mailbox.
    #[must_use]
    pub fn start(mailbox: &MailboxAddress) -> Self {
        Self::at(0, LogHash(Sha256::digest(mailbox.0).into()))
    }

    /// Behind envelope `n`, as an invitation says.
    #[must_use]
    pub fn at(n: u64, hash: LogHash) -> Self {
        Self {
            hashes: vec![(n, hash)],
            last_commit: 0,
        }
    }

    /// Number of the last commit that was read: what the next append names.
    #[must_use]
    pub fn last_commit(&self) -> u64 {
        self.last_commit
    }

    /// Where this reader stands.
    ///
    /// # Errors
    /// [`PeerError::Gap`], which does not happen: there is always a first hash.
    pub fn position(&self) -> Result<LogPosition, PeerError> {
        let &(n, hash) = self.hashes.last().ok_or(PeerError::Gap)?;
        Ok(LogPosition { n, hash })
    }

    /// Reads the next envelope.
    ///
    /// # Errors
    /// [`PeerError::Gap`] if it is another one.
    pub fn read(&mut self, envelope: &Envelope) -> Result<(), PeerError> {
        let LogPosition { n, hash } = self.position()?;
        if envelope.number != n + 1 {
            return Err(PeerError::Gap);
        }
        let next = Sha256::new()
            .chain_update(hash.0)
            .chain_update(codec::encode(envelope))
            .finalize();
        self.hashes.push((envelope.number, LogHash(next.into())));
        if envelope.kind == Kind::Commit {
            self.last_commit = envelope.number;
        }
        Ok(())
    }

    /// Whether the sender of the next envelope saw what this reader saw. Positions from before it
    /// began are not compared.
    ///
    /// # Errors
    /// [`PeerError::Gap`], which does not happen.
    pub fn agrees_with(&self, position: &LogPosition) -> Result<bool, PeerError> {
        let own = self.position()?;
        let known = self.hashes.iter().find(|(n, _)| *n == position.n);
        let differs = known.is_some_and(|(_, hash)| *hash != position.hash);
        Ok(position.n <= own.n && !differs)
    }
}
