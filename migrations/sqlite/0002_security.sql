-- Proofs of identity, address claims, security notices and urgent mail. The PostgreSQL file of the same name makes the same
-- changes.
--
-- SQLite cannot change a check, so the tables with a changed one are rebuilt: the new tables reference each other, get the
-- rows, and get the old names after the old tables are dropped, the referencing ones first.

-- When and how the user last proved their identity in this sign-in. 0: not since this migration.
ALTER TABLE sign_ins ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sign_ins ADD COLUMN proved_by TEXT NOT NULL DEFAULT 'password';
-- The address that the proof allows to add: the confirmation named it to the user. May be empty.
ALTER TABLE sign_ins ADD COLUMN proved_for TEXT NOT NULL DEFAULT '';

-- Addresses that a user has added and not verified. A claim reserves nothing: any number of users can claim an address, and
-- it identifies none of them. Verifying it moves it to `email_addresses`.
CREATE TABLE email_claims (
    id          INTEGER NOT NULL PRIMARY KEY,
    user_id     INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address     TEXT    NOT NULL,
    address_key TEXT    NOT NULL,
    expires_at  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (user_id, address_key)
) STRICT;

CREATE INDEX email_claims_by_end ON email_claims (expires_at);

-- 1: it was verified when the account had another verified address. For a time after `verified_at` it cannot open the
-- account, because another person may have added it.
ALTER TABLE email_addresses ADD COLUMN is_linked INTEGER NOT NULL DEFAULT 0 CHECK (is_linked IN (0, 1));
UPDATE email_addresses SET is_linked = 1
 WHERE EXISTS (SELECT 1 FROM email_addresses o
                WHERE o.user_id = email_addresses.user_id AND o.verified_at < email_addresses.verified_at);

INSERT INTO email_claims (id, user_id, address, address_key, expires_at, created_at, updated_at)
SELECT id, user_id, address, address_key, created_at + 86400000000, created_at, updated_at
  FROM email_addresses WHERE verified_at IS NULL AND is_primary = 0;

-- A mail to one address of a user about a change of what opens their account. There is no foreign key to the user, because
-- the mail about a deleted account is sent after the deletion.
CREATE TABLE security_notices (
    id          INTEGER NOT NULL PRIMARY KEY,
    user_id     INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    address_key TEXT    NOT NULL,
    language    TEXT    CHECK (language IN ('en', 'de')),
    -- What was changed: an address, or the name of an organization. May be empty.
    detail      TEXT    NOT NULL DEFAULT '',
    ip_address  TEXT    NOT NULL,
    user_agent  TEXT    NOT NULL,
    -- When the link of the mail was used to end all sessions.
    used_at     INTEGER,
    expires_at  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX security_notices_by_user ON security_notices (user_id);
CREATE INDEX security_notices_by_end ON security_notices (expires_at);

CREATE TABLE new_attempts (
    id              INTEGER NOT NULL PRIMARY KEY,
    session_id      INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose         TEXT    NOT NULL
        CHECK (purpose IN ('sign_in', 'sign_up', 'address', 'password', 'reauthentication')),
    method          TEXT    NOT NULL CHECK (method IN ('email_otp', 'magic_link')),
    address         TEXT    NOT NULL,
    address_key     TEXT    NOT NULL,
    -- The address or the claim that is verified, if it belongs to an account.
    email_id        INTEGER REFERENCES email_addresses (id) ON DELETE CASCADE,
    claim_id        INTEGER REFERENCES email_claims (id) ON DELETE CASCADE,
    -- What the mail says that the code is for. May be empty.
    detail          TEXT    NOT NULL DEFAULT '',
    generation      INTEGER NOT NULL,
    sendings        INTEGER NOT NULL DEFAULT 0,
    tries           INTEGER NOT NULL DEFAULT 0,
    sent_at         INTEGER,
    proved_at       INTEGER,
    completed_at    INTEGER,
    first_name      TEXT    NOT NULL DEFAULT '',
    last_name       TEXT    NOT NULL DEFAULT '',
    username        TEXT,
    password_digest TEXT,
    return_to       TEXT    NOT NULL DEFAULT '',
    language        TEXT    NOT NULL CHECK (language IN ('en', 'de')),
    expires_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CHECK (email_id IS NULL OR claim_id IS NULL)
) STRICT;

INSERT INTO new_attempts (id, session_id, purpose, method, address, address_key, email_id, claim_id, generation, sendings,
                          tries, sent_at, proved_at, completed_at, first_name, last_name, username, password_digest,
                          return_to, language, expires_at, created_at, updated_at)
SELECT a.id, a.session_id, a.purpose, a.method, a.address, a.address_key,
       CASE WHEN c.id IS NULL THEN a.email_id END, c.id, a.generation, a.sendings,
       a.tries, a.sent_at, a.proved_at, a.completed_at, a.first_name, a.last_name, a.username, a.password_digest,
       a.return_to, a.language, a.expires_at, a.created_at, a.updated_at
  FROM attempts a LEFT JOIN email_claims c ON c.id = a.email_id;

CREATE TABLE new_outbox (
    id              INTEGER NOT NULL PRIMARY KEY,
    kind            TEXT    NOT NULL
        CHECK (kind IN ('invitation', 'reminder') OR kind IN ('attempt', 'notice') OR kind IN ('removed', 'handover')),
    -- Workers take urgent jobs first: codes and security notices. Many invitations do not delay them.
    is_urgent       INTEGER NOT NULL CHECK (is_urgent = (kind IN ('attempt', 'notice'))),
    organization_id INTEGER REFERENCES organizations (id) ON DELETE CASCADE,
    invitation_id   INTEGER CHECK ((invitation_id IS NULL) = (kind NOT IN ('invitation', 'reminder'))),
    attempt_id      INTEGER REFERENCES new_attempts (id) ON DELETE CASCADE CHECK ((attempt_id IS NULL) = (kind <> 'attempt')),
    notice_id       INTEGER REFERENCES security_notices (id) ON DELETE CASCADE CHECK ((notice_id IS NULL) = (kind <> 'notice')),
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE CHECK ((user_id IS NULL) = (kind NOT IN ('removed', 'handover'))),
    generation      INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    reason          TEXT    NOT NULL DEFAULT '',
    due_at          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations (organization_id, id) ON DELETE CASCADE
) STRICT;

INSERT INTO new_outbox (id, kind, is_urgent, organization_id, invitation_id, attempt_id, user_id, generation, state, attempts,
                        reason, due_at, created_at)
SELECT id, kind, kind = 'attempt', organization_id, invitation_id, attempt_id, user_id, generation, state, attempts,
       reason, due_at, created_at
  FROM outbox;

DROP TABLE outbox;
DROP TABLE attempts;
ALTER TABLE new_attempts RENAME TO attempts;
ALTER TABLE new_outbox RENAME TO outbox;

CREATE INDEX attempts_by_session ON attempts (session_id, purpose, id);
CREATE INDEX attempts_by_email ON attempts (email_id);
CREATE INDEX attempts_by_claim ON attempts (claim_id);
CREATE INDEX attempts_by_end ON attempts (expires_at);
CREATE INDEX outbox_by_due ON outbox (state, is_urgent, due_at);
CREATE INDEX outbox_by_invitation ON outbox (organization_id, invitation_id);
CREATE INDEX outbox_by_attempt ON outbox (attempt_id);
CREATE INDEX outbox_by_notice ON outbox (notice_id);
CREATE INDEX outbox_by_user ON outbox (user_id);

DELETE FROM email_addresses WHERE verified_at IS NULL AND is_primary = 0;
