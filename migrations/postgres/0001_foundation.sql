-- The foundation: people and their sessions, organizations with workspaces, roles, members, invitations, and the work
-- that leaves the process.
--
-- The twin of SQLite's step of this name, table for table; a test compares the two. It differs where it must: types have
-- other names, keys that are compared in ranges are compared by their bytes whatever the database's own order of letters
-- is, and two tables that point at later ones get those keys at the end.
--
-- Read this with docs/database.md. In short: ids and instants are integers (microseconds of UTC), flags are 0 and 1,
-- JSON is text that no statement looks into, and whatever is compared without case is stored in the form it is compared
-- in, its "key". A row that belongs to an organization carries the organization's id, and its foreign keys carry it too,
-- so that the database itself refuses a role, workspace or membership of another organization.

CREATE TABLE schema_migrations (
    version    BIGINT  NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    applied_at BIGINT  NOT NULL
);

-- One row: the installation itself, and the deployment roles that new people get.
CREATE TABLE deployments (
    id                        BIGINT  NOT NULL PRIMARY KEY,
    -- A keyed hash of a constant: tells whether the master key at hand is the one this database was made with.
    key_check                 BYTEA   NOT NULL,
    creator_role_id           BIGINT  NOT NULL,
    member_role_id            BIGINT  NOT NULL,
    workspace_creator_role_id BIGINT  NOT NULL,
    workspace_member_role_id  BIGINT  NOT NULL,
    created_at                BIGINT  NOT NULL,
    updated_at                BIGINT  NOT NULL
);

CREATE TABLE users (
    id              BIGINT  NOT NULL PRIMARY KEY,
    first_name      TEXT    NOT NULL,
    last_name       TEXT    NOT NULL,
    username        TEXT,
    username_key    TEXT COLLATE "C" UNIQUE,
    -- An Argon2id string with its own salt and parameters (RFC 9106). NULL: this person has no password.
    password_digest TEXT,
    disabled        BIGINT  NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    public_metadata TEXT    NOT NULL DEFAULT '{}',
    -- Where the person was last, so that the next sign-in begins there.
    active_organization_membership_id BIGINT,
    active_workspace_membership_id    BIGINT,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL
);

CREATE INDEX users_by_active_organization ON users (active_organization_membership_id);
CREATE INDEX users_by_active_workspace ON users (active_workspace_membership_id);

-- An address belongs to one account at most. An unverified one is a claim, and gives way to whoever proves the mailbox.
CREATE TABLE email_addresses (
    id          BIGINT  NOT NULL PRIMARY KEY,
    user_id     BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- As it was written, for sending; and the form it is compared in.
    address     TEXT    NOT NULL,
    address_key TEXT COLLATE "C" NOT NULL UNIQUE,
    is_primary  BIGINT  NOT NULL CHECK (is_primary IN (0, 1)),
    verified_at BIGINT,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL
);

CREATE INDEX email_addresses_by_user ON email_addresses (user_id);
CREATE UNIQUE INDEX one_primary_address_a_user ON email_addresses (user_id) WHERE is_primary = 1;

-- A browser's session. Its cookie's value is nowhere: only the SHA-256 of it.
CREATE TABLE sessions (
    id                BIGINT  NOT NULL PRIMARY KEY,
    token_digest      BYTEA   NOT NULL UNIQUE,
    -- One of its sign-ins or none. Not a foreign key, since the two tables would need each other: whoever reads it joins
    -- on the session as well, so an id without a row is simply nobody.
    active_sign_in_id BIGINT,
    last_seen_at      BIGINT  NOT NULL,
    expires_at        BIGINT  NOT NULL,
    created_at        BIGINT  NOT NULL,
    updated_at        BIGINT  NOT NULL
);

CREATE TABLE sign_ins (
    id             BIGINT  NOT NULL PRIMARY KEY,
    session_id     BIGINT  NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_id        BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    active_organization_membership_id BIGINT,
    active_workspace_membership_id    BIGINT,
    ip_address     TEXT    NOT NULL,
    user_agent     TEXT    NOT NULL,
    expires_at     BIGINT  NOT NULL,
    last_active_at BIGINT  NOT NULL,
    created_at     BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL,
    UNIQUE (session_id, user_id)
);

CREATE INDEX sign_ins_by_user ON sign_ins (user_id);
CREATE INDEX sign_ins_by_active_organization ON sign_ins (active_organization_membership_id);
CREATE INDEX sign_ins_by_active_workspace ON sign_ins (active_workspace_membership_id);

-- Attempts counted within a window, for limits that guard secrets. The key is a keyed hash: no address stands here.
CREATE TABLE attempt_limits (
    limit_key  BYTEA   NOT NULL PRIMARY KEY,
    attempts   BIGINT  NOT NULL,
    window_end BIGINT  NOT NULL
);

CREATE TABLE organizations (
    id                    BIGINT  NOT NULL PRIMARY KEY,
    name                  TEXT    NOT NULL,
    description           TEXT    NOT NULL,
    image_url             TEXT    NOT NULL DEFAULT '',
    member_count          BIGINT  NOT NULL CHECK (member_count >= 0),
    whitelisted_ips       TEXT    NOT NULL DEFAULT '[]',
    enable_ip_restriction BIGINT  NOT NULL DEFAULT 0 CHECK (enable_ip_restriction IN (0, 1)),
    enforce_mfa           BIGINT  NOT NULL DEFAULT 0 CHECK (enforce_mfa IN (0, 1)),
    public_metadata       TEXT    NOT NULL DEFAULT '{}',
    private_metadata      TEXT    NOT NULL DEFAULT '{}',
    created_at            BIGINT  NOT NULL,
    updated_at            BIGINT  NOT NULL
);

-- Roles for organizations. `scope` is the organization's id, or 0 for a role of the deployment that all of them share;
-- whoever points at a role carries the scope too, and may carry only 0 or its own organization.
CREATE TABLE organization_roles (
    id              BIGINT  NOT NULL PRIMARY KEY,
    organization_id BIGINT  REFERENCES organizations (id) ON DELETE CASCADE,
    scope           BIGINT  NOT NULL CHECK (scope = COALESCE(organization_id, 0)),
    name            TEXT    NOT NULL,
    permissions     TEXT    NOT NULL,
    -- Whether the permissions hold organization:admin: what the last-admin rule counts.
    grants_admin    BIGINT  NOT NULL CHECK (grants_admin IN (0, 1)),
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    UNIQUE (scope, id)
);

CREATE INDEX organization_roles_by_organization ON organization_roles (organization_id);

CREATE TABLE organization_memberships (
    id              BIGINT  NOT NULL PRIMARY KEY,
    organization_id BIGINT  NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    public_metadata TEXT    NOT NULL DEFAULT '{}',
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    UNIQUE (organization_id, user_id),
    UNIQUE (organization_id, id)
);

CREATE INDEX organization_memberships_by_user ON organization_memberships (user_id);

CREATE TABLE organization_membership_roles (
    organization_id BIGINT  NOT NULL,
    membership_id   BIGINT  NOT NULL,
    role_scope      BIGINT  NOT NULL CHECK (role_scope IN (0, organization_id)),
    role_id         BIGINT  NOT NULL,
    PRIMARY KEY (membership_id, role_id),
    FOREIGN KEY (organization_id, membership_id) REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (role_scope, role_id) REFERENCES organization_roles (scope, id)
);

CREATE INDEX organization_membership_roles_by_organization ON organization_membership_roles (organization_id, membership_id);
CREATE INDEX organization_membership_roles_by_role ON organization_membership_roles (role_scope, role_id);

CREATE TABLE workspaces (
    id                    BIGINT  NOT NULL PRIMARY KEY,
    organization_id       BIGINT  NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name                  TEXT    NOT NULL,
    description           TEXT    NOT NULL,
    image_url             TEXT    NOT NULL DEFAULT '',
    member_count          BIGINT  NOT NULL CHECK (member_count >= 0),
    whitelisted_ips       TEXT    NOT NULL DEFAULT '[]',
    enable_ip_restriction BIGINT  NOT NULL DEFAULT 0 CHECK (enable_ip_restriction IN (0, 1)),
    enforce_mfa           BIGINT  NOT NULL DEFAULT 0 CHECK (enforce_mfa IN (0, 1)),
    public_metadata       TEXT    NOT NULL DEFAULT '{}',
    private_metadata      TEXT    NOT NULL DEFAULT '{}',
    created_at            BIGINT  NOT NULL,
    updated_at            BIGINT  NOT NULL,
    UNIQUE (organization_id, id)
);

-- Roles for workspaces, scoped like those for organizations: the workspace's id, or 0.
CREATE TABLE workspace_roles (
    id              BIGINT  NOT NULL PRIMARY KEY,
    organization_id BIGINT,
    workspace_id    BIGINT,
    scope           BIGINT  NOT NULL CHECK (scope = COALESCE(workspace_id, 0)),
    name            TEXT    NOT NULL,
    permissions     TEXT    NOT NULL,
    grants_admin    BIGINT  NOT NULL CHECK (grants_admin IN (0, 1)),
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    UNIQUE (scope, id),
    FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX workspace_roles_by_workspace ON workspace_roles (organization_id, workspace_id);

CREATE TABLE workspace_memberships (
    id              BIGINT  NOT NULL PRIMARY KEY,
    organization_id BIGINT  NOT NULL,
    workspace_id    BIGINT  NOT NULL,
    organization_membership_id BIGINT  NOT NULL,
    user_id         BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    public_metadata TEXT    NOT NULL DEFAULT '{}',
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    UNIQUE (workspace_id, organization_membership_id),
    UNIQUE (organization_id, workspace_id, id),
    FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, organization_membership_id)
        REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX workspace_memberships_by_user ON workspace_memberships (user_id);
CREATE INDEX workspace_memberships_by_membership ON workspace_memberships (organization_id, organization_membership_id);

CREATE TABLE workspace_membership_roles (
    organization_id         BIGINT  NOT NULL,
    workspace_id            BIGINT  NOT NULL,
    workspace_membership_id BIGINT  NOT NULL,
    role_scope              BIGINT  NOT NULL CHECK (role_scope IN (0, workspace_id)),
    role_id                 BIGINT  NOT NULL,
    PRIMARY KEY (workspace_membership_id, role_id),
    FOREIGN KEY (organization_id, workspace_id, workspace_membership_id)
        REFERENCES workspace_memberships (organization_id, workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (role_scope, role_id) REFERENCES workspace_roles (scope, id)
);

CREATE INDEX workspace_membership_roles_by_membership
    ON workspace_membership_roles (organization_id, workspace_id, workspace_membership_id);
CREATE INDEX workspace_membership_roles_by_role ON workspace_membership_roles (role_scope, role_id);

-- An invitation asks one address into one organization, perhaps into one of its workspaces, with a role in each.
-- Neither of its two secrets is here: both are keyed hashes of its id and generation, made anew when they are shown.
CREATE TABLE invitations (
    id                    BIGINT  NOT NULL PRIMARY KEY,
    organization_id       BIGINT  NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- As the inviter wrote it, for sending; and the form it is compared in.
    email                 TEXT    NOT NULL,
    email_key             TEXT COLLATE "C" NOT NULL,
    status                TEXT    NOT NULL CHECK (status IN ('pending', 'accepted', 'discarded', 'declined')),
    -- A random number that a resend replaces; every older link dies with it. Random, so that a restored backup does not
    -- bring a link of a later generation back to life.
    generation            BIGINT  NOT NULL,
    role_scope            BIGINT  NOT NULL CHECK (role_scope IN (0, organization_id)),
    role_id               BIGINT  NOT NULL,
    -- The workspace's id again, or 0: a unique key needs a value where there is none.
    workspace_scope       BIGINT  NOT NULL CHECK (workspace_scope = COALESCE(workspace_id, 0)),
    workspace_id          BIGINT,
    workspace_role_scope  BIGINT  CHECK (workspace_role_scope IN (0, workspace_id)),
    workspace_role_id     BIGINT  CHECK ((workspace_role_id IS NULL) = (workspace_id IS NULL)),
    -- Gone when the inviter has left.
    inviter_membership_id BIGINT  REFERENCES organization_memberships (id) ON DELETE SET NULL,
    -- Whether the inviter, when they left, could not have sent it any more. Asked of their roles as long as they are here.
    left_suspended        BIGINT  NOT NULL DEFAULT 0 CHECK (left_suspended IN (0, 1)),
    delivery              TEXT    NOT NULL CHECK (delivery IN ('queued', 'sent', 'deferred', 'failed', 'not_sent')),
    delivery_reason       TEXT    NOT NULL DEFAULT '',
    delivery_attempts     BIGINT  NOT NULL DEFAULT 0,
    delivery_at           BIGINT  NOT NULL,
    expires_at            BIGINT  NOT NULL,
    created_at            BIGINT  NOT NULL,
    updated_at            BIGINT  NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (role_scope, role_id) REFERENCES organization_roles (scope, id),
    FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_role_scope, workspace_role_id) REFERENCES workspace_roles (scope, id)
);

-- Decision 15: one pending invitation for an address, an organization and a workspace.
CREATE UNIQUE INDEX one_pending_invitation ON invitations (organization_id, email_key, workspace_scope)
    WHERE status = 'pending';
-- The list, newest first: the id rises with time.
CREATE INDEX invitations_by_status ON invitations (organization_id, status, id);
CREATE INDEX invitations_by_address ON invitations (email_key, status);
CREATE INDEX invitations_by_inviter ON invitations (inviter_membership_id);
CREATE INDEX invitations_by_role ON invitations (role_scope, role_id);
CREATE INDEX invitations_by_workspace ON invitations (organization_id, workspace_id);
CREATE INDEX invitations_by_workspace_role ON invitations (workspace_role_scope, workspace_role_id);

-- Work that leaves the process, written with the change it tells of. A row holds no secret: the mail is made from the
-- invitation at the moment it is sent. A job is one row; when it is done, the row goes.
CREATE TABLE outbox (
    id              BIGINT  NOT NULL PRIMARY KEY,
    organization_id BIGINT  NOT NULL,
    invitation_id   BIGINT  NOT NULL,
    -- A job for an older generation finds itself overtaken, and does nothing.
    generation      BIGINT  NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
    attempts        BIGINT  NOT NULL DEFAULT 0,
    reason          TEXT    NOT NULL DEFAULT '',
    -- Not before this; while a worker holds the job, the end of its lease.
    due_at          BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX outbox_by_due ON outbox (state, due_at);
CREATE INDEX outbox_by_invitation ON outbox (organization_id, invitation_id);

-- Keys of tables that stand above the ones they point at.
ALTER TABLE users ADD FOREIGN KEY (active_organization_membership_id) REFERENCES organization_memberships (id) ON DELETE SET NULL;
ALTER TABLE users ADD FOREIGN KEY (active_workspace_membership_id) REFERENCES workspace_memberships (id) ON DELETE SET NULL;
ALTER TABLE sign_ins ADD FOREIGN KEY (active_organization_membership_id) REFERENCES organization_memberships (id) ON DELETE SET NULL;
ALTER TABLE sign_ins ADD FOREIGN KEY (active_workspace_membership_id) REFERENCES workspace_memberships (id) ON DELETE SET NULL;
