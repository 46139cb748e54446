//! Ephemeral bodies: typing, presence, call candidates (protocol.md, "Append").
//!
//! Sealed under an exporter key of the epoch and signed by the client, they never move the MLS
//! ratchet, or a client that was away would fall out of its window.
//!
//! **Shape**: the form of `sealed.rs` over padded `SignedEphemeral` below, with the mailbox address as
//! context.

use std::{collections::BTreeMap, fmt};

use restante_wire::{ClientId, MailboxAddress, Signature, codec, limits};
use serde::{Deserialize, Serialize};

use super::{Group, GroupError, Member, Skip, export_key};
use crate::{certificate, padding, sealed};

const EXPORTER_LABEL: &str = "restante ephemeral v1";
const CONTEXT: &[u8] = b"restante ephemeral v1\0";

/// Something a member sent to those connected now.
#[derive(Clone, PartialEq, Eq)]
pub struct Ephemeral {
    /// Who sent it.
    pub sender: Member,
    /// Greater than that of any earlier one of this sender in this epoch.
    pub counter: u64,
    /// Its content.
    pub payload: Vec<u8>,
}

/// Shows no person and no content.
impl fmt::Debug for Ephemeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ephemeral({:?})", self.sender)
    }
}

/// Highest counter seen of each sender in this epoch, since the group was loaded.
#[derive(Default)]
pub(super) struct Counters(BTreeMap<ClientId, u64>);

#[derive(Serialize, Deserialize)]
pub(crate) struct EphemeralContent {
    pub(crate) sender: ClientId,
    pub(crate) epoch: u64,
    pub(crate) counter: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) payload: Vec<u8>,
}

impl EphemeralContent {
    /// What the sender signs.
    pub(crate) fn signing_bytes(&self, mailbox: &MailboxAddress) -> Vec<u8> {
        [CONTEXT, mailbox.as_bytes(), &codec::encode(self)].concat()
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SignedEphemeral {
    pub(crate) content: EphemeralContent,
    pub(crate) signature: Signature,
}

impl Group {
    /// Seals an ephemeral payload. `counter` must grow with each call of this client in an epoch,
    /// over restarts too: milliseconds of the clock do.
    ///
    /// # Errors
    /// [`GroupError::TooLong`] beyond [`limits::MAX_EPHEMERAL`].
    pub fn seal_ephemeral(&self, payload: &[u8], counter: u64) -> Result<Vec<u8>, GroupError> {
        let content = EphemeralContent {
            sender: self.client.id(),
            epoch: self.epoch(),
            counter,
            payload: payload.to_vec(),
        };
        self.seal_content(content)
    }

    /// Signs with the own key and seals.
    pub(super) fn seal_content(&self, content: EphemeralContent) -> Result<Vec<u8>, GroupError> {
        let signing_bytes = content.signing_bytes(&self.mailbox);
        let signature = self.client.keys().sign_bytes(&signing_bytes);
        let padded = padding::pad(&codec::encode(&SignedEphemeral { content, signature }));
        let key = export_key(&self.mls, &self.provider, EXPORTER_LABEL)?;
        let body = sealed::seal(
            key.as_bytes(),
            &[CONTEXT, self.mailbox.as_bytes()],
            &padded,
            self.client.randomness(),
        );
        if body.len() > limits::MAX_EPHEMERAL {
            return Err(GroupError::TooLong { len: body.len() });
        }
        Ok(body)
    }

    /// Opens an ephemeral body.
    ///
    /// # Errors
    /// A [`Skip`]: drop it; nothing has changed.
    pub fn open_ephemeral(&mut self, body: &[u8]) -> Result<Ephemeral, Skip> {
        if body.len() > limits::MAX_EPHEMERAL {
            return Err(Skip::Ephemeral);
        }
        let key = export_key(&self.mls, &self.provider, EXPORTER_LABEL)?;
        let padded = sealed::open(key.as_bytes(), &[CONTEXT, self.mailbox.as_bytes()], body)
            .map_err(|_| Skip::Envelope)?;
        let SignedEphemeral { content, signature } = padding::unpad(&padded)
            .and_then(|bytes| codec::decode(bytes).ok())
            .ok_or(Skip::Ephemeral)?;
        if content.epoch != self.epoch() {
            return Err(Skip::WrongEpoch);
        }
        let sender = self.members.find(&content.sender).ok_or(Skip::Ephemeral)?;
        certificate::verify_signature(
            &sender.certificate.body.signature_key,
            &content.signing_bytes(&self.mailbox),
            &signature,
        )
        .map_err(|_| Skip::Ephemeral)?;
        let last = self.counters.0.get(&content.sender);
        if last.is_some_and(|&last| content.counter <= last) {
            return Err(Skip::Replay);
        }
        let ephemeral = Ephemeral {
            sender: sender.clone(),
            counter: content.counter,
            payload: content.payload,
        };
        self.counters.0.insert(content.sender, content.counter);
        Ok(ephemeral)
    }
}
