-- Roles are given and looked up by organization and membership: one index in that order, where there were two.
ALTER TABLE organization_membership_roles
    DROP CONSTRAINT organization_membership_roles_pkey,
    ADD PRIMARY KEY (organization_id, membership_id, role_id);
DROP INDEX organization_membership_roles_by_organization;

ALTER TABLE workspace_membership_roles
    DROP CONSTRAINT workspace_membership_roles_pkey,
    ADD PRIMARY KEY (organization_id, workspace_id, workspace_membership_id, role_id);
DROP INDEX workspace_membership_roles_by_membership;
