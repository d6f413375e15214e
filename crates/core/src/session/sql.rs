//! Statements on sessions and their sign-ins.

pub(crate) mod factors;
pub(crate) mod sso;

use vestibule_db::{Bytes, Text, record, sql};

use crate::assurance::Assurance;
use crate::cache::Scope;
use crate::id::{
    ApiKeyId, ConnectionId, EmailAddressId, MembershipId, OrganizationId, RoleId, SessionId, SignInId, UserId,
    WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId,
};
use crate::language::Language;
use crate::permission::{PermissionSet, requires_sso};
use crate::proof::{ProofMethod, Proofs};
use crate::time::Timestamp;
use crate::user::PublicUser;

record! {
    /// A user's sign-in within a session.
    pub struct SignIn {
        pub id: SignInId,
        pub session_id: SessionId,
        pub user_id: UserId,
        pub organization_membership_id: Option<MembershipId>,
        pub organization_id: Option<OrganizationId>,
        pub workspace_membership_id: Option<WorkspaceMembershipId>,
        pub workspace_id: Option<WorkspaceId>,
        /// The person who is signed in as the user, for support. `None` for the user themselves.
        pub impersonator_id: Option<UserId>,
        pub ip_address: String,
        pub user_agent: String,
        /// The absolute end, whether the sign-in is used or not.
        pub expires_at: Timestamp,
        /// When the sign-in was last used.
        pub last_active_at: Timestamp,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        /// How the user has proved who they are in this sign-in, and when last.
        pub proofs: Proofs,
        pub proved_at: Timestamp,
    }
}

record! {
    /// A sign-in joined with its user.
    pub(crate) struct SignInWithUser {
        pub(crate) id: SignInId,
        pub(crate) session_id: SessionId,
        pub(crate) user_id: UserId,
        pub(crate) organization_membership_id: Option<MembershipId>,
        pub(crate) organization_id: Option<OrganizationId>,
        pub(crate) workspace_membership_id: Option<WorkspaceMembershipId>,
        pub(crate) workspace_id: Option<WorkspaceId>,
        pub(crate) impersonator_id: Option<UserId>,
        pub(crate) ip_address: String,
        pub(crate) user_agent: String,
        pub(crate) expires_at: Timestamp,
        pub(crate) last_active_at: Timestamp,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
        pub(crate) proofs: Proofs,
        pub(crate) proved_at: Timestamp,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) username: Option<String>,
        pub(crate) image_url: String,
        pub(crate) user_created_at: Timestamp,
        pub(crate) user_updated_at: Timestamp,
        pub(crate) language: Option<Language>,
        pub(crate) email_id: Option<EmailAddressId>,
        pub(crate) email: Option<String>,
        pub(crate) email_verified_at: Option<Timestamp>,
        pub(crate) email_created_at: Option<Timestamp>,
        pub(crate) email_updated_at: Option<Timestamp>,
    }
}

impl SignInWithUser {
    pub(crate) fn into_parts(self) -> (SignIn, PublicUser) {
        let user = PublicUser {
            id: self.user_id,
            first_name: self.first_name,
            last_name: self.last_name,
            username: self.username,
            image_url: self.image_url,
            created_at: self.user_created_at,
            updated_at: self.user_updated_at,
            email_id: self.email_id,
            email: self.email,
            email_verified_at: self.email_verified_at,
            email_created_at: self.email_created_at,
            email_updated_at: self.email_updated_at,
        };
        let sign_in = SignIn {
            id: self.id,
            session_id: self.session_id,
            user_id: self.user_id,
            organization_membership_id: self.organization_membership_id,
            organization_id: self.organization_id,
            workspace_membership_id: self.workspace_membership_id,
            workspace_id: self.workspace_id,
            impersonator_id: self.impersonator_id,
            ip_address: self.ip_address,
            user_agent: self.user_agent,
            expires_at: self.expires_at,
            last_active_at: self.last_active_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
            proofs: self.proofs,
            proved_at: self.proved_at,
        };
        (sign_in, user)
    }
}

record! {
    /// A role of a sign-in's active organization membership.
    pub struct SignInRole {
        pub(crate) membership_id: MembershipId,
        pub id: RoleId,
        pub name: String,
        pub permissions: PermissionSet,
        pub(crate) organization_id: OrganizationId,
        pub(crate) restricts_addresses: bool,
        pub(crate) allowed_addresses: String,
        pub(crate) requires_sso: bool,
        pub(crate) enforce_mfa: bool,
        pub(crate) minimum_assurance: Assurance,
        pub(crate) mfa_enforced_from: Timestamp,
        /// Of the sign-in.
        pub(crate) proofs: Proofs,
        pub(crate) sso_organization_id: Option<OrganizationId>,
    }
}

record! {
    /// A role of a sign-in's active workspace membership.
    pub struct SignInWorkspaceRole {
        pub(crate) membership_id: WorkspaceMembershipId,
        pub(crate) organization_membership_id: MembershipId,
        pub(crate) organization_id: OrganizationId,
        pub id: WorkspaceRoleId,
        pub name: String,
        pub permissions: PermissionSet,
        pub(crate) organization_restricts_addresses: bool,
        pub(crate) organization_allowed_addresses: String,
        pub(crate) requires_sso: bool,
        pub(crate) organization_enforces_mfa: bool,
        pub(crate) organization_minimum_assurance: Assurance,
        pub(crate) organization_mfa_enforced_from: Timestamp,
        pub(crate) restricts_addresses: bool,
        pub(crate) allowed_addresses: String,
        pub(crate) enforce_mfa: bool,
        pub(crate) minimum_assurance: Assurance,
        pub(crate) mfa_enforced_from: Timestamp,
        /// Of the sign-in.
        pub(crate) proofs: Proofs,
        pub(crate) sso_organization_id: Option<OrganizationId>,
    }
}

/// Selects sign-ins of enabled users, with additional columns and joins.
macro_rules! sign_ins {
    ($rest:literal) => {
        sign_ins!("", "", $rest)
    };
    ($columns:literal, $joined:literal, $rest:literal) => {
        concat!(
            "SELECT i.id AS id, i.session_id AS session_id, i.user_id AS user_id,
                    m.id AS organization_membership_id, m.organization_id AS organization_id,
                    w.id AS workspace_membership_id, w.workspace_id AS workspace_id,
                    i.impersonator_id AS impersonator_id,
                    i.ip_address AS ip_address, i.user_agent AS user_agent, i.expires_at AS expires_at,
                    i.last_active_at AS last_active_at, i.created_at AS created_at, i.updated_at AS updated_at,
                    i.proofs AS proofs, i.proved_at AS proved_at",
            $columns,
            " FROM sign_ins i
               JOIN users u ON u.id = i.user_id AND u.disabled = 0
               LEFT JOIN organization_memberships m ON m.id = i.active_organization_membership_id AND m.user_id = i.user_id
               LEFT JOIN workspace_memberships w ON w.id = i.active_workspace_membership_id AND w.user_id = i.user_id ",
            $joined,
            $rest
        )
    };
}

record! {
    /// A sign-in that was deleted.
    pub(crate) struct EndedSignIn {
        pub(crate) id: SignInId,
        pub(crate) user_id: UserId,
        /// The person who was signed in as the user, for support.
        pub(crate) impersonator_id: Option<UserId>,
    }
}

sql! {
    INSERT(SessionId, Bytes, Timestamp, Timestamp) invalidates nothing("a new session is not cached yet") =
        "INSERT INTO sessions (id, token_digest, active_sign_in_id, last_seen_at, expires_at, created_at, updated_at)
         VALUES ($1, $2, NULL, $3, $4, $3, $3)";

    /// Replaces the token of a session; the old one stops working.
    ROTATE_TOKEN(SessionId, Bytes, Timestamp, Timestamp) invalidates Session(1) =
        "UPDATE sessions SET token_digest = $2, last_seen_at = $3, expires_at = $4, updated_at = $3 WHERE id = $1";

    /// Changes no row unless the sign-in belongs to the session and has not expired.
    SET_ACTIVE_SIGN_IN(SessionId, SignInId, Timestamp) invalidates Session(1) =
        "UPDATE sessions SET active_sign_in_id = $2, updated_at = $3
          WHERE id = $1
            AND EXISTS (SELECT 1 FROM sign_ins i WHERE i.id = $2 AND i.session_id = $1 AND i.expires_at > $3)";

    CLEAR_ACTIVE_SIGN_IN(SessionId, Timestamp) invalidates Session(1) =
        "UPDATE sessions SET active_sign_in_id = NULL, updated_at = $2 WHERE id = $1";

    /// Inserts nothing for a disabled user. The commands report that before; this is the last check.
    INSERT_SIGN_IN(NewSignIn {
        id: SignInId,
        session: SessionId,
        user: UserId,
        address: Text,
        user_agent: Text,
        expires_at: Timestamp,
        now: Timestamp,
        proved_by: ProofMethod,
        impersonator: Option<UserId>,
        impersonator_key: Option<ApiKeyId>,
        proofs: Proofs,
        connection: Option<ConnectionId>,
        sso_organization: Option<OrganizationId>,
    }) -> (SignInId,) invalidates Session(session) =
        "INSERT INTO sign_ins (id, session_id, user_id, active_organization_membership_id, active_workspace_membership_id,
                               ip_address, user_agent, expires_at, last_active_at, created_at, updated_at, proved_at,
                               proved_by, impersonator_id, impersonator_key_id, proofs, connection_id, sso_organization_id)
         SELECT $1, $2, u.id, u.active_organization_membership_id, u.active_workspace_membership_id, $4, $5, $6, $7, $7, $7,
                $7, $8, $9, $10, $11, $12, $13
           FROM users u WHERE u.id = $3 AND u.disabled = 0
             ON CONFLICT (session_id, user_id) DO NOTHING
      RETURNING id";

    /// Deletes the oldest sign-ins of a session that has more than `$2`.
    DELETE_OLDEST_SIGN_INS(SessionId, i64) -> EndedSignIn invalidates Session(1) =
        "DELETE FROM sign_ins
          WHERE session_id = $1
            AND id <= (SELECT i.id FROM sign_ins i WHERE i.session_id = $1 ORDER BY i.id DESC LIMIT 1 OFFSET $2)
      RETURNING id, user_id, impersonator_id";

    /// Frees the unique key for a new sign-in of the same user in the session.
    DELETE_EXPIRED_SIGN_IN(SessionId, UserId, Timestamp) invalidates nothing("an expired session is recognised by its timestamps") =
        "DELETE FROM sign_ins WHERE session_id = $1 AND user_id = $2 AND expires_at <= $3";

    DELETE_SIGN_IN(SessionId, SignInId) -> EndedSignIn invalidates Session(1) =
        "DELETE FROM sign_ins WHERE session_id = $1 AND id = $2 RETURNING id, user_id, impersonator_id";

    DELETE_SIGN_INS(SessionId) -> EndedSignIn invalidates Session(1) =
        "DELETE FROM sign_ins WHERE session_id = $1 RETURNING id, user_id, impersonator_id";

    SIGN_INS(SessionId, Timestamp) -> SignInWithUser = sign_ins!(
            ", u.first_name AS first_name, u.last_name AS last_name, u.username AS username, u.image_url AS image_url,
               u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.language AS language, e.id AS email_id,
               e.address_key AS email, e.verified_at AS email_verified_at, e.created_at AS email_created_at,
               e.updated_at AS email_updated_at",
            " LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 ",
            "WHERE i.session_id = $1 AND i.expires_at > $2 ORDER BY i.id");

    /// Newest first.
    SIGN_INS_OF_USER(UserId, Timestamp) -> SignIn =
        sign_ins!("WHERE i.user_id = $1 AND i.expires_at > $2 ORDER BY i.id DESC");

    /// The sign-ins of a user that were last used before a time; those of one time in the order of their ids.
    LAST_USED_BEFORE(SignInsPage { user: UserId, now: Timestamp, time: Timestamp, id: SignInId, limit: i64 }) -> SignIn =
        sign_ins!("WHERE i.user_id = $1 AND i.expires_at > $2 AND (i.last_active_at, i.id) < ($3, $4)
                   ORDER BY i.last_active_at DESC, i.id DESC LIMIT $5");

    LAST_USED_AFTER(= SignInsPage) -> SignIn =
        sign_ins!("WHERE i.user_id = $1 AND i.expires_at > $2 AND (i.last_active_at, i.id) > ($3, $4)
                   ORDER BY i.last_active_at, i.id LIMIT $5");

    /// Those that expire after a time, newest first.
    PAGE_OF_USER(SignInsOfUser {
        user: UserId,
        expires_after: Timestamp,
        before: SignInId,
        limit: i64,
        offset: i64,
    }) -> SignIn =
        sign_ins!("WHERE i.user_id = $1 AND i.expires_at > $2 AND i.id < $3 ORDER BY i.id DESC LIMIT $4 OFFSET $5");

    /// Counts up to a limit.
    COUNT_SIGN_INS(UserId, Timestamp, i64) -> (i64,) =
        "SELECT COUNT(*) FROM (SELECT id FROM sign_ins WHERE user_id = $1 AND expires_at > $2 LIMIT $3) counted";

    ROLES(SessionId) -> SignInRole =
        concat!(
            "SELECT m.id AS membership_id, r.id AS id, r.name AS name, r.permissions AS permissions,
                m.organization_id AS organization_id, o.enable_ip_restriction AS restricts_addresses,
                o.whitelisted_ips AS allowed_addresses, ", requires_sso!("o", "m.user_id"), ",
                o.enforce_mfa AS enforce_mfa, o.minimum_assurance AS minimum_assurance,
                o.mfa_enforced_from AS mfa_enforced_from, i.proofs AS proofs, i.sso_organization_id AS sso_organization_id
           FROM sign_ins i
           JOIN organization_memberships m ON m.id = i.active_organization_membership_id AND m.user_id = i.user_id
           JOIN organizations o ON o.id = m.organization_id
           JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE i.session_id = $1
          ORDER BY r.id");

    WORKSPACE_ROLES(SessionId) -> SignInWorkspaceRole =
        concat!(
            "SELECT w.id AS membership_id, w.organization_membership_id AS organization_membership_id,
                w.organization_id AS organization_id, r.id AS id, r.name AS name, r.permissions AS permissions,
                o.enable_ip_restriction AS organization_restricts_addresses,
                o.whitelisted_ips AS organization_allowed_addresses, ", requires_sso!("o", "w.user_id"), ",
                o.enforce_mfa AS organization_enforces_mfa, o.minimum_assurance AS organization_minimum_assurance,
                o.mfa_enforced_from AS organization_mfa_enforced_from, k.enable_ip_restriction AS restricts_addresses,
                k.whitelisted_ips AS allowed_addresses, k.enforce_mfa AS enforce_mfa,
                k.minimum_assurance AS minimum_assurance, k.mfa_enforced_from AS mfa_enforced_from,
                i.proofs AS proofs, i.sso_organization_id AS sso_organization_id
           FROM sign_ins i
           JOIN workspace_memberships w ON w.id = i.active_workspace_membership_id AND w.user_id = i.user_id
           JOIN organizations o ON o.id = w.organization_id
           JOIN workspaces k ON k.organization_id = w.organization_id AND k.id = w.workspace_id
           JOIN workspace_membership_roles mr ON mr.organization_id = w.organization_id
                AND mr.workspace_id = w.workspace_id AND mr.workspace_membership_id = w.id
           JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE i.session_id = $1
          ORDER BY r.id");

    /// Clears the active workspace, which may belong to another organization.
    SET_ACTIVE_ORGANIZATION(SessionId, SignInId, Option<MembershipId>, Timestamp) invalidates Session(1) =
        "UPDATE sign_ins SET active_organization_membership_id = $3, active_workspace_membership_id = NULL, updated_at = $4
          WHERE id = $2 AND session_id = $1";

    /// Does nothing if the sign-in has an active organization.
    ACTIVATE_IF_NONE(SessionId, SignInId, MembershipId, Option<WorkspaceMembershipId>, Timestamp) invalidates Session(1) =
        "UPDATE sign_ins SET active_organization_membership_id = $3, active_workspace_membership_id = $4, updated_at = $5
          WHERE id = $2 AND session_id = $1 AND active_organization_membership_id IS NULL";

    /// Like `ACTIVATE_IF_NONE`, for the user's next sign-in.
    SET_DEFAULT_IF_NONE(UserId, MembershipId, Option<WorkspaceMembershipId>, Timestamp) invalidates User(1) =
        "UPDATE users SET active_organization_membership_id = $2, active_workspace_membership_id = $3, updated_at = $4
          WHERE id = $1 AND active_organization_membership_id IS NULL";

    SET_ACTIVE_WORKSPACE(SessionId, SignInId, MembershipId, WorkspaceMembershipId, Timestamp) invalidates Session(1) =
        "UPDATE sign_ins SET active_organization_membership_id = $3, active_workspace_membership_id = $4, updated_at = $5
          WHERE id = $2 AND session_id = $1";

    SET_DEFAULT_WORKSPACE(UserId, MembershipId, WorkspaceMembershipId, Timestamp) invalidates User(1) =
        "UPDATE users SET active_organization_membership_id = $2, active_workspace_membership_id = $3, updated_at = $4
          WHERE id = $1";

    /// The default for the user's next sign-in.
    SET_DEFAULT_ORGANIZATION(UserId, Option<MembershipId>, Timestamp) invalidates User(1) =
        "UPDATE users SET active_organization_membership_id = $2, active_workspace_membership_id = NULL, updated_at = $3
          WHERE id = $1";

    /// Deactivates every sign-in of a user except one; 0 excepts none. All affected sessions get a new revision, so
    /// that cached copies become stale.
    DEACTIVATE_OTHER_SIGN_INS(UserId, SignInId, Timestamp) invalidates User(1) =
        "UPDATE sessions
            SET active_sign_in_id = CASE
                    WHEN active_sign_in_id IN (SELECT id FROM sign_ins WHERE user_id = $1 AND id <> $2) THEN NULL
                    ELSE active_sign_in_id END,
                updated_at = $3, revision = CASE WHEN revision < $3 THEN $3 ELSE revision + 1 END
          WHERE id IN (SELECT session_id FROM sign_ins WHERE user_id = $1 AND id <> $2)";

    /// Like `DEACTIVATE_OTHER_SIGN_INS`, for the sign-ins of a person as other users, and for those that an API key made
    /// possible. 0 stands for none.
    DEACTIVATE_IMPERSONATIONS(UserId, ApiKeyId, Timestamp) invalidates nothing("it sets the sessions' revisions itself") =
        "UPDATE sessions
            SET active_sign_in_id = CASE
                    WHEN active_sign_in_id IN (SELECT id FROM sign_ins WHERE impersonator_id = $1 OR impersonator_key_id = $2)
                    THEN NULL
                    ELSE active_sign_in_id END,
                updated_at = $3, revision = CASE WHEN revision < $3 THEN $3 ELSE revision + 1 END
          WHERE id IN (SELECT session_id FROM sign_ins WHERE impersonator_id = $1 OR impersonator_key_id = $2)";

    DELETE_IMPERSONATIONS(UserId, ApiKeyId) -> EndedSignIn invalidates nothing("DEACTIVATE_IMPERSONATIONS sets the sessions' revisions") =
        "DELETE FROM sign_ins WHERE impersonator_id = $1 OR impersonator_key_id = $2
      RETURNING id, user_id, impersonator_id";

    /// Like `DEACTIVATE_OTHER_SIGN_INS`, for one sign-in.
    DEACTIVATE_SIGN_IN(UserId, SignInId, Timestamp) invalidates User(1) =
        "UPDATE sessions
            SET active_sign_in_id = CASE WHEN active_sign_in_id = $2 THEN NULL ELSE active_sign_in_id END,
                updated_at = $3, revision = CASE WHEN revision < $3 THEN $3 ELSE revision + 1 END
          WHERE id IN (SELECT session_id FROM sign_ins WHERE user_id = $1 AND id = $2)";

    DELETE_OTHER_SIGN_INS(UserId, SignInId) invalidates nothing("DEACTIVATE_OTHER_SIGN_INS invalidates the sessions") =
        "DELETE FROM sign_ins WHERE user_id = $1 AND id <> $2";

    DELETE_SIGN_IN_OF_USER(UserId, SignInId) -> EndedSignIn invalidates nothing("DEACTIVATE_SIGN_IN invalidates the session") =
        "DELETE FROM sign_ins WHERE user_id = $1 AND id = $2 RETURNING id, user_id, impersonator_id";

    /// Never shortens the time.
    EXTEND_ATTEMPTS_UNTIL(SessionId, Timestamp) invalidates Session(1) =
        "UPDATE sessions SET attempts_until = $2 WHERE id = $1 AND attempts_until < $2";
}
