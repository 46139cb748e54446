//! The outer envelope: all that the relay sees of a message.
//!
//! **Shape**: the form of `sealed.rs` over a padded `MLSMessage`, under a key from the epoch's
//! exporter (RFC 9420 section 8.5), with the mailbox address as context. The relay sees neither MLS
//! headers nor exact lengths, and only members of the epoch can make an envelope that opens.

use restante_wire::{MailboxAddress, limits};

use crate::{
    padding,
    randomness::Randomness,
    sealed::{self, OpenError},
    secret::SymmetricKey,
};

/// Exporter label of the envelope key.
pub(crate) const EXPORTER_LABEL: &str = "restante envelope v1";

const CONTEXT: &[u8] = b"restante envelope v1\0";

/// Pads and seals an `MLSMessage`.
#[must_use]
pub fn seal(
    key: &SymmetricKey,
    mailbox: &MailboxAddress,
    message: &[u8],
    randomness: &Randomness,
) -> Vec<u8> {
    let padded = padding::pad(message);
    sealed::seal(
        key.as_bytes(),
        &[CONTEXT, mailbox.as_bytes()],
        &padded,
        randomness,
    )
}

/// Opens a body to the `MLSMessage` in it.
///
/// # Errors
/// An [`OpenError`]: from another epoch, another mailbox, or noise. Skip it.
pub fn open(
    key: &SymmetricKey,
    mailbox: &MailboxAddress,
    body: &[u8],
) -> Result<Vec<u8>, OpenError> {
    if body.len() > limits::MAX_BODY {
        return Err(OpenError::Length { len: body.len() });
    }
    let padded = sealed::open(key.as_bytes(), &[CONTEXT, mailbox.as_bytes()], body)?;
    padding::unpad(&padded)
        .map(<[u8]>::to_vec)
        .ok_or(OpenError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn envelopes_open_in_their_mailbox_and_epoch_only(
            message in proptest::collection::vec(any::<u8>(), 0..2_000),
        ) {
            let key = SymmetricKey::from_bytes([3; 32]);
            let mailbox = MailboxAddress([4; 32]);
            let body = seal(&key, &mailbox, &message, &Randomness::os());
            prop_assert_eq!(open(&key, &mailbox, &body).unwrap(), message);
            prop_assert!(open(&key, &MailboxAddress([5; 32]), &body).is_err());
            prop_assert!(open(&SymmetricKey::from_bytes([6; 32]), &mailbox, &body).is_err());
        }
    }

    #[test]
    fn r7_short_messages_have_one_length() {
        let key = SymmetricKey::from_bytes([3; 32]);
        let mailbox = MailboxAddress([4; 32]);
        let length = |len: usize| seal(&key, &mailbox, &vec![0; len], &Randomness::os()).len();
        assert_eq!(length(1), length(250));
        assert!(length(250) < length(300));
    }
}
