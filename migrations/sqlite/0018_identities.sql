-- Identity providers: social sign-in, and the OpenID Connect connections of organizations. The PostgreSQL file of the same
-- name makes the same changes.

-- The part of the key after the @.
ALTER TABLE email_addresses ADD COLUMN domain TEXT NOT NULL DEFAULT '';
UPDATE email_addresses SET domain = substr(address_key, instr(address_key, '@') + 1);

-- For the foreign key of connection_domains.
CREATE UNIQUE INDEX domains_of_organization ON domains (organization_id, id);

-- Whether an enabled connection of the organization is required.
ALTER TABLE organizations ADD COLUMN requires_sso INTEGER NOT NULL DEFAULT 0 CHECK (requires_sso IN (0, 1));

-- An organization's connection to its identity provider.
CREATE TABLE enterprise_connections (
    id                 INTEGER NOT NULL PRIMARY KEY,
    organization_id    INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name               TEXT    NOT NULL,
    protocol           TEXT    NOT NULL CHECK (protocol IN ('oidc')),
    issuer             TEXT    NOT NULL,
    client_id          TEXT    NOT NULL,
    -- Sealed. NULL: the provider knows the client as a public one.
    client_secret      BLOB,
    -- Separated by spaces.
    scopes             TEXT    NOT NULL,
    -- JSON: which claims are the user's names and groups, and which roles the groups have.
    attribute_mapping  TEXT    NOT NULL DEFAULT '{}',
    is_enabled         INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    -- Whether a person without an account or membership gets one.
    jit_enabled        INTEGER NOT NULL CHECK (jit_enabled IN (0, 1)),
    -- Whether members with an address of its domains must sign in through it.
    is_required        INTEGER NOT NULL DEFAULT 0 CHECK (is_required IN (0, 1)),
    -- Whether a second factor that the provider reports counts in the organization.
    trusts_mfa         INTEGER NOT NULL DEFAULT 0 CHECK (trusts_mfa IN (0, 1)),
    -- Changes with issuer, client and secret. A sign-in that began with another version is refused.
    version            INTEGER NOT NULL DEFAULT 1,
    secret_expires_at  INTEGER,
    -- The days of the last notice that was sent before that end. NULL: none.
    secret_notice_days INTEGER,
    -- When an admin has signed in through this version. It can be required from then on.
    admin_signed_in_at INTEGER,
    last_used_at       INTEGER,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    UNIQUE (organization_id, id)
) STRICT;

CREATE INDEX enterprise_connections_by_secret_end ON enterprise_connections (secret_expires_at) WHERE secret_expires_at IS NOT NULL;

-- The domains whose people sign in through a connection. A domain has one connection at most.
CREATE TABLE connection_domains (
    organization_id INTEGER NOT NULL,
    domain_id       INTEGER NOT NULL,
    connection_id   INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, domain_id),
    FOREIGN KEY (organization_id, domain_id) REFERENCES domains (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, connection_id) REFERENCES enterprise_connections (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX connection_domains_by_connection ON connection_domains (organization_id, connection_id);

-- Who a user is at an identity provider: the subject never changes hands, addresses do.
CREATE TABLE identities (
    id            INTEGER NOT NULL PRIMARY KEY,
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The id of the provider, such as google_oauth; enterprise for a connection.
    provider      TEXT    NOT NULL,
    connection_id INTEGER REFERENCES enterprise_connections (id) ON DELETE CASCADE,
    issuer        TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    -- What the provider said last, to show it. It identifies nobody. May be empty.
    email         TEXT    NOT NULL,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    -- Sealed tokens of the provider. NULL unless the settings keep them.
    tokens        BLOB,
    last_used_at  INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX identities_of_provider ON identities (provider, issuer, subject) WHERE connection_id IS NULL;
CREATE UNIQUE INDEX identities_of_connection ON identities (connection_id, issuer, subject) WHERE connection_id IS NOT NULL;
CREATE INDEX identities_by_user ON identities (user_id, id);

-- Browsers that were sent to an identity provider. State, nonce and code verifier are keyed hashes of the id. A row is
-- deleted when the browser comes back.
CREATE TABLE authorization_requests (
    id                 INTEGER NOT NULL PRIMARY KEY,
    -- The browser that was sent. Only this browser can finish.
    session_id         INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose            TEXT    NOT NULL CHECK (purpose IN ('sign_in', 'link', 'test')),
    provider           TEXT    NOT NULL,
    connection_id      INTEGER REFERENCES enterprise_connections (id) ON DELETE CASCADE,
    connection_version INTEGER NOT NULL,
    -- Who links an identity, or tests a connection.
    user_id            INTEGER REFERENCES users (id) ON DELETE CASCADE,
    -- Where the browser goes in the end.
    return_to          TEXT    NOT NULL,
    -- Whether a page of ours began it, and not a client of the API.
    is_page            INTEGER NOT NULL CHECK (is_page IN (0, 1)),
    -- The sealed token of an invitation that is to be accepted.
    invitation         BLOB,
    -- A response that came by a cross-site POST, without the cookie: sealed, under a digest of a one-time id.
    handoff_digest     BLOB,
    handoff            BLOB,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX authorization_requests_by_handoff ON authorization_requests (handoff_digest) WHERE handoff_digest IS NOT NULL;
CREATE INDEX authorization_requests_by_session ON authorization_requests (session_id, created_at);
CREATE INDEX authorization_requests_by_connection ON authorization_requests (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX authorization_requests_by_user ON authorization_requests (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX authorization_requests_by_end ON authorization_requests (expires_at);

-- People whom a provider has identified and who have no account with this identity yet: they complete their profile and
-- verify their address, or sign in to their account and link it.
CREATE TABLE pending_identities (
    id            INTEGER NOT NULL PRIMARY KEY,
    session_id    INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    -- The verification of the address, once it has started.
    attempt_id    INTEGER REFERENCES attempts (id) ON DELETE SET NULL,
    provider      TEXT    NOT NULL,
    issuer        TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    tokens        BLOB,
    invitation    BLOB,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX pending_identities_by_session ON pending_identities (session_id, created_at);
CREATE INDEX pending_identities_by_attempt ON pending_identities (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX pending_identities_by_end ON pending_identities (expires_at);

-- The last sign-ins and tests of a connection, for its admins.
CREATE TABLE connection_traces (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    connection_id   INTEGER NOT NULL,
    purpose         TEXT    NOT NULL CHECK (purpose IN ('sign_in', 'test')),
    -- The code of the error. Empty: it succeeded.
    error_code      TEXT    NOT NULL,
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE,
    -- JSON: each step, what was received without secrets, and the rule that decided.
    steps           TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (organization_id, connection_id) REFERENCES enterprise_connections (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX connection_traces_by_connection ON connection_traces (organization_id, connection_id, id);
CREATE INDEX connection_traces_by_user ON connection_traces (user_id) WHERE user_id IS NOT NULL;

-- The connection by which a user has signed in, and its organization.
ALTER TABLE sign_ins ADD COLUMN connection_id INTEGER REFERENCES enterprise_connections (id) ON DELETE CASCADE;
ALTER TABLE sign_ins ADD COLUMN sso_organization_id INTEGER;
CREATE INDEX sign_ins_by_connection ON sign_ins (connection_id) WHERE connection_id IS NOT NULL;
ALTER TABLE pending_sign_ins ADD COLUMN connection_id INTEGER REFERENCES enterprise_connections (id) ON DELETE CASCADE;
ALTER TABLE pending_sign_ins ADD COLUMN sso_organization_id INTEGER;
ALTER TABLE pending_sign_ins ADD COLUMN provider TEXT NOT NULL DEFAULT '';
CREATE INDEX pending_sign_ins_by_connection ON pending_sign_ins (connection_id) WHERE connection_id IS NOT NULL;

-- The sealed ID token of a sign-in, with which its provider ends its own session.
CREATE TABLE sign_in_id_tokens (
    sign_in_id INTEGER NOT NULL PRIMARY KEY REFERENCES sign_ins (id) ON DELETE CASCADE,
    token      BLOB    NOT NULL
) STRICT;

-- Links by which people without an account set up a connection for an organization.
CREATE TABLE setup_links (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- The admin who made it. It ends with their membership.
    created_by      INTEGER NOT NULL,
    token_digest    BLOB    NOT NULL UNIQUE,
    -- Separated by spaces: sso, domains.
    purposes        TEXT    NOT NULL,
    -- For whom it is, as the admin wrote it.
    recipient       TEXT    NOT NULL,
    uses            INTEGER NOT NULL DEFAULT 0,
    last_used_at    INTEGER,
    revoked_at      INTEGER,
    expires_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (organization_id, created_by) REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX setup_links_by_organization ON setup_links (organization_id, id);
CREATE INDEX setup_links_by_membership ON setup_links (organization_id, created_by);
CREATE INDEX setup_links_by_end ON setup_links (expires_at);

-- Members who must sign in through a connection of their organization: those with a verified address of its domains, and
-- those who have an identity at one of its connections, also at one that another has replaced.
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

-- The mails to admins about connections. SQLite changes a check only by a new table.
CREATE TABLE new_outbox (
    id              INTEGER NOT NULL PRIMARY KEY,
    kind            TEXT    NOT NULL
        CHECK (kind IN ('invitation', 'reminder') OR kind IN ('attempt', 'notice') OR kind IN ('removed', 'handover')
               OR kind IN ('join_requests', 'accepted') OR kind IN ('declined', 'request_approved')
               OR kind IN ('request_denied', 'renewal_denied') OR kind IN ('sign_up_invitation', 'webhooks_disabled')
               OR kind IN ('connection_changed', 'connection_secret') OR kind = 'sso_bypassed'),
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
    -- The generation of the invitation or verification. For a mail about several events, the time of the first one. For a
    -- mail about a connection, its id. Otherwise 0.
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
