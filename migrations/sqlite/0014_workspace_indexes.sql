-- Most invitations lead into no workspace. They are found by other indexes, and need no entries in those of workspaces.
DROP INDEX invitations_by_workspace;
DROP INDEX invitations_by_workspace_role;
CREATE INDEX invitations_by_workspace ON invitations (organization_id, workspace_id) WHERE workspace_id IS NOT NULL;
CREATE INDEX invitations_by_workspace_role ON invitations (workspace_role_scope, workspace_role_id)
    WHERE workspace_role_id IS NOT NULL;
