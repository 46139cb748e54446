//! Certificates that hold: each is verified once, however many rooms, commits and Welcomes show it.
//!
//! Whether a certificate holds depends on its bytes and on nothing else, so one that held holds. What
//! is remembered is the hash of the bytes; what was refused is looked at anew each time.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use restante_wire::{account::ClientCertificate, codec, fault::planted};

use crate::{
    certificate::{CertificateError, CertificateHash, verify_certificate},
    group::room_state::MAX_MEMBERS,
};

/// Most certificates that are remembered: those of two of the largest rooms. The oldest goes first.
const MOST: usize = 2 * MAX_MEMBERS;

/// The certificates that this client has verified.
#[derive(Default)]
pub(crate) struct VerifiedCertificates(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    hashes: BTreeSet<CertificateHash>,
    /// The same, oldest first.
    order: VecDeque<CertificateHash>,
}

impl VerifiedCertificates {
    /// The certificate that these bytes are, if it holds, and its hash.
    ///
    /// # Errors
    /// As [`verify_certificate`].
    pub(crate) fn verify(
        &self,
        bytes: &[u8],
    ) -> Result<(ClientCertificate, CertificateHash), CertificateError> {
        let hash = CertificateHash::of_encoded(bytes);
        if self.holds(&hash) {
            return Ok((codec::decode(bytes)?, hash));
        }
        let verified = verify_certificate(bytes);
        if verified.is_ok() || planted("c6_refused_certificate_remembered") {
            self.remember(hash);
        }
        verified.map(|certificate| (certificate, hash))
    }

    fn holds(&self, hash: &CertificateHash) -> bool {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.hashes.contains(hash)
    }

    fn remember(&self, hash: CertificateHash) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !remembered.hashes.insert(hash) {
            return;
        }
        remembered.order.push_back(hash);
        if remembered.order.len() > MOST
            && let Some(oldest) = remembered.order.pop_front()
        {
            remembered.hashes.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use restante_wire::{
        ClientId, InboxKey, MailboxAddress, Signature, SignatureKey, account::CertificateBody,
    };

    use super::*;
    use crate::AccountIdentity;

    fn certificate() -> ClientCertificate {
        let identity = AccountIdentity::from_seed(&[1; 32]);
        identity.certify(CertificateBody {
            account: identity.account("https://relay.example"),
            identity_key: identity.key(),
            username: "alice".into(),
            client: ClientId([1; 16]),
            signature_key: SignatureKey([2; 32]),
            inbox: MailboxAddress([3; 32]),
            inbox_key: InboxKey([4; 32]),
        })
    }

    #[test]
    fn c6_what_held_holds_and_what_resembles_it_does_not() {
        let verified = VerifiedCertificates::default();
        let good = certificate();
        let bytes = codec::encode(&good);
        let hash = CertificateHash::of(&good);
        for _ in 0..2 {
            assert_eq!(verified.verify(&bytes), Ok((good.clone(), hash)));
        }
        let mut forged = good.clone();
        forged.signature = Signature([0; 64]);
        for _ in 0..2 {
            assert_eq!(
                verified.verify(&codec::encode(&forged)),
                Err(CertificateError::Signature)
            );
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(verified.verify(&longer).is_err());
    }

    #[test]
    fn no_more_are_remembered_than_the_limit() {
        let verified = VerifiedCertificates::default();
        let hash = |number: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            CertificateHash(hash)
        };
        for number in 0..=MOST {
            verified.remember(hash(number));
            verified.remember(hash(number));
        }
        assert!(!verified.holds(&hash(0)));
        assert!(verified.holds(&hash(1)) && verified.holds(&hash(MOST)));
    }
}
