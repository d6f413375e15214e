-- That an admin hands an organization over to another member, as long as that one has not answered. One at a time for an
-- organization; it goes with either membership.

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
