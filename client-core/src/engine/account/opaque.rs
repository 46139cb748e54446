//! The OPAQUE configuration that clients and relays share, and the randomness it takes.
//!
//! **Source**: RFC 9807 with ristretto255-SHA512, 3DH and SHA-512; identities are the public keys.
//! The relay never runs the key stretching function, so its half may name any.

use opaque_ke::{
    CipherSuite, ClientRegistration, ClientRegistrationFinishParameters, Identifiers,
    RegistrationResponse, Ristretto255, TripleDh,
    rand::{CryptoRng, RngCore},
};
use restante_crypto::{Randomness, wrap::WrapKey};

use super::StrongPassword;
use crate::{Error, ErrorKind};

/// The configuration.
pub(super) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = argon2::Argon2<'static>;
}

/// Memory of one guess at a password, in KiB.
const MEMORY_KIB: u32 = 64 * 1024;

/// Passes over that memory.
const PASSES: u32 = 3;

/// One lane, so that a browser's single thread pays the same.
const LANES: u32 = 1;

/// Argon2id (RFC 9106) with the parameters of every account.
pub(super) fn key_stretching() -> argon2::Argon2<'static> {
    #[expect(clippy::expect_used, reason = "constants within Argon2's limits")]
    let parameters =
        argon2::Params::new(MEMORY_KIB, PASSES, LANES, None).expect("valid parameters");
    argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        parameters,
    )
}

/// A password on its way to the relay, which learns what it needs to check it, and nothing else.
pub(super) struct NewPassword {
    password: StrongPassword,
    state: ClientRegistration<Suite>,
    randomness: Randomness,
}

impl NewPassword {
    /// Begins, with the first message.
    ///
    /// # Errors
    /// `internal_client`.
    pub(super) fn start(
        password: StrongPassword,
        randomness: &Randomness,
    ) -> Result<(Self, Vec<u8>), Error> {
        let started = ClientRegistration::<Suite>::start(&mut Rng(randomness), password.as_bytes())
            .map_err(|error| Error::caused(ErrorKind::Internal, error))?;
        let new = Self {
            password,
            state: started.state,
            randomness: randomness.clone(),
        };
        Ok((new, started.message.serialize().to_vec()))
    }

    /// The last message, and the key of the password's wrap. Takes as long as one guess.
    ///
    /// # Errors
    /// `relay_fault` if the answer is not one.
    pub(super) fn finish(self, answer: &[u8]) -> Result<(Vec<u8>, WrapKey), Error> {
        let response = RegistrationResponse::deserialize(answer)
            .map_err(|error| Error::caused(ErrorKind::RelayFault, error))?;
        let stretching = key_stretching();
        let parameters =
            ClientRegistrationFinishParameters::new(Identifiers::default(), Some(&stretching));
        let (mut rng, password) = (Rng(&self.randomness), self.password.as_bytes());
        let finished = self
            .state
            .finish(&mut rng, password, response, parameters)
            .map_err(|error| Error::caused(ErrorKind::RelayFault, error))?;
        let message = finished.message.serialize().to_vec();
        Ok((message, WrapKey::from_export_key(&finished.export_key)))
    }
}

/// Our randomness as the generation of traits that opaque-ke takes.
pub(super) struct Rng<'a>(pub(super) &'a Randomness);

impl RngCore for Rng<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.bytes())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), opaque_ke::rand::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for Rng<'_> {}

/// The relay's answer to a registration request, for tests that need a whole registration.
#[cfg(test)]
pub(crate) fn relay_answer(request: &[u8]) -> Vec<u8> {
    use opaque_ke::{RegistrationRequest, ServerRegistration, ServerSetup};
    let setup = ServerSetup::<Suite>::new(&mut Rng(&Randomness::os()));
    let request = RegistrationRequest::deserialize(request).unwrap();
    let started = ServerRegistration::start(&setup, request, b"alice").unwrap();
    started.message.serialize().to_vec()
}
