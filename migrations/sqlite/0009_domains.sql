-- The domains that organizations say are theirs. As many as like may say so of one; one can have proved it.

CREATE TABLE domains (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- In lower case, as it stands behind the @ of an address's key.
    domain          TEXT    NOT NULL,
    -- What its people may do who are no members: nothing, ask, come in, or they come in by themselves.
    joining         TEXT    NOT NULL CHECK (joining IN ('none', 'request', 'join', 'auto')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    verified_at     INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (organization_id, domain)
) STRICT;

CREATE UNIQUE INDEX one_owner_a_domain ON domains (domain) WHERE verified_at IS NOT NULL;

-- Who came into an organization by a domain, and who has gone from one: whoever was removed does not come back by
-- themselves, and has to ask.
CREATE TABLE domain_joins (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    joined_at       INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT;

CREATE INDEX domain_joins_by_user ON domain_joins (user_id);

-- Who would like to come in: by a domain, or because their invitation ran out.
CREATE TABLE join_requests (
    id              INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email_key       TEXT    NOT NULL,
    -- Who asks by a domain; and the invitation that ran out.
    user_id         INTEGER REFERENCES users (id) ON DELETE CASCADE,
    invitation_id   INTEGER,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'approved', 'denied')),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CHECK ((user_id IS NULL) <> (invitation_id IS NULL)),
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX one_open_request ON join_requests (organization_id, email_key) WHERE status = 'pending';
CREATE INDEX join_requests_by_user ON join_requests (user_id);
CREATE INDEX join_requests_by_invitation ON join_requests (organization_id, invitation_id);
