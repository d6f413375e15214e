//! Statements on sign-ins by enterprise connections, on those of admins without one, and on browsers that were sent to an
//! identity provider.

use vestibule_db::{Bytes, Text, record, sql};

use super::EndedSignIn;
use crate::cache::Scope;
use crate::id::{ConnectionId, MembershipId, OrganizationId, SessionId, SignInId, UserId};
use crate::proof::{ProofMethod, Proofs};
use crate::time::Timestamp;

record! {
    /// An organization that an admin has entered without its identity provider.
    pub(crate) struct BypassedRow {
        pub(crate) organization_id: OrganizationId,
        pub(crate) membership_id: MembershipId,
    }
}

sql! {
    /// Changes no row if the proofs are no longer `stored`.
    ADD_CONNECTION(AddedConnection {
        session: SessionId,
        sign_in: SignInId,
        user: UserId,
        method: ProofMethod,
        stored: Text,
        proofs: Proofs,
        connection: ConnectionId,
        sso_organization: OrganizationId,
        now: Timestamp,
    }) -> (SignInId,) invalidates Session(session) =
        "UPDATE sign_ins
            SET proved_at = $9, proved_by = $4, proved_for = '', proofs = $6, connection_id = $7, sso_organization_id = $8
          WHERE id = $2 AND session_id = $1 AND user_id = $3 AND proofs = $5 AND expires_at > $9 AND impersonator_id IS NULL
      RETURNING id";

    /// Ends the sign-ins of a connection for their sessions, which get a new revision.
    DEACTIVATE_OF_CONNECTION(ConnectionId, Timestamp) invalidates nothing("it sets the sessions' revisions itself") =
        "UPDATE sessions
            SET active_sign_in_id = CASE
                    WHEN active_sign_in_id IN (SELECT id FROM sign_ins WHERE connection_id = $1) THEN NULL
                    ELSE active_sign_in_id END,
                updated_at = $2, revision = CASE WHEN revision < $2 THEN $2 ELSE revision + 1 END
          WHERE id IN (SELECT session_id FROM sign_ins WHERE connection_id = $1)";

    DELETE_OF_CONNECTION(ConnectionId) -> EndedSignIn invalidates nothing("DEACTIVATE_OF_CONNECTION sets the sessions' revisions") =
        "DELETE FROM sign_ins WHERE connection_id = $1 RETURNING id, user_id, impersonator_id";

    DELETE_PENDING_OF_CONNECTION(ConnectionId) invalidates nothing("a session with an open attempt is not cached") =
        "DELETE FROM pending_sign_ins WHERE connection_id = $1";

    /// Ends the redirects of a session to identity providers.
    DELETE_REQUESTS_OF_SESSION(SessionId) = "DELETE FROM authorization_requests WHERE session_id = $1";

    /// Like `DELETE_REQUESTS_OF_SESSION`, for the sessions of a user's sign-ins except one.
    DELETE_REQUESTS_OF_OTHERS(UserId, SignInId) =
        "DELETE FROM authorization_requests
          WHERE session_id IN (SELECT session_id FROM sign_ins WHERE user_id = $1 AND id <> $2)";

    /// Replaces an earlier one.
    STORE_ID_TOKEN(SignInId, Bytes) invalidates nothing("no response shows it") =
        "INSERT INTO sign_in_id_tokens (sign_in_id, token) VALUES ($1, $2)
             ON CONFLICT (sign_in_id) DO UPDATE SET token = excluded.token";

    ID_TOKEN(SignInId) -> (Vec<u8>,) = "SELECT token FROM sign_in_id_tokens WHERE sign_in_id = $1";

    /// The organizations that require single sign-on of a user who is one of their admins. `$2` is the one through whose
    /// provider they have signed in; 0 for none.
    BYPASSED(UserId, OrganizationId) -> BypassedRow =
        "SELECT m.organization_id AS organization_id, m.id AS membership_id
           FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.requires_sso = 1 AND o.deleted_at IS NULL
          WHERE m.user_id = $1 AND m.organization_id <> $2
            AND EXISTS (SELECT 1 FROM members_requiring_sso q WHERE q.organization_id = o.id AND q.user_id = m.user_id)
            AND EXISTS (SELECT 1 FROM organization_membership_roles mr
                          JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                         WHERE mr.organization_id = m.organization_id AND mr.membership_id = m.id)
          ORDER BY m.id DESC LIMIT 100";

    /// The newest admins of an organization, at most `$2`.
    ADMINS(OrganizationId, i64) -> (UserId,) =
        "SELECT m.user_id
           FROM organization_memberships m
           JOIN users u ON u.id = m.user_id AND u.disabled = 0
          WHERE m.organization_id = $1
            AND EXISTS (SELECT 1 FROM organization_membership_roles mr
                          JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                         WHERE mr.organization_id = $1 AND mr.membership_id = m.id)
          ORDER BY m.id DESC LIMIT $2";
}
