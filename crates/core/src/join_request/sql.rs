//! The rows of requests.

use crate::id::{InvitationId, JoinRequestId, OrganizationId, UserId};
use crate::time::Timestamp;
use vestibule_db::{Text, record, sql};

record! {
    /// That somebody would like to come in.
    pub struct JoinRequest {
        /// Which one.
        pub id: JoinRequestId,
        /// Into which organization.
        pub organization_id: OrganizationId,
        /// Who, by address.
        pub email_key: String,
        /// Who, when they ask by a domain.
        pub user_id: Option<UserId>,
        /// The invitation that ran out, when they ask for another.
        pub invitation_id: Option<InvitationId>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
        /// Perhaps empty.
        pub first_name: Option<String>,
        /// Perhaps empty.
        pub last_name: Option<String>,
    }
}

sql! {
    /// One that is open already stays as it is.
    INSERT(OrganizationId, JoinRequestId, Text, Option<UserId>, Option<InvitationId>, Timestamp) =
        "INSERT INTO join_requests (organization_id, id, email_key, user_id, invitation_id, status, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', $6, $6)
             ON CONFLICT (organization_id, email_key) WHERE status = 'pending' DO NOTHING";

    OPEN(OrganizationId) -> JoinRequest =
        "SELECT r.id AS id, r.organization_id AS organization_id, r.email_key AS email_key, r.user_id AS user_id,
                r.invitation_id AS invitation_id, r.created_at AS created_at, r.updated_at AS updated_at,
                u.first_name AS first_name, u.last_name AS last_name
           FROM join_requests r
           LEFT JOIN users u ON u.id = r.user_id
          WHERE r.organization_id = $1 AND r.status = 'pending'
          ORDER BY r.id DESC LIMIT 1000";

    /// The state is asked in the statement that changes it: of two decisions one counts.
    DECIDE(OrganizationId, JoinRequestId, Text, Timestamp) -> JoinRequest =
        "UPDATE join_requests SET status = $3, updated_at = $4
          WHERE organization_id = $1 AND id = $2 AND status = 'pending'
      RETURNING id, organization_id, email_key, user_id, invitation_id, created_at, updated_at,
                (SELECT u.first_name FROM users u WHERE u.id = join_requests.user_id) AS first_name,
                (SELECT u.last_name FROM users u WHERE u.id = join_requests.user_id) AS last_name";
}
