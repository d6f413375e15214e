//! `/invite`: the target of a mailed invitation. It shows the invitation and the next [`Step`] for the current user.
//!
//! Mail scanners open links, run scripts and submit forms. Therefore viewing changes nothing, and every action requires
//! a session, a password or the typed address.

mod actions;
mod opened;
mod unsubscribe;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::id::InvitationId;
use vestibule_core::invitation::{InvitationPreview, Preview, Status};
use vestibule_core::secret::InvitationToken;
use vestibule_core::session::SessionDetails;
use vestibule_core::{Code, Problem};

use self::opened::{NotOpened, Opened, OpenedInvitations};
use super::context::{PageContext, PageResult, see_other};
use super::form::Form;
use super::layout::Layout;
use super::reauthentication::{Action, protected};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/invite", show)
        .post("/invite", store_token)
        .post("/invite/accept", protected(Action::LinkAddress, actions::accept))
        .post("/invite/sign-in", actions::sign_in)
        .post("/invite/sign-up", actions::sign_up)
        .post("/invite/decline", actions::decline)
        .post("/invite/renew", actions::request_renewal)
        .post("/invite/add-address", protected(Action::LinkAddress, actions::add_address))
        .post("/invite/ask", actions::request_invitation)
        .get("/invite/stop/{token}", unsubscribe::show)
        .post("/invite/stop/{token}", unsubscribe::unsubscribe)
}

#[derive(Template)]
#[template(path = "invite/paste.html")]
struct PastePage {
    layout: Layout,
}

/// The next step for the current user.
enum Step {
    Accept,
    SignIn,
    SignUp,
    /// Another account is signed in, with this address.
    WrongAccount(String),
    Unverified,
    Expired,
    /// No step is possible; the string is the reason.
    Unavailable(String),
}

#[derive(Template)]
#[template(path = "invite/invitation.html")]
#[expect(clippy::struct_excessive_bools, reason = "independent conditions of the template")]
struct InvitationPage {
    layout: Layout,
    /// The invitation's id, for the forms.
    invitation: InvitationId,
    /// The page's own URL.
    url: String,
    organization: String,
    workspace: Option<String>,
    role: String,
    inviter: Option<String>,
    email: String,
    expires: String,
    step: Step,
    has_account: bool,
    has_mail: bool,
    is_mailed: bool,
    can_decline: bool,
    min_password_length: usize,
    first_name: String,
    last_name: String,
}

#[derive(Template)]
#[template(path = "invite/outcome.html")]
struct OutcomePage {
    layout: Layout,
    text: String,
    link: Option<(&'static str, String)>,
}

/// Stores the token of the link, or of a pasted link, in the invitation cookie.
async fn store_token(cx: PageContext, opened: OpenedInvitations, form: Form) -> Response {
    match form.pasted_token().parse::<InvitationToken>() {
        Ok(token) => {
            let opened = opened.open(token);
            let response = see_other(&opened.url());
            opened.remember(&cx, response)
        }
        Err(_) => paste(&cx, Some(&Code::InvalidInvitationToken.into())),
    }
}

fn paste(cx: &PageContext, error: Option<&Problem>) -> Response {
    let layout = cx.layout(cx.words.invitation(), false).with_error(error);
    cx.render_with_error(error, &PastePage { layout })
}

async fn show(cx: PageContext, opened: OpenedInvitations) -> PageResult<Response> {
    let opened = opened.shown(&cx).await?;
    Ok(invitation_page(&cx, &opened, None, None).await)
}

/// The page for a request that names an invitation which this browser has not opened, or not recently.
async fn not_opened_page(cx: &PageContext, not_opened: NotOpened) -> Response {
    let opened = match not_opened {
        NotOpened::None => return paste(cx, None),
        NotOpened::Other(opened) => opened,
    };
    match load(cx, &opened, None).await {
        Ok(mut page) => {
            page.layout.error = Some(cx.words.other_invitation());
            cx.render(StatusCode::CONFLICT, &page)
        }
        Err(response) => response,
    }
}

/// Renders the invitation, with the error and the form values of a failed step.
async fn invitation_page(cx: &PageContext, opened: &Opened, error: Option<&Problem>, form: Option<&Form>) -> Response {
    match load(cx, opened, form).await {
        Ok(mut page) => {
            page.layout = match page.step {
                Step::SignUp => page.layout.with_error_or_password_error(error),
                _ => page.layout.with_error(error),
            };
            cx.render_with_error(error, &page)
        }
        Err(response) => response,
    }
}

async fn load(cx: &PageContext, opened: &Opened, form: Option<&Form>) -> PageResult<InvitationPage> {
    let token = &opened.token;
    let preview = cx.try_query(Preview { token: token.clone() }).await.map_err(|problem| {
        if problem.code() == Code::InvalidInvitationToken {
            opened.forget(cx, paste(cx, Some(&problem)))
        } else {
            cx.error_page(&problem)
        }
    })?;
    let session = cx.session().await?;
    let settings = cx.app.settings();
    // Also after a failed sign-up, so that the same form is shown again.
    let has_signed_up = form.is_some_and(|form| form.has("first_name"));
    let wants_sign_up = (has_signed_up || !cx.query_param("new").is_empty()) && token.is_mailed();
    let step = step(cx, &preview, session.as_ref(), wants_sign_up);
    let InvitationPreview { invitation, organization_name: organization, has_account, final_status, .. } = preview;
    let first = invitation.inviter_first_name.unwrap_or_default();
    let inviter = format!("{first} {}", invitation.inviter_last_name.unwrap_or_default()).trim().to_owned();
    let target =
        invitation.workspace_name.as_ref().map_or(organization.clone(), |name| format!("{organization}, {name}"));
    let title =
        if inviter.is_empty() { cx.words.you_are_invited(&target) } else { cx.words.invites_you(&inviter, &target) };
    let is_signed_in = session.as_ref().is_some_and(|session| session.active().is_some());
    let value = |name: &str| form.map_or(String::new(), |form| form.text(name).to_owned());
    let layout = cx.layout(title, is_signed_in);
    let layout = match step {
        Step::SignIn | Step::SignUp => layout.with_challenge(cx),
        _ => layout,
    };
    Ok(InvitationPage {
        invitation: token.invitation(),
        url: opened.url(),
        layout: match final_status {
            Some(Status::Accepted) => layout.with_continue_link(settings),
            _ => layout,
        },
        workspace: invitation.workspace_name,
        role: invitation.workspace_role_name.unwrap_or(invitation.role_name),
        inviter: Some(inviter).filter(|inviter| !inviter.is_empty()),
        email: invitation.email_key,
        expires: cx.words.time_html(invitation.expires_at, cx.now()),
        can_decline: final_status.is_none() && token.is_mailed() && !matches!(step, Step::Accept),
        has_mail: cx.app.service().sends_mail(),
        is_mailed: token.is_mailed(),
        min_password_length: settings.passwords.minimum_length,
        first_name: value("first_name"),
        last_name: value("last_name"),
        organization,
        has_account,
        step,
    })
}

fn step(cx: &PageContext, preview: &InvitationPreview, session: Option<&SessionDetails>, wants_sign_up: bool) -> Step {
    let t = cx.words;
    let active = session.and_then(SessionDetails::active);
    match (preview.final_status, preview.obstacle) {
        (Some(Status::Accepted), _) => Step::Unavailable(t.already_accepted(&preview.organization_name)),
        (Some(Status::Declined), _) => Step::Unavailable(t.already_declined(&preview.organization_name)),
        (Some(_), _) => Step::Unavailable(t.already_discarded(&preview.organization_name)),
        (None, None) => Step::Accept,
        (None, Some(Code::InvitationExpired)) => Step::Expired,
        (None, Some(Code::InvitationEmailUnverified)) => Step::Unverified,
        // A recipient of the mail may create the account even if an unverified account claims the address.
        (None, Some(Code::InvitationRequiresSignin | Code::InvitationEmailMismatch)) if wants_sign_up => Step::SignUp,
        (None, Some(Code::InvitationRequiresSignin)) => Step::SignIn,
        (None, Some(Code::InvitationRequiresSignup | Code::InvitationEmailMismatch)) => match active {
            Some(active) if !wants_sign_up => Step::WrongAccount(active.user.email.clone().unwrap_or_default()),
            _ if preview.has_account && !wants_sign_up => Step::SignIn,
            _ => Step::SignUp,
        },
        (None, Some(code)) => Step::Unavailable(t.problem(&code.into())),
    }
}

/// Renders the result of an action with an optional link (path, label).
fn outcome_page(cx: &PageContext, title: String, text: String, link: Option<(&'static str, String)>) -> Response {
    cx.render(StatusCode::OK, &OutcomePage { layout: cx.layout(title, false), text, link })
}
