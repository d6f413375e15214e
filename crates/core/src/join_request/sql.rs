//! The statements of join requests.

use vestibule_db::{Text, record, sql};

use crate::id::{InvitationId, JoinRequestId, OrganizationId, UserId};
use crate::time::Timestamp;

record! {
    pub struct JoinRequest {
        pub id: JoinRequestId,
        pub organization_id: OrganizationId,
        pub email_key: String,
        /// `None` if the holder of an expired invitation asks for a new one.
        pub user_id: Option<UserId>,
        /// `None` if a user asks by a verified domain.
        pub invitation_id: Option<InvitationId>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub first_name: Option<String>,
        pub last_name: Option<String>,
    }
}

sql! {
    /// Inserts nothing if the address has a pending request, or the organization as many as `max`.
    INSERT(NewJoinRequest {
        organization: OrganizationId,
        id: JoinRequestId,
        email_key: Text,
        user: Option<UserId>,
        invitation: Option<InvitationId>,
        now: Timestamp,
        max: i64,
    }) =
        "INSERT INTO join_requests (organization_id, id, email_key, user_id, invitation_id, status, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, 'pending', $6, $6
          WHERE (SELECT COUNT(*) FROM join_requests r WHERE r.organization_id = $1 AND r.status = 'pending') < $7
             ON CONFLICT (organization_id, email_key) WHERE status = 'pending' DO NOTHING";

    FIND_PENDING(OrganizationId, Text) -> (JoinRequestId,) =
        "SELECT id FROM join_requests WHERE organization_id = $1 AND email_key = $2 AND status = 'pending'";

    LIST_PENDING(OrganizationId) -> JoinRequest =
        "SELECT r.id AS id, r.organization_id AS organization_id, r.email_key AS email_key, r.user_id AS user_id,
                r.invitation_id AS invitation_id, r.created_at AS created_at, r.updated_at AS updated_at,
                u.first_name AS first_name, u.last_name AS last_name
           FROM join_requests r
           LEFT JOIN users u ON u.id = r.user_id
          WHERE r.organization_id = $1 AND r.status = 'pending'
          ORDER BY r.id DESC LIMIT 1000";

    /// The condition on the status makes concurrent decisions exclusive.
    DECIDE(OrganizationId, JoinRequestId, Text, Timestamp) -> JoinRequest =
        "UPDATE join_requests SET status = $3, updated_at = $4
          WHERE organization_id = $1 AND id = $2 AND status = 'pending'
      RETURNING id, organization_id, email_key, user_id, invitation_id, created_at, updated_at,
                (SELECT u.first_name FROM users u WHERE u.id = join_requests.user_id) AS first_name,
                (SELECT u.last_name FROM users u WHERE u.id = join_requests.user_id) AS last_name";
}
