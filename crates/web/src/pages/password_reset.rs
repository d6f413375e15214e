//! `/reset`: sets a new password with a mailed code.

use askama::Template;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::password::Password;
use vestibule_core::password_reset::{reset_password, start_password_reset, verify_reset_code};
use vestibule_core::secret::{AttemptToken, SubmittedCode};
use vestibule_core::{Code, Problem};

use super::context::{PageContext, page_or, see_other};
use super::form::Form;
use super::layout::Layout;
use super::sign_in::{CodeForm, code_page, redirect_signed_in};
use super::typed_address::TypedAddress;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/reset", show)
        .post("/reset/forgot", forgot)
        .post("/reset", send_code)
        .get("/reset/code", show_code)
        .post("/reset/code", verify_code)
        .post("/reset/password", set_password)
}

#[derive(Template)]
#[template(path = "sign_in/reset.html")]
struct Page {
    layout: Layout,
    email: String,
}

/// The reset token is in a hidden field only, not in a cookie or URL.
#[derive(Template)]
#[template(path = "sign_in/new_password.html")]
struct NewPasswordPage {
    layout: Layout,
    token: String,
    /// For password managers.
    email: String,
    min_password_length: usize,
}

async fn show(cx: PageContext, TypedAddress(email): TypedAddress) -> Response {
    page(&cx, email, None)
}

/// "Forgot password?" of a form to sign in: takes along what was typed there.
async fn forgot(cx: PageContext, form: Form) -> Response {
    let typed = form.non_empty("identifier").unwrap_or_default();
    match EmailAddress::parse(typed) {
        Ok(address) => TypedAddress::remember(&cx, &address, see_other("/reset")),
        Err(_) => see_other("/reset"),
    }
}

fn page(cx: &PageContext, email: String, error: Option<&Problem>) -> Response {
    let layout = cx.layout(cx.words.reset_title(), false).with_challenge(cx).with_error(error);
    cx.render_with_error(error, &Page { layout, email })
}

async fn send_code(cx: PageContext, form: Form) -> Response {
    let typed = form.text("email").trim();
    let address = match EmailAddress::parse(typed) {
        Ok(address) => address,
        Err(error) => return page(&cx, typed.to_owned(), Some(&error.into())),
    };
    let sent = start_password_reset(cx.app.service(), &cx.caller, address.clone(), &form.challenge()).await.result;
    match sent {
        Ok(forgotten) => {
            let response = TypedAddress::remember(&cx, &address, see_other("/reset/code"));
            cx.with_session_cookie(response, forgotten.session.token.as_ref())
        }
        Err(problem) => page(&cx, typed.to_owned(), Some(&problem)),
    }
}

fn code_form(cx: &PageContext, email: &str) -> CodeForm {
    CodeForm {
        explanation: cx.words.reset_code_explanation(email),
        action: "/reset/code".to_owned(),
        resend_action: "/reset".to_owned(),
        hidden_fields: vec![("email", email.to_owned())],
        resend_has_challenge: true,
    }
}

async fn show_code(cx: PageContext, TypedAddress(email): TypedAddress) -> Response {
    if email.is_empty() { see_other("/reset") } else { code_page(&cx, code_form(&cx, &email), None) }
}

async fn verify_code(cx: PageContext, form: Form) -> Response {
    let typed = form.text("email");
    let verified = match EmailAddress::parse(typed) {
        Ok(address) => {
            let code = SubmittedCode::from_input(form.text("code"));
            verify_reset_code(cx.app.service(), &cx.caller, address, &code).await.result
        }
        Err(error) => Err(error.into()),
    };
    match verified {
        Ok(token) => new_password(&cx, token.reveal(), typed.to_owned(), None),
        Err(problem) => code_page(&cx, code_form(&cx, typed), Some(&problem)),
    }
}

fn new_password(cx: &PageContext, token: String, email: String, error: Option<&Problem>) -> Response {
    let layout = cx.layout(cx.words.reset_title(), false).with_error_or_password_error(error);
    let min_password_length = cx.app.settings().passwords.minimum_length;
    cx.render_with_error(error, &NewPasswordPage { layout, token, email, min_password_length })
}

async fn set_password(cx: PageContext, form: Form) -> Response {
    let min_length = cx.app.settings().passwords.minimum_length;
    let signed_in = match (
        form.text("token").parse::<AttemptToken>(),
        Password::parse_new(form.text("password").to_owned(), min_length),
    ) {
        (_, Err(problem)) => Err(problem),
        (Err(_), _) => Err(Code::InvalidResetToken.into()),
        (Ok(token), Ok(chosen)) => reset_password(cx.app.service(), &cx.caller, token, chosen).await.result,
    };
    match signed_in {
        Ok(signed_in) => {
            let after_sign_in = cx.app.settings().app.after_sign_in_url.as_ref();
            let response = redirect_signed_in(&cx, "", page_or(after_sign_in, "/organizations"), &signed_in);
            if after_sign_in.is_none() { cx.with_flash(response, "password_set") } else { response }
        }
        Err(problem) if problem.code() == Code::InvalidPassword => {
            new_password(&cx, form.text("token").to_owned(), form.text("email").to_owned(), Some(&problem))
        }
        Err(problem) => page(&cx, form.text("email").to_owned(), Some(&problem)),
    }
}
