//! `GET /organizations/{id}/members`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::OrganizationId;
use vestibule_core::membership::ListMembers;
use vestibule_core::search::SearchTerm;
use vestibule_core::{Problem, membership};

use crate::api::response::{DetailedMembershipResponse, OrganizationResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Path, Query};
use crate::openapi::Enveloped;

/// The query of a list of members.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// The page number, starting at 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    pub(crate) page: u32,
    /// Members per page. The default is 10.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub(crate) limit: u32,
    /// Only members whose name or email address contains this text, ignoring case.
    #[param(value_type = Option<String>)]
    pub(crate) search: Option<SearchTerm>,
}

impl FromFields for PageParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            page: fields.number_within("page", 1..=1_000_000)?.unwrap_or(1),
            limit: fields.number_within("limit", 1..=100)?.unwrap_or(10),
            search: fields.text("search")?.filter(|search| !search.trim().is_empty()).as_deref().map(SearchTerm::new),
        })
    }
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MembersPage)]
pub(crate) struct MembersPageResponse {
    data: Vec<DetailedMembershipResponse>,
    meta: PageMeta,
}

/// The position of a page in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PageMeta {
    total: i64,
    page: u32,
    limit: u32,
    has_more: bool,
}

impl PageMeta {
    pub(crate) fn new(page: u32, limit: u32, total: i64) -> Self {
        Self { total, page, limit, has_more: total > i64::from(page) * i64::from(limit) }
    }
}

/// Lists an organization's members, newest first.
///
/// If seats are limited, the `Seats` header has the seat counts.
#[utoipa::path(get, path = "/organizations/{id}/members",
    operation_id = "list_organization_members", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"), PageParams),
    responses((status = 200, description = "Members retrieved successfully", body = Enveloped<MembersPageResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(PageParams { page, limit, search }): Query<PageParams>,
) -> ApiResponse<MembersPageResponse> {
    let context = app.response_context();
    let reply = app.query(&caller, ListMembers { organization, page, limit, search }).await;
    let seats = reply.result.as_ref().ok().and_then(|page| page.seats);
    let response = ApiResponse::from(reply.map(|membership::MembersPage { organization, members, total, .. }| {
        let organization = OrganizationResponse::new(organization, context);
        MembersPageResponse {
            data: members
                .into_iter()
                .map(|member| DetailedMembershipResponse::from_member(member, &organization, context))
                .collect(),
            meta: PageMeta::new(page, limit, total),
        }
    }));
    response.with_seats(seats)
}
