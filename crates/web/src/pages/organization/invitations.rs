//! The list that everything else exists for, to look at: who has not come in yet, and whether they know that they may.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{InvitationId, OrganizationId, RoleId, WorkspaceId};
use vestibule_core::invitation::{Delivery, Discard, Filter, List, Resend, Shown, Status, StatusFilter};
use vestibule_core::organization::ListRoles;
use vestibule_core::workspace;

use super::super::asked::{Answered, Asked};
use super::super::form::Form;
use super::super::frame::Frame;
use super::super::words::Words;
use super::confirm::{Confirm, unless_sure};
use super::invite::{Preview, Typed};
use super::{House, done, either, house, id};

/// Invitations a page.
const LIMIT: u16 = 50;

pub(super) struct Choice<I> {
    id: I,
    name: String,
    is_chosen: bool,
}

/// An invitation as the list shows it; a state is its word and how it is marked.
struct Invitation {
    id: InvitationId,
    email: String,
    by: String,
    role: String,
    state: (String, &'static str),
    ends: String,
    mail: (String, &'static str),
    reason: String,
    next_try: Option<String>,
    is_pending: bool,
    link: String,
}

#[derive(Template)]
#[template(path = "organization/invitations.html")]
struct Page {
    frame: Frame,
    house: House,
    invitations: Vec<Invitation>,
    filters: Vec<(&'static str, String, bool)>,
    sought: String,
    next: Option<String>,
    typed: String,
    days: String,
    roles: Vec<Choice<RoleId>>,
    workspaces: Vec<Choice<WorkspaceId>>,
    preview: Option<Preview>,
}

pub(super) async fn list(asked: Asked, Path(organization): Path<String>) -> Response {
    either(page(&asked, &organization, None, Typed::default()).await)
}

/// The list, with what was typed into the form above it, and what came of that.
pub(super) async fn page(
    asked: &Asked,
    organization: &str,
    trouble: Option<&Problem>,
    typed: Typed,
) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "invitations").await?;
    let (show, sought) = (asked.asked_for("show"), asked.asked_for("email"));
    let cursor = asked.asked_for("cursor").parse().ok();
    let filter = filter(&show, &sought, cursor);
    let found = asked.ask(List { organization: house.id, filter }).await?;
    let roles = asked.ask(ListRoles { organization: house.id }).await?;
    let workspaces = asked.ask(workspace::Mine { organization: Some(house.id) }).await?;
    let default = asked.app.service().deployment().map_or_else(|_| 0.into(), |deployment| deployment.member_role_id);
    let chosen = typed.role.unwrap_or(default);
    let next = found.next.map(|next| {
        let sought: String = form_urlencoded::byte_serialize(sought.as_bytes()).collect();
        format!("{}?show={show}&email={sought}&cursor={next}", house.path("invitations"))
    });
    let page = Page {
        frame: asked.frame(format!("{} · {}", asked.words.invitations(), house.name), true).troubled(trouble),
        invitations: found.invitations.into_iter().map(|shown| invitation(asked, shown)).collect(),
        filters: filters(asked.words, &show),
        roles: roles
            .into_iter()
            .map(|role| Choice { is_chosen: role.id == chosen, id: role.id, name: role.name })
            .collect(),
        workspaces: workspaces
            .into_iter()
            .map(|one| Choice {
                is_chosen: typed.workspace == Some(one.workspace.id),
                id: one.workspace.id,
                name: one.workspace.name,
            })
            .collect(),
        typed: typed.emails,
        days: typed.days.map_or(asked.app.settings().invitations.days, |days| days).to_string(),
        preview: typed.preview,
        house,
        sought,
        next,
    };
    Ok(asked.page_with(trouble, &page))
}

fn filter(show: &str, sought: &str, before: Option<InvitationId>) -> Filter {
    let (status, expired) = match show {
        "expired" => (StatusFilter::Only(Status::Pending), Some(true)),
        "waiting" => (StatusFilter::Only(Status::Pending), Some(false)),
        "all" => (StatusFilter::All, None),
        word => (word.parse().map_or(StatusFilter::default(), StatusFilter::Only), None),
    };
    // What is no address finds nobody rather than everybody.
    let email =
        Some(sought.trim()).filter(|sought| !sought.is_empty()).and_then(|sought| EmailAddress::parse(sought).ok());
    Filter { status, expired, workspace: None, email, before, limit: Some(LIMIT) }
}

fn filters(t: Words, show: &str) -> Vec<(&'static str, String, bool)> {
    let all = [
        ("", t.state_open()),
        ("waiting", t.state_waiting()),
        ("expired", t.state_expired()),
        ("accepted", t.state_accepted()),
        ("declined", t.state_declined()),
        ("discarded", t.state_discarded()),
        ("all", t.state_all()),
    ];
    all.map(|(value, label)| (value, label, value == show)).into()
}

fn invitation(asked: &Asked, shown: Shown) -> Invitation {
    let (t, now) = (asked.words, asked.now());
    let Shown { entry, token, expired, suspension, .. } = shown;
    let state = match entry.status {
        Status::Accepted => (t.state_accepted(), "good"),
        Status::Declined => (t.state_declined(), "bad"),
        Status::Discarded => (t.state_discarded(), ""),
        Status::Pending if expired => (t.state_expired(), "bad"),
        Status::Pending if suspension.is_some() => (t.state_suspended(), "warn"),
        Status::Pending => (t.state_waiting(), ""),
    };
    let mail = match entry.delivery {
        Delivery::Queued => (t.mail_queued(), ""),
        Delivery::Sent => (t.mail_sent(), "good"),
        Delivery::Deferred => (t.mail_deferred(), "warn"),
        Delivery::Failed => (t.mail_failed(), "bad"),
        Delivery::Bounced => (t.mail_bounced(), "bad"),
        Delivery::NotSent => (t.mail_not_sent(), "warn"),
    };
    let by = shown.inviter.map(|inviter| format!("{} {}", inviter.first_name, inviter.last_name).trim().to_owned());
    let by = by.unwrap_or_default();
    let page = format!("{}/invite", asked.app.settings().public_url.as_str());
    let page = asked.app.settings().mail.invitation_page.clone().unwrap_or(page);
    let role = match shown.workspace.zip(shown.workspace_role) {
        Some((workspace, role)) => format!("{}, {}: {}", shown.role.name, workspace.name, role.name),
        None => shown.role.name.clone(),
    };
    Invitation {
        id: entry.id,
        email: entry.email_key,
        by: if by.is_empty() { t.inviter_gone() } else { t.by(&by) },
        role,
        state,
        ends: t.time(entry.expires_at, now),
        mail,
        reason: entry.delivery_reason,
        next_try: entry.next_delivery_at.map(|next| t.time(next, now)),
        is_pending: entry.status == Status::Pending,
        link: format!("{page}#token={}", token.reveal()),
    }
}

/// The ids of an invitation's path.
type Ids = Path<(String, String)>;

fn ids(asked: &Asked, (organization, invitation): (&str, &str)) -> Answered<(OrganizationId, InvitationId)> {
    Ok((id(asked, organization)?, id(asked, invitation)?))
}

async fn answered(asked: &Asked, organization: &str, done: Result<Response, Problem>) -> Response {
    match done {
        Ok(response) => response,
        Err(problem) => either(page(asked, organization, Some(&problem), Typed::default()).await),
    }
}

pub(super) async fn resend(asked: Asked, Path((organization, invitation)): Ids) -> Response {
    let (id, invitation) = match ids(&asked, (&organization, &invitation)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let resend = Resend { organization: id, invitation, days: None };
    let resent = done(&asked, resend, &format!("/organizations/{id}/-/invitations"), "resent").await;
    answered(&asked, &organization, resent).await
}

pub(super) async fn discard(asked: Asked, Path((organization, invitation)): Ids, form: Form) -> Response {
    let (id, invitation) = match ids(&asked, (&organization, &invitation)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let back = format!("/organizations/{id}/-/invitations");
    let confirm = Confirm {
        label: asked.words.discard(),
        words: asked.words.discard_words(),
        action: &format!("{back}/{invitation}/discard"),
        hidden: Vec::new(),
        back: &back,
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let discarded = done(&asked, Discard { organization: id, invitation }, &back, "discarded").await;
    answered(&asked, &organization, discarded).await
}
