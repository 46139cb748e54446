//! The one source of randomness, for this crate and for MLS inside it.

use std::{
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chacha20::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use openmls_traits::random::OpenMlsRand;

/// A handle to a source of random bytes: the operating system's, or for simulations a generator
/// that gives the same bytes for the same seed. Clones share the source.
///
/// HPKE's ephemeral keys inside MLS come from the operating system in either case, so a seed
/// reproduces ids and nonces but not every ciphertext.
#[derive(Clone)]
pub struct Randomness(Source);

#[derive(Clone)]
enum Source {
    OperatingSystem,
    Seeded(Arc<Mutex<ChaCha20Rng>>),
}

impl Randomness {
    /// The operating system's generator: what every client of a person uses.
    #[must_use]
    pub fn os() -> Self {
        Self(Source::OperatingSystem)
    }

    /// ChaCha20 from a seed, for simulations only.
    #[must_use]
    pub fn seeded(seed: [u8; 32]) -> Self {
        let rng = ChaCha20Rng::from_seed(seed);
        Self(Source::Seeded(Arc::new(Mutex::new(rng))))
    }

    /// Overwrites all of `bytes`.
    #[expect(
        clippy::expect_used,
        reason = "without the system's generator nothing may go on, and no input reaches this"
    )]
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            Source::OperatingSystem => {
                getrandom::fill(bytes).expect("the operating system gives random bytes");
            }
            Source::Seeded(rng) => rng
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .fill_bytes(bytes),
        }
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness(..)")
    }
}

impl OpenMlsRand for Randomness {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Infallible> {
        Ok(self.bytes())
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Infallible> {
        let mut bytes = vec![0; len];
        self.fill(&mut bytes);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_reproduces_and_clones_share_one_stream() {
        let (a, b) = (Randomness::seeded([7; 32]), Randomness::seeded([7; 32]));
        let clone = a.clone();
        assert_eq!(a.bytes::<16>(), b.bytes::<16>());
        assert_eq!(clone.bytes::<16>(), b.bytes::<16>());
        assert_ne!(a.bytes::<16>(), Randomness::os().bytes::<16>());
    }
}
