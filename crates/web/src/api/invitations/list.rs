//! `GET /organizations/{id}/invitations`: the call that everything else exists for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;
use vestibule_core::access::Need;
use vestibule_core::context::Caller;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{InvitationId, OrganizationId, WorkspaceId};
use vestibule_core::invitation::{Filter, LARGEST_PAGE, List, Page, Status, StatusFilter};
use vestibule_core::{Code, Problem};

use crate::answer::{Answer, SEATS, seats};
use crate::api::shape::InvitationShape;
use crate::app::{App, Visitor};
use crate::envelope;
use crate::extract::{FromFields, Path, Query, Reader};
use crate::kept::{Has, KeptList};
use crate::openapi::Enveloped;

/// What the list is narrowed to (decision 10).
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Narrowed {
    /// `pending` when left out; `accepted`, `discarded`, `declined`, or `all`.
    #[param(value_type = Option<String>, example = "pending")]
    status: StatusFilter,
    /// Only those that have run out, or only those that have not.
    expired: Option<bool>,
    /// Only those into this workspace.
    workspace_id: Option<WorkspaceId>,
    /// Only those for this address, in whatever case.
    #[param(value_type = Option<String>, format = Email)]
    email: Option<EmailAddress>,
    /// Invitations a page: 500 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
    /// Where the page begins: from the `Link` header of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<InvitationId>,
}

impl FromFields for Narrowed {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        let cursor = fields.text("cursor")?.filter(|cursor| !cursor.is_empty());
        let email = fields.text("email")?.filter(|email| !email.is_empty());
        Ok(Self {
            status: status(fields.text("status")?.as_deref())?,
            expired: fields.flag("expired")?,
            workspace_id: fields.id("workspace_id")?,
            email: email.map(|email| EmailAddress::parse(&email)).transpose()?,
            limit: fields.number_within("limit", 1..=LARGEST_PAGE)?,
            cursor: cursor.map(|cursor| cursor.parse().map_err(|_| Code::InvalidCursor)).transpose()?,
        })
    }
}

fn status(word: Option<&str>) -> Result<StatusFilter, Problem> {
    match word {
        None | Some("") => Ok(StatusFilter::default()),
        Some("all") => Ok(StatusFilter::All),
        Some(word) => word
            .parse::<Status>()
            .map(StatusFilter::Only)
            .map_err(|()| Problem::field("status", "use pending, accepted, discarded, declined or all.")),
    }
}

/// Who is invited to an organization, as what, by whom.
///
/// Without a query: the pending ones, the expired among them, newest first. A page that is not the last names the next
/// in a `Link` header (RFC 8288) with `rel="next"`. Where seats are bounded, a `Seats` header counts them.
#[utoipa::path(get, path = "/organizations/{id}/invitations", tag = "Invitations",
    params(("id" = OrganizationId, Path, description = "The organization"), Narrowed),
    responses((status = 200, description = "Invitations retrieved successfully", body = Enveloped<Vec<InvitationShape>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    has: Has,
    Query(narrowed): Query<Narrowed>,
) -> Response {
    let filter = Filter {
        status: narrowed.status,
        expired: narrowed.expired,
        workspace: narrowed.workspace_id,
        email: narrowed.email.clone(),
        before: narrowed.cursor,
        limit: narrowed.limit,
    };
    if filter == Filter::default()
        && let Some(kept) = app.kept().of(organization)
        && let Some((standing, cost)) = app.service().standing(&caller, organization, Need::ManageMembers).await
        && let Some(answer) = kept.answer(&standing, &has, cost)
    {
        return answer;
    }
    // Apart, for all that making it needs would be moved with whoever is shown the same again.
    Box::pin(anew(app, caller, List { organization, filter }, has, narrowed)).await
}

async fn anew(app: App, caller: Arc<Caller>, list: List, has: Has, narrowed: Narrowed) -> Response {
    let organization = list.organization;
    let reply = app.ask(&caller, list).await;
    let Ok(page) = reply.result else {
        return Answer::from(reply.map(drop)).into_response();
    };
    let headers = headers(&app, organization, &narrowed, &page);
    let data = InvitationShape::page(page.invitations);
    match (page.holds, &reply.session) {
        (Some(holds), Some(session)) => {
            let list = Arc::new(KeptList::new(holds, data, headers));
            app.kept().keep(organization, Arc::clone(&list));
            list.shown_in(session, &has, reply.cost)
        }
        (_, session) => {
            let mut response = envelope::success_of(data, session.as_ref(), reply.cost);
            response.headers_mut().extend(headers);
            response
        }
    }
}

/// The next page, and the seats.
fn headers(app: &App, organization: OrganizationId, narrowed: &Narrowed, page: &Page) -> HeaderMap {
    let link = page.next.and_then(|next| link(app, organization, narrowed, next)).map(|link| (header::LINK, link));
    let seats = page.seats.and_then(seats).map(|seats| (SEATS, seats));
    link.into_iter().chain(seats).collect()
}

/// The next page by its absolute address, narrowed to the same.
fn link(app: &App, organization: OrganizationId, narrowed: &Narrowed, next: InvitationId) -> Option<HeaderValue> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    match narrowed.status {
        StatusFilter::All => query.append_pair("status", "all"),
        StatusFilter::Only(status) => query.append_pair("status", status.as_str()),
    };
    let mut pair = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    };
    pair("expired", narrowed.expired.map(|expired| expired.to_string()));
    pair("workspace_id", narrowed.workspace_id.map(|id| id.to_string()));
    pair("email", narrowed.email.as_ref().map(|email| email.key().to_owned()));
    pair("limit", narrowed.limit.map(|limit| limit.to_string()));
    pair("cursor", Some(next.to_string()));
    let (base, query) = (app.settings().public_url.as_str(), query.finish());
    HeaderValue::from_str(&format!("<{base}/organizations/{organization}/invitations?{query}>; rel=\"next\"")).ok()
}
