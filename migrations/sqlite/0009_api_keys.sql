-- API keys of the API for backends. The PostgreSQL file of the same name makes the same changes.

CREATE TABLE api_keys (
    id              INTEGER NOT NULL PRIMARY KEY,
    name            TEXT    NOT NULL,
    -- Separated by spaces.
    scopes          TEXT    NOT NULL,
    -- The only organization that the key can access. NULL: all.
    organization_id INTEGER REFERENCES organizations (id) ON DELETE CASCADE,
    -- The key that created this one. NULL: an operator, or a key that was deleted.
    created_by      INTEGER REFERENCES api_keys (id) ON DELETE SET NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER,
    revoked_at      INTEGER,
    -- The earlier of expires_at and revoked_at, or the end of time.
    valid_until     INTEGER NOT NULL,
    -- Precise to a minute. 0: never.
    last_used_at    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX api_keys_by_organization ON api_keys (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX api_keys_by_creator ON api_keys (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX api_keys_by_end ON api_keys (valid_until);

-- What opens a key: one secret, and for a time after a rotation two.
CREATE TABLE api_key_secrets (
    digest      BLOB    NOT NULL PRIMARY KEY,
    api_key_id  INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    -- The first characters of the key, by which people recognise it.
    prefix      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    -- The end of the grace period after a rotation, or the end of time.
    valid_until INTEGER NOT NULL
) STRICT;

CREATE INDEX api_key_secrets_by_key ON api_key_secrets (api_key_id, created_at);

-- The key that made the invitation, which then has no inviter.
ALTER TABLE invitations ADD COLUMN api_key_id INTEGER REFERENCES api_keys (id) ON DELETE SET NULL;
CREATE INDEX invitations_by_api_key ON invitations (api_key_id) WHERE api_key_id IS NOT NULL;

-- Responses to requests with an Idempotency-Key header, for each key.
CREATE TABLE api_key_answers (
    api_key_id   INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    -- Keyed hashes: of the header's value, and of the request.
    key_digest   BLOB    NOT NULL,
    asked_digest BLOB    NOT NULL,
    -- 0 while the first request runs.
    status       INTEGER NOT NULL,
    -- Sealed: it may contain a new secret.
    answer       BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (api_key_id, key_digest)
) STRICT;

CREATE INDEX api_key_answers_by_time ON api_key_answers (created_at);

-- What only backends read and write. JSON.
ALTER TABLE users ADD COLUMN private_metadata TEXT NOT NULL DEFAULT '{}';
