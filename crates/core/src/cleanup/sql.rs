//! Cleanup statements. Each deletes a limited number of rows, oldest first, and returns them.

use vestibule_db::sql;

use crate::id::{
    ApiKeyId, AttemptId, AuthorizationRequestId, DeploymentInvitationId, EmailAddressId, NoticeId, SessionId,
    SetupLinkId, UserId,
};
use crate::time::Timestamp;

sql! {
    /// Sign-ins are deleted by cascade.
    EXPIRED_SESSIONS(Timestamp, i64) -> (SessionId,) invalidates nothing("an expired session is recognised by its timestamps") =
        "DELETE FROM sessions
          WHERE id IN (SELECT s.id FROM sessions s WHERE s.expires_at <= $1 ORDER BY s.expires_at LIMIT $2)
      RETURNING id";

    IDLE_SESSIONS(Timestamp, i64) -> (SessionId,) invalidates nothing("an expired session is recognised by its timestamps") =
        "DELETE FROM sessions
          WHERE id IN (SELECT s.id FROM sessions s WHERE s.last_seen_at <= $1 ORDER BY s.last_seen_at LIMIT $2)
      RETURNING id";

    RATE_LIMIT_COUNTERS(Timestamp, i64) -> (i64,) =
        "DELETE FROM attempt_limits
          WHERE limit_key IN (SELECT l.limit_key FROM attempt_limits l WHERE l.window_end <= $1
                               ORDER BY l.window_end LIMIT $2)
      RETURNING attempts";

    IDEMPOTENT_RESPONSES(Timestamp, i64) -> (i64,) =
        "DELETE FROM idempotent_answers
          WHERE (organization_id, key_digest) IN (SELECT a.organization_id, a.key_digest FROM idempotent_answers a
                                                   WHERE a.created_at <= $1 ORDER BY a.created_at LIMIT $2)
      RETURNING created_at";

    SECURITY_NOTICES(Timestamp, i64) -> (NoticeId,) =
        "DELETE FROM security_notices
          WHERE id IN (SELECT s.id FROM security_notices s WHERE s.expires_at <= $1 ORDER BY s.expires_at LIMIT $2)
      RETURNING id";

    VERIFICATION_ATTEMPTS(Timestamp, i64) -> (AttemptId,) =
        "DELETE FROM attempts
          WHERE id IN (SELECT a.id FROM attempts a WHERE a.expires_at <= $1 ORDER BY a.expires_at LIMIT $2)
      RETURNING id";

    CHALLENGES(Timestamp, i64) -> (Timestamp,) =
        "DELETE FROM challenges
          WHERE id IN (SELECT c.id FROM challenges c WHERE c.expires_at <= $1 ORDER BY c.expires_at LIMIT $2)
      RETURNING expires_at";

    PENDING_SIGN_INS(Timestamp, i64) -> (AttemptId,) invalidates nothing("an expired one is recognised by its timestamp") =
        "DELETE FROM pending_sign_ins
          WHERE id IN (SELECT p.id FROM pending_sign_ins p WHERE p.expires_at <= $1 ORDER BY p.expires_at LIMIT $2)
      RETURNING id";

    PASSKEY_CHALLENGES(Timestamp, i64) -> (Timestamp,) =
        "DELETE FROM passkey_challenges
          WHERE digest IN (SELECT c.digest FROM passkey_challenges c WHERE c.expires_at <= $1
                            ORDER BY c.expires_at LIMIT $2)
      RETURNING expires_at";

    AUTHORIZATION_REQUESTS(Timestamp, i64) -> (AuthorizationRequestId,) =
        "DELETE FROM authorization_requests
          WHERE id IN (SELECT r.id FROM authorization_requests r WHERE r.expires_at <= $1 ORDER BY r.expires_at LIMIT $2)
      RETURNING id";

    PENDING_IDENTITIES(Timestamp, i64) -> (AttemptId,) =
        "DELETE FROM pending_identities
          WHERE id IN (SELECT p.id FROM pending_identities p WHERE p.expires_at <= $1 ORDER BY p.expires_at LIMIT $2)
      RETURNING id";

    ADDRESS_CLAIMS(Timestamp, i64) -> (EmailAddressId,) =
        "DELETE FROM email_claims
          WHERE id IN (SELECT c.id FROM email_claims c WHERE c.expires_at <= $1 ORDER BY c.expires_at LIMIT $2)
      RETURNING id";

    /// Secrets and answers are deleted by cascade.
    API_KEYS(Timestamp, i64) -> (ApiKeyId,) =
        "DELETE FROM api_keys
          WHERE id IN (SELECT k.id FROM api_keys k WHERE k.valid_until <= $1 ORDER BY k.valid_until LIMIT $2)
      RETURNING id";

    API_KEY_ANSWERS(Timestamp, i64) -> (i64,) =
        "DELETE FROM api_key_answers
          WHERE (api_key_id, key_digest) IN (SELECT a.api_key_id, a.key_digest FROM api_key_answers a
                                              WHERE a.created_at <= $1 ORDER BY a.created_at LIMIT $2)
      RETURNING status";

    SESSION_TICKETS(Timestamp, i64) -> (UserId,) =
        "DELETE FROM session_tickets
          WHERE digest IN (SELECT t.digest FROM session_tickets t WHERE t.expires_at <= $1
                            ORDER BY t.expires_at LIMIT $2)
      RETURNING user_id";

    SETUP_LINKS(Timestamp, i64) -> (SetupLinkId,) =
        "DELETE FROM setup_links
          WHERE id IN (SELECT l.id FROM setup_links l WHERE l.expires_at <= $1 ORDER BY l.expires_at LIMIT $2)
      RETURNING id";

    DEPLOYMENT_INVITATIONS(Timestamp, i64) -> (DeploymentInvitationId,) =
        "DELETE FROM deployment_invitations
          WHERE id IN (SELECT i.id FROM deployment_invitations i WHERE i.expires_at <= $1
                        ORDER BY i.expires_at LIMIT $2)
      RETURNING id";
}
