//! The invitations tab: list with status and mail delivery, resend, discard, and the form to invite.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{InvitationId, OrganizationId, RoleId, WorkspaceId};
use vestibule_core::invitation::{Delivery, Discard, Filter, InvitationDetails, List, Resend, Status, StatusFilter};
use vestibule_core::listing::Position;
use vestibule_core::names::full_name;
use vestibule_core::organization::ListRoles;
use vestibule_core::{Problem, workspace};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::super::words::Words;
use super::bulk_invite::{BulkPreview, FormState};
use super::confirm::Confirmation;
use super::{OrganizationPage, load_organization, page_or_response, parse_id, run_and_redirect};

/// Invitations per page.
const PAGE_SIZE: u16 = 50;

/// An option of a `<select>`.
pub(super) struct SelectOption<I> {
    id: I,
    name: String,
    is_selected: bool,
}

/// A row of the list. `status` and `delivery` are label and CSS class of a badge.
struct InvitationView {
    id: InvitationId,
    email: String,
    inviter: String,
    role: String,
    status: (String, &'static str),
    expires: String,
    delivery: (String, &'static str),
    delivery_reason: String,
    next_attempt: Option<String>,
    is_pending: bool,
    link: String,
}

#[derive(Template)]
#[template(path = "organization/invitations.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    invitations: Vec<InvitationView>,
    filters: Vec<(&'static str, String, bool)>,
    email_filter: String,
    next: Option<String>,
    emails: String,
    days: String,
    roles: Vec<SelectOption<RoleId>>,
    workspaces: Vec<SelectOption<WorkspaceId>>,
    preview: Option<BulkPreview>,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, None, FormState::default()).await)
}

/// Renders the list and the invitation form with its current values.
pub(super) async fn page(
    cx: &PageContext,
    organization: &str,
    error: Option<&Problem>,
    form: FormState,
) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "invitations").await?;
    let (show, email_filter) = (cx.query_param("show"), cx.query_param("email"));
    let position = Position::from_cursors(cx.query_param("cursor").parse().ok(), None, 1);
    let filter = filter(&show, &email_filter);
    let found = cx.query(List { filter, position, limit: Some(PAGE_SIZE), ..List::new(org.id) }).await?;
    let roles = cx.query(ListRoles { organization: org.id }).await?;
    let workspaces = cx.query(workspace::ListOwn { organization: Some(org.id) }).await?;
    let default_role = cx.app.service().deployment().map_or_else(|_| 0.into(), |deployment| deployment.member_role_id);
    let selected_role = form.role.unwrap_or(default_role);
    let next = found.next.map(|next| {
        let email: String = form_urlencoded::byte_serialize(email_filter.as_bytes()).collect();
        format!("{}?show={show}&email={email}&cursor={next}", org.path("invitations"))
    });
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.invitations(), org.name), true).with_error(error),
        invitations: found.invitations.into_iter().map(|details| invitation_view(cx, details)).collect(),
        filters: filters(cx.words, &show),
        roles: roles
            .into_iter()
            .map(|role| SelectOption { is_selected: role.id == selected_role, id: role.id, name: role.name })
            .collect(),
        workspaces: workspaces
            .into_iter()
            .map(|own| SelectOption {
                is_selected: form.workspace == Some(own.workspace.id),
                id: own.workspace.id,
                name: own.workspace.name,
            })
            .collect(),
        emails: form.emails,
        days: form.days.map_or(cx.app.settings().invitations.expiry_days, |days| days).to_string(),
        preview: form.preview,
        org,
        email_filter,
        next,
    };
    Ok(cx.render_with_error(error, &page))
}

fn filter(show: &str, email: &str) -> Filter {
    let (status, expired) = match show {
        "expired" => (StatusFilter::Only(Status::Pending), Some(true)),
        "waiting" => (StatusFilter::Only(Status::Pending), Some(false)),
        "all" => (StatusFilter::All, None),
        status => (status.parse().map_or(StatusFilter::default(), StatusFilter::Only), None),
    };
    // A text that is not an address does not filter.
    let email = EmailAddress::parse(email.trim()).ok();
    Filter { status, expired, email, ..Filter::default() }
}

fn filters(t: Words, show: &str) -> Vec<(&'static str, String, bool)> {
    let all = [
        ("", t.status_open()),
        ("waiting", t.status_pending()),
        ("expired", t.status_expired()),
        ("accepted", t.status_accepted()),
        ("declined", t.status_declined()),
        ("discarded", t.status_discarded()),
        ("all", t.status_all()),
    ];
    all.map(|(value, label)| (value, label, value == show)).into()
}

fn invitation_view(cx: &PageContext, details: InvitationDetails) -> InvitationView {
    let (t, now) = (cx.words, cx.now());
    let InvitationDetails { row: entry, token, expired, suspension, .. } = details;
    let status = match entry.status {
        Status::Accepted => (t.status_accepted(), "good"),
        Status::Declined => (t.status_declined(), "bad"),
        Status::Discarded => (t.status_discarded(), ""),
        Status::Pending if expired => (t.status_expired(), "bad"),
        Status::Pending if suspension.is_some() => (t.status_suspended(), "warn"),
        Status::Pending => (t.status_pending(), ""),
    };
    let delivery = match entry.delivery {
        Delivery::Queued => (t.delivery_queued(), ""),
        Delivery::Sent => (t.delivery_sent(), "good"),
        Delivery::Deferred => (t.delivery_deferred(), "warn"),
        Delivery::Failed => (t.delivery_failed(), "bad"),
        Delivery::Bounced => (t.delivery_bounced(), "bad"),
        Delivery::NotSent => (t.delivery_not_sent(), "warn"),
    };
    let inviter = details.inviter.map(|inviter| full_name(&inviter.first_name, &inviter.last_name));
    let inviter = inviter.unwrap_or_default();
    let role = match details.workspace.zip(details.workspace_role) {
        Some((workspace, role)) => format!("{}, {}: {}", details.role.name, workspace.name, role.name),
        None => details.role.name.clone(),
    };
    InvitationView {
        id: entry.id,
        email: entry.email_key,
        inviter: if inviter.is_empty() { t.by_former_member() } else { t.by_inviter(&inviter) },
        role,
        status,
        expires: t.time_html(entry.expires_at, now),
        delivery,
        delivery_reason: entry.delivery_reason,
        next_attempt: entry.next_delivery_at.map(|next| t.time_html(next, now)),
        is_pending: entry.status == Status::Pending,
        link: cx.app.settings().mail.invitation_link(&cx.app.settings().public_url, &token.reveal()),
    }
}

/// The organization and the invitation of a path.
type PathIds = Path<(String, String)>;

fn parse_ids(cx: &PageContext, (organization, invitation): (&str, &str)) -> PageResult<(OrganizationId, InvitationId)> {
    Ok((parse_id(cx, organization)?, parse_id(cx, invitation)?))
}

async fn or_page_with_error(cx: &PageContext, organization: &str, result: Result<Response, Problem>) -> Response {
    match result {
        Ok(response) => response,
        Err(problem) => page_or_response(page(cx, organization, Some(&problem), FormState::default()).await),
    }
}

pub(super) async fn resend(cx: PageContext, Path((organization, invitation)): PathIds, _: Form) -> Response {
    let (id, invitation) = match parse_ids(&cx, (&organization, &invitation)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let resend = Resend { organization: id, invitation, expiry_days: None };
    let resent = run_and_redirect(&cx, resend, &format!("/organizations/{id}/-/invitations"), "resent").await;
    or_page_with_error(&cx, &organization, resent).await
}

pub(super) async fn discard(cx: PageContext, Path((organization, invitation)): PathIds, form: Form) -> Response {
    let (id, invitation) = match parse_ids(&cx, (&organization, &invitation)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let path = format!("/organizations/{id}/-/invitations");
    let confirmation =
        Confirmation::new(cx.words.discard(), cx.words.discard(), format!("{path}/{invitation}/discard"), &path)
            .paragraph(cx.words.discard_warning());
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let discarded = run_and_redirect(&cx, Discard { organization: id, invitation }, &path, "discarded").await;
    or_page_with_error(&cx, &organization, discarded).await
}
