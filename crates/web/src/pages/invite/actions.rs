//! The actions of the invitation page: accept, decline, and requests to the organization.

use axum::response::Response;
use vestibule_core::account::AddInvitedAddress;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::OrganizationId;
use vestibule_core::invitation::{Accept, AcceptOutcome, Decline, Preview};
use vestibule_core::join_request::{RenewalOutcome, RequestAddressChange, request_renewal as renew_invitation};
use vestibule_core::mailer::Unsubscribe;
use vestibule_core::session::{SessionDetails, SwitchSignIn};
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, PageResult, see_other};
use super::super::form::Form;
use super::super::mfa;
use super::super::single_sign_on::{required_page_of, required_page_of_invitation};
use super::code::send_address_code;
use super::opened::{Opened, OpenedInvitations};
use super::outcome_page;
use super::page::invitation_page;
use super::visit::find_own_address;

/// Accepts with the current session.
pub(super) async fn accept(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    Ok(accept_invitation(&cx, &opened).await)
}

/// Accepts, and redirects to the organization.
pub(super) async fn accept_invitation(cx: &PageContext, opened: &Opened) -> Response {
    match cx.run(Accept { token: opened.token.clone() }).await {
        Ok(AcceptOutcome { refusal: None, organization: Some(organization), sign_in, .. }) => {
            // The invited account may be another one of this browser than the active one.
            let active = match cx.session().await {
                Ok(session) => session.as_ref().and_then(SessionDetails::active).map(|active| active.sign_in.id),
                Err(response) => return response,
            };
            if let Some(sign_in) = sign_in.filter(|joined| Some(*joined) != active)
                && let Err(problem) = cx.run(SwitchSignIn { sign_in }).await
            {
                return cx.error_page(&problem);
            }
            opened.forget(cx, joined(cx, organization.id, organization.name).await)
        }
        Ok(AcceptOutcome { required_connection: Some(connection), .. }) => {
            required_page_of_invitation(cx, connection, opened.token.invitation(), opened.url())
        }
        // The link does not prove the mailbox, so a mailed code has to.
        Ok(AcceptOutcome { refusal: Some(Code::InvitationEmailUnverified), invited_email, .. }) => {
            send_address_code(cx, opened, &invited_email).await
        }
        // The invitation page shows the matching step.
        Ok(AcceptOutcome { refusal: Some(code), .. }) if has_step(code) => see_other(&opened.url()),
        Ok(AcceptOutcome { refusal, .. }) => {
            let problem = refusal.unwrap_or(Code::Internal).into();
            invitation_page(cx, opened, Some(&problem), None).await
        }
        // Accepted before, for example in another tab: the page offers to open the organization.
        Err(problem) if problem.code() == Code::InvalidInvitationToken => see_other(&opened.url()),
        Err(problem) => invitation_page(cx, opened, Some(&problem), None).await,
    }
}

/// Redirects to the organization, unless it does not admit the network of the new member.
async fn joined(cx: &PageContext, id: OrganizationId, name: String) -> Response {
    match mfa::restriction(cx, id).await {
        Ok(restriction) if restriction.is_address_allowed() => return mfa::joined(cx, id, restriction),
        Ok(_) => {}
        Err(response) => return response,
    }
    let (t, url) = (cx.words, format!("/organizations/{id}"));
    let links = vec![(url, t.try_again()), ("/organizations".to_owned(), t.go_to_organizations())];
    outcome_page(cx, t.joined_title(&name), t.joined_from_other_network(&name), links)
}

/// Goes on after an invitation was accepted in another request, or not. `url` is its page, which has the next step.
pub(super) async fn respond_to_outcome(cx: &PageContext, url: &str, outcome: AcceptOutcome) -> Response {
    match outcome {
        AcceptOutcome { refusal: None, organization: Some(organization), .. } => {
            joined(cx, organization.id, organization.name).await
        }
        AcceptOutcome { required_connection: Some(connection), .. } => {
            required_page_of(cx, None, connection, url.to_owned())
        }
        AcceptOutcome { .. } => see_other(url),
    }
}

const fn has_step(code: Code) -> bool {
    matches!(
        code,
        Code::InvitationRequiresSignin
            | Code::InvitationRequiresSignup
            | Code::InvitationEmailMismatch
            | Code::InvitationExpired
            | Code::InvitationSuspended
    )
}

/// Adds the invited address to the current account, and accepts.
pub(super) async fn add_address(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    Ok(match cx.run(AddInvitedAddress { token: opened.token.clone() }).await {
        Ok(()) => accept_invitation(&cx, &opened).await,
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), None).await,
    })
}

/// Requests an invitation for the address of the current account.
pub(super) async fn request_invitation(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let t = cx.words;
    Ok(match cx.run(RequestAddressChange { token: opened.token.clone() }).await {
        Ok(()) => {
            let links = vec![("/organizations".to_owned(), t.go_to_organizations())];
            opened.forget(&cx, outcome_page(&cx, t.request_sent_title(), t.request_sent_explanation(), links))
        }
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), None).await,
    })
}

/// Declines. Requires a session of the invited address or the typed address, so that a mail scanner cannot decline.
pub(super) async fn decline(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let t = cx.words;
    let authorized = match cx.try_query(Preview { token: opened.token.clone() }).await {
        Ok(preview) if preview.obstacle.is_none() => Ok(()),
        Ok(preview) => check_typed_address(&form, &preview.invitation.email_key),
        Err(problem) => Err(problem),
    };
    let declined = match authorized {
        Ok(()) => cx.run(Decline { token: opened.token.clone() }).await,
        Err(problem) => Err(problem),
    };
    Ok(match declined {
        Ok(()) => {
            if form.is_checked("stop") {
                // If this fails, the invitation is declined nevertheless.
                if let Err(problem) =
                    cx.run(Unsubscribe { token: cx.app.service().unsubscribe_token(&opened.token) }).await
                {
                    return Err(cx.error_page(&problem));
                }
            }
            let links = vec![("/organizations".to_owned(), t.go_to_organizations())];
            opened.forget(&cx, outcome_page(&cx, t.declined_title(), t.declined_explanation(), links))
        }
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), Some(&form)).await,
    })
}

/// Requests a new invitation to replace one that cannot be accepted. Requires a session of the invited address or the
/// typed address.
pub(super) async fn request_renewal(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let preview = match cx.try_query(Preview { token: opened.token.clone() }).await {
        Ok(preview) => preview,
        Err(problem) => return Ok(invitation_page(&cx, &opened, Some(&problem), Some(&form)).await),
    };
    let subscribe = form.is_checked("subscribe");
    let renewed = match check_invitee(&cx, &form, &preview.invitation.email_key).await? {
        Ok(()) => renew_invitation(cx.app.service(), &cx.caller, opened.token.clone(), subscribe).await.result,
        Err(problem) => Err(problem),
    };
    let t = cx.words;
    let links = || vec![("/organizations".to_owned(), t.go_to_organizations())];
    let is_mailed = cx.app.service().sends_mail() && (subscribe || !preview.is_unsubscribed);
    Ok(match renewed {
        Ok(RenewalOutcome::Requested) => {
            let text = if is_mailed { t.renewal_requested_explanation() } else { t.renewal_requested_without_mail() };
            opened.forget(&cx, outcome_page(&cx, t.request_sent_title(), text, links()))
        }
        Ok(RenewalOutcome::Resent) => {
            outcome_page(&cx, t.invitation_resent_title(), t.invitation_resent_explanation(), links())
        }
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), Some(&form)).await,
    })
}

/// Checks that the active account has verified the invited address, or that the typed address is the invited one.
async fn check_invitee(cx: &PageContext, form: &Form, invited: &str) -> PageResult<Result<(), Problem>> {
    if !form.has("email") && cx.session().await?.as_ref().is_some_and(|session| session.active().is_some()) {
        let own = find_own_address(cx, invited).await?;
        let is_verified = own.is_some_and(|address| address.verified_at.is_some());
        return Ok(if is_verified { Ok(()) } else { Err(Code::InvitationEmailMismatch.into()) });
    }
    Ok(check_typed_address(form, invited))
}

/// Checks that the typed address is the invited one. Errors: `INVALID_EMAIL`, `INVITATION_EMAIL_MISMATCH`.
pub(super) fn check_typed_address(form: &Form, invited: &str) -> Result<(), Problem> {
    let typed = EmailAddress::parse(form.text("email"))?;
    if typed.key() == invited { Ok(()) } else { Err(Code::InvitationEmailMismatch.into()) }
}
