//! `GET /organizations/{id}/invitations`
//!
//! The list without query parameters is cached; see [`crate::response_cache`].

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::execution::Caller;
use vestibule_core::id::{InvitationId, OrganizationId, WorkspaceId};
use vestibule_core::invitation::{Filter, List, MAX_PAGE_SIZE, Page, Status, StatusFilter};
use vestibule_core::permission::RequiredPermission;
use vestibule_core::{Code, Problem};

use crate::api::response::InvitationResponse;
use crate::api_response::{ApiResponse, SEATS, seats_header};
use crate::app::{App, CurrentCaller};
use crate::envelope;
use crate::extract::{FieldReader, FromFields, Path, Query};
use crate::openapi::Enveloped;
use crate::response_cache::{CachedList, IfNoneMatch};

/// The query of the list of invitations.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// `pending` (the default), `accepted`, `discarded`, `declined` or `all`.
    #[param(value_type = Option<String>, example = "pending")]
    status: StatusFilter,
    /// Only expired invitations, or only those that have not expired.
    expired: Option<bool>,
    /// Only invitations to this workspace.
    workspace_id: Option<WorkspaceId>,
    /// Only invitations for this address, ignoring case.
    #[param(value_type = Option<String>, format = Email)]
    email: Option<EmailAddress>,
    /// Invitations per page. The default is 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
    /// The start of the page, from the `Link` header of the previous one.
    #[param(value_type = Option<String>, pattern = "^([1-9][0-9]{0,18})?$")]
    cursor: Option<InvitationId>,
}

impl FromFields for ListParams {
    const ERRORS: &[Code] = &[Code::InvalidId, Code::InvalidEmail, Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        let cursor = fields.text("cursor")?.filter(|cursor| !cursor.is_empty());
        let email = fields.text("email")?.filter(|email| !email.is_empty());
        Ok(Self {
            status: parse_status(fields.text("status")?.as_deref())?,
            expired: fields.flag("expired")?,
            workspace_id: fields.id("workspace_id")?,
            email: email.map(|email| EmailAddress::parse(&email)).transpose()?,
            limit: fields.number_within("limit", 1..=MAX_PAGE_SIZE)?,
            cursor: cursor.map(|cursor| cursor.parse().map_err(|_| Code::InvalidCursor)).transpose()?,
        })
    }
}

fn parse_status(text: Option<&str>) -> Result<StatusFilter, Problem> {
    match text {
        None | Some("") => Ok(StatusFilter::default()),
        Some("all") => Ok(StatusFilter::All),
        Some(text) => text
            .parse::<Status>()
            .map(StatusFilter::Only)
            .map_err(|()| Problem::field("status", "use pending, accepted, discarded, declined or all.")),
    }
}

/// Lists an organization's invitations, newest first.
///
/// By default it contains the pending invitations, including expired ones. If there are further pages, the `Link`
/// header (RFC 8288) with `rel="next"` has the URL of the next one. If seats are limited, the `Seats` header has the
/// seat counts.
#[utoipa::path(get, path = "/organizations/{id}/invitations",
    operation_id = "list_organization_invitations", tag = "Invitations",
    params(("id" = OrganizationId, Path, description = "The organization"), ListParams,
           ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier response")),
    responses(
        (status = 200, description = "Invitations retrieved successfully", body = Enveloped<Vec<InvitationResponse>>,
         headers(("Link" = String, description = "The next page, if there is one: `<URL>; rel=\"next\"`"),
                 ("Seats" = String, description = "The seat counts, if seats are limited: `used=2, held=1, free=7`"),
                 ("ETag" = String, description = "Of the first page without a filter; for `If-None-Match`"))),
        (status = 304, description = "The list has not changed since the response with this `ETag`")))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    if_none_match: IfNoneMatch,
    Query(params): Query<ListParams>,
) -> Response {
    let filter = Filter {
        status: params.status,
        expired: params.expired,
        workspace: params.workspace_id,
        email: params.email.clone(),
        before: params.cursor,
        limit: params.limit,
    };
    if filter == Filter::default()
        && let Some(cached) = app.list_cache().get(organization)
        && let Some((access, stats)) =
            app.service().cached_access(&caller, organization, RequiredPermission::ManageMembers).await
        && let Some(response) = cached.response_if_valid(&access, &if_none_match, stats)
    {
        return response;
    }
    // Boxed, because the uncached path would enlarge the future of the cached one.
    Box::pin(uncached(app, caller, List { organization, filter }, if_none_match, params)).await
}

/// Loads the list and caches it if it is cacheable.
async fn uncached(
    app: App,
    caller: Arc<Caller>,
    list: List,
    if_none_match: IfNoneMatch,
    params: ListParams,
) -> Response {
    let organization = list.organization;
    let reply = app.query(&caller, list).await;
    let Ok(page) = reply.result else {
        return ApiResponse::from(reply.map(drop)).into_response();
    };
    let headers = response_headers(&app, organization, &params, &page);
    let data = InvitationResponse::page_json(page.invitations);
    match (page.validity, &reply.session) {
        (Some(validity), Some(session)) => {
            let list = Arc::new(CachedList::new(validity, data, headers));
            app.list_cache().insert(organization, Arc::clone(&list));
            list.response(session, &if_none_match, reply.stats)
        }
        (_, session) => {
            let mut response = envelope::success_with_data(data, session.as_ref(), reply.stats);
            response.headers_mut().extend(headers);
            response
        }
    }
}

/// Returns the `Link` header of the next page, and the `Seats` header.
fn response_headers(app: &App, organization: OrganizationId, params: &ListParams, page: &Page) -> HeaderMap {
    let link = page.next.and_then(|next| next_link(app, organization, params, next)).map(|link| (header::LINK, link));
    let seats = page.seats.and_then(seats_header).map(|seats| (SEATS, seats));
    link.into_iter().chain(seats).collect()
}

/// Returns a `Link` value with the absolute URL of the next page, with the same filter.
fn next_link(app: &App, organization: OrganizationId, params: &ListParams, next: InvitationId) -> Option<HeaderValue> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    match params.status {
        StatusFilter::All => query.append_pair("status", "all"),
        StatusFilter::Only(status) => query.append_pair("status", status.as_str()),
    };
    let mut pair = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    };
    pair("expired", params.expired.map(|expired| expired.to_string()));
    pair("workspace_id", params.workspace_id.map(|id| id.to_string()));
    pair("email", params.email.as_ref().map(|email| email.key().to_owned()));
    pair("limit", params.limit.map(|limit| limit.to_string()));
    pair("cursor", Some(next.to_string()));
    let (base, query) = (app.settings().public_url.as_str(), query.finish());
    HeaderValue::from_str(&format!("<{base}/organizations/{organization}/invitations?{query}>; rel=\"next\"")).ok()
}
