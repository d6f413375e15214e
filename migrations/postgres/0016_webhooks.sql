-- Webhooks: endpoints, and what is delivered to them. The SQLite file of the same name makes the same changes and has
-- the comments.

CREATE TABLE webhook_endpoints (
    id                    BIGINT  NOT NULL PRIMARY KEY,
    organization_id       BIGINT  NOT NULL,
    url                   TEXT    NOT NULL,
    description           TEXT    NOT NULL,
    events                TEXT    NOT NULL,
    is_ordered            BIGINT  NOT NULL CHECK (is_ordered IN (0, 1)),
    is_enabled            BIGINT  NOT NULL CHECK (is_enabled IN (0, 1)),
    disabled_reason       TEXT    NOT NULL,
    disabled_at           BIGINT,
    secret                BYTEA   NOT NULL,
    previous_secret       BYTEA,
    previous_secret_until BIGINT,
    created_at            BIGINT  NOT NULL,
    updated_at            BIGINT  NOT NULL
);

CREATE INDEX webhook_endpoints_by_organization ON webhook_endpoints (organization_id, id);
CREATE INDEX webhook_endpoints_by_previous_secret ON webhook_endpoints (previous_secret_until)
 WHERE previous_secret_until IS NOT NULL;

CREATE TABLE webhook_endpoint_states (
    endpoint_id   BIGINT  NOT NULL PRIMARY KEY,
    sequence      BIGINT  NOT NULL,
    failing_since BIGINT,
    paused_until  BIGINT  NOT NULL
);

CREATE TABLE webhook_deliveries (
    endpoint_id  BIGINT  NOT NULL,
    id           BIGINT  NOT NULL,
    event        TEXT COLLATE "C" NOT NULL,
    body         TEXT    NOT NULL,
    state        TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'cancelled')),
    sequence     BIGINT,
    attempts     BIGINT  NOT NULL,
    all_attempts BIGINT  NOT NULL,
    due_at       BIGINT  NOT NULL,
    last_status  BIGINT,
    last_error   TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    PRIMARY KEY (endpoint_id, id)
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (endpoint_id, state, id DESC NULLS LAST);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at) WHERE state <> 'waiting';
CREATE INDEX webhook_deliveries_waiting_by_time ON webhook_deliveries (created_at) WHERE state = 'waiting';

CREATE TABLE webhook_attempts (
    endpoint_id  BIGINT  NOT NULL,
    delivery_id  BIGINT  NOT NULL,
    number       BIGINT  NOT NULL,
    started_at   BIGINT  NOT NULL,
    duration     BIGINT  NOT NULL,
    status       BIGINT,
    error        TEXT    NOT NULL,
    answer       BYTEA   NOT NULL,
    PRIMARY KEY (endpoint_id, delivery_id, number)
);

ALTER TABLE notice_opt_outs DROP CONSTRAINT notice_opt_outs_kind_check;
ALTER TABLE notice_opt_outs ADD CONSTRAINT notice_opt_outs_kind_check
    CHECK (kind IN ('join_requests', 'request_answers', 'invitation_answers', 'webhook_failures'));
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('invitation', 'reminder', 'attempt', 'notice', 'removed', 'handover', 'join_requests', 'accepted',
                    'declined', 'request_approved', 'request_denied', 'renewal_denied', 'sign_up_invitation',
                    'webhooks_disabled'));
