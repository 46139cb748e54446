//! Every decoder as a function that takes any bytes and must not panic, hang or grow.
//!
//! Owns: the list of targets and what each one demands of a decoder beyond not crashing. Never does:
//! make inputs; the fuzzer does, and `corpus/` keeps the interesting ones. Read next: [`targets`],
//! `docs/testing.md`.

pub mod targets;

use targets::{client, crypto, server, wire};

/// A decoder under test.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Feeds it any bytes.
    pub run: fn(&[u8]),
}

/// Every decoder.
pub const TARGETS: &[Target] = &[
    Target {
        name: "client_content",
        run: client::content,
    },
    Target {
        name: "client_letter",
        run: client::letter,
    },
    Target {
        name: "client_payload",
        run: client::payload,
    },
    Target {
        name: "client_picture",
        run: client::picture,
    },
    Target {
        name: "client_status_report",
        run: client::status_report,
    },
    Target {
        name: "client_vault",
        run: client::vault,
    },
    Target {
        name: "crypto_account_secrets",
        run: crypto::account_secrets,
    },
    Target {
        name: "crypto_attachment",
        run: crypto::attachment,
    },
    Target {
        name: "crypto_certificate",
        run: crypto::certificate,
    },
    Target {
        name: "crypto_envelope_body",
        run: crypto::envelope_body,
    },
    Target {
        name: "crypto_ephemeral",
        run: crypto::ephemeral,
    },
    Target {
        name: "crypto_key_package",
        run: crypto::key_package,
    },
    Target {
        name: "crypto_letter",
        run: crypto::letter,
    },
    Target {
        name: "crypto_log_position",
        run: crypto::log_position,
    },
    Target {
        name: "crypto_mls_message",
        run: crypto::mls_message,
    },
    Target {
        name: "crypto_record",
        run: crypto::record,
    },
    Target {
        name: "crypto_room_state",
        run: crypto::room_state,
    },
    Target {
        name: "crypto_stored_keys",
        run: crypto::stored_keys,
    },
    Target {
        name: "crypto_welcome",
        run: crypto::welcome,
    },
    Target {
        name: "server_configuration",
        run: server::configuration,
    },
    Target {
        name: "server_username",
        run: server::username,
    },
    Target {
        name: "wire_client_frame",
        run: wire::client_frame,
    },
    Target {
        name: "wire_relay_frame",
        run: wire::relay_frame,
    },
    Target {
        name: "wire_account_client_frame",
        run: wire::account_client_frame,
    },
    Target {
        name: "wire_account_relay_frame",
        run: wire::account_relay_frame,
    },
    Target {
        name: "wire_request_body",
        run: wire::request_body,
    },
    Target {
        name: "wire_answer_body",
        run: wire::answer_body,
    },
    Target {
        name: "wire_refusal",
        run: wire::refusal,
    },
    Target {
        name: "wire_envelope",
        run: wire::envelope,
    },
    Target {
        name: "wire_certificate",
        run: wire::certificate,
    },
    Target {
        name: "wire_record",
        run: wire::record,
    },
    Target {
        name: "wire_push_target",
        run: wire::push_target,
    },
    Target {
        name: "wire_push_service",
        run: wire::push_service,
    },
];
