//! Message ids: the same on every client, over re-encryption and successors.

use restante_wire::account::AccountId;
use sha2::{Digest, Sha256};

use crate::engine::io::{MessageId, RoomId};

/// IANA named-information number of SHA-256.
const SHA256: u8 = 1;

/// Encoded content starts with this: an array of seven, then a byte string of 16, the salt.
const START: [u8; 2] = [0x87, 0x50];

/// Derives the id of a message from its encoded content.
///
/// **Shape**: `1 ‖ SHA-256(len(sender) ‖ sender ‖ len(room) ‖ room ‖ content ‖ salt)[..31]`, lengths as
/// big-endian 16-bit integers; both URIs are ours and shorter than that. Bytes that are not content
/// have an id as well, without a salt at its end: everybody derives the same.
///
/// **Source**: draft-ietf-mimi-content-08 section 3.3.
#[must_use]
pub fn message_id(sender_uri: &str, room_uri: &str, content: &[u8]) -> MessageId {
    let salt = content
        .strip_prefix(&START)
        .and_then(|rest| rest.get(..16))
        .unwrap_or_default();
    let hash = Sha256::new()
        .chain_update(length(sender_uri))
        .chain_update(sender_uri)
        .chain_update(length(room_uri))
        .chain_update(room_uri)
        .chain_update(content)
        .chain_update(salt)
        .finalize();
    let mut id = [SHA256; 32];
    for (octet, hashed) in id.iter_mut().skip(1).zip(hash) {
        *octet = hashed;
    }
    MessageId(id)
}

/// URI of an account as the sender of messages: host of its home relay and hash of its key.
#[must_use]
pub fn sender_uri(account: &AccountId) -> String {
    let host = account
        .relay
        .split_once("://")
        .map_or(account.relay.as_str(), |(_, host)| host);
    let key_hash: String = account
        .key_hash
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("mimi://{host}/u/{key_hash}")
}

/// URI of a room. It names no host: a room outlives its mailboxes.
#[must_use]
pub fn room_uri(room: &RoomId) -> String {
    format!("mimi:/r/{}", room.to_hex())
}

fn length(uri: &str) -> [u8; 2] {
    u16::try_from(uri.len()).unwrap_or(u16::MAX).to_be_bytes()
}
