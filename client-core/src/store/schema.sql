-- Version 1 of a client's home. Everything here is inside one SQLCipher file.

-- Single values: the account, cursors, versions.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Accounts this client has met, and whether they are contacts.
CREATE TABLE people (
    account       BLOB PRIMARY KEY,      -- hash of the identity key
    relay         TEXT NOT NULL,
    identity_key  BLOB NOT NULL,
    username      TEXT NOT NULL,
    record        BLOB,                  -- the latest AccountRecord that verified, if one was seen
    phase         INTEGER,               -- ContactPhase, null for somebody who is no contact
    room          BLOB,                  -- the one-to-one room
    renewed       INTEGER NOT NULL       -- how often they were blocked, or asked anew
) WITHOUT ROWID;
CREATE INDEX people_by_name ON people (username);

-- What opens the contacts' lane of an inbox, by its client.
CREATE TABLE contact_tokens (
    client BLOB PRIMARY KEY,
    token  BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE rooms (
    room    BLOB PRIMARY KEY,
    relay   TEXT NOT NULL,
    mailbox BLOB NOT NULL,
    phase   INTEGER NOT NULL,
    state   BLOB NOT NULL,               -- store::rooms::RoomState
    UNIQUE (relay, mailbox)
) WITHOUT ROWID;

-- Pictures of rooms: small JPEGs.
CREATE TABLE pictures (
    room BLOB PRIMARY KEY,
    jpeg BLOB NOT NULL
) WITHOUT ROWID;

-- MLS state of a room's group, as the crypto crate hands it over. Values reach hundreds of
-- kilobytes, so this is a rowid table.
CREATE TABLE group_rows (
    room  BLOB NOT NULL,
    key   BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (room, key)
);

-- Private halves of published key packages.
CREATE TABLE key_packages (
    reference   BLOB PRIMARY KEY,
    suite       INTEGER NOT NULL,
    last_resort INTEGER NOT NULL,
    expires     INTEGER NOT NULL,        -- day
    uploaded    INTEGER NOT NULL,        -- whether the relay confirmed it
    public      BLOB NOT NULL,
    rows        BLOB NOT NULL
);

CREATE TABLE messages (
    id         INTEGER PRIMARY KEY,
    room       BLOB NOT NULL,
    number     INTEGER,                  -- place in the log, null while queued
    message_id BLOB NOT NULL,
    sender     BLOB NOT NULL,            -- account
    own        INTEGER NOT NULL,
    sent_at    INTEGER NOT NULL,
    state      INTEGER NOT NULL,         -- MessageState
    kind       INTEGER NOT NULL DEFAULT 0, -- engine::messages::ContentKind
    target     BLOB,                     -- the message that an edit, deletion or reaction is about
    gone       INTEGER NOT NULL DEFAULT 0, -- 0, or engine::messages::Gone: its words are gone, too
    lifetime_s INTEGER,                  -- seconds that it lives after it was read
    expires    INTEGER,                  -- when it goes, once that is known
    content    BLOB NOT NULL,            -- MIMI content
    folded     TEXT,                     -- what a search compares, null where there is nothing
    anew       INTEGER NOT NULL DEFAULT 0, -- whether this account sent it once more
    taken      INTEGER,                  -- while number is null: where a relay took it, 0 if perhaps
    UNIQUE (room, message_id)
);
CREATE INDEX messages_in_order ON messages (room, number);
CREATE INDEX messages_about ON messages (room, target) WHERE target IS NOT NULL;
CREATE INDEX messages_expiring ON messages (expires) WHERE expires IS NOT NULL;

-- Pairs of neighbouring characters of messages.folded, by messages.id: store::search.
CREATE VIRTUAL TABLE pairs USING fts5 (
    tokens, content = '', columnsize = 0, detail = none, tokenize = 'ascii'
);
INSERT INTO pairs (pairs, rank) VALUES ('secure-delete', 1);

-- What happened to a room: names, policy, roles, who came and went.
CREATE TABLE notices (
    room   BLOB NOT NULL,
    number INTEGER NOT NULL,             -- place in the log
    place  INTEGER NOT NULL,             -- which of several at one place
    day    INTEGER NOT NULL,             -- on which the relay took it
    by     TEXT NOT NULL,                -- username
    own    INTEGER NOT NULL,
    news   BLOB NOT NULL,                -- engine::notices::News
    PRIMARY KEY (room, number, place)
) WITHOUT ROWID;

-- Days on which contacts told that they were there.
CREATE TABLE presence (
    account BLOB PRIMARY KEY,
    day     INTEGER NOT NULL,            -- since 1970
    until   INTEGER NOT NULL             -- until when the last word of it counts
) WITHOUT ROWID;

-- Days on which members were last heard of, members of joined rooms only.
CREATE TABLE last_heard (
    room    BLOB NOT NULL,
    client  BLOB NOT NULL,
    account BLOB NOT NULL,
    day     INTEGER NOT NULL,            -- of the relay
    PRIMARY KEY (room, client)
) WITHOUT ROWID;

-- What is to be appended: an intent until it is encrypted, then the exact bytes for retries.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    room        BLOB NOT NULL,
    intent      BLOB NOT NULL,           -- engine::intent::Intent
    task        INTEGER,
    envelope_id BLOB,                    -- from here on null until encrypted
    body_hash   BLOB,
    item        BLOB,                    -- wire::AppendItem
    aftermath   BLOB                     -- engine::outbox::Aftermath
);
CREATE INDEX outbox_by_room ON outbox (room, id);
CREATE UNIQUE INDEX outbox_by_envelope ON outbox (room, envelope_id);

-- Sealed files on their way to a relay; the message they belong to waits in the outbox.
CREATE TABLE uploads (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    room       BLOB NOT NULL,
    message_id BLOB NOT NULL,
    relay      TEXT NOT NULL,
    blob       BLOB NOT NULL,
    sealed_len INTEGER NOT NULL,
    copy       TEXT NOT NULL,            -- name of the sealed copy in the home's folder `outgoing`
    name       TEXT NOT NULL,
    due        INTEGER NOT NULL,
    attempts   INTEGER NOT NULL
);
CREATE INDEX uploads_by_message ON uploads (room, message_id);

-- Letters on their way to inboxes.
CREATE TABLE letters (
    id       BLOB PRIMARY KEY,
    request  BLOB NOT NULL,              -- wire::Deliver
    relay    TEXT NOT NULL,
    due      INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) WITHOUT ROWID;

-- Invitations whose newcomer has not arrived: delivered again, or withdrawn.
CREATE TABLE invitations (
    room       BLOB NOT NULL,
    client     BLOB NOT NULL,
    account    BLOB NOT NULL,
    invitation BLOB NOT NULL,            -- ClientCertificate, engine::letters::Letter
    repairs    INTEGER NOT NULL,         -- whether it leads a member back
    due        INTEGER NOT NULL,
    PRIMARY KEY (room, client)
) WITHOUT ROWID;

-- Seats and the inbox, and which wake-up handle their relay has.
CREATE TABLE wake_handles (
    log        BLOB PRIMARY KEY,         -- address of the mailbox or the inbox
    relay      TEXT NOT NULL,
    generation INTEGER NOT NULL,         -- of the registration
    key        BLOB                      -- id of the key that it is sealed to, null where there is none
) WITHOUT ROWID;

-- Work that takes several answers: look-ups, then a room, then a commit.
CREATE TABLE tasks (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    task BLOB NOT NULL,                  -- engine::tasks::Task
    failures INTEGER NOT NULL DEFAULT 0, -- for faults of this client's own
    due  INTEGER                         -- when it is tried again, null unless it failed so
);

-- Things to do at a time.
CREATE TABLE timers (
    kind INTEGER NOT NULL,
    room BLOB NOT NULL,                  -- empty where the timer belongs to no room
    due  INTEGER NOT NULL,
    PRIMARY KEY (kind, room)
) WITHOUT ROWID;

-- Log hashes since the last commit but one, to compare with what members say.
CREATE TABLE log_hashes (
    room   BLOB NOT NULL,
    number INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    PRIMARY KEY (room, number)
) WITHOUT ROWID;

-- What this client made of recent commits, to answer members in doubt.
CREATE TABLE verdicts (
    room          BLOB NOT NULL,
    number        INTEGER NOT NULL,
    valid         INTEGER NOT NULL,
    authenticator BLOB NOT NULL,         -- epoch authenticator in force behind it
    PRIMARY KEY (room, number)
) WITHOUT ROWID;

-- How far each participant has received and read.
CREATE TABLE marks (
    room      BLOB NOT NULL,
    account   BLOB NOT NULL,
    delivered INTEGER NOT NULL,
    read      INTEGER NOT NULL,
    PRIMARY KEY (room, account)
) WITHOUT ROWID;

-- What a user interface keeps: drafts, settings.
CREATE TABLE kept (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
