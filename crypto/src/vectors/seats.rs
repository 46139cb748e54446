//! Ids, secrets and tags of seats.

use restante_vectors::{agree, hex};
use restante_wire::{ClientId, MailboxAddress, SeatSecret};
use serde_json::json;

use crate::{SeatKey, VaultKey, owner_secret, seat_id};

#[test]
fn seats_have_their_committed_ids_and_tags() {
    let (seat_key, client) = ([0x51; 32], ClientId([0x52; 16]));
    let (vault_key, mailbox) = ([0x53; 32], MailboxAddress([0x54; 32]));
    let secret = SeatSecret([0x55; 32]);
    let seat = seat_id(&SeatKey::from_bytes(seat_key), &client);
    let owner = owner_secret(&VaultKey::from_bytes(vault_key), &mailbox);
    agree(
        "seats.json",
        &json!({
            "seat_key": hex(seat_key),
            "client": hex(client.0),
            "seat": hex(seat.0),
            "seat_secret": hex(secret.0),
            "secret_hash": hex(secret.hash().0),
            "vault_key": hex(vault_key),
            "mailbox": hex(mailbox.0),
            "owner_secret": hex(owner.0),
            "owner_tag": hex(owner.tag(&seat).0),
        }),
    );
}
