-- Search by parts of names and addresses, and sorted lists. The file of the other engine makes the same changes.

-- What a list of members sorts by: the folded name, or without one the user name or the primary address. The server folds names
-- better than `LOWER` does: a row has the exact value once its user changes. A membership has a copy, so that an index of the
-- organization has the order.
ALTER TABLE users ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
ALTER TABLE organization_memberships ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
UPDATE users SET sort_name = SUBSTR(LOWER(COALESCE(
    NULLIF(TRIM(first_name || ' ' || last_name), ''), username,
    (SELECT e.address_key FROM email_addresses e WHERE e.user_id = users.id AND e.is_primary = 1), '')), 1, 100);
UPDATE organization_memberships SET sort_name = (SELECT u.sort_name FROM users u WHERE u.id = organization_memberships.user_id);
CREATE INDEX organization_memberships_by_name ON organization_memberships (organization_id, sort_name, id);

CREATE INDEX invitations_by_expiry ON invitations (organization_id, expires_at, id) WHERE status = 'pending';

-- The search index: see docs/database.md. A segment has the ids of up to 1,000 members or invitations of one organization. A
-- posting has the positions in a segment of the rows whose text contains three letters in succession.
CREATE TABLE search_segments (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL CHECK (kind IN ('members', 'invitations')),
    segment         INTEGER NOT NULL,
    row_ids         BLOB NOT NULL,
    PRIMARY KEY (organization_id, kind, segment)
) STRICT, WITHOUT ROWID;

CREATE TABLE search_postings (
    organization_id INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    gram            TEXT NOT NULL,
    segment         INTEGER NOT NULL,
    positions       BLOB NOT NULL,
    PRIMARY KEY (organization_id, kind, gram, segment),
    FOREIGN KEY (organization_id, kind, segment) REFERENCES search_segments (organization_id, kind, segment) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX search_postings_by_segment ON search_postings (organization_id, kind, segment);

-- The segment that a row is in. 0: in none, so a search reads the row itself.
ALTER TABLE organization_memberships ADD COLUMN search_segment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invitations ADD COLUMN search_segment INTEGER NOT NULL DEFAULT 0;
CREATE INDEX organization_memberships_unindexed ON organization_memberships (organization_id, id) WHERE search_segment = 0;
CREATE INDEX invitations_unindexed ON invitations (organization_id, id) WHERE search_segment = 0;
