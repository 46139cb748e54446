//! Ephemeral envelopes (protocol/groups.md, "Ephemeral envelopes").

use restante_wire::{ClientId, Signature, codec};
use serde::{Deserialize, Serialize};

use crate::{Identity, PeerError, Room, identity, sealed};

const LABEL: &str = "restante ephemeral v1";
const CONTEXT: &[u8] = b"restante ephemeral v1\0";

#[derive(Serialize, Deserialize)]
struct EphemeralContent {
    sender: ClientId,
    epoch: u64,
    counter: u64,
    #[serde(with = "serde_bytes")]
    payload: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct SignedEphemeral {
    content: EphemeralContent,
    signature: Signature,
}

impl Room {
    /// Seals something for those connected now.
    ///
    /// # Errors
    /// [`PeerError::Mls`].
    pub fn seal_ephemeral(
        &self,
        me: &Identity,
        counter: u64,
        payload: &[u8],
    ) -> Result<Vec<u8>, PeerError> {
        let content = EphemeralContent {
            sender: self.me,
            epoch: self.group.current_epoch(),
            counter,
            payload: payload.to_vec(),
        };
        let signature = me.sign(LABEL, &self.signed_bytes(&content));
        let padded = sealed::pad(&codec::encode(&SignedEphemeral { content, signature }))?;
        sealed::seal(&self.export(LABEL.as_bytes())?, &self.context(), &padded)
    }

    /// Opens what a member sent: who, its counter, and what.
    ///
    /// # Errors
    /// A [`PeerError`]: dropped.
    pub fn open_ephemeral(&self, body: &[u8]) -> Result<(ClientId, u64, Vec<u8>), PeerError> {
        let padded = sealed::open(&self.export(LABEL.as_bytes())?, &self.context(), body)?;
        let signed: SignedEphemeral = codec::decode(&sealed::unpad(&padded)?)?;
        let content = signed.content;
        if content.epoch != self.group.current_epoch() {
            return Err(PeerError::Header);
        }
        let members = self.members()?;
        let (_, sender) = members
            .iter()
            .find(|(_, certificate)| certificate.body.client == content.sender)
            .ok_or(PeerError::UnknownMember)?;
        identity::verify_client(
            sender,
            LABEL,
            &self.signed_bytes(&content),
            &signed.signature,
        )?;
        Ok((content.sender, content.counter, content.payload))
    }

    fn context(&self) -> Vec<u8> {
        [CONTEXT, &self.mailbox.0].concat()
    }

    fn signed_bytes(&self, content: &EphemeralContent) -> Vec<u8> {
        [&self.mailbox.0[..], &codec::encode(content)].concat()
    }
}
