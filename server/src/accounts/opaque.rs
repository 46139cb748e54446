//! OPAQUE on the relay's side: registration and login without ever seeing a password.
//!
//! **Shape**: ristretto255 for the OPRF and the key exchange, 3DH, SHA-512, no context, default
//! identifiers; the credential identifier is the normalised username. The key stretching function
//! runs on the client only, so this side names the identity function.
//! **Source**: RFC 9807. Read next: [`super::opaque_key`] for where the keys are kept.

use opaque_ke::{
    CipherSuite, CredentialFinalization, CredentialRequest, RegistrationRequest,
    RegistrationUpload, Ristretto255, ServerLogin, ServerLoginParameters, ServerRegistration,
    ServerSetup, TripleDh, ksf::Identity,
};
use rand_core_06::OsRng;
use restante_wire::{ErrorCode, limits::MAX_OPAQUE};
use sha2::{Digest, Sha256};

use super::username::Username;

/// The cipher suite; clients use the same with Argon2id as `Ksf`.
pub struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = Identity;
}

/// What the relay keeps of a login between its two halves.
pub type LoginState = ServerLogin<Suite>;

/// The relay's OPAQUE keys: the OPRF seed and the key of the key exchange.
pub struct OpaqueServer(ServerSetup<Suite>);

impl OpaqueServer {
    /// Fresh keys.
    #[must_use]
    pub fn generate() -> Self {
        Self(ServerSetup::new(&mut OsRng))
    }

    /// Reads keys that [`Self::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        ServerSetup::deserialize(bytes).ok().map(Self)
    }

    /// The keys, for their file and nothing else.
    #[must_use]
    pub fn to_bytes(&self) -> zeroize::Zeroizing<Vec<u8>> {
        zeroize::Zeroizing::new(self.0.serialize().to_vec())
    }

    /// Tells keys apart without saying anything about them.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(b"restante opaque key v1\0")
            .chain_update(self.to_bytes())
            .finalize()
            .into()
    }

    /// Answers a `RegistrationRequest`.
    ///
    /// # Errors
    /// `bad_request` if it is none.
    pub fn start_registration(
        &self,
        username: &Username,
        request: &[u8],
    ) -> Result<Vec<u8>, ErrorCode> {
        let request = parse(request, RegistrationRequest::<Suite>::deserialize)?;
        let started = ServerRegistration::start(&self.0, request, username.as_str().as_bytes())
            .map_err(|_| ErrorCode::BadRequest)?;
        Ok(started.message.serialize().to_vec())
    }

    /// Turns a `RegistrationUpload` into the password file to store.
    ///
    /// # Errors
    /// `bad_request` if it is none.
    pub fn finish_registration(upload: &[u8]) -> Result<Vec<u8>, ErrorCode> {
        let upload = parse(upload, RegistrationUpload::<Suite>::deserialize)?;
        Ok(ServerRegistration::finish(upload).serialize().to_vec())
    }

    /// Answers a `KE1`, with the state for its `KE3`. Without a password file the answer is one that
    /// nobody can tell from a real one (RFC 9807 section 6.3.2.2).
    ///
    /// # Errors
    /// `bad_request` if it is no `KE1`, `internal` if the stored password file is none.
    pub fn start_login(
        &self,
        username: &[u8],
        password_file: Option<&[u8]>,
        ke1: &[u8],
    ) -> Result<(LoginState, Vec<u8>), ErrorCode> {
        let ke1 = parse(ke1, CredentialRequest::<Suite>::deserialize)?;
        let password_file = password_file
            .map(ServerRegistration::<Suite>::deserialize)
            .transpose()
            .map_err(|_| ErrorCode::Internal)?;
        let started = ServerLogin::start(
            &mut OsRng,
            &self.0,
            password_file,
            ke1,
            username,
            ServerLoginParameters::default(),
        )
        .map_err(|_| ErrorCode::BadRequest)?;
        Ok((started.state, started.message.serialize().to_vec()))
    }

    /// Checks a `KE3`.
    ///
    /// # Errors
    /// `bad_request` if it is none, `bad_credentials` if it shows another password.
    pub fn finish_login(state: LoginState, ke3: &[u8]) -> Result<(), ErrorCode> {
        let ke3 = parse(ke3, CredentialFinalization::<Suite>::deserialize)?;
        state
            .finish(ke3, ServerLoginParameters::default())
            .map(drop)
            .map_err(|_| ErrorCode::BadCredentials)
    }
}

fn parse<T, E>(bytes: &[u8], read: impl FnOnce(&[u8]) -> Result<T, E>) -> Result<T, ErrorCode> {
    if bytes.len() > MAX_OPAQUE {
        return Err(ErrorCode::TooLarge);
    }
    read(bytes).map_err(|_| ErrorCode::BadRequest)
}
