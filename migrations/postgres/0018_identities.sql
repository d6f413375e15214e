-- Identity providers: social sign-in, and the OpenID Connect connections of organizations. The SQLite file of the same
-- name makes the same changes and has the comments.

ALTER TABLE email_addresses ADD COLUMN domain TEXT NOT NULL DEFAULT '';
UPDATE email_addresses SET domain = substr(address_key, strpos(address_key, '@') + 1);

CREATE UNIQUE INDEX domains_of_organization ON domains (organization_id, id);

ALTER TABLE organizations ADD COLUMN requires_sso BIGINT NOT NULL DEFAULT 0 CHECK (requires_sso IN (0, 1));

CREATE TABLE enterprise_connections (
    id                 BIGINT NOT NULL PRIMARY KEY,
    organization_id    BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name               TEXT    NOT NULL,
    protocol           TEXT    NOT NULL CHECK (protocol IN ('oidc')),
    issuer             TEXT    NOT NULL,
    client_id          TEXT    NOT NULL,
    client_secret      BYTEA,
    scopes             TEXT    NOT NULL,
    attribute_mapping  TEXT    NOT NULL DEFAULT '{}',
    is_enabled         BIGINT NOT NULL CHECK (is_enabled IN (0, 1)),
    jit_enabled        BIGINT NOT NULL CHECK (jit_enabled IN (0, 1)),
    is_required        BIGINT NOT NULL DEFAULT 0 CHECK (is_required IN (0, 1)),
    trusts_mfa         BIGINT NOT NULL DEFAULT 0 CHECK (trusts_mfa IN (0, 1)),
    version            BIGINT NOT NULL DEFAULT 1,
    secret_expires_at  BIGINT,
    secret_notice_days BIGINT,
    admin_signed_in_at BIGINT,
    last_used_at       BIGINT,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    UNIQUE (organization_id, id)
);

CREATE INDEX enterprise_connections_by_secret_end ON enterprise_connections (secret_expires_at) WHERE secret_expires_at IS NOT NULL;

CREATE TABLE connection_domains (
    organization_id BIGINT NOT NULL,
    domain_id       BIGINT NOT NULL,
    connection_id   BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, domain_id),
    FOREIGN KEY (organization_id, domain_id) REFERENCES domains (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, connection_id) REFERENCES enterprise_connections (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX connection_domains_by_connection ON connection_domains (organization_id, connection_id);

CREATE TABLE identities (
    id            BIGINT NOT NULL PRIMARY KEY,
    user_id       BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider      TEXT    NOT NULL,
    connection_id BIGINT REFERENCES enterprise_connections (id) ON DELETE CASCADE,
    issuer        TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    tokens        BYTEA,
    last_used_at  BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

CREATE UNIQUE INDEX identities_of_provider ON identities (provider, issuer, subject) WHERE connection_id IS NULL;
CREATE UNIQUE INDEX identities_of_connection ON identities (connection_id, issuer, subject) WHERE connection_id IS NOT NULL;
CREATE INDEX identities_by_user ON identities (user_id, id);

CREATE TABLE authorization_requests (
    id                 BIGINT NOT NULL PRIMARY KEY,
    session_id         BIGINT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose            TEXT    NOT NULL CHECK (purpose IN ('sign_in', 'link', 'test')),
    provider           TEXT    NOT NULL,
    connection_id      BIGINT REFERENCES enterprise_connections (id) ON DELETE CASCADE,
    connection_version BIGINT NOT NULL,
    user_id            BIGINT REFERENCES users (id) ON DELETE CASCADE,
    return_to          TEXT    NOT NULL,
    is_page            BIGINT NOT NULL CHECK (is_page IN (0, 1)),
    invitation         BYTEA,
    handoff_digest     BYTEA,
    handoff            BYTEA,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL
);

CREATE UNIQUE INDEX authorization_requests_by_handoff ON authorization_requests (handoff_digest) WHERE handoff_digest IS NOT NULL;
CREATE INDEX authorization_requests_by_session ON authorization_requests (session_id, created_at);
CREATE INDEX authorization_requests_by_connection ON authorization_requests (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX authorization_requests_by_user ON authorization_requests (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX authorization_requests_by_end ON authorization_requests (expires_at);

CREATE TABLE pending_identities (
    id            BIGINT NOT NULL PRIMARY KEY,
    session_id    BIGINT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    attempt_id    BIGINT REFERENCES attempts (id) ON DELETE SET NULL,
    provider      TEXT    NOT NULL,
    issuer        TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    tokens        BYTEA,
    invitation    BYTEA,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);

CREATE INDEX pending_identities_by_session ON pending_identities (session_id, created_at);
CREATE INDEX pending_identities_by_attempt ON pending_identities (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX pending_identities_by_end ON pending_identities (expires_at);

CREATE TABLE connection_traces (
    id              BIGINT NOT NULL PRIMARY KEY,
    organization_id BIGINT NOT NULL,
    connection_id   BIGINT NOT NULL,
    purpose         TEXT    NOT NULL CHECK (purpose IN ('sign_in', 'test')),
    error_code      TEXT    NOT NULL,
    user_id         BIGINT REFERENCES users (id) ON DELETE CASCADE,
    steps           TEXT    NOT NULL,
    created_at      BIGINT NOT NULL,
    FOREIGN KEY (organization_id, connection_id) REFERENCES enterprise_connections (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX connection_traces_by_connection ON connection_traces (organization_id, connection_id, id);
CREATE INDEX connection_traces_by_user ON connection_traces (user_id) WHERE user_id IS NOT NULL;

ALTER TABLE sign_ins ADD COLUMN connection_id BIGINT REFERENCES enterprise_connections (id) ON DELETE CASCADE;
ALTER TABLE sign_ins ADD COLUMN sso_organization_id BIGINT;
CREATE INDEX sign_ins_by_connection ON sign_ins (connection_id) WHERE connection_id IS NOT NULL;
ALTER TABLE pending_sign_ins ADD COLUMN connection_id BIGINT REFERENCES enterprise_connections (id) ON DELETE CASCADE;
ALTER TABLE pending_sign_ins ADD COLUMN sso_organization_id BIGINT;
ALTER TABLE pending_sign_ins ADD COLUMN provider TEXT NOT NULL DEFAULT '';
CREATE INDEX pending_sign_ins_by_connection ON pending_sign_ins (connection_id) WHERE connection_id IS NOT NULL;

CREATE TABLE sign_in_id_tokens (
    sign_in_id BIGINT NOT NULL PRIMARY KEY REFERENCES sign_ins (id) ON DELETE CASCADE,
    token      BYTEA    NOT NULL
);

CREATE TABLE setup_links (
    id              BIGINT NOT NULL PRIMARY KEY,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    created_by      BIGINT NOT NULL,
    token_digest    BYTEA    NOT NULL UNIQUE,
    purposes        TEXT    NOT NULL,
    recipient       TEXT    NOT NULL,
    uses            BIGINT NOT NULL DEFAULT 0,
    last_used_at    BIGINT,
    revoked_at      BIGINT,
    expires_at      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    FOREIGN KEY (organization_id, created_by) REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX setup_links_by_organization ON setup_links (organization_id, id);
CREATE INDEX setup_links_by_membership ON setup_links (organization_id, created_by);
CREATE INDEX setup_links_by_end ON setup_links (expires_at);

CREATE VIEW members_requiring_sso AS
    SELECT cd.organization_id AS organization_id, e.user_id AS user_id
      FROM connection_domains cd
      JOIN enterprise_connections c ON c.id = cd.connection_id AND c.is_required = 1 AND c.is_enabled = 1
      JOIN domains d ON d.organization_id = cd.organization_id AND d.id = cd.domain_id AND d.verified_at IS NOT NULL
      JOIN email_addresses e ON e.domain = d.domain AND e.verified_at IS NOT NULL
     UNION ALL
    SELECT c.organization_id AS organization_id, i.user_id AS user_id
      FROM identities i
      JOIN enterprise_connections c ON c.id = i.connection_id
     WHERE EXISTS (SELECT 1 FROM enterprise_connections r
                    WHERE r.organization_id = c.organization_id AND r.is_required = 1 AND r.is_enabled = 1);

-- The mails to admins about connections.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('invitation', 'reminder', 'attempt', 'notice', 'removed', 'handover', 'join_requests', 'accepted',
                    'declined', 'request_approved', 'request_denied', 'renewal_denied', 'sign_up_invitation',
                    'webhooks_disabled', 'connection_changed', 'connection_secret', 'sso_bypassed'));
