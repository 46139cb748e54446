//! Limits that both sides rely on. Each is a refusal with a code, never a crash (R8).

/// Longest body of an envelope: a text of 64 KiB and its padding, or a commit of a large group.
pub const MAX_BODY: usize = 1024 * 1024;

/// Longest sealed Welcome: nearly all tree, about 1 KiB a client, for 2,000 clients.
pub const MAX_WELCOME: usize = 4 * 1024 * 1024;

/// Longest request frame or HTTP body: one commit with its Welcome and seat changes.
pub const MAX_FRAME: usize = 6 * 1024 * 1024;

/// Longest body of an ephemeral envelope: fits a session description of a call.
pub const MAX_EPHEMERAL: usize = 16 * 1024;

/// Most items of one append: what one flush writes well.
pub const MAX_BATCH: usize = 128;

/// Most envelopes of one page.
pub const MAX_PAGE: u32 = 512;

/// Most bytes of one page, as long as it holds more than one envelope.
pub const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;

/// Most positions of one heads, watch or ack request: "500 rooms open in one request", with room.
pub const MAX_POSITIONS: usize = 1024;

/// Most seats of one mailbox, and so most entries of a seat list.
pub const MAX_SEATS: usize = 4096;

/// Length of a letter: every letter has it, so that lengths say nothing.
pub const LETTER_LEN: usize = 4096;

/// Longest sealed vault.
pub const MAX_VAULT: usize = 1024 * 1024;

/// Longest wrap of the identity.
pub const MAX_WRAP: usize = 1024;

/// Longest OPAQUE message.
pub const MAX_OPAQUE: usize = 1024;

/// Longest key package.
pub const MAX_KEY_PACKAGE: usize = 16 * 1024;

/// Most key packages of one client and suite in the pool.
pub const MAX_KEY_PACKAGES: usize = 100;

/// Most clients of one account.
pub const MAX_CLIENTS: usize = 16;

/// Longest username in bytes of UTF-8, before and after normalisation.
pub const MAX_USERNAME: usize = 64;

/// Longest relay URL in bytes.
pub const MAX_RELAY_URL: usize = 255;

/// Longest invite code in bytes.
pub const MAX_INVITE: usize = 64;

/// Length of every part of a blob but its last: what a poor network carries within a request's time.
pub const MAX_BLOB_PART: usize = 512 * 1024;

/// Longest stamp in bytes.
pub const MAX_STAMP: usize = 1024;
