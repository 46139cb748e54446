//! Faults planted on purpose, to see that the tests which name an invariant fail when it is broken.
//!
//! Compiled only with the feature `planted-faults`, which no shipped build has; without it
//! [`planted`] is a constant `false` and the compiler removes the branch.

/// Whether the fault of this name was asked for by the environment variable `RESTANTE_FAULT`.
#[cfg(feature = "planted-faults")]
#[must_use]
pub fn planted(name: &str) -> bool {
    static FAULT: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    FAULT
        .get_or_init(|| std::env::var("RESTANTE_FAULT").ok())
        .as_deref()
        == Some(name)
}

/// Whether the fault of this name was asked for: never, in this build.
#[cfg(not(feature = "planted-faults"))]
#[must_use]
#[inline]
pub const fn planted(_name: &str) -> bool {
    false
}
