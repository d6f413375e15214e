//! `GET /organizations/{id}/members`

use axum::extract::State;
use axum::http::HeaderValue;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::{OrganizationId, RoleId, WorkspaceId};
use vestibule_core::listing::{ListSort, Position};
use vestibule_core::membership::{ListMembers, MemberCursor, MemberFilter, SecondFactorFilter};
use vestibule_core::search::SearchTerm;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem, membership};

use crate::api::response::{DetailedMembershipResponse, OrganizationResponse};
use crate::api_response::{ApiResponse, TOTAL, total_header};
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Path, Query};
use crate::links::{PageLinks, rfc3339};
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

/// The query of the list of an organization's members.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MemberParams {
    /// The page number, starting at 1. Ignored with a cursor.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    page: u32,
    /// Members per page. The default is 10.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: u32,
    /// Only members whose name, user name or email address contains this text, ignoring case and accents. One or two
    /// letters find the beginnings of words.
    #[param(value_type = Option<String>)]
    search: Option<SearchTerm>,
    /// Only members with this role.
    role_id: Option<RoleId>,
    /// Only members who are in this workspace.
    workspace_id: Option<WorkspaceId>,
    /// Only members with this second factor: `none`, `any`, `authenticator` or `passkey`. For those who manage members.
    #[param(value_type = Option<String>)]
    second_factor: Option<SecondFactorFilter>,
    /// Only members who joined at this time or later.
    #[param(value_type = Option<String>, example = "2026-01-31")]
    joined_after: Option<Timestamp>,
    /// Only members who joined before this time.
    #[param(value_type = Option<String>, example = "2026-01-31T09:30:00Z")]
    joined_before: Option<Timestamp>,
    /// `newest` (the default), `oldest`, `name` or `-name`.
    #[param(value_type = Option<String>, example = "newest")]
    sort: ListSort,
    /// The start of the page, from the `Link` header of the previous one.
    #[param(value_type = Option<String>)]
    cursor: Option<MemberCursor>,
    /// The end of the page, from the `Link` header of the next one.
    #[param(value_type = Option<String>)]
    before: Option<MemberCursor>,
}

impl FromFields for MemberParams {
    const ERRORS: &[Code] = &[Code::InvalidId, Code::InvalidCursor];
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let PageParams { page, limit, search } = PageParams::from_fields(fields)?;
        Ok(Self {
            page,
            limit,
            search,
            role_id: fields.id("role_id")?,
            workspace_id: fields.id("workspace_id")?,
            second_factor: fields.choice("second_factor", "none, any, authenticator or passkey")?,
            joined_after: fields.time("joined_after")?,
            joined_before: fields.time("joined_before")?,
            sort: fields.choice("sort", "newest, oldest, name or -name")?.unwrap_or_default(),
            cursor: fields.cursor("cursor")?,
            before: fields.cursor("before")?,
        })
    }
}

impl MemberParams {
    pub(crate) fn filter(&self) -> MemberFilter {
        MemberFilter {
            search: self.search.clone(),
            role: self.role_id,
            workspace: self.workspace_id,
            second_factor: self.second_factor,
            joined_after: self.joined_after,
            joined_before: self.joined_before,
        }
    }

    fn list(&self, organization: OrganizationId) -> ListMembers {
        let position = Position::from_cursors(self.cursor.clone(), self.before.clone(), self.page);
        ListMembers { organization, filter: self.filter(), sort: self.sort, position, limit: self.limit }
    }

    /// The links of the page, with the same filter.
    fn links(&self, app: &App, organization: OrganizationId, page: &membership::MembersPage) -> Option<HeaderValue> {
        let mut links = PageLinks::new(app, &format!("/organizations/{organization}/members"));
        links.add("search", self.search.as_ref().map(SearchTerm::as_str));
        links.add("role_id", self.role_id);
        links.add("workspace_id", self.workspace_id);
        links.add("second_factor", self.second_factor);
        links.add("joined_after", self.joined_after.map(rfc3339));
        links.add("joined_before", self.joined_before.map(rfc3339));
        links.add("sort", Some(self.sort));
        links.add("limit", Some(self.limit));
        links.header(page.next.as_ref(), page.previous.as_ref())
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

/// Lists an organization's members, newest first unless `sort` says otherwise.
///
/// The `Link` header (RFC 8288) has the URLs of the next and the previous page. They have a cursor instead of a page
/// number, so that their rows stay the same when members join or leave. A search shows at most the newest 1,000
/// matches; the `Total` header is there if there may be more. If seats are limited, the `Seats` header has the seat counts.
#[utoipa::path(get, path = "/organizations/{id}/members",
    operation_id = "list_organization_members", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"), MemberParams),
    responses((status = 200, description = "Members retrieved successfully", body = Enveloped<MembersPageResponse>,
               headers(("Total" = String, description = "The number of members on all pages, if there may be more: `count=1000, more`"),
                       ("Link" = String, description = "The next and the previous page, if there are any: `<URL>; rel=\"next\"`"),
                       ("Seats" = String, description = "The seat counts, if seats are limited: `used=2, held=1, free=7`")))))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(params): Query<MemberParams>,
) -> ApiResponse<MembersPageResponse> {
    let context = app.response_context();
    let (page, limit) = (params.page, params.limit);
    let reply = app.query(&caller, params.list(organization)).await;
    let seats = reply.result.as_ref().ok().and_then(|page| page.seats);
    let links = reply.result.as_ref().ok().and_then(|page| params.links(&app, organization, page));
    let total = reply.result.as_ref().ok().map(|page| page.total).filter(|total| !total.is_exact);
    let response =
        ApiResponse::from(reply.map(|membership::MembersPage { organization, members, total, next, .. }| {
            let organization = OrganizationResponse::new(organization, context);
            MembersPageResponse {
                data: members
                    .into_iter()
                    .map(|member| DetailedMembershipResponse::from_member(member, &organization, context))
                    .collect(),
                meta: PageMeta { total: total.count, page, limit, has_more: next.is_some() },
            }
        }));
    let response = response.with_seats(seats).with_links(links);
    match total.and_then(total_header) {
        Some(total) => response.with_header(TOTAL, total),
        None => response,
    }
}
