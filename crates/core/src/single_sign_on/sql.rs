//! Statements on browsers that were sent to an identity provider. They belong to a session; those to the provider of an
//! organization name its connection, whose version is checked again when they come back.

use vestibule_db::{Bytes, Text, record, sql};

use super::request::RequestPurpose;
use crate::id::{AuthorizationRequestId, ConnectionId, OrganizationId, SessionId, UserId};
use crate::time::Timestamp;

record! {
    /// What a request is for.
    pub(crate) struct RequestRow {
        pub(crate) purpose: RequestPurpose,
        pub(crate) return_to: String,
        pub(crate) is_page: bool,
        pub(crate) session_id: SessionId,
        /// That of the connection, if it is a request to one.
        pub(crate) organization_id: Option<OrganizationId>,
    }
}

record! {
    /// A request whose browser has come back. Nobody can use it again.
    pub(crate) struct SpentRequest {
        pub(crate) id: AuthorizationRequestId,
        pub(crate) purpose: RequestPurpose,
        /// The only truth about who is asked: a response says nothing about it.
        pub(crate) provider: String,
        pub(crate) connection_id: Option<ConnectionId>,
        pub(crate) connection_version: i64,
        pub(crate) user_id: Option<UserId>,
        pub(crate) return_to: String,
        /// Sealed.
        pub(crate) invitation: Option<Vec<u8>>,
    }
}

record! {
    /// A response that came by a cross-site POST.
    pub(crate) struct HandoffRow {
        pub(crate) id: AuthorizationRequestId,
        pub(crate) handoff: Option<Vec<u8>>,
    }
}

sql! {
    INSERT(NewRow {
        id: AuthorizationRequestId,
        session: SessionId,
        purpose: RequestPurpose,
        provider: Text,
        connection: Option<ConnectionId>,
        connection_version: i64,
        user: Option<UserId>,
        return_to: Text,
        is_page: bool,
        invitation: Option<Bytes>,
        now: Timestamp,
        expires_at: Timestamp,
    }) =
        "INSERT INTO authorization_requests (id, session_id, purpose, provider, connection_id, connection_version, user_id,
                                             return_to, is_page, invitation, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    /// Deletes the oldest ones of a session that has more than `$2`.
    DELETE_OLDEST(SessionId, i64) =
        "DELETE FROM authorization_requests
          WHERE session_id = $1
            AND id NOT IN (SELECT r.id FROM authorization_requests r WHERE r.session_id = $1
                            ORDER BY r.created_at DESC, r.id DESC LIMIT $2)";

    FIND(AuthorizationRequestId, Timestamp) -> RequestRow =
        "SELECT r.purpose AS purpose, r.return_to AS return_to, r.is_page AS is_page, r.session_id AS session_id,
                c.organization_id AS organization_id
           FROM authorization_requests r LEFT JOIN enterprise_connections c ON c.id = r.connection_id
          WHERE r.id = $1 AND r.expires_at > $2";

    /// Succeeds once per request, for one of two purposes. 0 stands for no user; a request of a user is theirs only.
    SPEND(AuthorizationRequestId, SessionId, RequestPurpose, RequestPurpose, UserId, Timestamp) -> SpentRequest =
        "DELETE FROM authorization_requests
          WHERE id = $1 AND session_id = $2 AND purpose IN ($3, $4) AND COALESCE(user_id, $5) = $5 AND expires_at > $6
      RETURNING id, purpose, provider, connection_id, connection_version, user_id, return_to, invitation";

    /// Succeeds once per request.
    KEEP_HANDOFF(AuthorizationRequestId, Bytes, Bytes, Timestamp) -> (AuthorizationRequestId,) =
        "UPDATE authorization_requests SET handoff_digest = $2, handoff = $3
          WHERE id = $1 AND handoff_digest IS NULL AND expires_at > $4
      RETURNING id";

    /// A request of a page is handed to its own session only. That of a client of the API is forwarded to the client.
    FIND_HANDOFF(Bytes, SessionId, Timestamp) -> HandoffRow =
        "SELECT id, handoff FROM authorization_requests
          WHERE handoff_digest = $1 AND handoff IS NOT NULL AND (session_id = $2 OR is_page = 0) AND expires_at > $3";

    /// Succeeds once. The digest stays, so that no other response takes its place.
    CLEAR_HANDOFF(AuthorizationRequestId) -> (AuthorizationRequestId,) =
        "UPDATE authorization_requests SET handoff = NULL WHERE id = $1 AND handoff IS NOT NULL RETURNING id";
}
