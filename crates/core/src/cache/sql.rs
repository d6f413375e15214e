//! Reading and bumping revisions, and loading what a caller may do.

use crate::id::{MembershipId, OrganizationId, SessionId, SignInId, UserId};
use crate::permission::PermissionSet;
use crate::time::Timestamp;
use vestibule_db::{Bytes, Statement, record, sql};

record! {
    /// Somebody's standing in an organization, with one of their roles' permissions, and the revision it is at.
    pub(crate) struct AccessRow {
        pub(crate) session_id: SessionId,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
        pub(crate) last_seen_at: Timestamp,
        pub(crate) sign_in_id: SignInId,
        pub(crate) user_id: UserId,
        pub(crate) attempts_until: Timestamp,
        pub(crate) membership_id: MembershipId,
        pub(crate) restricts_addresses: bool,
        pub(crate) allowed_addresses: String,
        pub(crate) permissions: PermissionSet,
        pub(crate) invitations_revision: i64,
        pub(crate) organization_revision: i64,
        pub(crate) session_revision: i64,
        pub(crate) session_ends: Timestamp,
        pub(crate) sign_in_ends: Timestamp,
    }
}

record! {
    /// What a session and an organization are at.
    pub(crate) struct RevalidateRow {
        pub(crate) invitations_revision: i64,
        pub(crate) organization_revision: i64,
        pub(crate) session_revision: i64,
    }
}

record! {
    /// What a session is at, or one scope of revisions.
    pub(crate) struct CounterRow {
        pub(crate) is_session: i64,
        pub(crate) id: i64,
        pub(crate) revision: i64,
    }
}

record! {
    /// What an organization is at.
    pub(crate) struct RevisionRow {
        pub(crate) invitations_revision: i64,
        pub(crate) organization_revision: i64,
    }
}

/// What an organization is at: its own scope counts its invitations, the same below zero what surrounds them, and 0 what
/// surrounds everybody's. What surrounds is two sums, and not one over a list of scopes, which SQLite would make a table
/// of. 0 is no organization: its two scopes are the same one, which counts once.
macro_rules! revisions {
    ($organization:literal) => {
        concat!(
            "(SELECT CAST(COALESCE(SUM(v.revision), 0) AS BIGINT) FROM revisions v WHERE v.scope = ",
            $organization,
            ") AS invitations_revision,
             (SELECT CAST(COALESCE(SUM(v.revision), 0) AS BIGINT) FROM revisions v WHERE v.scope = 0)
             + (SELECT CAST(COALESCE(SUM(v.revision), 0) AS BIGINT) FROM revisions v WHERE v.scope = -",
            $organization,
            " AND v.scope <> 0) AS organization_revision"
        )
    };
}

/// Moves scopes on, each in the shard that the second argument names.
macro_rules! bump {
    ($scopes:literal) => {
        concat!(
            "INSERT INTO revisions (scope, shard, revision) ",
            $scopes,
            " ON CONFLICT (scope, shard) DO UPDATE
                 SET revision = CASE WHEN revisions.revision < $3 THEN $3 ELSE revisions.revision + 1 END"
        )
    };
}

/// [`BUMP`] to go along with a change of an organization's, which is there then.
pub(crate) const BUMP_IF_CHANGED: Statement<(i64, i64, Timestamp), ()> = Statement::new(
    concat!(module_path!(), "::BUMP"),
    bump!("SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM changed)"),
    "",
);

sql! {
    /// Of all who change the same scope at once, each has a shard of its own. An organization that is erased in this very
    /// transaction has no revision any more.
    BUMP(i64, i64, Timestamp) =
        bump!(
            "SELECT $1, $2, $3
              WHERE $1 = 0 OR EXISTS (SELECT 1 FROM organizations WHERE id = $1)
                 OR EXISTS (SELECT 1 FROM organizations WHERE id = -$1)"
        );

    /// The same of all that is an organization's.
    BUMP_BOTH(i64, i64, Timestamp) =
        bump!(
            "SELECT c.scope, $2, $3 FROM (SELECT $1 AS scope UNION ALL SELECT -$1 AS scope) c
              WHERE EXISTS (SELECT 1 FROM organizations WHERE id = $1)"
        );

    /// Who may see something of a session sees what it is at.
    BUMP_SESSION(SessionId, Timestamp) invalidates nothing("it is the revision") =
        "UPDATE sessions SET revision = CASE WHEN revision < $2 THEN $2 ELSE revision + 1 END WHERE id = $1";

    /// Wherever they are signed in.
    BUMP_SESSIONS_OF_USER(UserId, Timestamp) invalidates nothing("it is the revision") =
        "UPDATE sessions SET revision = CASE WHEN revision < $2 THEN $2 ELSE revision + 1 END
          WHERE id IN (SELECT session_id FROM sign_ins WHERE user_id = $1)";

    /// What a session and an organization are at; 0 is no organization.
    REVALIDATE(SessionId, OrganizationId) -> RevalidateRow =
        concat!("SELECT ", revisions!("$2"), ", s.revision AS session_revision FROM sessions s WHERE s.id = $1");

    /// The same of ten of each at once. Places that nobody asks in hold 0, which is no session.
    REVALIDATE_BATCH(RevalidateBatch {
        session_1: SessionId,
        session_2: SessionId,
        session_3: SessionId,
        session_4: SessionId,
        session_5: SessionId,
        session_6: SessionId,
        session_7: SessionId,
        session_8: SessionId,
        session_9: SessionId,
        session_10: SessionId,
        organization_1: OrganizationId,
        organization_2: OrganizationId,
        organization_3: OrganizationId,
        organization_4: OrganizationId,
        organization_5: OrganizationId,
        organization_6: OrganizationId,
        organization_7: OrganizationId,
        organization_8: OrganizationId,
        organization_9: OrganizationId,
        organization_10: OrganizationId,
    }) -> CounterRow =
        "SELECT 1 AS is_session, s.id AS id, s.revision AS revision FROM sessions s
          WHERE s.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
          UNION ALL
         SELECT 0 AS is_session, v.scope AS id, CAST(SUM(v.revision) AS BIGINT) AS revision FROM revisions v
          WHERE v.scope IN (0, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                            -$11, -$12, -$13, -$14, -$15, -$16, -$17, -$18, -$19, -$20)
          GROUP BY v.scope";

    REVISION(OrganizationId) -> RevisionRow = concat!("SELECT ", revisions!("$1"));

    /// Of an organization that is erased nothing stays.
    DELETE(OrganizationId) = "DELETE FROM revisions WHERE scope IN ($1, -$1)";

    /// All that is asked before a list is shown, in one statement: the session as `caller::sql::CURRENT` has it,
    /// what its user holds in the organization as `access::sql::MEMBERSHIP` has it, and the revision.
    LOAD_ACCESS(Bytes, Timestamp, Timestamp, OrganizationId) -> AccessRow =
        concat!("SELECT s.id AS session_id, s.created_at AS created_at, s.updated_at AS updated_at, s.last_seen_at AS last_seen_at,
                i.id AS sign_in_id, u.id AS user_id, s.attempts_until AS attempts_until, m.id AS membership_id,
                o.enable_ip_restriction AS restricts_addresses, o.whitelisted_ips AS allowed_addresses,
                r.permissions AS permissions,
                ", revisions!("$4"), ",
                s.revision AS session_revision, s.expires_at AS session_ends, i.expires_at AS sign_in_ends
           FROM sessions s
           JOIN sign_ins i ON i.id = s.active_sign_in_id AND i.session_id = s.id AND i.expires_at > $2
           JOIN users u ON u.id = i.user_id AND u.disabled = 0
           JOIN organization_memberships m ON m.organization_id = $4 AND m.user_id = u.id
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
           JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE s.token_digest = $1 AND s.expires_at > $2 AND s.last_seen_at > $3");
}
