-- Which blobs there are. Their bytes lie outside the database, under the hex of their key.
--
-- Invariant R7: a blob is known by the hash of a random name, nothing tells who made or read it, the
-- key gives an order that says nothing, and no time is finer than a day.

-- `day` is the day of the last part: a complete blob is kept for its retention from then on, an
-- incomplete one for a day.
CREATE TABLE blobs (
    blob_key BLOB PRIMARY KEY CHECK (length(blob_key) = 32),
    size INTEGER NOT NULL CHECK (size > 0),
    received INTEGER NOT NULL CHECK (received BETWEEN 0 AND size),
    day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the sum of `blobs.size`.
CREATE TABLE blob_space (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    reserved INTEGER NOT NULL CHECK (reserved >= 0)
) STRICT, WITHOUT ROWID;

INSERT INTO blob_space (only, reserved) VALUES (1, 0);
