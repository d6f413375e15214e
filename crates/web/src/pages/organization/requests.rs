//! The join requests tab, and joining an organization by the domain of the caller's address.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::domain::{Join, JoinOutcome};
use vestibule_core::id::{JoinRequestId, OrganizationId};
use vestibule_core::invitation::Status;
use vestibule_core::join_request::{Approve, Deny, JoinRequest, ListByStatus, RequestStatus, Undelivered};
use vestibule_core::listing::{ListSort, Position};
use vestibule_core::names::full_name;
use vestibule_core::search::SearchTerm;
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::frame::initials;
use super::super::layout::Layout;
use super::super::mfa;
use super::super::organizations;
use super::list_url::{NameList, SortHeading};
use super::{OrganizationPage, load_organization, page_or_response, parse_id};
use crate::routes::Routes;

/// Requests on a page, and the most that are decided at once.
const PAGE_SIZE: u32 = 50;

/// The value of the buttons that decide the checked requests.
const SELECTED: &str = "selected";

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}/-/requests", list)
        .post("/organizations/{id}/-/requests", decide)
        .post("/organizations/{id}/-/join", join)
}

struct RequestView {
    id: JoinRequestId,
    /// The address of a person without a name.
    name: String,
    /// Empty if it is the name.
    email: String,
    initials: String,
    reason: String,
    /// The roles that the person gets; empty if they join by a domain.
    role: String,
    requested_at: String,
    answered_at: String,
    /// Why it could not be decided.
    error: String,
}

/// The list of requests in one state.
struct Tab {
    label: String,
    url: String,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "organization/requests.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    tabs: Vec<Tab>,
    status: RequestStatus,
    is_pending: bool,
    search: String,
    sort: ListSort,
    requests: Vec<RequestView>,
    /// What has been decided and what has failed, if some of the selected requests could not be decided.
    summary: Option<String>,
    /// Invitations whose links have to be passed on.
    undelivered: Vec<Undelivered>,
    requested_heading: SortHeading,
    total: String,
    previous: Option<String>,
    next: Option<String>,
}

/// The results of the last decisions.
#[derive(Default)]
struct Decided {
    count: i64,
    failed: Vec<(JoinRequestId, Problem)>,
    undelivered: Vec<Undelivered>,
}

const STATES: [RequestStatus; 3] = [RequestStatus::Pending, RequestStatus::Approved, RequestStatus::Denied];

async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, Decided::default()).await)
}

/// The state of the list; pending requests have no parameter.
fn list_state(cx: &PageContext) -> (RequestStatus, NameList<JoinRequestId>) {
    let status: RequestStatus = cx.query_param("status").parse().unwrap_or_default();
    let value = if status == RequestStatus::Pending { String::new() } else { status.to_string() };
    (status, NameList { filter: Some(("status", value)), ..NameList::from_query(cx) })
}

fn tabs(cx: &PageContext, current: RequestStatus, path: &str) -> Vec<Tab> {
    let t = cx.words;
    let tab = |status: RequestStatus| {
        let (label, url) = match status {
            RequestStatus::Pending => (t.status_pending(), path.to_owned()),
            RequestStatus::Approved => (t.request_approved(), format!("{path}?status={status}")),
            RequestStatus::Denied => (t.request_denied(), format!("{path}?status={status}")),
        };
        Tab { label, url, is_current: status == current }
    };
    STATES.map(tab).into()
}

async fn page(cx: &PageContext, organization: &str, decided: Decided) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "requests").await?;
    let (t, path, (status, state)) = (cx.words, org.path("requests"), list_state(cx));
    let query = ListByStatus {
        organization: org.id,
        status,
        search: SearchTerm::new(&state.search),
        sort: state.sort,
        position: state.position.clone(),
        limit: PAGE_SIZE,
    };
    let found = cx.query(query).await?;
    let requests: Vec<_> = found.requests.into_iter().map(|request| view(cx, request, &decided.failed)).collect();
    // A request that somebody else has just decided is no longer in the list.
    let first_error = decided.failed.into_iter().map(|(_, problem)| problem).next();
    let is_listed = requests.iter().any(|request| !request.error.is_empty());
    let mut layout = cx.layout(format!("{} · {}", t.join_requests(), org.name), true);
    if !is_listed {
        layout = layout.with_error(first_error.as_ref());
    }
    let has_failed = first_error.is_some();
    if !has_failed && decided.count > 0 {
        layout.flash = Some(t.flash_approved_count(decided.count));
    }
    let page = Page {
        layout,
        tabs: tabs(cx, status, &path),
        status,
        is_pending: status == RequestStatus::Pending,
        summary: (is_listed || has_failed && decided.count > 0).then(|| t.requests_decided(decided.count)),
        undelivered: decided.undelivered,
        requested_heading: state.heading(&path, t.requested_at(), (ListSort::Oldest, ListSort::Newest)),
        total: if found.total.is_exact {
            t.requests_count(found.total.count)
        } else {
            t.requests_more_than(found.total.count)
        },
        previous: found.previous.map(|cursor| state.page_url(&path, Position::Before(cursor))),
        next: found.next.map(|cursor| state.page_url(&path, Position::After(cursor))),
        search: state.search,
        sort: state.sort,
        requests,
        org,
    };
    Ok(cx.render_with_error(first_error.as_ref(), &page))
}

fn view(cx: &PageContext, request: JoinRequest, failed: &[(JoinRequestId, Problem)]) -> RequestView {
    let t = cx.words;
    let (reason, role) = (reason(cx, &request), role(cx, &request));
    let full_name =
        full_name(request.first_name.as_deref().unwrap_or_default(), request.last_name.as_deref().unwrap_or_default());
    let (name, email) =
        if full_name.is_empty() { (request.email_key, String::new()) } else { (full_name, request.email_key) };
    let error = failed.iter().find(|(id, _)| *id == request.id);
    RequestView {
        id: request.id,
        initials: initials(&name),
        name,
        email,
        reason,
        role,
        requested_at: t.short_date(request.created_at, cx.now()),
        answered_at: t.short_date(request.updated_at, cx.now()),
        error: error.map(|(_, problem)| t.problem(problem)).unwrap_or_default(),
    }
}

fn reason(cx: &PageContext, request: &JoinRequest) -> String {
    let t = cx.words;
    match (request.user_id, request.invitation_status) {
        (Some(_), Some(_)) => t.requested_for_other_address(),
        (Some(_), None) => t.requested_by_domain(),
        (None, Some(Status::Discarded)) => t.requested_after_revocation(),
        (None, Some(Status::Declined)) => t.requested_after_decline(),
        (None, Some(Status::Pending)) if request.invitation_expires_at.is_some_and(|expiry| expiry > cx.now()) => {
            t.requested_while_suspended()
        }
        (None, _) => t.requested_renewal(),
    }
}

fn role(cx: &PageContext, request: &JoinRequest) -> String {
    let Some(name) = &request.role_name else {
        return String::new();
    };
    let role = cx.words.role_name(name, request.role_organization_id.is_none());
    request.workspace_name.as_ref().map_or(role.clone(), |workspace| format!("{role} · {workspace}"))
}

#[derive(Clone, Copy)]
enum Decision {
    Approve,
    Deny,
}

impl Decision {
    /// The name of its buttons, whose value is the request, or [`SELECTED`].
    const fn field(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }

    const fn flash(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Deny => "denied",
        }
    }

    async fn run(
        self,
        cx: &PageContext,
        organization: OrganizationId,
        request: JoinRequestId,
    ) -> Result<Option<Undelivered>, Problem> {
        match self {
            Self::Approve => cx.run(Approve { organization, request }).await,
            Self::Deny => cx.run(Deny { organization, request }).await.map(|()| None),
        }
    }
}

/// Decides the request of the pressed button, or the checked requests one after the other. Those that fail stay, each
/// with its reason.
async fn decide(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(decide_each(&cx, &organization, &form).await)
}

async fn decide_each(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let id: OrganizationId = parse_id(cx, organization)?;
    // The list stays as it is filtered and sorted.
    let path = list_state(cx).1.url(&format!("/organizations/{id}/-/requests"));
    let decision = if form.has("approve") { Decision::Approve } else { Decision::Deny };
    let pressed = form.text(decision.field());
    let is_one = pressed != SELECTED;
    let requests: Vec<JoinRequestId> = if is_one {
        vec![parse_id(cx, pressed)?]
    } else {
        form.texts("request").filter_map(|id| id.parse().ok()).take(PAGE_SIZE as usize).collect()
    };
    if requests.is_empty() {
        return Ok(cx.redirect_with_flash(&path, "none_selected"));
    }
    let mut decided = Decided::default();
    for request in requests {
        match decision.run(cx, id, request).await {
            Ok(undelivered) => {
                decided.count += 1;
                decided.undelivered.extend(undelivered);
            }
            Err(problem) if problem.code() == Code::Unauthorized => return Err(cx.error_page(&problem)),
            Err(problem) => decided.failed.push((request, problem)),
        }
    }
    if !(decided.failed.is_empty() && decided.undelivered.is_empty()) {
        return page(cx, organization, decided).await;
    }
    let flash = decision.flash();
    let flash = if is_one { flash.to_owned() } else { format!("{flash}_count.{}", decided.count) };
    Ok(cx.redirect_with_flash(&path, &flash))
}

/// Joins an organization, or requests to join it, as the domain's join policy says.
async fn join(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    let organization: OrganizationId = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match cx.run(Join { organization }).await {
        Ok(JoinOutcome::Joined) => mfa::redirect_to_joined(&cx, organization).await,
        Ok(JoinOutcome::Requested) => cx.redirect_with_flash("/organizations", "asked"),
        Err(problem) => organizations::page(&cx, Some(&problem)).await,
    }
}
