//! The email addresses of the caller.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::account::{
    AddAddress, DeleteAddress, MakePrimary, ShowAddress, prepare_address_verification, verify_address,
};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::EmailAddressId;
use vestibule_core::secret::SubmittedCode;
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, see_other};
use super::super::form::Form;
use super::super::organization::Confirmation;
use super::super::sign_in::{CodeForm, code_page};
use super::{page, redirect_or_error};

/// Parses an id. An invalid one becomes 0, which no address has, so that the command answers with its own error.
fn parse_id(text: &str) -> EmailAddressId {
    text.parse().unwrap_or_else(|_| 0.into())
}

pub(super) async fn add(cx: PageContext, form: Form) -> Response {
    let added = match EmailAddress::parse(form.text("email").trim()) {
        Ok(email) => cx.run(AddAddress { email }).await,
        Err(error) => Err(error.into()),
    };
    match added {
        Ok(added) if cx.app.service().sends_mail() => send_code_to(&cx, added.id).await,
        added => redirect_or_error(&cx, added.map(|_| ()), "address_added").await,
    }
}

pub(super) async fn send_code(cx: PageContext, Path(address): Path<String>, _: Form) -> Response {
    send_code_to(&cx, parse_id(&address)).await
}

/// Mails a code and redirects to the form for it.
async fn send_code_to(cx: &PageContext, address: EmailAddressId) -> Response {
    match prepare_address_verification(cx.app.service(), &cx.caller, address).await.result {
        Ok(()) => see_other(&format!("/account/addresses/{address}/verify")),
        Err(problem) => page(cx, Some(&problem)).await,
    }
}

async fn code_form_page(cx: &PageContext, address: EmailAddressId, error: Option<&Problem>) -> Response {
    let email = match cx.query(ShowAddress { address }).await {
        Ok(shown) => shown.email,
        Err(response) => return response,
    };
    let (action, resend_action) =
        (format!("/account/addresses/{address}/code"), format!("/account/addresses/{address}/verify"));
    code_page(
        cx,
        CodeForm {
            explanation: cx.words.address_code_explanation(&email),
            action,
            resend_action,
            hidden_fields: vec![("email", email)],
            resend_has_challenge: false,
        },
        error,
    )
}

pub(super) async fn show_code(cx: PageContext, Path(address): Path<String>) -> Response {
    code_form_page(&cx, parse_id(&address), None).await
}

pub(super) async fn verify_code(cx: PageContext, Path(address): Path<String>, form: Form) -> Response {
    let code = SubmittedCode::from_input(form.text("code"));
    match verify_address(cx.app.service(), &cx.caller, parse_id(&address), &code).await.result {
        Ok(_) => cx.redirect_with_flash("/account", "verified"),
        Err(problem) => code_form_page(&cx, parse_id(&address), Some(&problem)).await,
    }
}

pub(super) async fn make_primary(cx: PageContext, Path(address): Path<String>) -> Response {
    let made = cx.run(MakePrimary { address: parse_id(&address) }).await;
    redirect_or_error(&cx, made, "primary_changed").await
}

pub(super) async fn delete(cx: PageContext, Path(address): Path<String>, form: Form) -> Response {
    let id = parse_id(&address);
    let email = match cx.try_query(ShowAddress { address: id }).await {
        Ok(shown) => shown.email,
        Err(problem) if problem.code() == Code::Unauthorized => return cx.error_page(&problem),
        Err(problem) => return page(&cx, Some(&problem)).await,
    };
    let t = cx.words;
    let action = format!("/account/addresses/{id}/delete");
    let confirmation =
        Confirmation::new(t.remove_own_address_title(&email), t.remove_own_address(&email), action, "/account")
            .paragraph(t.delete_address_warning())
            .hidden_field("email", email);
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let deleted = cx.run(DeleteAddress { address: id }).await;
    redirect_or_error(&cx, deleted, "address_removed").await
}
