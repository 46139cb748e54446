//! What groups carry beside MLS: log positions, and ephemeral contents with their signature.

use restante_vectors::{agree, hex, readable};
use restante_wire::{LogHash, MailboxAddress, codec};
use serde_json::{Value, json};

use super::client_keys;
use crate::{
    LogPosition,
    group::ephemeral::{EphemeralContent, SignedEphemeral},
};

#[test]
fn parts_of_groups_have_their_committed_bytes() {
    let position = LogPosition {
        n: 300,
        hash: LogHash([0x98; 32]),
    };
    agree(
        "group-parts.json",
        &json!({
            "log_position": { "value": readable(&position), "bytes": hex(position.encode()) },
            "ephemeral": an_ephemeral(),
        }),
    );
}

/// Signed, before it is padded and sealed: the whole is in `group.json`.
fn an_ephemeral() -> Value {
    let (keys, mailbox) = (client_keys(0x20), MailboxAddress([0x99; 32]));
    let content = EphemeralContent {
        sender: keys.client(),
        epoch: 7,
        counter: 1_795_333_000_789,
        payload: vec![1, 0, 1],
    };
    let signed_bytes = content.signing_bytes(&mailbox);
    let signature = keys.sign_bytes(&signed_bytes);
    let signed = SignedEphemeral { content, signature };
    json!({
        "signature_seed": hex([0x21; 32]),
        "mailbox": hex(mailbox.0),
        "value": readable(&signed),
        "signed_bytes": hex(signed_bytes),
        "bytes": hex(codec::encode(&signed)),
    })
}
