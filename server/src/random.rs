//! Randomness of the operating system, in one place: tokens, challenges, codes and, through
//! [`crate::clock::SystemEntropy`], what the delivery rules draw.

/// Fresh random bytes.
///
/// # Panics
/// When the operating system has no randomness to give: no key or token may be made then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without randomness the relay must not go on"
    )]
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
