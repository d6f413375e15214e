//! The actions of the invitation page: accept, sign in, sign up, decline, and requests to the organization.

use axum::response::Response;
use vestibule_core::account::AddInvitedAddress;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::execution::Caller;
use vestibule_core::invitation::{Accept, AcceptOutcome, Decline, Preview};
use vestibule_core::join_request::{RequestAddressChange, request_renewal as renew_invitation};
use vestibule_core::mailer::Unsubscribe;
use vestibule_core::names::PersonName;
use vestibule_core::password::Password;
use vestibule_core::secret::{InvitationToken, SessionToken};
use vestibule_core::sign_in::Identifier;
use vestibule_core::sign_up::SignUp;
use vestibule_core::{Code, Problem, sign_in, sign_up};

use super::super::context::{PageContext, PageResult, see_other};
use super::super::form::Form;
use super::opened::{Opened, OpenedInvitations};
use super::{invitation_page, outcome_page};

/// Accepts with the current session.
pub(super) async fn accept(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    Ok(accept_with(&cx, &opened, None).await)
}

/// Accepts, and redirects to the organization. `session` is the new session token if this request created one.
async fn accept_with(cx: &PageContext, opened: &Opened, session: Option<&SessionToken>) -> Response {
    let mut cx = cx.clone();
    if session.is_some() {
        cx.caller = Caller { token: session.cloned(), ..cx.caller };
    }
    let response = match cx.run(Accept { token: opened.token.clone() }).await {
        Ok(AcceptOutcome { refusal: None, organization: Some(organization), .. }) => {
            let response = cx.redirect_with_flash(&format!("/organizations/{}", organization.id), "joined");
            opened.forget(&cx, response)
        }
        // The invitation page shows the matching step.
        Ok(AcceptOutcome { refusal: Some(code), .. }) if has_step(code) => see_other(&opened.url()),
        Ok(AcceptOutcome { refusal, .. }) => {
            let problem = refusal.unwrap_or(Code::Internal).into();
            invitation_page(&cx, opened, Some(&problem), None).await
        }
        Err(problem) => invitation_page(&cx, opened, Some(&problem), None).await,
    };
    cx.with_session_cookie(response, session)
}

const fn has_step(code: Code) -> bool {
    matches!(
        code,
        Code::InvitationRequiresSignin
            | Code::InvitationRequiresSignup
            | Code::InvitationEmailMismatch
            | Code::InvitationEmailUnverified
            | Code::InvitationExpired
    )
}

/// Signs in with the invited address, and accepts.
pub(super) async fn sign_in(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let signed_in = match EmailAddress::parse(form.text("email")) {
        Ok(email) => {
            let password = Password::from_input(form.text("password").to_owned());
            let (service, identifier) = (cx.app.service(), Identifier::Email(email));
            sign_in::with_password(service, &cx.caller, identifier, password, &form.challenge()).await.result
        }
        Err(error) => Err(error.into()),
    };
    Ok(match signed_in {
        Ok(signed_in) => accept_with(&cx, &opened, signed_in.token.as_ref()).await,
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), Some(&form)).await,
    })
}

/// Creates an account for the invited address, and accepts. A token from the mail verifies the address.
pub(super) async fn sign_up(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let signed_up = match parse_sign_up(&cx, &opened.token, &form).await {
        Ok(command) => sign_up::sign_up(cx.app.service(), &cx.caller, command, &form.challenge()).await.result,
        Err(problem) => Err(problem),
    };
    Ok(match signed_up {
        // A token without the proof from the mail (a forwarded link) does not verify the address: mail a code first.
        Ok(signed_in) => match signed_in.session.attempts.first().filter(|_| signed_in.session.active().is_none()) {
            Some(attempt) => {
                let id = attempt.id;
                let response = super::super::sign_up::send_code(&cx, id, &opened.url(), signed_in.token.as_ref()).await;
                cx.with_session_cookie(response, signed_in.token.as_ref())
            }
            None => accept_with(&cx, &opened, signed_in.token.as_ref()).await,
        },
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), Some(&form)).await,
    })
}

async fn parse_sign_up(cx: &PageContext, token: &InvitationToken, form: &Form) -> Result<SignUp, Problem> {
    let preview = cx.try_query(Preview { token: token.clone() }).await?;
    Ok(SignUp {
        email: EmailAddress::parse(&preview.invitation.email_key)?,
        first_name: PersonName::parse("first_name", form.text("first_name"))?,
        last_name: PersonName::parse("last_name", form.text("last_name"))?,
        username: None,
        password: Password::parse_new(form.text("password").to_owned(), cx.app.settings().passwords.minimum_length)?,
        invitation: Some(token.clone()),
    })
}

/// Adds the invited address to the current account, and accepts.
pub(super) async fn add_address(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    Ok(match cx.run(AddInvitedAddress { token: opened.token.clone() }).await {
        Ok(()) => accept_with(&cx, &opened, None).await,
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), None).await,
    })
}

/// Requests an invitation for the address of the current account.
pub(super) async fn request_invitation(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let t = cx.words;
    Ok(match cx.run(RequestAddressChange { token: opened.token.clone() }).await {
        Ok(()) => {
            let link = Some(("/organizations", t.go_to_organizations()));
            opened.forget(&cx, outcome_page(&cx, t.request_sent_title(), t.request_sent_explanation(), link))
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
            opened.forget(&cx, outcome_page(&cx, t.declined_title(), t.declined_explanation(), None))
        }
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), Some(&form)).await,
    })
}

/// Requests a new invitation to replace an expired one.
pub(super) async fn request_renewal(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let t = cx.words;
    let authorized = match cx.try_query(Preview { token: opened.token.clone() }).await {
        Ok(preview) => check_typed_address(&form, &preview.invitation.email_key),
        Err(problem) => Err(problem),
    };
    let renewed = match authorized {
        Ok(()) => renew_invitation(cx.app.service(), &cx.caller, opened.token.clone()).await.result,
        Err(problem) => Err(problem),
    };
    Ok(match renewed {
        Ok(()) => {
            let page = outcome_page(&cx, t.request_sent_title(), t.renewal_requested_explanation(), None);
            opened.forget(&cx, page)
        }
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), Some(&form)).await,
    })
}

/// Checks that the typed address is the invited one. Errors: `INVALID_EMAIL`, `INVITATION_EMAIL_MISMATCH`.
pub(super) fn check_typed_address(form: &Form, invited: &str) -> Result<(), Problem> {
    let typed = EmailAddress::parse(form.text("email"))?;
    if typed.key() == invited { Ok(()) } else { Err(Code::InvitationEmailMismatch.into()) }
}
