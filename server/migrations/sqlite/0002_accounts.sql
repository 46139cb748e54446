-- Accounts, their clients, vaults and key packages, and invites.
--
-- Invariant R7: tables are keyed by hashes and random ids and have no rowid, so that no order tells
-- who came when; the one thing shared with mailboxes is the address of a client's own inbox. No time
-- is finer than a day.

-- One row: which OPAQUE key the password files below were made with.
CREATE TABLE opaque_key (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32)
) STRICT, WITHOUT ROWID;

-- `record` is the wire's encoding, byte for byte; `sequence` is what it says. `registration` is the
-- hash of the request that made the account, by which a retry is known.
CREATE TABLE accounts (
    key_hash BLOB PRIMARY KEY CHECK (length(key_hash) = 32),
    username TEXT NOT NULL UNIQUE,
    skeleton TEXT NOT NULL UNIQUE,
    registration BLOB NOT NULL CHECK (length(registration) = 32),
    password_file BLOB NOT NULL,
    password_wrap BLOB NOT NULL,
    phrase_wrap BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The clients of each account's present record.
CREATE TABLE clients (
    key_hash BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    client_id BLOB NOT NULL CHECK (length(client_id) = 16),
    signature_key BLOB NOT NULL CHECK (length(signature_key) = 32),
    inbox BLOB NOT NULL UNIQUE CHECK (length(inbox) = 32),
    PRIMARY KEY (key_hash, client_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE vaults (
    key_hash BLOB PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    version INTEGER NOT NULL,
    day INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- `package_hash` puts packages into an order that says nothing. `used` is about a last resort: it
-- was given out.
CREATE TABLE key_packages (
    key_hash BLOB NOT NULL,
    client_id BLOB NOT NULL,
    suite INTEGER NOT NULL,
    last_resort INTEGER NOT NULL,
    package_hash BLOB NOT NULL CHECK (length(package_hash) = 32),
    expires INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    package BLOB NOT NULL,
    PRIMARY KEY (key_hash, client_id, suite, last_resort, package_hash),
    FOREIGN KEY (key_hash, client_id) REFERENCES clients ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- An invite that was used is gone: nothing tells who invited whom.
CREATE TABLE invites (
    code_hash BLOB PRIMARY KEY CHECK (length(code_hash) = 32),
    made_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
