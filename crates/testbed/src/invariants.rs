//! Invariants that hold in every database between any two transactions.

use crate::Database;

/// Violations by name, each with a query that counts them.
const VIOLATIONS: &[(&str, &str)] = &[
    (
        "an organization without an admin",
        "SELECT COUNT(*) FROM organizations o WHERE o.deleted_at IS NULL AND NOT EXISTS
            (SELECT 1 FROM organization_membership_roles mr
               JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
              WHERE mr.organization_id = o.id)",
    ),
    (
        "a workspace with members and without an admin",
        "SELECT COUNT(*) FROM workspaces w
          WHERE EXISTS (SELECT 1 FROM workspace_memberships m
                          JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
                         WHERE m.workspace_id = w.id)
            AND NOT EXISTS (SELECT 1 FROM workspace_membership_roles mr
               JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
              WHERE mr.workspace_id = w.id)",
    ),
    (
        "an organization with a wrong member count",
        "SELECT COUNT(*) FROM organizations o WHERE o.member_count <>
            (SELECT COUNT(*) FROM organization_memberships m WHERE m.organization_id = o.id)",
    ),
    (
        "a workspace with a wrong member count",
        "SELECT COUNT(*) FROM workspaces w WHERE w.member_count <>
            (SELECT COUNT(*) FROM workspace_memberships m WHERE m.workspace_id = w.id)",
    ),
    (
        "two memberships of one user",
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM organization_memberships GROUP BY organization_id, user_id
                                HAVING COUNT(*) > 1) twice",
    ),
    (
        "two pending invitations of one address to one organization or workspace",
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM invitations WHERE status = 'pending'
                                GROUP BY organization_id, email_key, workspace_scope HAVING COUNT(*) > 1) twice",
    ),
    (
        "an invitation whose mail is queued or deferred but has no job",
        "SELECT COUNT(*) FROM invitations i WHERE i.status = 'pending' AND i.delivery IN ('queued', 'deferred')
            AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.invitation_id = i.id AND o.generation = i.generation
                                                     AND o.state = 'waiting')",
    ),
    (
        "a member without a role",
        "SELECT COUNT(*) FROM organization_memberships m WHERE NOT EXISTS
            (SELECT 1 FROM organization_membership_roles mr WHERE mr.membership_id = m.id)",
    ),
    (
        "a referenced image that is marked as unused",
        "SELECT COUNT(*) FROM (SELECT image_url FROM organizations UNION ALL SELECT image_url FROM workspaces
                               UNION ALL SELECT image_url FROM users) shown
          WHERE image_url <> '' AND image_url NOT IN (SELECT name FROM images WHERE unused_since IS NULL)",
    ),
    (
        "an unreferenced image that is not marked as unused",
        "SELECT COUNT(*) FROM images i WHERE i.unused_since IS NULL
            AND i.name NOT IN (SELECT image_url FROM organizations) AND i.name NOT IN (SELECT image_url FROM workspaces)
            AND i.name NOT IN (SELECT image_url FROM users)",
    ),
    (
        "an unverified address that is not the primary one",
        "SELECT COUNT(*) FROM email_addresses WHERE verified_at IS NULL AND is_primary = 0",
    ),
    (
        "a claim of an address that the account has",
        "SELECT COUNT(*) FROM email_claims c WHERE EXISTS
            (SELECT 1 FROM email_addresses e WHERE e.user_id = c.user_id AND e.address_key = c.address_key)",
    ),
    (
        "a user whose stored second factors are not those that they have",
        "SELECT COUNT(*) FROM users u WHERE u.second_factors <>
            CASE WHEN EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = u.id AND a.verified_at IS NOT NULL)
                 THEN 1 ELSE 0 END
            + CASE WHEN EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id) THEN 2 ELSE 0 END
            + CASE WHEN EXISTS (SELECT 1 FROM backup_codes b WHERE b.user_id = u.id) THEN 4 ELSE 0 END",
    ),
    (
        "backup codes, or a policy that enforces, without a factor",
        "SELECT COUNT(*) FROM users u WHERE u.second_factors = 4
             OR (u.second_factors = 0 AND u.second_factor_policy = 'enforced')",
    ),
    (
        "a user who is not sorted by their user name or primary address",
        "SELECT COUNT(*) FROM users u WHERE u.sort_username <> COALESCE(u.username_key, '') OR u.sort_email <> COALESCE(
            (SELECT e.address_key FROM email_addresses e WHERE e.user_id = u.id AND e.is_primary = 1), '')",
    ),
    (
        "a user without an address",
        "SELECT COUNT(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM email_addresses e WHERE e.user_id = u.id)",
    ),
    (
        "a session whose active sign-in belongs to another session",
        "SELECT COUNT(*) FROM sessions s WHERE s.active_sign_in_id IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM sign_ins i WHERE i.id = s.active_sign_in_id AND i.session_id = s.id)",
    ),
];

/// Asserts that no invariant is violated. `except` names the violations that the test causes itself.
#[track_caller]
pub fn assert_hold(database: &Database, except: &[&str]) {
    for (violation, count) in VIOLATIONS.iter().filter(|(violation, _)| !except.contains(violation)) {
        assert_eq!(database.count(count), 0, "{violation}");
    }
}
