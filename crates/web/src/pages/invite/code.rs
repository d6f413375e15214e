//! Codes that are mailed to the invited address and typed on the invitation page: to sign in or up without a password,
//! or to prove the mailbox after a copied link, which proves nothing.

use axum::response::Response;
use vestibule_core::account::{prepare_address_verification, verify_address};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::invitation::Preview;
use vestibule_core::secret::SubmittedCode;
use vestibule_core::verification::{LinkTarget, Method, Prepare, Purpose};
use vestibule_core::{Code, Problem, sign_in, verification};

use super::super::context::{PageContext, PageResult, see_other};
use super::super::form::Form;
use super::super::sign_in::mail_sign_in_code;
use super::actions::accept_invitation;
use super::opened::{Opened, OpenedInvitations};
use super::page::invitation_page;
use super::sign_in::accept_signed_in;
use super::step::{ATTEMPT, CODE_FOR, SentCode};
use super::visit::find_own_address;

/// Mails a code, the first one or another.
pub(super) async fn send(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let preview = match cx.try_query(Preview { token: opened.token.clone() }).await {
        Ok(preview) => preview,
        Err(problem) => return Ok(invitation_page(&cx, &opened, Some(&problem), Some(&form)).await),
    };
    let email = preview.invitation.email_key;
    Ok(match SentCode::from_form(&form) {
        Some(SentCode::Address) => send_address_code(&cx, &opened, &email).await,
        Some(code) => send_attempt_code(&cx, &opened, code).await,
        None => start_sign_in(&cx, &opened, &email, &form).await,
    })
}

/// Starts a sign-in with the invited address, and mails its code.
async fn start_sign_in(cx: &PageContext, opened: &Opened, email: &str, form: &Form) -> Response {
    let address = match EmailAddress::parse(email) {
        Ok(address) => address,
        Err(error) => return cx.error_page(&error.into()),
    };
    let mut cx = cx.clone();
    let started = mail_sign_in_code(&mut cx, address, Method::EmailOtp, &opened.url(), &form.challenge()).await;
    let response = match started.attempt {
        Ok(attempt) => see_other(&code_url(opened, SentCode::SignIn(attempt))),
        Err(problem) => invitation_page(&cx, opened, Some(&problem), Some(form)).await,
    };
    cx.with_session_cookie(response, started.token.as_ref())
}

/// Mails the code of an attempt that has been started.
pub(super) async fn send_attempt_code(cx: &PageContext, opened: &Opened, code: SentCode) -> Response {
    let (attempt, purpose) = match code {
        SentCode::SignIn(attempt) => (attempt, Purpose::SignIn),
        SentCode::SignUp(attempt) => (attempt, Purpose::SignUp),
        SentCode::Address => return see_other(&opened.url()),
    };
    let link = match purpose {
        Purpose::SignIn => LinkTarget { return_to: opened.url(), opens_return_to: false },
        _ => LinkTarget::default(),
    };
    let prepare = Prepare { attempt, purpose, method: None, link };
    let sent = verification::prepare(cx.app.service(), &cx.caller, prepare).await.result;
    code_sent(cx, opened, code, sent).await
}

/// Mails a code to the invited address of the active account.
pub(super) async fn send_address_code(cx: &PageContext, opened: &Opened, email: &str) -> Response {
    let address = match find_own_address(cx, email).await {
        Ok(Some(address)) => address.id,
        // The address belongs to another account of this browser.
        Ok(None) => return see_other(&opened.url()),
        Err(response) => return response,
    };
    let sent = prepare_address_verification(cx.app.service(), &cx.caller, address).await.result;
    code_sent(cx, opened, SentCode::Address, sent).await
}

async fn code_sent(cx: &PageContext, opened: &Opened, code: SentCode, sent: Result<(), Problem>) -> Response {
    match sent {
        Ok(()) => cx.redirect_with_flash(&code_url(opened, code), "code_sent"),
        Err(problem) => invitation_page(cx, opened, Some(&problem), None).await,
    }
}

/// Returns the URL of the form for the code. It names an attempt, which only the session that started it can use.
fn code_url(opened: &Opened, code: SentCode) -> String {
    format!("{}&{CODE_FOR}={}&{ATTEMPT}={}", opened.url(), code.purpose(), code.attempt())
}

/// Checks the code, and accepts.
pub(super) async fn enter(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let opened = opened.named_by(&cx, &form).await?;
    let typed = SubmittedCode::from_input(form.text("code"));
    let entered = match SentCode::from_form(&form) {
        Some(SentCode::SignIn(attempt)) => sign_in_with(&cx, &opened, (attempt, Purpose::SignIn), &typed).await,
        Some(SentCode::SignUp(attempt)) => sign_in_with(&cx, &opened, (attempt, Purpose::SignUp), &typed).await,
        Some(SentCode::Address) => verify(&cx, &opened, &typed).await?,
        None => return Ok(see_other(&opened.url())),
    };
    Ok(match entered {
        Ok(response) => response,
        Err(problem) => invitation_page(&cx, &opened, Some(&problem), Some(&form)).await,
    })
}

async fn sign_in_with(
    cx: &PageContext,
    opened: &Opened,
    (attempt, purpose): (vestibule_core::id::AttemptId, Purpose),
    typed: &SubmittedCode,
) -> Result<Response, Problem> {
    match sign_in::with_code(cx.app.service(), &cx.caller, attempt, purpose, typed).await.result {
        Ok(signed_in) => Ok(accept_signed_in(cx, opened, &signed_in).await),
        // The code was right.
        Err(problem) if problem.code() == Code::UserAlreadySignedIn => Ok(accept_invitation(cx, opened).await),
        Err(problem) => Err(problem),
    }
}

/// Verifies the invited address of the active account, and accepts.
async fn verify(cx: &PageContext, opened: &Opened, typed: &SubmittedCode) -> PageResult<Result<Response, Problem>> {
    let preview = match cx.try_query(Preview { token: opened.token.clone() }).await {
        Ok(preview) => preview,
        Err(problem) => return Ok(Err(problem)),
    };
    let Some(address) = find_own_address(cx, &preview.invitation.email_key).await? else {
        return Ok(Ok(see_other(&opened.url())));
    };
    Ok(match verify_address(cx.app.service(), &cx.caller, address.id, typed).await.result {
        Ok(_) => Ok(accept_invitation(cx, opened).await),
        Err(problem) => Err(problem),
    })
}
