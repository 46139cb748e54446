//! The ciphersuites of Restante and what every leaf says it can do.

use openmls::prelude::{
    Capabilities, Ciphersuite, CredentialType, ExtensionType, LeafNode, ProtocolVersion,
    RequiredCapabilitiesExtension,
};
use restante_wire::key_package::Suite;

/// Private-use type of the room-state extension (RFC 9420 section 17.3).
pub const ROOM_STATE_EXTENSION: u16 = 0xF0A1;

/// Every suite this build speaks, most wanted first. A group never changes its suite.
pub const SUPPORTED: &[Suite] = &[Suite::X25519_CHACHA20];

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
        other => Err(UnsupportedSuite(other)),
    }
}

/// The code point of an MLS ciphersuite.
pub(crate) fn code_point(suite: Ciphersuite) -> Suite {
    Suite(suite.into())
}

/// What a leaf of ours lists (RFC 9420 section 7.2).
pub(crate) fn capabilities() -> Capabilities {
    let suites: Vec<Ciphersuite> = SUPPORTED
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
