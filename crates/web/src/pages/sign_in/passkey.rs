//! Signing in with a passkey. The script of the page asks the server for a challenge, and puts what the browser made of
//! it into the form.

use axum::response::Response;
use vestibule_core::sign_in::with_passkey;
use vestibule_core::{Code, Problem};

use super::super::context::PageContext;
use super::super::form::Form;
use super::super::invite::OpenedInvitations;
use super::super::passkeys::{credential_id, parse_assertion};
use super::{page_after_passkey, redirect_back, redirect_signed_in, second_step};

pub(super) async fn sign_in(cx: PageContext, opened: OpenedInvitations, form: Form) -> Response {
    let json = form.text("credential");
    let signed_in = match parse_assertion(json) {
        Ok(credential) => with_passkey(cx.app.service(), &cx.caller, credential).await.result,
        Err(problem) => Err(problem),
    };
    match signed_in {
        Ok(signed_in) if !form.text("attempt").is_empty() => {
            second_step::redirect_proved(&cx, opened, form.text("return_to"), &signed_in).await
        }
        Ok(signed_in) => redirect_signed_in(&cx, form.text("return_to"), cx.after_sign_in(), &signed_in),
        // The passkey is valid, so continue as if the sign-in were new.
        Err(problem) if problem.code() == Code::UserAlreadySignedIn => redirect_back(&cx, form.text("return_to")),
        Err(problem) => failed(&cx, &form, &problem).await,
    }
}

/// Renders the page that the form was on.
async fn failed(cx: &PageContext, form: &Form, problem: &Problem) -> Response {
    let (attempt, return_to) = (form.text("attempt"), form.text("return_to"));
    // The page makes the browser stop offering it, and has the other ways to sign in.
    let is_unknown = problem.code() == Code::PasskeyNotFound;
    let unknown = if is_unknown { credential_id(form.text("credential")) } else { String::new() };
    if attempt.is_empty() {
        return page_after_passkey(cx, return_to.to_owned(), unknown, problem).await;
    }
    second_step::page_after_passkey(cx, attempt, return_to, unknown, problem).await
}
