-- Second factors and passkeys. The SQLite file of the same name makes the same changes and has the comments.

ALTER TABLE users ADD COLUMN second_factors BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN second_factor_policy TEXT NOT NULL DEFAULT 'none'
    CHECK (second_factor_policy IN ('none', 'optional', 'enforced'));

ALTER TABLE sign_ins ADD COLUMN proofs TEXT NOT NULL DEFAULT '';
UPDATE sign_ins SET proofs = proved_by;

ALTER TABLE organizations ADD COLUMN minimum_assurance TEXT NOT NULL DEFAULT 'two_factors'
    CHECK (minimum_assurance IN ('two_factors', 'phishing_resistant'));
ALTER TABLE organizations ADD COLUMN mfa_enforced_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN minimum_assurance TEXT NOT NULL DEFAULT 'two_factors'
    CHECK (minimum_assurance IN ('two_factors', 'phishing_resistant'));
ALTER TABLE workspaces ADD COLUMN mfa_enforced_from BIGINT NOT NULL DEFAULT 0;

CREATE TABLE authenticators (
    id          BIGINT NOT NULL PRIMARY KEY,
    user_id     BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret      BYTEA    NOT NULL,
    last_step   BIGINT NOT NULL,
    verified_at BIGINT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE UNIQUE INDEX authenticators_verified ON authenticators (user_id) WHERE verified_at IS NOT NULL;
CREATE UNIQUE INDEX authenticators_unverified ON authenticators (user_id) WHERE verified_at IS NULL;
CREATE INDEX authenticators_by_user ON authenticators (user_id);

CREATE TABLE backup_codes (
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest     BYTEA    NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, digest)
);

CREATE TABLE passkeys (
    id              BIGINT NOT NULL PRIMARY KEY,
    user_id         BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id   BYTEA    NOT NULL UNIQUE,
    public_key      BYTEA    NOT NULL,
    sign_count      BIGINT NOT NULL,
    name            TEXT    NOT NULL,
    transports      TEXT    NOT NULL,
    backup_eligible BIGINT NOT NULL CHECK (backup_eligible IN (0, 1)),
    backed_up       BIGINT NOT NULL CHECK (backed_up IN (0, 1)),
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    last_used_at    BIGINT
);

CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

CREATE TABLE passkey_challenges (
    digest     BYTEA    NOT NULL PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    ceremony   TEXT    NOT NULL CHECK (ceremony IN ('registration', 'sign_in', 'reauthentication')),
    user_id    BIGINT REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX passkey_challenges_by_session ON passkey_challenges (session_id, created_at);
CREATE INDEX passkey_challenges_by_user ON passkey_challenges (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (expires_at);

CREATE TABLE pending_sign_ins (
    id         BIGINT NOT NULL PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    strategy   TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    proved_by  TEXT    NOT NULL,
    tries      BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (session_id, user_id)
);

CREATE INDEX pending_sign_ins_by_user ON pending_sign_ins (user_id);
CREATE INDEX pending_sign_ins_by_end ON pending_sign_ins (expires_at);

CREATE TABLE second_factor_resets (
    user_id    BIGINT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    due_at     BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX second_factor_resets_by_end ON second_factor_resets (due_at);
