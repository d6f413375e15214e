-- Invitations to sign up while sign-up is not public. The PostgreSQL file of the same name makes the same changes.

CREATE TABLE deployment_invitations (
    id         INTEGER NOT NULL PRIMARY KEY,
    email      TEXT    NOT NULL,
    email_key  TEXT    NOT NULL UNIQUE,
    first_name TEXT    NOT NULL,
    last_name  TEXT    NOT NULL,
    -- Of its mail. NULL: the default.
    language   TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX deployment_invitations_by_end ON deployment_invitations (expires_at);

-- SQLite cannot change a check, so the table is rebuilt.
CREATE TABLE new_outbox (
    id              INTEGER NOT NULL PRIMARY KEY,
    kind            TEXT    NOT NULL
        CHECK (kind IN ('invitation', 'reminder') OR kind IN ('attempt', 'notice') OR kind IN ('removed', 'handover')
               OR kind IN ('join_requests', 'accepted') OR kind IN ('declined', 'request_approved')
               OR kind IN ('request_denied', 'renewal_denied') OR kind = 'sign_up_invitation'),
    is_urgent       INTEGER NOT NULL CHECK (is_urgent = (kind IN ('attempt', 'notice'))),
    organization_id INTEGER REFERENCES organizations (id) ON DELETE CASCADE,
    invitation_id   INTEGER
        CHECK ((invitation_id IS NULL) = (kind NOT IN ('invitation', 'reminder') AND kind <> 'renewal_denied')),
    attempt_id      INTEGER REFERENCES attempts (id) ON DELETE CASCADE CHECK ((attempt_id IS NULL) = (kind <> 'attempt')),
    notice_id       INTEGER REFERENCES security_notices (id) ON DELETE CASCADE CHECK ((notice_id IS NULL) = (kind <> 'notice')),
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE
        CHECK ((user_id IS NULL)
               = (kind IN ('invitation', 'reminder') OR kind IN ('attempt', 'notice') OR kind = 'renewal_denied'
                  OR kind = 'sign_up_invitation')),
    -- The generation of the invitation or verification. For a mail about several events, the time of the first one.
    -- Otherwise 0.
    generation      INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    reason          TEXT    NOT NULL DEFAULT '',
    due_at          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    deployment_invitation_id INTEGER REFERENCES deployment_invitations (id) ON DELETE CASCADE
        CHECK ((deployment_invitation_id IS NULL) = (kind <> 'sign_up_invitation')),
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations (organization_id, id) ON DELETE CASCADE
) STRICT;

INSERT INTO new_outbox (id, kind, is_urgent, organization_id, invitation_id, attempt_id, notice_id, user_id, generation,
                        state, attempts, reason, due_at, created_at)
SELECT id, kind, is_urgent, organization_id, invitation_id, attempt_id, notice_id, user_id, generation, state, attempts,
       reason, due_at, created_at
  FROM outbox;

DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;

CREATE INDEX outbox_by_due ON outbox (state, is_urgent, due_at);
CREATE INDEX outbox_by_invitation ON outbox (organization_id, invitation_id);
CREATE INDEX outbox_by_attempt ON outbox (attempt_id);
CREATE INDEX outbox_by_notice ON outbox (notice_id);
CREATE INDEX outbox_by_user ON outbox (user_id);
CREATE INDEX outbox_by_deployment_invitation ON outbox (deployment_invitation_id) WHERE deployment_invitation_id IS NOT NULL;
