-- The audit log: an entry for each event, sealed into a hash chain for each organization. The PostgreSQL file of the same
-- name makes the same changes.

-- Entries that are not sealed yet. Commands write to this table only: it is short, and its rows are appended.
CREATE TABLE audit_queue (
    id              INTEGER NOT NULL PRIMARY KEY,
    -- 0: the installation. There is no foreign key: the entries outlast the organization, and a check of one would lock
    -- the organization's row.
    organization_id INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    action          TEXT    NOT NULL,
    actor_kind      TEXT    NOT NULL,
    -- The user or API key. NULL: neither.
    actor_id        INTEGER,
    -- The person who was signed in as the user, for support.
    impersonator_id INTEGER,
    target_kind     TEXT    NOT NULL,
    target_id       INTEGER NOT NULL,
    request_id      INTEGER,
    -- JSON.
    payload         TEXT    NOT NULL,
    -- JSON with names, addresses and the client. NULL if there are none.
    personal        TEXT,
    salt            BLOB
) STRICT;

-- Sealed entries. The sealer moves them here in batches.
CREATE TABLE audit_entries (
    organization_id INTEGER NOT NULL,
    id              INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    action          TEXT    NOT NULL,
    actor_kind      TEXT    NOT NULL,
    actor_id        INTEGER,
    impersonator_id INTEGER,
    target_kind     TEXT    NOT NULL,
    target_id       INTEGER NOT NULL,
    request_id      INTEGER,
    -- NULL once the organization is erased.
    payload         TEXT,
    -- Erased with `payload`.
    payload_salt    BLOB,
    -- The hash is over it instead of the payload, so that it still fits once that is erased.
    payload_commitment BLOB,
    -- NULL if there is none, or once it is erased.
    personal        TEXT,
    -- Erased with `personal`.
    salt            BLOB,
    -- NULL if there was no `personal`.
    commitment      BLOB,
    sequence        INTEGER NOT NULL,
    hash            BLOB    NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;

CREATE UNIQUE INDEX audit_entries_by_sequence ON audit_entries (organization_id, sequence);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, organization_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entries_by_target ON audit_entries (target_id, organization_id, id);
CREATE INDEX audit_entries_by_action ON audit_entries (organization_id, action, id);

-- The end of each chain, and where it begins if older entries were deleted.
CREATE TABLE audit_chains (
    organization_id     INTEGER NOT NULL PRIMARY KEY,
    -- Of the last entry.
    sequence            INTEGER NOT NULL,
    hash                BLOB    NOT NULL,
    -- The entries up to this one were deleted at the end of their retention; 0 for none.
    first_sequence      INTEGER NOT NULL,
    -- The hash that the first entry continues: 32 zero bytes, or that of the last deleted entry.
    first_hash          BLOB    NOT NULL,
    -- Of the last checkpoint; 0 for none.
    checkpoint_sequence INTEGER NOT NULL,
    -- Set once the organization is erased.
    erased_at           INTEGER
) STRICT;

CREATE TABLE audit_checkpoints (
    organization_id INTEGER NOT NULL,
    sequence        INTEGER NOT NULL,
    hash            BLOB    NOT NULL,
    created_at      INTEGER NOT NULL,
    signature       BLOB    NOT NULL,
    PRIMARY KEY (organization_id, sequence)
) STRICT;

CREATE INDEX audit_checkpoints_by_time ON audit_checkpoints (created_at, organization_id, sequence);

-- Users whose personal data, and organizations whose payloads are still to be erased from the entries.
CREATE TABLE audit_erasures (
    subject_id      INTEGER NOT NULL PRIMARY KEY,
    is_organization INTEGER NOT NULL CHECK (is_organization IN (0, 1)),
    created_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_erasures_by_time ON audit_erasures (created_at);

-- One row, which the sealer locks while it seals a batch, and the time of the last checkpoints.
CREATE TABLE audit_sealer (
    id             INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    batches        INTEGER NOT NULL,
    checkpoints_at INTEGER NOT NULL
) STRICT;

INSERT INTO audit_sealer (id, batches, checkpoints_at) VALUES (1, 0, 0);
