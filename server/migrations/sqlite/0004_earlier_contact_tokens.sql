-- The token before the present one opens the contacts' lane up to and including this day.
ALTER TABLE inboxes
    ADD COLUMN earlier_token_hash BLOB CHECK (length(earlier_token_hash) = 32);
ALTER TABLE inboxes ADD COLUMN earlier_token_day INTEGER;
