//! What the log shows: messages, commits, claims of one's own removal, and noise.

use std::{collections::BTreeSet, fmt};

use openmls::{
    framing::errors::MessageDecryptionError,
    prelude::{
        ContentType, MlsMessageBodyIn, MlsMessageIn, ProcessMessageError, ProcessedMessage,
        ProcessedMessageContent, ProtocolMessage, Sender, ValidationError,
        tls_codec::DeserializeBytes,
    },
};
use restante_wire::{ClientId, Kind};

use super::{CommitSummary, Group, LogPosition, Member, Skip, StagedCommit, group_id, view::View};
use crate::envelope;

/// What an envelope was.
pub enum Processed {
    /// A message.
    Message {
        /// Who sent it.
        sender: Member,
        /// Its content.
        payload: Vec<u8>,
        /// Where in the log its sender stood.
        position: LogPosition,
    },
    /// A valid commit, to be merged.
    Commit {
        /// Who made it.
        author: Member,
        /// Where in the log its author stood.
        position: LogPosition,
        /// What it does.
        summary: CommitSummary,
        /// For [`Group::merge`].
        staged: Box<StagedCommit>,
    },
    /// A commit that by all rules removes this client. MLS gives it nothing to check the rest with,
    /// so the removal is only claimed: nothing has changed.
    OwnRemoval {
        /// Who claims it.
        author: Member,
        /// Where in the log its author stood.
        position: LogPosition,
        /// Whether the same commit adds this client anew: look for its Welcome.
        repaired: bool,
    },
}

/// Shows no person and no content.
impl fmt::Debug for Processed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { sender, .. } => write!(f, "Message(from {sender:?})"),
            Self::Commit {
                author, summary, ..
            } => write!(f, "Commit(by {author:?}: {summary:?})"),
            Self::OwnRemoval { author, .. } => write!(f, "OwnRemoval(by {author:?})"),
        }
    }
}

impl Group {
    /// Processes the body of an envelope that is not an own echo. `leaving` are the clients whose
    /// messages of leaving the log holds before it. A message moves its sender's ratchet and a commit
    /// waits to be merged: take the changes.
    ///
    /// # Errors
    /// A [`Skip`]: the envelope is noise to every honest client that is not poisoned, and neither
    /// rows nor group have changed.
    pub fn process(
        &mut self,
        kind: Kind,
        body: &[u8],
        leaving: &BTreeSet<ClientId>,
    ) -> Result<Processed, Skip> {
        let message = self.open_body(kind, body)?;
        self.provider.rows().begin();
        let processed = match self.mls.process_message(&self.provider, message) {
            Ok(processed) => processed,
            // openmls defers every change until a message is found good.
            Err(error) => {
                self.provider.rows().roll_back();
                return Err(skip(&error));
            }
        };
        let result = self.sort(processed, leaving);
        match &result {
            Ok(Processed::OwnRemoval { .. }) | Err(_) => self.revert()?,
            Ok(_) => self.provider.rows().keep(),
        }
        result
    }

    /// Opens the envelope and checks the header of the PrivateMessage in it.
    fn open_body(&self, kind: Kind, body: &[u8]) -> Result<ProtocolMessage, Skip> {
        let message =
            envelope::open(&self.envelope_key, &self.mailbox, body).map_err(|_| Skip::Envelope)?;
        let message =
            MlsMessageIn::tls_deserialize_exact_bytes(&message).map_err(|_| Skip::NotMls)?;
        let MlsMessageBodyIn::PrivateMessage(message) = message.extract() else {
            return Err(Skip::NotPrivate);
        };
        let message = ProtocolMessage::from(message);
        let is_here =
            *message.group_id() == group_id(&self.mailbox) && message.epoch() == self.mls.epoch();
        if !is_here {
            return Err(Skip::WrongEpoch);
        }
        match (kind, message.content_type()) {
            (Kind::Message, ContentType::Application) | (Kind::Commit, ContentType::Commit) => {
                Ok(message)
            }
            _ => Err(Skip::WrongKind),
        }
    }

    fn sort(
        &self,
        processed: ProcessedMessage,
        leaving: &BTreeSet<ClientId>,
    ) -> Result<Processed, Skip> {
        let Sender::Member(index) = *processed.sender() else {
            return Err(Skip::NotPrivate);
        };
        let sender = self.members.get(index).ok_or(Skip::Mls)?.clone();
        let position = LogPosition::decode(processed.aad()).map_err(|_| Skip::Position)?;
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => Ok(Processed::Message {
                sender,
                payload: message.into_bytes(),
                position,
            }),
            ProcessedMessageContent::StagedCommitMessage(inner) => {
                let view = View::read(&self.members, index, &inner, self.client.verified())?;
                if inner.self_removed() {
                    let verdict = self.judge(&view, &self.leaving_with_own(leaving))?;
                    return Ok(Processed::OwnRemoval {
                        repaired: verdict.repaired.contains(&self.client.id()),
                        author: sender,
                        position,
                    });
                }
                let verdict = self.judge(&view, leaving)?;
                let epoch = self.epoch();
                Ok(Processed::Commit {
                    summary: self.summarise(&view, verdict),
                    author: sender,
                    position,
                    staged: Box::new(StagedCommit {
                        inner: *inner,
                        epoch,
                    }),
                })
            }
            ProcessedMessageContent::OwnPrivateMessage
            | ProcessedMessageContent::OwnPendingCommit => Err(Skip::NotOurs),
            _ => Err(Skip::WrongKind),
        }
    }

    /// Who said they leave, as far as it is about a commit that removes this client. A client that came
    /// in beside others of its account, behind their message of leaving, has not read that, and goes with
    /// them all the same; the commit is a claim, of which nothing is merged.
    fn leaving_with_own(&self, leaving: &BTreeSet<ClientId>) -> BTreeSet<ClientId> {
        let me = self.me().account();
        let own = self.members().filter(|member| member.account() == me);
        let own: BTreeSet<ClientId> = own.map(Member::client).collect();
        match own.len() {
            1 => leaving.clone(),
            _ => leaving.union(&own).copied().collect(),
        }
    }
}

fn skip<E>(error: &ProcessMessageError<E>) -> Skip {
    match error {
        ProcessMessageError::ValidationError(ValidationError::UnableToDecrypt(
            MessageDecryptionError::SecretTreeError(_),
        )) => Skip::Replay,
        _ => Skip::Mls,
    }
}
