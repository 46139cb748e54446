-- Who is to be woken and was not yet: jobs, written with the append or the letter that asks for it.
--
-- Invariant R7: a row names a seat or an inbox as their own tables do, and nothing else; no time is
-- finer than a day, so when to try again is not stored, only how often it was tried. The order of the
-- key says nothing.

-- `log_key` is a mailbox_key, or where `seat_id` is empty an inbox_key. `asked` counts what asked for
-- it: a wake-up that was sent settles what was asked before, and nothing later.
CREATE TABLE wake_ups (
    log_key INTEGER NOT NULL,
    seat_id BLOB NOT NULL CHECK (length(seat_id) IN (0, 32)),
    urgent INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (log_key, seat_id)
) STRICT, WITHOUT ROWID;

-- Handles of another length than the one that all have now were never opened by anybody.
UPDATE seats SET wake_handle = NULL WHERE length(wake_handle) <> 640;
UPDATE inboxes SET wake_handle = NULL WHERE length(wake_handle) <> 640;
