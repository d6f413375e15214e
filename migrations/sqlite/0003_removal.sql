-- What goes in two steps. A deleted organization is nobody's from the moment it is deleted, and its rows go some days later; a
-- removed role can be given no more, and stays for the invitations of the past that name it.

ALTER TABLE organizations ADD COLUMN deleted_at INTEGER;
-- The workspace that new members come into as well, or 0. Not a foreign key: whoever reads it asks for the organization's own.
ALTER TABLE organizations ADD COLUMN auto_assigned_workspace_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organization_roles ADD COLUMN removed_at INTEGER;
ALTER TABLE workspace_roles ADD COLUMN removed_at INTEGER;

CREATE INDEX organizations_by_deletion ON organizations (deleted_at);
