-- What was answered to a call that carried a key, so that the same call made again does nothing twice.

CREATE TABLE idempotent_answers (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Keyed hashes: of the key and who used it, and of what was asked.
    key_digest      BLOB    NOT NULL,
    asked_digest    BLOB    NOT NULL,
    answer          TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, key_digest)
) STRICT;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (organization_id, created_at);
