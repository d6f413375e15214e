//! Statements that load the caller's session and store that it was used.

use vestibule_db::{Bytes, record, sql};

use crate::id::{ApiKeyId, OrganizationId, SessionId, SetupLinkId, SignInId, UserId};
use crate::proof::Proofs;
use crate::scope::Scopes;
use crate::setup_purpose::SetupPurposes;
use crate::time::Timestamp;

record! {
    /// The caller's session, with its active sign-in and that sign-in's user.
    pub struct CurrentSession {
        pub id: SessionId,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        /// Precise to a few minutes only.
        pub last_seen_at: Timestamp,
        pub sign_in_id: Option<SignInId>,
        pub user_id: Option<UserId>,
        /// The person who is signed in as the user, for support.
        pub impersonator_id: Option<UserId>,
        /// How the user has proved who they are in the active sign-in.
        pub proofs: Option<Proofs>,
        /// The organization through whose identity provider they have signed in.
        pub sso_organization: Option<OrganizationId>,
        /// No verification of this session is pending after this time.
        pub(crate) attempts_until: Timestamp,
        /// The session ends then, even if it is in use.
        pub(crate) expires_at: Timestamp,
        /// Bumped by every change that the caller can see.
        pub(crate) revision: i64,
    }
}

record! {
    /// The caller's API key.
    pub struct CurrentApiKey {
        pub id: ApiKeyId,
        pub scopes: Scopes,
        /// The only organization that it can access; `None` for all.
        pub organization_id: Option<OrganizationId>,
        /// Precise to a minute only; 1970 if it was never used.
        pub last_used_at: Timestamp,
        /// The end of the secret by which it is known: the latest time, unless the key was rotated since.
        pub(crate) secret_valid_until: Timestamp,
    }
}

record! {
    /// The caller's setup link.
    pub struct CurrentSetupLink {
        pub id: SetupLinkId,
        /// The only organization that it opens.
        pub organization_id: OrganizationId,
        pub organization_name: String,
        /// The name of the organization's image; empty for none.
        pub organization_image_url: String,
        pub purposes: SetupPurposes,
        /// For whom it is, as the admin wrote it.
        pub recipient: String,
        /// Exclusive.
        pub expires_at: Timestamp,
        /// Whether the organization's list of addresses applies.
        pub(crate) restricts_addresses: bool,
        /// As it is stored.
        pub(crate) allowed_addresses: String,
    }
}

sql! {
    /// The session, unless it has ended or exceeded the idle timeout ($3), and its active sign-in, unless that has
    /// ended.
    CURRENT(Bytes, Timestamp, Timestamp) -> CurrentSession =
        "SELECT s.id AS id, s.created_at AS created_at, s.updated_at AS updated_at, s.last_seen_at AS last_seen_at,
                i.id AS sign_in_id, u.id AS user_id, i.impersonator_id AS impersonator_id, i.proofs AS proofs,
                i.sso_organization_id AS sso_organization, s.attempts_until AS attempts_until, s.expires_at AS expires_at,
                s.revision AS revision
           FROM sessions s
           LEFT JOIN sign_ins i ON i.id = s.active_sign_in_id AND i.session_id = s.id AND i.expires_at > $2
           LEFT JOIN users u ON u.id = i.user_id AND u.disabled = 0
          WHERE s.token_digest = $1 AND s.expires_at > $2 AND s.last_seen_at > $3";

    TOUCH(SessionId, Timestamp) invalidates nothing("it sets the session's revision itself") =
        "UPDATE sessions SET last_seen_at = $2, revision = CASE WHEN revision < $2 THEN $2 ELSE revision + 1 END
          WHERE id = $1 AND last_seen_at < $2";

    TOUCH_SIGN_IN(SessionId, SignInId, Timestamp) invalidates nothing("TOUCH sets the session's revision") =
        "UPDATE sign_ins SET last_active_at = $3 WHERE id = $2 AND session_id = $1 AND last_active_at < $3";

    /// A key has one secret, and while it is rotated two. The revoked and the expired are not found.
    API_KEY(Bytes, Timestamp) -> CurrentApiKey =
        "SELECT k.id AS id, k.scopes AS scopes, k.organization_id AS organization_id, k.last_used_at AS last_used_at,
                s.valid_until AS secret_valid_until
           FROM api_key_secrets s
           JOIN api_keys k ON k.id = s.api_key_id
          WHERE s.digest = $1 AND s.valid_until > $2 AND k.valid_until > $2";

    /// A link carries the authority of its creator, so it ends with their membership, their admin roles and their account.
    SETUP_LINK(Bytes, Timestamp) -> CurrentSetupLink =
        "SELECT l.id AS id, l.organization_id AS organization_id, o.name AS organization_name,
                o.image_url AS organization_image_url, l.purposes AS purposes, l.recipient AS recipient,
                l.expires_at AS expires_at, o.enable_ip_restriction AS restricts_addresses,
                o.whitelisted_ips AS allowed_addresses
           FROM setup_links l
           JOIN organizations o ON o.id = l.organization_id AND o.deleted_at IS NULL
           JOIN organization_memberships m ON m.organization_id = l.organization_id AND m.id = l.created_by
           JOIN users u ON u.id = m.user_id AND u.disabled = 0
          WHERE l.token_digest = $1 AND l.expires_at > $2 AND l.revoked_at IS NULL
            AND EXISTS (SELECT 1 FROM organization_membership_roles mr
                          JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                         WHERE mr.organization_id = m.organization_id AND mr.membership_id = m.id)";

    /// Changes nothing if the key was used before.
    INSERT_IDEMPOTENCY_KEY(ApiKeyId, Bytes, Bytes, Bytes, Timestamp) =
        "INSERT INTO api_key_answers (api_key_id, key_digest, asked_digest, status, answer, created_at)
         VALUES ($1, $2, $3, 0, $4, $5) ON CONFLICT (api_key_id, key_digest) DO NOTHING";
}
