-- API keys of the API for backends. The SQLite file of the same name makes the same changes and has the comments.

CREATE TABLE api_keys (
    id              BIGINT NOT NULL PRIMARY KEY,
    name            TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    organization_id BIGINT REFERENCES organizations (id) ON DELETE CASCADE,
    created_by      BIGINT REFERENCES api_keys (id) ON DELETE SET NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    revoked_at      BIGINT,
    valid_until     BIGINT NOT NULL,
    last_used_at    BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX api_keys_by_organization ON api_keys (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX api_keys_by_creator ON api_keys (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX api_keys_by_end ON api_keys (valid_until);

CREATE TABLE api_key_secrets (
    digest      BYTEA NOT NULL PRIMARY KEY,
    api_key_id  BIGINT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    prefix      TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    valid_until BIGINT NOT NULL
);

CREATE INDEX api_key_secrets_by_key ON api_key_secrets (api_key_id, created_at);

ALTER TABLE invitations ADD COLUMN api_key_id BIGINT REFERENCES api_keys (id) ON DELETE SET NULL;
CREATE INDEX invitations_by_api_key ON invitations (api_key_id) WHERE api_key_id IS NOT NULL;

CREATE TABLE api_key_answers (
    api_key_id   BIGINT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    key_digest   BYTEA NOT NULL,
    asked_digest BYTEA NOT NULL,
    status       BIGINT NOT NULL,
    answer       BYTEA NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (api_key_id, key_digest)
);

CREATE INDEX api_key_answers_by_time ON api_key_answers (created_at);

ALTER TABLE users ADD COLUMN private_metadata TEXT NOT NULL DEFAULT '{}';
