-- Mail of every kind, the attempts at proving an address, and who wants no more mail from an organization.

-- The language somebody is written to in; NULL: the settings'.
ALTER TABLE users ADD COLUMN language TEXT CHECK (language IN ('en', 'de'));
ALTER TABLE invitations ADD COLUMN language TEXT CHECK (language IN ('en', 'de'));

-- One more state than before. A check cannot be changed, so the column is made anew.
ALTER TABLE invitations ADD COLUMN delivery_state TEXT NOT NULL DEFAULT 'not_sent'
    CHECK (delivery_state IN ('queued', 'sent', 'deferred', 'failed', 'bounced', 'not_sent'));
UPDATE invitations SET delivery_state = delivery;
ALTER TABLE invitations DROP COLUMN delivery;
ALTER TABLE invitations RENAME COLUMN delivery_state TO delivery;
-- When a mail that was put off is tried again.
ALTER TABLE invitations ADD COLUMN next_delivery_at INTEGER;

-- Until when the session has an attempt to show; so that looking a session up costs no look at its attempts.
ALTER TABLE sessions ADD COLUMN attempts_until INTEGER NOT NULL DEFAULT 0;

-- An attempt at proving that one reads an address's mail: to sign in, to sign up, to add the address, to reset a password.
-- Neither the code nor the link that is mailed is stored: both are keyed hashes of the id and the generation.
CREATE TABLE attempts (
    id              INTEGER NOT NULL PRIMARY KEY,
    -- The browser that began it, and the only one that can end it.
    session_id      INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose         TEXT    NOT NULL CHECK (purpose IN ('sign_in', 'sign_up', 'address', 'password')),
    method          TEXT    NOT NULL CHECK (method IN ('email_otp', 'magic_link')),
    address         TEXT    NOT NULL,
    address_key     TEXT    NOT NULL,
    -- The address of an account that is proved.
    email_id        INTEGER REFERENCES email_addresses (id) ON DELETE CASCADE,
    -- A random number that each sending replaces; the code and link of the one before die with it.
    generation      INTEGER NOT NULL,
    sendings        INTEGER NOT NULL DEFAULT 0,
    tries           INTEGER NOT NULL DEFAULT 0,
    sent_at         INTEGER,
    -- When the code was right, and when what it was for was done.
    proved_at       INTEGER,
    completed_at    INTEGER,
    -- What a newcomer said of themselves.
    first_name      TEXT    NOT NULL DEFAULT '',
    last_name       TEXT    NOT NULL DEFAULT '',
    username        TEXT,
    password_digest TEXT,
    -- Where a mailed link leads in the end; perhaps nowhere in particular.
    return_to       TEXT    NOT NULL DEFAULT '',
    language        TEXT    NOT NULL CHECK (language IN ('en', 'de')),
    expires_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX attempts_by_session ON attempts (session_id, purpose, id);
CREATE INDEX attempts_by_email ON attempts (email_id);
CREATE INDEX attempts_by_end ON attempts (expires_at);

-- Who has asked an organization for no more mail.
CREATE TABLE mail_refusals (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    address_key     TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, address_key)
) STRICT;

-- What a mail is about is one of several things now.
CREATE TABLE letters (
    id              INTEGER NOT NULL PRIMARY KEY,
    kind            TEXT    NOT NULL CHECK (kind IN ('invitation', 'reminder', 'attempt', 'removed', 'handover')),
    organization_id INTEGER REFERENCES organizations (id) ON DELETE CASCADE,
    invitation_id   INTEGER CHECK ((invitation_id IS NULL) = (kind NOT IN ('invitation', 'reminder'))),
    attempt_id      INTEGER REFERENCES attempts (id) ON DELETE CASCADE CHECK ((attempt_id IS NULL) = (kind <> 'attempt')),
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE CHECK ((user_id IS NULL) = (kind NOT IN ('removed', 'handover'))),
    -- A job for an older generation finds itself overtaken, and does nothing. 0 where there are none.
    generation      INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    reason          TEXT    NOT NULL DEFAULT '',
    -- Not before this; while a worker holds the job, the end of its lease.
    due_at          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations (organization_id, id) ON DELETE CASCADE
) STRICT;

INSERT INTO letters (id, kind, organization_id, invitation_id, generation, state, attempts, reason, due_at, created_at)
SELECT id, 'invitation', organization_id, invitation_id, generation, state, attempts, reason, due_at, created_at FROM outbox;
DROP TABLE outbox;
ALTER TABLE letters RENAME TO outbox;

CREATE INDEX outbox_by_due ON outbox (state, due_at);
CREATE INDEX outbox_by_invitation ON outbox (organization_id, invitation_id);
CREATE INDEX outbox_by_attempt ON outbox (attempt_id);
CREATE INDEX outbox_by_user ON outbox (user_id);

-- Whoever is signed in under another address than the invited one may ask to be invited by theirs: then both are there.
CREATE TABLE requests (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email_key       TEXT    NOT NULL,
    -- Who asks, when they are signed in; and the invitation that ran out, or is for another address.
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE,
    invitation_id   INTEGER,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'approved', 'denied')),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CHECK (user_id IS NOT NULL OR invitation_id IS NOT NULL),
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations (organization_id, id) ON DELETE CASCADE
) STRICT;

INSERT INTO requests (id, organization_id, email_key, user_id, invitation_id, status, created_at, updated_at)
SELECT id, organization_id, email_key, user_id, invitation_id, status, created_at, updated_at FROM join_requests;
DROP TABLE join_requests;
ALTER TABLE requests RENAME TO join_requests;

CREATE UNIQUE INDEX one_open_request ON join_requests (organization_id, email_key) WHERE status = 'pending';
CREATE INDEX join_requests_by_user ON join_requests (user_id);
CREATE INDEX join_requests_by_invitation ON join_requests (organization_id, invitation_id);
