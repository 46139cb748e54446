-- Mailboxes, their seats and logs, and inboxes.
--
-- Invariant R7: no column here relates an account to a seat, keys are random instead of counted, so
-- that no row order tells what was made when, and no time is finer than a day.

-- One row: what names this life of the database.
CREATE TABLE relay (
    restore_id BLOB NOT NULL CHECK (length(restore_id) = 16)
) STRICT;

-- `first` is the lowest number still stored, `last_commit` the number of the last commit, 0 if none.
-- The last number is that of the mailbox's last row in `envelope_ids`, which is never deleted.
CREATE TABLE mailboxes (
    mailbox_key INTEGER PRIMARY KEY CHECK (mailbox_key BETWEEN 1 AND 2147483647),
    address BLOB NOT NULL UNIQUE CHECK (length(address) = 32),
    first INTEGER NOT NULL,
    last_commit INTEGER NOT NULL
) STRICT;

-- `next_secret_hash` waits for its first use; `dropped_at` is the append up to which a dropped seat
-- may read.
CREATE TABLE seats (
    mailbox_key INTEGER NOT NULL REFERENCES mailboxes,
    seat_id BLOB NOT NULL CHECK (length(seat_id) = 32),
    secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
    next_secret_hash BLOB CHECK (length(next_secret_hash) = 32),
    rotated INTEGER NOT NULL,
    admin INTEGER NOT NULL,
    has_committed INTEGER NOT NULL,
    owner_tag BLOB CHECK (length(owner_tag) = 32),
    cursor INTEGER NOT NULL,
    seen_day INTEGER NOT NULL,
    dropped_at INTEGER,
    wake_handle BLOB,
    PRIMARY KEY (mailbox_key, seat_id)
) STRICT, WITHOUT ROWID;

-- `place` is mailbox_key << 32 | number: one mailbox lies together, in order, without an index of
-- its own, and mailboxes lie in no order at all. A rowid table, because rows of a kilobyte in a
-- table without rowid spill into overflow pages. `encoded` is the wire's encoding, byte for byte.
CREATE TABLE envelopes (
    place INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    encoded BLOB NOT NULL
) STRICT;

-- Outlives the envelope until a later commit exists (R3). Same `place`.
CREATE TABLE envelope_ids (
    place INTEGER PRIMARY KEY,
    envelope_id BLOB NOT NULL CHECK (length(envelope_id) = 16)
) STRICT;

-- An inbox belongs to one client, whose certificate names it. Counts are of `day`.
CREATE TABLE inboxes (
    inbox_key INTEGER PRIMARY KEY CHECK (inbox_key BETWEEN 1 AND 2147483647),
    address BLOB NOT NULL UNIQUE CHECK (length(address) = 32),
    client_id BLOB NOT NULL UNIQUE CHECK (length(client_id) = 16),
    contact_token_hash BLOB CHECK (length(contact_token_hash) = 32),
    last INTEGER NOT NULL DEFAULT 0,
    cursor INTEGER NOT NULL DEFAULT 0,
    day INTEGER NOT NULL DEFAULT 0,
    strangers_today INTEGER NOT NULL DEFAULT 0,
    contacts_today INTEGER NOT NULL DEFAULT 0,
    wake_handle BLOB
) STRICT;

-- `place` is inbox_key << 32 | number.
CREATE TABLE letters (
    place INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    encoded BLOB NOT NULL
) STRICT;

-- Kept until the retention ends, so that a retry is stored once.
CREATE TABLE letter_ids (
    inbox_key INTEGER NOT NULL,
    letter_id BLOB NOT NULL CHECK (length(letter_id) = 16),
    day INTEGER NOT NULL,
    PRIMARY KEY (inbox_key, letter_id)
) STRICT, WITHOUT ROWID;
