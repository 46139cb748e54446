//! Application messages out.

use openmls::prelude::tls_codec::Serialize;
use restante_wire::limits;

use super::{Group, GroupError, LogPosition};
use crate::envelope;

impl Group {
    /// Encrypts a payload in the current epoch and seals it into an envelope's body. Call it at the
    /// moment of sending, and store the changes before the body leaves.
    ///
    /// # Errors
    /// [`GroupError::TooLong`] if the relay would not take the body; the message never will be sent.
    pub fn encrypt(
        &mut self,
        payload: &[u8],
        position: LogPosition,
    ) -> Result<Vec<u8>, GroupError> {
        self.attempt(|group| {
            group.mls.set_aad(position.encode());
            let message = group
                .mls
                .create_message(&group.provider, group.client.keys(), payload)
                .map_err(|_| GroupError::Mls("encrypt"))?;
            let message = message
                .tls_serialize_detached()
                .map_err(|_| GroupError::Mls("encode"))?;
            group.seal(&message)
        })
    }

    /// Seals an `MLSMessage` under the key of the current epoch.
    pub(super) fn seal(&self, message: &[u8]) -> Result<Vec<u8>, GroupError> {
        let randomness = self.client.randomness();
        let body = envelope::seal(&self.envelope_key, &self.mailbox, message, randomness);
        if body.len() > limits::MAX_BODY {
            return Err(GroupError::TooLong { len: body.len() });
        }
        Ok(body)
    }
}
