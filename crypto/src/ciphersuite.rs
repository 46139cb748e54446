//! The ciphersuites of Restante and what every leaf says it can do.
//!
//! Which of the two a group takes is decided by its creator (protocol.md, "Ciphersuite"), and then
//! holds for the group's life. Both sign with Ed25519 and hash with SHA-256: a client has one
//! signature key and one certificate for all its groups.

use openmls::prelude::{
    Capabilities, Ciphersuite, CredentialType, ExtensionType, LeafNode, ProtocolVersion,
    RequiredCapabilitiesExtension,
};
use restante_wire::key_package::Suite;

use crate::group::room_state::MAX_MEMBERS;

/// Private-use type of the room-state extension (RFC 9420 section 17.3).
pub const ROOM_STATE_EXTENSION: u16 = 0xF0A1;

/// The hybrid suite: whoever records ciphertexts today must break ML-KEM-768 and X25519 both. It
/// protects confidentiality only; signatures are Ed25519 in either suite.
pub const HYBRID: Suite = Suite::MLKEM768X25519_AES128;

/// The suite of large groups, and of groups with a client that does not offer the other.
pub const CLASSICAL: Suite = Suite::X25519_CHACHA20;

/// Every suite this build speaks, most wanted first. A group never changes its suite.
pub const SUPPORTED: &[Suite] = &[HYBRID, CLASSICAL];

/// Most clients with which a new group takes the hybrid suite: its commits carry 1.1 KiB for each
/// subtree, which a large group pays with every leaf update.
pub const MAX_NEW_HYBRID: usize = 100;

/// Most members of a group of this suite. A hybrid group may grow beyond [`MAX_NEW_HYBRID`], for a
/// person's next client must never be shut out or the suite lowered; beyond this a commit over a tree
/// without inner nodes would not fit into [`restante_wire::limits::MAX_BODY`].
#[must_use]
pub const fn max_members(suite: Suite) -> usize {
    match suite {
        HYBRID => 500,
        _ => MAX_MEMBERS,
    }
}

/// A suite that this build does not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ciphersuite {:#06x} is not supported", .0.0)]
pub struct UnsupportedSuite(pub Suite);

/// The MLS ciphersuite of a code point.
pub(crate) fn mls(suite: Suite) -> Result<Ciphersuite, UnsupportedSuite> {
    match suite {
        Suite::X25519_CHACHA20 => {
            Ok(Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519)
        }
        Suite::MLKEM768X25519_AES128 => {
            Ok(Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519)
        }
        other => Err(UnsupportedSuite(other)),
    }
}

/// The code point of an MLS ciphersuite.
pub(crate) fn code_point(suite: Ciphersuite) -> Suite {
    Suite(suite.into())
}

/// What a leaf of a client lists that offers these suites (RFC 9420 section 7.2).
pub(crate) fn capabilities(offered: &[Suite]) -> Capabilities {
    let suites: Vec<Ciphersuite> = offered
        .iter()
        .filter_map(|&suite| mls(suite).ok())
        .collect();
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&suites),
        // LastResort: an extension of a key package must be listed by its leaf (section 10.1).
        Some(&[
            ExtensionType::LastResort,
            ExtensionType::Unknown(ROOM_STATE_EXTENSION),
        ]),
        None,
        Some(&[CredentialType::Basic]),
    )
}

/// What a group of ours requires of every leaf (RFC 9420 section 11.1).
pub(crate) fn required_capabilities() -> RequiredCapabilitiesExtension {
    RequiredCapabilitiesExtension::new(
        &[ExtensionType::Unknown(ROOM_STATE_EXTENSION)],
        &[],
        &[CredentialType::Basic],
    )
}

/// Whether a leaf lists what every member of a room must know.
pub(crate) fn supports_rooms(leaf: &LeafNode) -> bool {
    let listed = leaf.capabilities();
    listed
        .extensions()
        .contains(&ExtensionType::Unknown(ROOM_STATE_EXTENSION))
        && listed.credentials().contains(&CredentialType::Basic)
}

/// The suites of ours that a leaf lists: signed by its client, so no relay can take one away.
pub(crate) fn offered_by(leaf: &LeafNode) -> Vec<Suite> {
    let listed = leaf.capabilities().ciphersuites();
    let is_listed = |&suite: &Suite| mls(suite).is_ok_and(|suite| listed.contains(&suite.into()));
    SUPPORTED.iter().copied().filter(is_listed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_points_go_there_and_back() {
        for &suite in SUPPORTED {
            assert_eq!(code_point(mls(suite).unwrap()), suite);
        }
        assert_eq!(mls(Suite(0x0001)), Err(UnsupportedSuite(Suite(0x0001))));
    }
}
