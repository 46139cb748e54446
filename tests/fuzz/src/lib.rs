//! Every decoder as a function that takes any bytes and must not panic, hang or grow.
//!
//! Owns: the list of targets and what each one demands of a decoder beyond not crashing. Never does:
//! make inputs; the fuzzer does, and `corpus/` keeps the interesting ones. Read next: [`targets`],
//! `docs/testing.md`.

pub mod targets;

use targets::wire;

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
];
