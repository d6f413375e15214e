-- What clients and real-world input needed. The SQLite file of the same name makes the same changes.

-- Whether the magic link opens return_to itself, with its token in the query, and not our page.
ALTER TABLE attempts ADD COLUMN opens_return_to BIGINT NOT NULL DEFAULT 0 CHECK (opens_return_to IN (0, 1));

-- Redeemed challenges: a row makes it possible only once to redeem the challenge, and to use its token. The token is
-- not stored: it is a keyed hash of the id.
CREATE TABLE challenges (
    id         BYTEA  NOT NULL PRIMARY KEY,
    used_at    BIGINT,
    expires_at BIGINT NOT NULL
);

CREATE INDEX challenges_by_end ON challenges (expires_at);
