//! Signing in or up on the invitation page, and joining with the same press.

use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::invitation::Preview;
use vestibule_core::names::PersonName;
use vestibule_core::password::Password;
use vestibule_core::secret::InvitationToken;
use vestibule_core::sign_in::{Identifier, SignedIn};
use vestibule_core::sign_up::SignUp;
use vestibule_core::{Code, Problem, sign_in, sign_up};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::sign_in::{redirect_pending, redirect_signed_in};
use super::actions::accept_invitation;
use super::code::send_attempt_code;
use super::opened::{Opened, OpenedInvitations};
use super::page::invitation_page;
use super::step::SentCode;

/// Continues with the session that this request has created, and accepts. A sign-in that waits for the second factor
/// asks for it instead, and goes on with [`join_after_second_step`].
pub(super) async fn accept_signed_in(cx: &PageContext, opened: &Opened, signed_in: &SignedIn) -> Response {
    if signed_in.completed.is_none() {
        return redirect_pending(cx, &opened.joining_url(), signed_in)
            .unwrap_or_else(|| redirect_signed_in(cx, &opened.url(), cx.after_sign_in(), signed_in));
    }
    let session = signed_in.token.as_ref();
    let mut cx = cx.clone();
    cx.continue_with(session).await;
    cx.with_session_cookie(accept_invitation(&cx, opened).await, session)
}

/// Accepts after the second step of a sign-in that began on the page of the invitation. `None` if it began elsewhere:
/// [`redirect_signed_in`] removes the parameter that accepts, because a link to the sign-in page could have it. Call it
/// for a stored attempt only.
pub(in super::super) async fn join_after_second_step(
    cx: &PageContext,
    opened: OpenedInvitations,
    return_to: &str,
    signed_in: &SignedIn,
) -> Option<Response> {
    let opened = opened.joined_by(return_to)?;
    Some(accept_signed_in(cx, &opened, signed_in).await)
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
        Ok(signed_in) => accept_signed_in(&cx, &opened, &signed_in).await,
        // The password was right.
        Err(problem) if problem.code() == Code::UserAlreadySignedIn => accept_invitation(&cx, &opened).await,
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), Some(&form)).await,
    })
}

/// Creates an account for the invited address, and accepts. A token from the mail verifies the address; otherwise a
/// code is mailed.
pub(super) async fn sign_up(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let signed_up = match parse_sign_up(&cx, &opened.token, &form).await {
        Ok(command) => sign_up::sign_up(cx.app.service(), &cx.caller, command, &form.challenge()).await.result,
        Err(problem) => Err(problem),
    };
    Ok(match signed_up {
        Ok(signed_in) => match signed_in.session.attempts.last().filter(|_| signed_in.completed.is_none()) {
            // The account is created when the code is entered.
            Some(attempt) => {
                let (code, token) = (SentCode::SignUp(attempt.id()), signed_in.token.as_ref());
                let mut cx = cx;
                cx.continue_with(token).await;
                cx.with_session_cookie(send_attempt_code(&cx, &opened, code).await, token)
            }
            None => accept_signed_in(&cx, &opened, &signed_in).await,
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
        invitation: Some(token.clone().into()),
    })
}
