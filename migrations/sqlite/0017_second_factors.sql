-- Second factors and passkeys. The PostgreSQL file of the same name makes the same changes.

-- Which factors the user has: 1 an authenticator, 2 a passkey, 4 backup codes. The transaction that changes a factor sets it.
ALTER TABLE users ADD COLUMN second_factors INTEGER NOT NULL DEFAULT 0;
-- Whether a sign-in with one factor is asked for a second one.
ALTER TABLE users ADD COLUMN second_factor_policy TEXT NOT NULL DEFAULT 'none'
    CHECK (second_factor_policy IN ('none', 'optional', 'enforced'));

-- How the user has proved who they are in this sign-in: names, separated by spaces.
ALTER TABLE sign_ins ADD COLUMN proofs TEXT NOT NULL DEFAULT '';
UPDATE sign_ins SET proofs = proved_by;

-- What `enforce_mfa` requires of members, and since when.
ALTER TABLE organizations ADD COLUMN minimum_assurance TEXT NOT NULL DEFAULT 'two_factors'
    CHECK (minimum_assurance IN ('two_factors', 'phishing_resistant'));
ALTER TABLE organizations ADD COLUMN mfa_enforced_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN minimum_assurance TEXT NOT NULL DEFAULT 'two_factors'
    CHECK (minimum_assurance IN ('two_factors', 'phishing_resistant'));
ALTER TABLE workspaces ADD COLUMN mfa_enforced_from INTEGER NOT NULL DEFAULT 0;

-- Authenticator apps (RFC 6238).
CREATE TABLE authenticators (
    id          INTEGER NOT NULL PRIMARY KEY,
    user_id     INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed.
    secret      BLOB    NOT NULL,
    -- The number of the last time step whose code was accepted: it and earlier ones are accepted no more.
    last_step   INTEGER NOT NULL,
    -- NULL: the user has not typed codes of it yet.
    verified_at INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

-- A user has one authenticator, and while they replace it one that is not verified.
CREATE UNIQUE INDEX authenticators_verified ON authenticators (user_id) WHERE verified_at IS NOT NULL;
CREATE UNIQUE INDEX authenticators_unverified ON authenticators (user_id) WHERE verified_at IS NULL;
CREATE INDEX authenticators_by_user ON authenticators (user_id);

-- Keyed hashes of the codes that are left. A code is deleted when it is used.
CREATE TABLE backup_codes (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, digest)
) STRICT;

CREATE TABLE passkeys (
    id              INTEGER NOT NULL PRIMARY KEY,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id   BLOB    NOT NULL UNIQUE,
    -- In the format of COSE (RFC 9052), as the authenticator has sent it.
    public_key      BLOB    NOT NULL,
    sign_count      INTEGER NOT NULL,
    name            TEXT    NOT NULL,
    -- Separated by spaces.
    transports      TEXT    NOT NULL,
    -- Whether it may be synchronized between devices, and whether it is.
    backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
    backed_up       INTEGER NOT NULL CHECK (backed_up IN (0, 1)),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    last_used_at    INTEGER
) STRICT;

CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

-- Challenges of passkey ceremonies. A challenge is deleted when it is used.
CREATE TABLE passkey_challenges (
    digest     BLOB    NOT NULL PRIMARY KEY,
    -- The browser that started the ceremony. Only this browser can finish it.
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    ceremony   TEXT    NOT NULL CHECK (ceremony IN ('registration', 'sign_in', 'reauthentication')),
    -- NULL for a sign-in.
    user_id    INTEGER REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX passkey_challenges_by_session ON passkey_challenges (session_id, created_at);
CREATE INDEX passkey_challenges_by_user ON passkey_challenges (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (expires_at);

-- Sign-ins whose first factor is proved, and whose second one is not.
CREATE TABLE pending_sign_ins (
    id         INTEGER NOT NULL PRIMARY KEY,
    -- The browser that proved the first factor. Only this browser can go on.
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- What was used, and the address that was typed; empty for a user name.
    strategy   TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    proved_by  TEXT    NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (session_id, user_id)
) STRICT;

CREATE INDEX pending_sign_ins_by_user ON pending_sign_ins (user_id);
CREATE INDEX pending_sign_ins_by_end ON pending_sign_ins (expires_at);

-- Second factors that an operator or an API key removes later, so that the user can object.
CREATE TABLE second_factor_resets (
    user_id    INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    due_at     INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX second_factor_resets_by_end ON second_factor_resets (due_at);
