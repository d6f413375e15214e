-- The complete schema for SQLite. The PostgreSQL file of the same name declares the same tables; a test compares the two.
-- docs/database.md states the rules for tables and migrations.
--
-- Conventions:
--   * Ids are 64-bit integers that increase with time. Times are integers: microseconds since the Unix epoch, in UTC.
--   * Flags are 0 or 1. JSON is text that no statement looks into.
--   * Text that is compared without regard to case has a second column, `..._key`, with the normalized form.
--   * A row of an organization has the organization's id, and its foreign keys include that id. The database therefore
--     rejects references to roles, workspaces and memberships of other organizations.
--   * A WITHOUT ROWID table declares the columns of its primary key first, in the order of the key; the scope of a role
--     comes first. Such a table is stored with its key first. The integrity check of SQLite 3.40 (Debian 12) reads only up
--     to the place of the column that is declared last: if that one is in the key and another column is not, the check
--     reports NULL values in the other column, although the database is not corrupt.

-- ---------------------------------------------------------------------------------------------------------------------
-- Installation
-- ---------------------------------------------------------------------------------------------------------------------

-- The migrations that were applied to this database.
CREATE TABLE schema_migrations (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    -- SHA-256 of the migration's file, in hexadecimal.
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;

-- One row: the installation, and the deployment's roles that founders and members are assigned.
CREATE TABLE deployments (
    id                        INTEGER NOT NULL PRIMARY KEY,
    -- A keyed hash of a constant. It tells whether the configured master key belongs to this database.
    key_check                 BLOB    NOT NULL,
    creator_role_id           INTEGER NOT NULL,
    member_role_id            INTEGER NOT NULL,
    workspace_creator_role_id INTEGER NOT NULL,
    workspace_member_role_id  INTEGER NOT NULL,
    created_at                INTEGER NOT NULL,
    updated_at                INTEGER NOT NULL
) STRICT;

-- Leases of node numbers. Processes that share a database create ids independently; the node number in each id keeps them
-- distinct. A process renews its lease while it runs and releases it when it stops. After a crash the lease expires.
CREATE TABLE nodes (
    node      INTEGER NOT NULL PRIMARY KEY CHECK (node BETWEEN 1 AND 1023),
    -- Random, so that a process can tell its own lease from a later one for the same number.
    holder    BLOB    NOT NULL,
    lease_end INTEGER NOT NULL
) STRICT;

-- ---------------------------------------------------------------------------------------------------------------------
-- Users
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id              INTEGER NOT NULL PRIMARY KEY,
    first_name      TEXT    NOT NULL,
    last_name       TEXT    NOT NULL,
    username        TEXT,
    username_key    TEXT    UNIQUE,
    -- An Argon2id string with its salt and parameters (RFC 9106). NULL: the user has no password.
    password_digest TEXT,
    disabled        INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    -- The name of an image, or empty.
    image_url       TEXT    NOT NULL DEFAULT '',
    -- The language of mail to the user. NULL: the configured default.
    language        TEXT    CHECK (language IN ('en', 'de')),
    public_metadata TEXT    NOT NULL DEFAULT '{}',
    -- The most recent selection. The next sign-in starts with it.
    active_organization_membership_id INTEGER REFERENCES organization_memberships (id) ON DELETE SET NULL,
    active_workspace_membership_id    INTEGER REFERENCES workspace_memberships (id) ON DELETE SET NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX users_by_active_organization ON users (active_organization_membership_id);
CREATE INDEX users_by_active_workspace ON users (active_workspace_membership_id);

-- An address belongs to at most one account. An account that has not verified it loses it to one that does.
CREATE TABLE email_addresses (
    id          INTEGER NOT NULL PRIMARY KEY,
    user_id     INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- As entered, for sending; and normalized, for comparison.
    address     TEXT    NOT NULL,
    address_key TEXT    NOT NULL UNIQUE,
    is_primary  INTEGER NOT NULL CHECK (is_primary IN (0, 1)),
    verified_at INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX email_addresses_by_user ON email_addresses (user_id);
CREATE UNIQUE INDEX one_primary_address_a_user ON email_addresses (user_id) WHERE is_primary = 1;

-- People who asked for an account while sign-up was closed.
CREATE TABLE waitlist (
    id          INTEGER NOT NULL PRIMARY KEY,
    address     TEXT    NOT NULL,
    address_key TEXT    NOT NULL UNIQUE,
    first_name  TEXT    NOT NULL,
    last_name   TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

-- ---------------------------------------------------------------------------------------------------------------------
-- Sessions, sign-ins and verification
-- ---------------------------------------------------------------------------------------------------------------------

-- The session of one browser. The cookie's value is not stored, only its SHA-256 digest.
CREATE TABLE sessions (
    id                INTEGER NOT NULL PRIMARY KEY,
    token_digest      BLOB    NOT NULL UNIQUE,
    -- One of the session's sign-ins, or NULL. Not a foreign key, because the two tables would reference each other. Readers
    -- join on the session as well, so an id without a row selects no sign-in.
    active_sign_in_id INTEGER,
    -- No verification of this session is open after this time. It saves session lookups a read of `attempts`.
    attempts_until    INTEGER NOT NULL DEFAULT 0,
    -- Changes whenever the session changes, or its user as the user sees it. Cached responses are valid while it is
    -- unchanged. The value is the time of the change in microseconds, or the previous value plus one.
    revision          INTEGER NOT NULL DEFAULT 0,
    last_seen_at      INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;

-- For the deletion of expired and of idle sessions.
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX sessions_by_last_use ON sessions (last_seen_at);

CREATE TABLE sign_ins (
    id             INTEGER NOT NULL PRIMARY KEY,
    session_id     INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_id        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    active_organization_membership_id INTEGER REFERENCES organization_memberships (id) ON DELETE SET NULL,
    active_workspace_membership_id    INTEGER REFERENCES workspace_memberships (id) ON DELETE SET NULL,
    ip_address     TEXT    NOT NULL,
    user_agent     TEXT    NOT NULL,
    expires_at     INTEGER NOT NULL,
    last_active_at INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (session_id, user_id)
) STRICT;

CREATE INDEX sign_ins_by_user ON sign_ins (user_id);
CREATE INDEX sign_ins_by_active_organization ON sign_ins (active_organization_membership_id);
CREATE INDEX sign_ins_by_active_workspace ON sign_ins (active_workspace_membership_id);

-- Verifications of control over an e-mail address: to sign in, to sign up, to add the address, to reset a password. The code
-- and the link that are mailed are not stored; both are keyed hashes of the id and the generation.
CREATE TABLE attempts (
    id              INTEGER NOT NULL PRIMARY KEY,
    -- The browser that started the verification. Only this browser can complete it.
    session_id      INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose         TEXT    NOT NULL CHECK (purpose IN ('sign_in', 'sign_up', 'address', 'password')),
    method          TEXT    NOT NULL CHECK (method IN ('email_otp', 'magic_link')),
    address         TEXT    NOT NULL,
    address_key     TEXT    NOT NULL,
    -- The address that is verified, if it belongs to an account.
    email_id        INTEGER REFERENCES email_addresses (id) ON DELETE CASCADE,
    -- Random. A resend replaces it, which invalidates the previous code and link.
    generation      INTEGER NOT NULL,
    sendings        INTEGER NOT NULL DEFAULT 0,
    tries           INTEGER NOT NULL DEFAULT 0,
    sent_at         INTEGER,
    -- When the code or link was accepted, and when the purpose was completed.
    proved_at       INTEGER,
    completed_at    INTEGER,
    -- The profile of a person who signs up.
    first_name      TEXT    NOT NULL DEFAULT '',
    last_name       TEXT    NOT NULL DEFAULT '',
    username        TEXT,
    password_digest TEXT,
    -- Where the mailed link redirects to. Empty: the default page.
    return_to       TEXT    NOT NULL DEFAULT '',
    language        TEXT    NOT NULL CHECK (language IN ('en', 'de')),
    expires_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX attempts_by_session ON attempts (session_id, purpose, id);
CREATE INDEX attempts_by_email ON attempts (email_id);
CREATE INDEX attempts_by_end ON attempts (expires_at);

-- Counters of the rate limits that protect secrets. The key is a keyed hash: no address is stored here.
CREATE TABLE attempt_limits (
    limit_key  BLOB    NOT NULL PRIMARY KEY,
    attempts   INTEGER NOT NULL,
    window_end INTEGER NOT NULL
) STRICT;

CREATE INDEX attempt_limits_by_end ON attempt_limits (window_end);

-- ---------------------------------------------------------------------------------------------------------------------
-- Organizations
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE organizations (
    id                    INTEGER NOT NULL PRIMARY KEY,
    name                  TEXT    NOT NULL,
    description           TEXT    NOT NULL,
    image_url             TEXT    NOT NULL DEFAULT '',
    member_count          INTEGER NOT NULL CHECK (member_count >= 0),
    whitelisted_ips       TEXT    NOT NULL DEFAULT '[]',
    enable_ip_restriction INTEGER NOT NULL DEFAULT 0 CHECK (enable_ip_restriction IN (0, 1)),
    enforce_mfa           INTEGER NOT NULL DEFAULT 0 CHECK (enforce_mfa IN (0, 1)),
    -- The workspace that new members join as well, or 0. Not a foreign key: readers look it up among the organization's own
    -- workspaces.
    auto_assigned_workspace_id INTEGER NOT NULL DEFAULT 0,
    public_metadata       TEXT    NOT NULL DEFAULT '{}',
    private_metadata      TEXT    NOT NULL DEFAULT '{}',
    -- A deleted organization is inaccessible at once. Its rows are deleted after the grace period.
    deleted_at            INTEGER,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL
) STRICT;

CREATE INDEX organizations_by_deletion ON organizations (deleted_at);

-- Roles in organizations. `scope` is the organization's id, or 0 for a role of the deployment, which all organizations share.
-- A table that references a role has `role_scope` too, and a check allows only 0 or its own organization in it.
CREATE TABLE organization_roles (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER REFERENCES organizations (id) ON DELETE CASCADE,
    scope           INTEGER NOT NULL CHECK (scope = COALESCE(organization_id, 0)),
    name            TEXT    NOT NULL,
    permissions     TEXT    NOT NULL,
    -- Whether the permissions include organization:admin. An organization always has a member with such a role.
    grants_admin    INTEGER NOT NULL CHECK (grants_admin IN (0, 1)),
    -- A removed role cannot be assigned any more. Its row remains for the old invitations that reference it.
    removed_at      INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (scope, id)
) STRICT;

CREATE INDEX organization_roles_by_organization ON organization_roles (organization_id);

CREATE TABLE organization_memberships (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    public_metadata TEXT    NOT NULL DEFAULT '{}',
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (organization_id, user_id),
    UNIQUE (organization_id, id)
) STRICT;

CREATE INDEX organization_memberships_by_user ON organization_memberships (user_id);

-- The roles of each member. The primary key finds the members with a role. The index finds the roles of a member; it
-- contains every column, because SQLite appends the rest of the primary key to it.
CREATE TABLE organization_membership_roles (
    role_scope      INTEGER NOT NULL CHECK (role_scope IN (0, organization_id)),
    role_id         INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    membership_id   INTEGER NOT NULL,
    PRIMARY KEY (role_scope, role_id, organization_id, membership_id),
    FOREIGN KEY (role_scope, role_id) REFERENCES organization_roles (scope, id),
    FOREIGN KEY (organization_id, membership_id) REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX organization_membership_roles_by_membership
    ON organization_membership_roles (organization_id, membership_id, role_id);

-- Ownership transfers that the receiver has not answered yet: at most one for each organization.
CREATE TABLE handovers (
    organization_id    INTEGER NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    from_membership_id INTEGER NOT NULL,
    to_membership_id   INTEGER NOT NULL CHECK (to_membership_id <> from_membership_id),
    expires_at         INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    FOREIGN KEY (organization_id, from_membership_id) REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, to_membership_id) REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX handovers_by_giver ON handovers (organization_id, from_membership_id);
CREATE INDEX handovers_by_receiver ON handovers (organization_id, to_membership_id);

-- ---------------------------------------------------------------------------------------------------------------------
-- Workspaces
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE workspaces (
    id                    INTEGER NOT NULL PRIMARY KEY,
    organization_id       INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name                  TEXT    NOT NULL,
    description           TEXT    NOT NULL,
    image_url             TEXT    NOT NULL DEFAULT '',
    member_count          INTEGER NOT NULL CHECK (member_count >= 0),
    whitelisted_ips       TEXT    NOT NULL DEFAULT '[]',
    enable_ip_restriction INTEGER NOT NULL DEFAULT 0 CHECK (enable_ip_restriction IN (0, 1)),
    enforce_mfa           INTEGER NOT NULL DEFAULT 0 CHECK (enforce_mfa IN (0, 1)),
    public_metadata       TEXT    NOT NULL DEFAULT '{}',
    private_metadata      TEXT    NOT NULL DEFAULT '{}',
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    UNIQUE (organization_id, id)
) STRICT;

-- Roles in workspaces. `scope` is the workspace's id, or 0 for a role of the deployment.
CREATE TABLE workspace_roles (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER,
    workspace_id    INTEGER,
    scope           INTEGER NOT NULL CHECK (scope = COALESCE(workspace_id, 0)),
    name            TEXT    NOT NULL,
    permissions     TEXT    NOT NULL,
    grants_admin    INTEGER NOT NULL CHECK (grants_admin IN (0, 1)),
    removed_at      INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (scope, id),
    FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX workspace_roles_by_workspace ON workspace_roles (organization_id, workspace_id);

CREATE TABLE workspace_memberships (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    workspace_id    INTEGER NOT NULL,
    organization_membership_id INTEGER NOT NULL,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    public_metadata TEXT    NOT NULL DEFAULT '{}',
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (workspace_id, organization_membership_id),
    UNIQUE (organization_id, workspace_id, id),
    FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, organization_membership_id)
        REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX workspace_memberships_by_user ON workspace_memberships (user_id);
CREATE INDEX workspace_memberships_by_membership ON workspace_memberships (organization_id, organization_membership_id);

-- The roles of each workspace member, indexed like those of the organization's members.
CREATE TABLE workspace_membership_roles (
    role_scope              INTEGER NOT NULL CHECK (role_scope IN (0, workspace_id)),
    role_id                 INTEGER NOT NULL,
    organization_id         INTEGER NOT NULL,
    workspace_id            INTEGER NOT NULL,
    workspace_membership_id INTEGER NOT NULL,
    PRIMARY KEY (role_scope, role_id, organization_id, workspace_id, workspace_membership_id),
    FOREIGN KEY (role_scope, role_id) REFERENCES workspace_roles (scope, id),
    FOREIGN KEY (organization_id, workspace_id, workspace_membership_id)
        REFERENCES workspace_memberships (organization_id, workspace_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX workspace_membership_roles_by_membership
    ON workspace_membership_roles (organization_id, workspace_id, workspace_membership_id, role_id);

-- ---------------------------------------------------------------------------------------------------------------------
-- Invitations
-- ---------------------------------------------------------------------------------------------------------------------

-- An invitation of one address to one organization and optionally to one of its workspaces, with a role in each. Its two
-- secrets are not stored: both are keyed hashes of the id and the generation, computed when they are shown.
--
-- SQLite builds a temporary table for a check with a list of more than two values, each time a statement evaluates it. The
-- checks on `status` and `delivery`, and on `outbox.kind`, use lists of two, which makes creating an invitation a tenth
-- cheaper.
CREATE TABLE invitations (
    id                    INTEGER NOT NULL PRIMARY KEY,
    organization_id       INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- As the inviter entered it, for sending; and normalized, for comparison.
    email                 TEXT    NOT NULL,
    email_key             TEXT    NOT NULL,
    status                TEXT    NOT NULL CHECK (status IN ('pending', 'accepted') OR status IN ('discarded', 'declined')),
    -- A resend replaces it, which invalidates all earlier links. Random, so that restoring a backup does not make a link of
    -- a later generation valid again.
    generation            INTEGER NOT NULL,
    role_scope            INTEGER NOT NULL CHECK (role_scope IN (0, organization_id)),
    role_id               INTEGER NOT NULL,
    -- The workspace's id, or 0 without one, because a unique index needs a value.
    workspace_scope       INTEGER NOT NULL CHECK (workspace_scope = COALESCE(workspace_id, 0)),
    workspace_id          INTEGER,
    workspace_role_scope  INTEGER CHECK (workspace_role_scope IN (0, workspace_id)),
    workspace_role_id     INTEGER CHECK ((workspace_role_id IS NULL) = (workspace_id IS NULL)),
    -- NULL after the inviter has left.
    inviter_membership_id INTEGER REFERENCES organization_memberships (id) ON DELETE SET NULL,
    -- Whether the inviter, on leaving, no longer had the permission to invite. Until then their roles decide.
    left_suspended        INTEGER NOT NULL DEFAULT 0 CHECK (left_suspended IN (0, 1)),
    -- The language of the mail. NULL: the configured default.
    language              TEXT    CHECK (language IN ('en', 'de')),
    delivery              TEXT    NOT NULL DEFAULT 'not_sent'
        CHECK (delivery IN ('queued', 'sent') OR delivery IN ('not_sent', 'deferred') OR delivery IN ('failed', 'bounced')),
    delivery_reason       TEXT    NOT NULL DEFAULT '',
    delivery_attempts     INTEGER NOT NULL DEFAULT 0,
    delivery_at           INTEGER NOT NULL,
    -- When a deferred mail is sent again.
    next_delivery_at      INTEGER,
    expires_at            INTEGER NOT NULL,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (role_scope, role_id) REFERENCES organization_roles (scope, id),
    FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_role_scope, workspace_role_id) REFERENCES workspace_roles (scope, id)
) STRICT;

-- At most one pending invitation for an address in an organization and workspace.
CREATE UNIQUE INDEX one_pending_invitation ON invitations (organization_id, email_key, workspace_scope)
    WHERE status = 'pending';
-- For the list, newest first: ids increase with time.
CREATE INDEX invitations_by_status ON invitations (organization_id, status, id);
-- Only pending invitations are looked up by address. A partial index saves an update when an invitation is answered.
CREATE INDEX invitations_by_address ON invitations (email_key) WHERE status = 'pending';
CREATE INDEX invitations_by_inviter ON invitations (inviter_membership_id);
CREATE INDEX invitations_by_role ON invitations (role_scope, role_id);
-- Most invitations have no workspace, and need no entry in these two.
CREATE INDEX invitations_by_workspace ON invitations (organization_id, workspace_id) WHERE workspace_id IS NOT NULL;
CREATE INDEX invitations_by_workspace_role ON invitations (workspace_role_scope, workspace_role_id)
    WHERE workspace_role_id IS NOT NULL;

-- Responses to requests with an Idempotency-Key header. A repeated request gets the stored response and has no effect.
CREATE TABLE idempotent_answers (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Keyed hashes: of the header's value and the caller, and of the request.
    key_digest      BLOB    NOT NULL,
    asked_digest    BLOB    NOT NULL,
    answer          TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, key_digest)
) STRICT;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (organization_id, created_at);
CREATE INDEX idempotent_answers_by_time ON idempotent_answers (created_at);

-- ---------------------------------------------------------------------------------------------------------------------
-- Domains and join requests
-- ---------------------------------------------------------------------------------------------------------------------

-- The e-mail domains of organizations. Any number of organizations can claim a domain; one can have it verified.
CREATE TABLE domains (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- In lower case, as after the @ of an address's key.
    domain          TEXT    NOT NULL,
    -- What users with an address in the domain can do: nothing, request to join, join, or they join automatically.
    joining         TEXT    NOT NULL CHECK (joining IN ('none', 'request', 'join', 'auto')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    verified_at     INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (organization_id, domain)
) STRICT;

CREATE UNIQUE INDEX one_owner_a_domain ON domains (domain) WHERE verified_at IS NOT NULL;

-- Users who joined an organization through a domain, or left one. A removed user does not join automatically again, and has
-- to request it.
CREATE TABLE domain_joins (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    joined_at       INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT;

CREATE INDEX domain_joins_by_user ON domain_joins (user_id);

-- Requests to join an organization: through a domain, or because of an invitation that has expired or is for another address.
CREATE TABLE join_requests (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email_key       TEXT    NOT NULL,
    -- The user, if signed in; and the invitation, if there is one.
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE,
    invitation_id   INTEGER,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'approved', 'denied')),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CHECK (user_id IS NOT NULL OR invitation_id IS NOT NULL),
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX one_open_request ON join_requests (organization_id, email_key) WHERE status = 'pending';
CREATE INDEX join_requests_by_user ON join_requests (user_id);
CREATE INDEX join_requests_by_invitation ON join_requests (organization_id, invitation_id);

-- ---------------------------------------------------------------------------------------------------------------------
-- Mail
-- ---------------------------------------------------------------------------------------------------------------------

-- Mail to be sent, written in the transaction of the change that causes it. A row has no secret: the worker renders the mail
-- when it sends it. The row is deleted after that.
CREATE TABLE outbox (
    id              INTEGER NOT NULL PRIMARY KEY,
    kind            TEXT    NOT NULL
        CHECK (kind IN ('invitation', 'reminder') OR kind IN ('attempt', 'removed') OR kind = 'handover'),
    -- The subject of the mail depends on its kind.
    organization_id INTEGER REFERENCES organizations (id) ON DELETE CASCADE,
    invitation_id   INTEGER CHECK ((invitation_id IS NULL) = (kind NOT IN ('invitation', 'reminder'))),
    attempt_id      INTEGER REFERENCES attempts (id) ON DELETE CASCADE CHECK ((attempt_id IS NULL) = (kind <> 'attempt')),
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE CHECK ((user_id IS NULL) = (kind NOT IN ('removed', 'handover'))),
    -- The generation of the invitation or verification, or 0. A job for an older generation has no effect.
    generation      INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    reason          TEXT    NOT NULL DEFAULT '',
    -- The earliest time to run the job; while a worker runs it, the end of the worker's lease.
    due_at          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX outbox_by_due ON outbox (state, due_at);
CREATE INDEX outbox_by_invitation ON outbox (organization_id, invitation_id);
CREATE INDEX outbox_by_attempt ON outbox (attempt_id);
CREATE INDEX outbox_by_user ON outbox (user_id);

-- Addresses that have unsubscribed from an organization's mail.
CREATE TABLE mail_refusals (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    address_key     TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, address_key)
) STRICT;

-- ---------------------------------------------------------------------------------------------------------------------
-- Images
-- ---------------------------------------------------------------------------------------------------------------------

-- Image files, which are stored outside the database under this name. `unused_since` is NULL while an image is in use.
CREATE TABLE images (
    name         TEXT    NOT NULL PRIMARY KEY,
    unused_since INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX images_unused ON images (unused_since) WHERE unused_since IS NOT NULL;

-- ---------------------------------------------------------------------------------------------------------------------
-- Cache revisions
-- ---------------------------------------------------------------------------------------------------------------------

-- Revisions of what cached reads depend on. A cached read is valid while the revisions of its scopes are unchanged.
--
-- `scope` is an organization's id for its invitations, the negated id for its members, roles and workspaces, or 0 for the
-- data of users. A scope has several rows (shards), so that concurrent commands do not wait for each other; its revision is
-- their sum, which only increases. A shard's value is the time of the change in microseconds, or the previous value plus
-- one, so that a database restored from a backup does not repeat values.
CREATE TABLE revisions (
    scope    INTEGER NOT NULL,
    shard    INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (scope, shard)
) STRICT, WITHOUT ROWID;
