//! Statements that read and bump revisions, and the one that loads a caller's access.

use vestibule_db::{Bytes, Statement, record, sql};

use crate::assurance::Assurance;
use crate::id::{ApiKeyId, MembershipId, OrganizationId, SessionId, SignInId, UserId};
use crate::permission::{PermissionSet, requires_sso};
use crate::proof::Proofs;
use crate::scope::Scopes;
use crate::time::Timestamp;

record! {
    /// A caller's session, membership and revisions, with the permissions of one of their roles.
    pub(crate) struct AccessRow {
        pub(crate) session_id: SessionId,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
        pub(crate) last_seen_at: Timestamp,
        pub(crate) sign_in_id: SignInId,
        pub(crate) user_id: UserId,
        pub(crate) impersonator_id: Option<UserId>,
        pub(crate) proofs: Proofs,
        pub(crate) sso_organization: Option<OrganizationId>,
        pub(crate) attempts_until: Timestamp,
        pub(crate) membership_id: MembershipId,
        pub(crate) restricts_addresses: bool,
        pub(crate) allowed_addresses: String,
        pub(crate) requires_sso: bool,
        pub(crate) enforce_mfa: bool,
        pub(crate) minimum_assurance: Assurance,
        pub(crate) mfa_enforced_from: Timestamp,
        pub(crate) permissions: PermissionSet,
        pub(crate) invitations_revision: i64,
        pub(crate) organization_revision: i64,
        pub(crate) session_revision: i64,
        pub(crate) session_expires_at: Timestamp,
        pub(crate) sign_in_expires_at: Timestamp,
    }
}

record! {
    /// A caller's API key and the revisions of an organization that it may name.
    pub(crate) struct ApiKeyAccessRow {
        pub(crate) id: ApiKeyId,
        pub(crate) scopes: Scopes,
        pub(crate) organization_id: Option<OrganizationId>,
        pub(crate) last_used_at: Timestamp,
        pub(crate) secret_valid_until: Timestamp,
        pub(crate) valid_until: Timestamp,
        pub(crate) invitations_revision: i64,
        pub(crate) organization_revision: i64,
    }
}

record! {
    /// The revisions of a session or an API key, and of an organization.
    #[expect(clippy::struct_field_names, reason = "they are named for the columns")]
    pub(crate) struct RevalidateRow {
        pub(crate) invitations_revision: i64,
        pub(crate) organization_revision: i64,
        pub(crate) credential_revision: i64,
    }
}

record! {
    /// The revision of a session, of an API key, or of one scope.
    pub(crate) struct CounterRow {
        pub(crate) is_credential: i64,
        pub(crate) id: i64,
        pub(crate) revision: i64,
    }
}

record! {
    /// The revisions of an organization.
    pub(crate) struct RevisionRow {
        pub(crate) invitations_revision: i64,
        pub(crate) organization_revision: i64,
    }
}

/// Columns for the revisions of an organization. In the table `revisions`, the scope of its invitations is the
/// organization's id, that of its members, roles and workspaces the negative id, and 0 is the scope of all
/// organizations.
///
/// The organization's revision is the sum of two subqueries instead of one with `IN`, for which SQLite would build a
/// temporary table. Organization 0 stands for none: its scopes coincide and count once.
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

/// When a secret `s` of an API key `k` ends: the revision of the key for callers with that secret.
macro_rules! valid_until {
    () => {
        "CASE WHEN s.valid_until < k.valid_until THEN s.valid_until ELSE k.valid_until END"
    };
}

/// Bumps scopes, each in the shard of the second argument. The new revision is the time ($3) or, if that is not larger,
/// one more than before.
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

/// [`BUMP`] as part of a composite statement, for an organization that exists: runs only if the statement changed a
/// row.
pub(crate) const BUMP_IF_CHANGED: Statement<(i64, i64, Timestamp), ()> = Statement::new(
    concat!(module_path!(), "::BUMP"),
    bump!("SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM changed)"),
    "",
);

sql! {
    /// Concurrent transactions bump different shards of a scope, so that they do not conflict. Does nothing for an
    /// organization that this transaction erases.
    BUMP(i64, i64, Timestamp) =
        bump!(
            "SELECT $1, $2, $3
              WHERE $1 = 0 OR EXISTS (SELECT 1 FROM organizations WHERE id = $1)
                 OR EXISTS (SELECT 1 FROM organizations WHERE id = -$1)"
        );

    /// Bumps both scopes of an organization.
    BUMP_BOTH(i64, i64, Timestamp) =
        bump!(
            "SELECT c.scope, $2, $3 FROM (SELECT $1 AS scope UNION ALL SELECT -$1 AS scope) c
              WHERE EXISTS (SELECT 1 FROM organizations WHERE id = $1)"
        );

    BUMP_SESSION(SessionId, Timestamp) invalidates nothing("it is the revision") =
        "UPDATE sessions SET revision = CASE WHEN revision < $2 THEN $2 ELSE revision + 1 END WHERE id = $1";

    /// Bumps every session that has a sign-in of the user.
    BUMP_SESSIONS_OF_USER(UserId, Timestamp) invalidates nothing("it is the revision") =
        "UPDATE sessions SET revision = CASE WHEN revision < $2 THEN $2 ELSE revision + 1 END
          WHERE id IN (SELECT session_id FROM sign_ins WHERE user_id = $1)";

    /// The revisions of a session and an organization, or of the session alone if the organization is 0.
    REVALIDATE(SessionId, OrganizationId) -> RevalidateRow =
        concat!("SELECT ", revisions!("$2"), ", s.revision AS credential_revision FROM sessions s WHERE s.id = $1");

    /// The revisions of an API key's secret and of an organization.
    REVALIDATE_API_KEY(Bytes, OrganizationId) -> RevalidateRow =
        concat!(
            "SELECT ", revisions!("$2"), ", ", valid_until!(), " AS credential_revision
               FROM api_key_secrets s JOIN api_keys k ON k.id = s.api_key_id
              WHERE s.digest = $1"
        );

    /// The revisions of up to ten sessions and ten organizations. Unused placeholders are 0, which matches no session.
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
        "SELECT 1 AS is_credential, s.id AS id, s.revision AS revision FROM sessions s
          WHERE s.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
          UNION ALL
         SELECT 0 AS is_credential, v.scope AS id, CAST(SUM(v.revision) AS BIGINT) AS revision FROM revisions v
          WHERE v.scope IN (0, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                            -$11, -$12, -$13, -$14, -$15, -$16, -$17, -$18, -$19, -$20)
          GROUP BY v.scope";

    /// The revisions of an API key's secret and of up to ten organizations.
    REVALIDATE_API_KEY_BATCH(RevalidateApiKeyBatch {
        digest: Bytes,
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
        concat!(
            "SELECT 1 AS is_credential, k.id AS id, ", valid_until!(), " AS revision
               FROM api_key_secrets s JOIN api_keys k ON k.id = s.api_key_id
              WHERE s.digest = $1
              UNION ALL
             SELECT 0 AS is_credential, v.scope AS id, CAST(SUM(v.revision) AS BIGINT) AS revision FROM revisions v
              WHERE v.scope IN (0, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                                -$2, -$3, -$4, -$5, -$6, -$7, -$8, -$9, -$10, -$11)
              GROUP BY v.scope"
        );

    REVISION(OrganizationId) -> RevisionRow = concat!("SELECT ", revisions!("$1"));

    /// Deletes the revisions of an organization that is erased.
    DELETE(OrganizationId) = "DELETE FROM revisions WHERE scope IN ($1, -$1)";

    /// Everything that authorizing an API key takes, in one statement: the key as in `caller::sql::API_KEY`, and the
    /// revisions of the organization, if the key may name it.
    LOAD_API_KEY_ACCESS(Bytes, Timestamp, OrganizationId) -> ApiKeyAccessRow =
        concat!(
            "SELECT k.id AS id, k.scopes AS scopes, k.organization_id AS organization_id, k.last_used_at AS last_used_at,
                s.valid_until AS secret_valid_until, ",
            valid_until!(), " AS valid_until, ", revisions!("$3"), "
               FROM api_key_secrets s
               JOIN api_keys k ON k.id = s.api_key_id
               JOIN organizations o ON o.id = $3 AND o.deleted_at IS NULL
              WHERE s.digest = $1 AND s.valid_until > $2 AND k.valid_until > $2
                AND COALESCE(k.organization_id, $3) = $3"
        );

    /// Everything that authorizing a caller takes, in one statement: the session as in `caller::sql::CURRENT`, the
    /// permissions as in `access::sql::MEMBERSHIP`, and the revisions.
    LOAD_ACCESS(Bytes, Timestamp, Timestamp, OrganizationId) -> AccessRow =
        concat!("SELECT s.id AS session_id, s.created_at AS created_at, s.updated_at AS updated_at, s.last_seen_at AS last_seen_at,
                i.id AS sign_in_id, u.id AS user_id, i.impersonator_id AS impersonator_id, i.proofs AS proofs,
                i.sso_organization_id AS sso_organization, s.attempts_until AS attempts_until, m.id AS membership_id,
                o.enable_ip_restriction AS restricts_addresses, o.whitelisted_ips AS allowed_addresses,
                ", requires_sso!("o", "m.user_id"), ",
                o.enforce_mfa AS enforce_mfa, o.minimum_assurance AS minimum_assurance,
                o.mfa_enforced_from AS mfa_enforced_from, r.permissions AS permissions,
                ", revisions!("$4"), ",
                s.revision AS session_revision, s.expires_at AS session_expires_at, i.expires_at AS sign_in_expires_at
           FROM sessions s
           JOIN sign_ins i ON i.id = s.active_sign_in_id AND i.session_id = s.id AND i.expires_at > $2
           JOIN users u ON u.id = i.user_id AND u.disabled = 0
           JOIN organization_memberships m ON m.organization_id = $4 AND m.user_id = u.id
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
           JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE s.token_digest = $1 AND s.expires_at > $2 AND s.last_seen_at > $3");
}
