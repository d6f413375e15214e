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
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);

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
