-- Webhooks: endpoints, and what is delivered to them. The PostgreSQL file of the same name makes the same changes.

-- Commands read this table when they store an event, so workers write to it only when they disable an endpoint.
CREATE TABLE webhook_endpoints (
    id                    INTEGER NOT NULL PRIMARY KEY,
    -- 0: the installation, whose endpoints get the events of all organizations. There is no foreign key, as in the audit log.
    organization_id       INTEGER NOT NULL,
    url                   TEXT    NOT NULL,
    description           TEXT    NOT NULL,
    -- The names of events, with a space before and after each; empty for all events.
    events                TEXT    NOT NULL,
    is_ordered            INTEGER NOT NULL CHECK (is_ordered IN (0, 1)),
    is_enabled            INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    -- Why it is disabled; empty while it is enabled.
    disabled_reason       TEXT    NOT NULL,
    disabled_at           INTEGER,
    -- Sealed.
    secret                BLOB    NOT NULL,
    -- Sealed. It signs as well until its end.
    previous_secret       BLOB,
    previous_secret_until INTEGER,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL
) STRICT;

CREATE INDEX webhook_endpoints_by_organization ON webhook_endpoints (organization_id, id);
CREATE INDEX webhook_endpoints_by_previous_secret ON webhook_endpoints (previous_secret_until)
 WHERE previous_secret_until IS NOT NULL;

-- What the worker knows of each endpoint.
CREATE TABLE webhook_endpoint_states (
    endpoint_id   INTEGER NOT NULL PRIMARY KEY,
    -- The number of the last delivery that was attempted.
    sequence      INTEGER NOT NULL,
    -- The first failure since the last success. NULL: the last attempt succeeded.
    failing_since INTEGER,
    -- The receiver has asked for a pause.
    paused_until  INTEGER NOT NULL
) STRICT;

-- Stored by the transaction of the event.
CREATE TABLE webhook_deliveries (
    endpoint_id  INTEGER NOT NULL,
    -- That of the event, by which a receiver recognizes a repetition.
    id           INTEGER NOT NULL,
    event        TEXT    NOT NULL,
    -- What is sent, byte for byte.
    body         TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'cancelled')),
    -- Of the endpoint, from the first attempt on.
    sequence     INTEGER,
    -- Since it was stored or replayed.
    attempts     INTEGER NOT NULL,
    all_attempts INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    last_status  INTEGER,
    last_error   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (endpoint_id, id)
) STRICT;

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (endpoint_id, state, id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at) WHERE state <> 'waiting';
CREATE INDEX webhook_deliveries_waiting_by_time ON webhook_deliveries (created_at) WHERE state = 'waiting';

-- The last attempts of each delivery.
CREATE TABLE webhook_attempts (
    endpoint_id  INTEGER NOT NULL,
    delivery_id  INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    duration     INTEGER NOT NULL,
    -- NULL without a response.
    status       INTEGER,
    -- The kind of failure; empty after a response.
    error        TEXT    NOT NULL,
    -- The beginning of the response, for the operator only.
    answer       BLOB    NOT NULL,
    PRIMARY KEY (endpoint_id, delivery_id, number)
) STRICT;

-- Mail about disabled endpoints. SQLite cannot change a check, so the tables are rebuilt.
CREATE TABLE new_notice_opt_outs (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL
        CHECK (kind IN ('join_requests', 'request_answers', 'invitation_answers', 'webhook_failures')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT;

INSERT INTO new_notice_opt_outs (user_id, kind, created_at) SELECT user_id, kind, created_at FROM notice_opt_outs;

DROP TABLE notice_opt_outs;
ALTER TABLE new_notice_opt_outs RENAME TO notice_opt_outs;

CREATE TABLE new_outbox (
    id              INTEGER NOT NULL PRIMARY KEY,
    kind            TEXT    NOT NULL
        CHECK (kind IN ('invitation', 'reminder') OR kind IN ('attempt', 'notice') OR kind IN ('removed', 'handover')
               OR kind IN ('join_requests', 'accepted') OR kind IN ('declined', 'request_approved')
               OR kind IN ('request_denied', 'renewal_denied') OR kind IN ('sign_up_invitation', 'webhooks_disabled')),
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
                        state, attempts, reason, due_at, created_at, deployment_invitation_id)
SELECT id, kind, is_urgent, organization_id, invitation_id, attempt_id, notice_id, user_id, generation, state, attempts,
       reason, due_at, created_at, deployment_invitation_id
  FROM outbox;

DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;

CREATE INDEX outbox_by_due ON outbox (state, is_urgent, due_at);
CREATE INDEX outbox_by_invitation ON outbox (organization_id, invitation_id);
CREATE INDEX outbox_by_attempt ON outbox (attempt_id);
CREATE INDEX outbox_by_notice ON outbox (notice_id);
CREATE INDEX outbox_by_user ON outbox (user_id);
CREATE INDEX outbox_by_deployment_invitation ON outbox (deployment_invitation_id) WHERE deployment_invitation_id IS NOT NULL;
