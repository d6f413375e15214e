-- Roles are given and looked up by organization and membership. Kept in that order, and in no other beside it, a role that is
-- given is written twice and not four times, and a membership's roles are read where they are found.
CREATE TABLE held_roles (
    organization_id INTEGER NOT NULL,
    membership_id   INTEGER NOT NULL,
    role_scope      INTEGER NOT NULL CHECK (role_scope IN (0, organization_id)),
    role_id         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, membership_id, role_id),
    FOREIGN KEY (organization_id, membership_id) REFERENCES organization_memberships (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (role_scope, role_id) REFERENCES organization_roles (scope, id)
) STRICT, WITHOUT ROWID;
INSERT INTO held_roles (organization_id, membership_id, role_scope, role_id)
SELECT organization_id, membership_id, role_scope, role_id FROM organization_membership_roles;
DROP TABLE organization_membership_roles;
ALTER TABLE held_roles RENAME TO organization_membership_roles;
CREATE INDEX organization_membership_roles_by_role ON organization_membership_roles (role_scope, role_id);

CREATE TABLE held_workspace_roles (
    organization_id         INTEGER NOT NULL,
    workspace_id            INTEGER NOT NULL,
    workspace_membership_id INTEGER NOT NULL,
    role_scope              INTEGER NOT NULL CHECK (role_scope IN (0, workspace_id)),
    role_id                 INTEGER NOT NULL,
    PRIMARY KEY (organization_id, workspace_id, workspace_membership_id, role_id),
    FOREIGN KEY (organization_id, workspace_id, workspace_membership_id)
        REFERENCES workspace_memberships (organization_id, workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (role_scope, role_id) REFERENCES workspace_roles (scope, id)
) STRICT, WITHOUT ROWID;
INSERT INTO held_workspace_roles (organization_id, workspace_id, workspace_membership_id, role_scope, role_id)
SELECT organization_id, workspace_id, workspace_membership_id, role_scope, role_id FROM workspace_membership_roles;
DROP TABLE workspace_membership_roles;
ALTER TABLE held_workspace_roles RENAME TO workspace_membership_roles;
CREATE INDEX workspace_membership_roles_by_role ON workspace_membership_roles (role_scope, role_id);
