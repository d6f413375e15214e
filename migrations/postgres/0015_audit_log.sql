-- The audit log: an entry for each event, sealed into a hash chain for each organization. The SQLite file of the same
-- name makes the same changes and has the comments.

CREATE TABLE audit_queue (
    id              BIGINT  NOT NULL PRIMARY KEY,
    organization_id BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    action          TEXT COLLATE "C" NOT NULL,
    actor_kind      TEXT    NOT NULL,
    actor_id        BIGINT,
    impersonator_id BIGINT,
    target_kind     TEXT    NOT NULL,
    target_id       BIGINT  NOT NULL,
    request_id      BIGINT,
    payload         TEXT    NOT NULL,
    personal        TEXT,
    salt            BYTEA
);

CREATE TABLE audit_entries (
    organization_id BIGINT  NOT NULL,
    id              BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    action          TEXT COLLATE "C" NOT NULL,
    actor_kind      TEXT    NOT NULL,
    actor_id        BIGINT,
    impersonator_id BIGINT,
    target_kind     TEXT    NOT NULL,
    target_id       BIGINT  NOT NULL,
    request_id      BIGINT,
    payload         TEXT,
    payload_salt    BYTEA,
    payload_commitment BYTEA,
    personal        TEXT,
    salt            BYTEA,
    commitment      BYTEA,
    sequence        BIGINT  NOT NULL,
    hash            BYTEA   NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE UNIQUE INDEX audit_entries_by_sequence ON audit_entries (organization_id, sequence);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, organization_id, id DESC NULLS LAST) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entries_by_target ON audit_entries (target_id, organization_id, id DESC NULLS LAST);
CREATE INDEX audit_entries_by_action ON audit_entries (organization_id, action, id DESC NULLS LAST);

CREATE TABLE audit_chains (
    organization_id     BIGINT  NOT NULL PRIMARY KEY,
    sequence            BIGINT  NOT NULL,
    hash                BYTEA   NOT NULL,
    first_sequence      BIGINT  NOT NULL,
    first_hash          BYTEA   NOT NULL,
    checkpoint_sequence BIGINT  NOT NULL,
    erased_at           BIGINT
);

CREATE TABLE audit_checkpoints (
    organization_id BIGINT  NOT NULL,
    sequence        BIGINT  NOT NULL,
    hash            BYTEA   NOT NULL,
    created_at      BIGINT  NOT NULL,
    signature       BYTEA   NOT NULL,
    PRIMARY KEY (organization_id, sequence)
);

CREATE INDEX audit_checkpoints_by_time ON audit_checkpoints (created_at, organization_id, sequence);

CREATE TABLE audit_erasures (
    subject_id      BIGINT  NOT NULL PRIMARY KEY,
    is_organization BIGINT  NOT NULL CHECK (is_organization IN (0, 1)),
    created_at      BIGINT  NOT NULL
);

CREATE INDEX audit_erasures_by_time ON audit_erasures (created_at);

CREATE TABLE audit_sealer (
    id             BIGINT  NOT NULL PRIMARY KEY CHECK (id = 1),
    batches        BIGINT  NOT NULL,
    checkpoints_at BIGINT  NOT NULL
);

INSERT INTO audit_sealer (id, batches, checkpoints_at) VALUES (1, 0, 0);
