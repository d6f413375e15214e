-- Notices by mail about requests and answers. The PostgreSQL file of the same name makes the same changes.

-- The kinds of notices that a user does not want. They get those without a row.
CREATE TABLE notice_opt_outs (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL CHECK (kind IN ('join_requests', 'request_answers', 'invitation_answers')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT;

-- When the newest mail of a kind to a user was, or will be, due. What happens before that is in the same mail, and the
-- next mail is due an hour later at the earliest: many events in a short time do not flood a mailbox.
CREATE TABLE notice_schedules (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A kind of the outbox.
    kind            TEXT    NOT NULL,
    due_at          INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id, kind)
) STRICT;

CREATE INDEX notice_schedules_by_user ON notice_schedules (user_id);

-- SQLite cannot change a check, so the table is rebuilt.
CREATE TABLE new_outbox (
    id              INTEGER NOT NULL PRIMARY KEY,
    kind            TEXT    NOT NULL
        CHECK (kind IN ('invitation', 'reminder') OR kind IN ('attempt', 'notice') OR kind IN ('removed', 'handover')
               OR kind IN ('join_requests', 'accepted') OR kind IN ('declined', 'request_approved')
               OR kind IN ('request_denied', 'renewal_denied')),
    is_urgent       INTEGER NOT NULL CHECK (is_urgent = (kind IN ('attempt', 'notice'))),
    organization_id INTEGER REFERENCES organizations (id) ON DELETE CASCADE,
    invitation_id   INTEGER
        CHECK ((invitation_id IS NULL) = (kind NOT IN ('invitation', 'reminder') AND kind <> 'renewal_denied')),
    attempt_id      INTEGER REFERENCES attempts (id) ON DELETE CASCADE CHECK ((attempt_id IS NULL) = (kind <> 'attempt')),
    notice_id       INTEGER REFERENCES security_notices (id) ON DELETE CASCADE CHECK ((notice_id IS NULL) = (kind <> 'notice')),
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE
        CHECK ((user_id IS NULL)
               = (kind IN ('invitation', 'reminder') OR kind IN ('attempt', 'notice') OR kind = 'renewal_denied')),
    -- The generation of the invitation or verification. For a mail about several events, the time of the first one.
    -- Otherwise 0.
    generation      INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    reason          TEXT    NOT NULL DEFAULT '',
    due_at          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
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
