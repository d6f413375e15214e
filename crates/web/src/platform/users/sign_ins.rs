//! `/users/{id}/sessions`: the sign-ins of a user.

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::caller::{browser, device};
use vestibule_core::id::{MembershipId, SessionId, SignInId, UserId, WorkspaceMembershipId};
use vestibule_core::session::SignIn;
use vestibule_core::time::Timestamp;
use vestibule_core::user_management::{EndAllSignIns, EndSignIn, ListSignIns};
use vestibule_core::{Code, Problem};

use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Path, Query};
use crate::platform::page::{ListQuery, MAX_LIMIT, Page, SortOrder};
use crate::platform::response::{Empty, PlatformResponse};

/// A sign-in of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserSignIn)]
pub(crate) struct SignInResponse {
    id: SignInId,
    created_at: Timestamp,
    updated_at: Timestamp,
    session_id: SessionId,
    user_id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MembershipId, required = false)]
    active_organization_membership_id: Option<MembershipId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WorkspaceMembershipId, required = false)]
    active_workspace_membership_id: Option<WorkspaceMembershipId>,
    expires_at: Timestamp,
    /// Precise to a few minutes.
    last_active_at: Timestamp,
    ip_address: String,
    browser: String,
    /// Empty if it is unknown.
    device: &'static str,
    // Always empty: the service knows no locations, and clients require the fields.
    city: &'static str,
    region: &'static str,
    region_code: &'static str,
    country: &'static str,
    country_code: &'static str,
}

impl From<SignIn> for SignInResponse {
    fn from(sign_in: SignIn) -> Self {
        Self {
            id: sign_in.id,
            created_at: sign_in.created_at,
            updated_at: sign_in.updated_at,
            session_id: sign_in.session_id,
            user_id: sign_in.user_id,
            active_organization_membership_id: sign_in.organization_membership_id,
            active_workspace_membership_id: sign_in.workspace_membership_id,
            expires_at: sign_in.expires_at,
            last_active_at: sign_in.last_active_at,
            ip_address: sign_in.ip_address,
            browser: browser(&sign_in.user_agent),
            device: device(&sign_in.user_agent),
            city: "",
            region: "",
            region_code: "",
            country: "",
            country_code: "",
        }
    }
}

/// The query of a list of sign-ins.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SignInsQuery {
    /// The most items of the page, 1 to 1,000.
    #[param(required = false, default = 1000, minimum = 1, maximum = 1000)]
    limit: u16,
    /// How many items to skip, up to 100,000.
    #[param(required = false, default = 0, maximum = 100_000)]
    offset: u32,
    /// Where the page begins: `next_cursor` of the page before. Not together with `offset`.
    #[param(value_type = Option<String>)]
    cursor: Option<SignInId>,
    /// Whether sign-ins that have expired are listed too, until they are cleaned up.
    #[param(required = false, default = false)]
    include_expired: bool,
}

impl FromFields for SignInsQuery {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        // Clients do not look for another page, so the first one is as long as it can be.
        let limit = fields.number_within("limit", 1..=MAX_LIMIT)?.unwrap_or(MAX_LIMIT);
        let list = ListQuery::from_fields(fields)?;
        if list.sort_key.as_deref().is_some_and(|key| key != "created_at") {
            return Err(Problem::field("sort_key", "use created_at."));
        }
        if list.sort_order == Some(SortOrder::Asc) {
            return Err(Problem::field("sort_order", "use desc: the newest comes first."));
        }
        let cursor = list.cursor.as_deref().map(|cursor| cursor.parse().map_err(|_| Code::InvalidCursor));
        Ok(Self {
            limit,
            offset: list.offset,
            cursor: cursor.transpose()?,
            include_expired: fields.flag("include_expired")?.unwrap_or(false),
        })
    }
}

/// Lists the sign-ins of a user, newest first.
#[utoipa::path(get, path = "/users/{id}/sessions", operation_id = "list_user_sessions", tag = "User sessions",
    params(("id" = UserId, Path, description = "The user"), SignInsQuery),
    responses((status = 200, description = "The sign-ins", body = Page<SignInResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Query(SignInsQuery { limit, offset, cursor, include_expired }): Query<SignInsQuery>,
) -> PlatformResponse<Page<SignInResponse>> {
    let list = ListSignIns { user, includes_expired: include_expired, before: cursor, offset, limit };
    let reply = app.query(&caller, list).await;
    let page = reply.map(|page| Page {
        data: page.sign_ins.into_iter().map(SignInResponse::from).collect(),
        total: page.total,
        limit,
        offset,
        has_more: page.next.is_some(),
        next_cursor: page.next.map(|id| id.to_string()),
    });
    page.into()
}

/// Ends a sign-in of a user.
#[utoipa::path(post, path = "/users/{id}/sessions/{sign_in_id}/revoke", operation_id = "revoke_user_session",
    tag = "User sessions",
    params(("id" = UserId, Path, description = "The user"), ("sign_in_id" = SignInId, Path, description = "The sign-in")),
    responses((status = 200, description = "Ended", body = Empty)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user, sign_in)): Path<(UserId, SignInId)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, EndSignIn { user, sign_in }).await.map(|()| Empty {}).into()
}

/// How many sign-ins were ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RevokedUserSessions)]
pub(crate) struct RevokedSignIns {
    revoked: i64,
}

/// Ends all sign-ins of a user.
///
/// Codes and links that were mailed to them stop working.
#[utoipa::path(post, path = "/users/{id}/sessions/revoke-all", operation_id = "revoke_all_user_sessions",
    tag = "User sessions", params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "Ended", body = RevokedSignIns)))]
pub(crate) async fn revoke_all(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
) -> PlatformResponse<RevokedSignIns> {
    app.run(&caller, EndAllSignIns { user }).await.map(|revoked| RevokedSignIns { revoked }).into()
}
