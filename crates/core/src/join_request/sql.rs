//! The statements of join requests.

use vestibule_db::{Text, record, sql};

use crate::id::{InvitationId, JoinRequestId, OrganizationId, UserId};
use crate::invitation::Status;
use crate::time::Timestamp;

record! {
    pub struct JoinRequest {
        pub id: JoinRequestId,
        pub organization_id: OrganizationId,
        pub email_key: String,
        /// `None` if the holder of an invitation that cannot be accepted asks for a new one.
        pub user_id: Option<UserId>,
        /// `None` if a user asks by a verified domain.
        pub invitation_id: Option<InvitationId>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub first_name: Option<String>,
        pub last_name: Option<String>,
        pub invitation_status: Option<Status>,
        pub invitation_expires_at: Option<Timestamp>,
        /// What the invitation gives, and would give again.
        pub role_name: Option<String>,
        /// `None` also for a role of the deployment.
        pub role_organization_id: Option<OrganizationId>,
        pub workspace_name: Option<String>,
    }
}

record! {
    /// A request that was decided.
    pub(crate) struct DecidedRequest {
        pub(crate) email_key: String,
        pub(crate) user_id: Option<UserId>,
        pub(crate) invitation_id: Option<InvitationId>,
    }
}

/// The state of a request, as the database names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestStatus {
    #[default]
    Pending,
    Approved,
    Denied,
}

vestibule_db::text_enum!(RequestStatus: Pending = "pending", Approved = "approved", Denied = "denied");

/// A statement with the columns of a [`JoinRequest`].
macro_rules! requests {
    ($end:literal) => {
        concat!(
            "SELECT r.id AS id, r.organization_id AS organization_id, r.email_key AS email_key, r.user_id AS user_id,
                    r.invitation_id AS invitation_id, r.created_at AS created_at, r.updated_at AS updated_at,
                    u.first_name AS first_name, u.last_name AS last_name, i.status AS invitation_status,
                    i.expires_at AS invitation_expires_at, o.name AS role_name, o.organization_id AS role_organization_id,
                    w.name AS workspace_name
               FROM join_requests r
               LEFT JOIN users u ON u.id = r.user_id
               LEFT JOIN invitations i ON i.organization_id = r.organization_id AND i.id = r.invitation_id
               LEFT JOIN organization_roles o ON o.scope = i.role_scope AND o.id = i.role_id
               LEFT JOIN workspaces w ON w.organization_id = i.organization_id AND w.id = i.workspace_id
              WHERE r.organization_id = $1 AND ",
            $end
        )
    };
}

sql! {
    /// Between two ids, exclusive.
    NEWEST(RequestPage {
        organization: OrganizationId,
        status: RequestStatus,
        after: JoinRequestId,
        before: JoinRequestId,
        limit: i64,
    }) -> JoinRequest = requests!("r.status = $2 AND r.id > $3 AND r.id < $4 ORDER BY r.id DESC LIMIT $5");

    OLDEST(= RequestPage) -> JoinRequest = requests!("r.status = $2 AND r.id > $3 AND r.id < $4 ORDER BY r.id LIMIT $5");

    /// Counts up to a limit.
    COUNT(OrganizationId, RequestStatus, i64) -> (i64,) =
        "SELECT COUNT(*) FROM (SELECT id FROM join_requests WHERE organization_id = $1 AND status = $2 LIMIT $3) counted";

    /// Inserts nothing if the address has a pending request, the organization as many as `max`, or a request of the holder
    /// of the invitation was denied after `denied_since`.
    INSERT(NewJoinRequest {
        organization: OrganizationId,
        id: JoinRequestId,
        email_key: Text,
        user: Option<UserId>,
        invitation: Option<InvitationId>,
        now: Timestamp,
        max: i64,
        denied_since: Timestamp,
    }) =
        "INSERT INTO join_requests (organization_id, id, email_key, user_id, invitation_id, status, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, 'pending', $6, $6
          WHERE (SELECT COUNT(*) FROM join_requests r WHERE r.organization_id = $1 AND r.status = 'pending') < $7
            AND NOT EXISTS (SELECT 1 FROM join_requests d
                             WHERE d.organization_id = $1 AND d.invitation_id = $5 AND d.user_id IS NULL
                               AND d.status = 'denied' AND d.updated_at > $8)
             ON CONFLICT (organization_id, email_key) WHERE status = 'pending' DO NOTHING";

    FIND_PENDING(OrganizationId, Text) -> (JoinRequestId,) =
        "SELECT id FROM join_requests WHERE organization_id = $1 AND email_key = $2 AND status = 'pending'";

    /// When a request of the holder of an invitation was last denied, after a time.
    LAST_DENIAL(OrganizationId, InvitationId, Timestamp) -> (Timestamp,) =
        "SELECT updated_at FROM join_requests
          WHERE organization_id = $1 AND invitation_id = $2 AND user_id IS NULL AND status = 'denied' AND updated_at > $3
          ORDER BY updated_at DESC LIMIT 1";

    LIST_PENDING(OrganizationId) -> JoinRequest = requests!("r.status = 'pending' ORDER BY r.id DESC LIMIT 1000");

    /// The condition on the status makes concurrent decisions exclusive.
    DECIDE(OrganizationId, JoinRequestId, Text, Timestamp) -> DecidedRequest =
        "UPDATE join_requests SET status = $3, updated_at = $4
          WHERE organization_id = $1 AND id = $2 AND status = 'pending'
      RETURNING email_key, user_id, invitation_id";
}
