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
use vestibule_core::id::{MembershipId, OrganizationId, RoleId, WorkspaceId};
use vestibule_core::invitation::{Cursor, Delivery, Filter, List, MAX_PAGE_SIZE, Page, Sort, Status, StatusFilter};
use vestibule_core::listing::Position;
use vestibule_core::permission::RequiredPermission;
use vestibule_core::search::SearchTerm;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use crate::api::response::InvitationResponse;
use crate::api_response::{ApiResponse, SEATS, TOTAL, seats_header, total_header};
use crate::app::{App, CurrentCaller};
use crate::envelope;
use crate::extract::{FieldReader, FromFields, Path, Query};
use crate::links::{PageLinks, rfc3339};
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
    /// Only invitations for an address that contains this text. One or two letters find the beginnings of words.
    #[param(value_type = Option<String>)]
    search: Option<SearchTerm>,
    /// Only invitations with this role.
    role_id: Option<RoleId>,
    /// Only invitations that this member has sent.
    inviter_id: Option<MembershipId>,
    /// Only invitations whose mail is in this state: `queued`, `sent`, `deferred`, `failed`, `bounced` or `not_sent`.
    #[param(value_type = Option<String>, example = "bounced")]
    delivery: Option<Delivery>,
    /// Only invitations that were created at this time or later.
    #[param(value_type = Option<String>, example = "2026-01-31")]
    sent_after: Option<Timestamp>,
    /// Only invitations that were created before this time.
    #[param(value_type = Option<String>, example = "2026-01-31T09:30:00Z")]
    sent_before: Option<Timestamp>,
    /// `newest` (the default), `oldest`, or for pending invitations `expiry`: those that expire first before others.
    #[param(value_type = Option<String>, example = "newest")]
    sort: Sort,
    /// Whether the header `Total` has the number of invitations on all pages.
    total: Option<bool>,
    /// Invitations per page. The default is 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
    /// The start of the page, from the `Link` header of the previous one.
    #[param(value_type = Option<String>, pattern = "^([1-9][0-9]{0,18}([.][0-9]{1,19})?)?$")]
    cursor: Option<Cursor>,
    /// The end of the page, from the `Link` header of the next one.
    #[param(value_type = Option<String>, pattern = "^([1-9][0-9]{0,18}([.][0-9]{1,19})?)?$")]
    before: Option<Cursor>,
}

const DELIVERIES: &str = "queued, sent, deferred, failed, bounced or not_sent";

impl FromFields for ListParams {
    const ERRORS: &[Code] = &[Code::InvalidId, Code::InvalidEmail, Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        let email = fields.text("email")?.filter(|email| !email.is_empty());
        let params = Self {
            status: parse_status(fields.text("status")?.as_deref())?,
            expired: fields.flag("expired")?,
            workspace_id: fields.id("workspace_id")?,
            email: email.map(|email| EmailAddress::parse(&email)).transpose()?,
            search: fields.text("search")?.filter(|search| !search.trim().is_empty()).as_deref().map(SearchTerm::new),
            role_id: fields.id("role_id")?,
            inviter_id: fields.id("inviter_id")?,
            delivery: fields.choice("delivery", DELIVERIES)?,
            sent_after: fields.time("sent_after")?,
            sent_before: fields.time("sent_before")?,
            sort: fields.choice("sort", "newest, oldest or expiry")?.unwrap_or_default(),
            total: fields.flag("total")?,
            limit: fields.number_within("limit", 1..=MAX_PAGE_SIZE)?,
            cursor: fields.cursor("cursor")?,
            before: fields.cursor("before")?,
        };
        if params.sort == Sort::Expiry && params.status != StatusFilter::default() {
            return Err(Problem::field("sort", "only pending invitations can be sorted by expiry."));
        }
        Ok(params)
    }
}

impl ListParams {
    pub(crate) fn list(&self, organization: OrganizationId) -> List {
        List {
            filter: Filter {
                status: self.status,
                expired: self.expired,
                workspace: self.workspace_id,
                email: self.email.clone(),
                search: self.search.clone(),
                role: self.role_id,
                inviter: self.inviter_id,
                delivery: self.delivery,
                sent_after: self.sent_after,
                sent_before: self.sent_before,
            },
            sort: self.sort,
            position: Position::from_cursors(self.cursor, self.before, 1),
            limit: self.limit,
            counts: self.total == Some(true),
            ..List::new(organization)
        }
    }

    /// The links of the page, with the same filter.
    fn links(&self, app: &App, organization: OrganizationId, page: &Page) -> Option<HeaderValue> {
        let mut links = PageLinks::new(app, &format!("/organizations/{organization}/invitations"));
        match self.status {
            StatusFilter::All => links.add("status", Some("all")),
            StatusFilter::Only(status) => links.add("status", Some(status)),
        }
        links.add("expired", self.expired);
        links.add("workspace_id", self.workspace_id);
        links.add("email", self.email.as_ref().map(EmailAddress::key));
        links.add("search", self.search.as_ref().map(SearchTerm::as_str));
        links.add("role_id", self.role_id);
        links.add("inviter_id", self.inviter_id);
        links.add("delivery", self.delivery.map(Delivery::as_str));
        links.add("sent_after", self.sent_after.map(rfc3339));
        links.add("sent_before", self.sent_before.map(rfc3339));
        links.add("sort", Some(self.sort).filter(|sort| *sort != Sort::Newest));
        links.add("total", self.total);
        links.add("limit", self.limit);
        links.header(page.next.as_ref(), page.previous.as_ref())
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

/// Lists an organization's invitations, newest first unless `sort` says otherwise.
///
/// By default it contains the pending invitations, including expired ones. The `Link` header (RFC 8288) has the URLs of
/// the next and the previous page. A search shows at most the newest 1,000 matches. If seats are limited, the `Seats` header has the
/// seat counts.
#[utoipa::path(get, path = "/organizations/{id}/invitations",
    operation_id = "list_organization_invitations", tag = "Invitations",
    params(("id" = OrganizationId, Path, description = "The organization"), ListParams,
           ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier response")),
    responses(
        (status = 200, description = "Invitations retrieved successfully", body = Enveloped<Vec<InvitationResponse>>,
         headers(("Link" = String, description = "The next and the previous page, if there are any: `<URL>; rel=\"next\"`"),
                 ("Total" = String, description = "With `total=true` or `search`, the number of invitations on all pages: `count=12`; if there are more than could be counted, `count=10000, more`"),
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
    let list = params.list(organization);
    if list == List::new(organization) {
        let metrics = &app.list_cache().metrics;
        match app.list_cache().get(organization) {
            Some(cached) => {
                let access = app.service().cached_access(&caller, organization, RequiredPermission::ManageMembers);
                // Without access, the list is not used at all.
                if let Some((access, stats)) = access.await {
                    if let Some(response) = cached.response_if_valid(&access, &if_none_match, stats) {
                        metrics.hits.increment();
                        return response;
                    }
                    metrics.outdated();
                }
            }
            None => metrics.misses.increment(),
        }
    }
    // Boxed, because the uncached path would enlarge the future of the cached one.
    Box::pin(uncached(app, caller, list, if_none_match, params)).await
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

/// Returns the headers `Link`, `Total` and `Seats`.
fn response_headers(app: &App, organization: OrganizationId, params: &ListParams, page: &Page) -> HeaderMap {
    let links = params.links(app, organization, page).map(|links| (header::LINK, links));
    let total = page.total.and_then(total_header).map(|total| (TOTAL, total));
    let seats = page.seats.and_then(seats_header).map(|seats| (SEATS, seats));
    links.into_iter().chain(total).chain(seats).collect()
}
