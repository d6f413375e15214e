//! `POST /organizations/{id}/members/{memberId}/remove`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::id::{MemberId, OrganizationId};
use vestibule_core::offboarding::{Remove, RemovedMember, SentInvitations};

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

/// The fields of a removal.
#[derive(Debug, ToSchema)]
#[schema(as = RemovedMemberFields)]
pub(crate) struct Fields {
    /// What happens to the member's pending invitations: `suspend` (default) or `revoke`.
    #[schema(value_type = Option<String>, example = "suspend")]
    invitations: SentInvitations,
}

impl FromFields for Fields {
    // Existing clients may send a body, which was ignored.
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let invitations = match fields.text("invitations")?.as_deref() {
            None | Some("" | "suspend") => SentInvitations::Suspend,
            Some("revoke") => SentInvitations::Revoke,
            Some(_) => return Err(Problem::field("invitations", "use suspend or revoke.")),
        };
        Ok(Self { invitations })
    }
}

/// Confirms a removal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemovedMember)]
pub(crate) struct Removed {
    /// Always `true`.
    success: bool,
    /// Open invitations of the member that cannot be accepted until they are resent. Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    suspended_invitations: Option<i64>,
    /// Open invitations of the member that were discarded. Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    revoked_invitations: Option<i64>,
}

impl From<RemovedMember> for Removed {
    fn from(removed: RemovedMember) -> Self {
        let RemovedMember { suspended_invitations, revoked_invitations } = removed;
        let positive = |count| Some(count).filter(|count| *count > 0);
        Self {
            success: true,
            suspended_invitations: positive(suspended_invitations),
            revoked_invitations: positive(revoked_invitations),
        }
    }
}

/// Removes a member from an organization. Access ends immediately in all their sessions.
///
/// Pending invitations that the member sent are suspended: they cannot be accepted until a member resends them. With
/// `invitations=revoke` they are discarded.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/remove",
    operation_id = "remove_organization_member", tag = "Organizations",
    request_body = Option<Fields>,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The id of the membership or of its user")),
    responses((status = 200, description = "Removed", body = Enveloped<Removed>)))]
pub(crate) async fn remove_member(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member)): Path<(OrganizationId, MemberId)>,
    Body(Fields { invitations }): Body<Fields>,
) -> ApiResponse<Removed> {
    ApiResponse::from(app.run(&caller, Remove { organization, member, invitations }).await.map(Removed::from))
}
