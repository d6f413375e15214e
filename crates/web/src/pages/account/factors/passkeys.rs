//! The passkeys of the caller: adding one with the browser, renaming and removal.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::passkey::PasskeyName;
use vestibule_core::second_factor::{
    BeginPasskeyRegistration, DeletePasskey, FinishPasskeyRegistration, RenamePasskey, finish_passkey_registration,
};
use vestibule_core::{Code, Problem};

use super::super::super::context::PageContext;
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::organization::Confirmation;
use super::super::super::passkeys::parse_registration;
use super::{PAGE, SIGN_OUT_OTHERS, destination, find_passkey, page_url, page_with_error};

#[derive(Template)]
#[template(path = "account/passkey.html")]
struct Page {
    layout: Layout,
    /// What the browser is asked for, as JSON.
    options: String,
    name: String,
    return_to: String,
    signs_out_others: bool,
}

pub(super) async fn begin(cx: PageContext, form: Form) -> Response {
    new_page(&cx, &form, None).await
}

/// Starts a ceremony, and renders the form whose script goes on with it.
async fn new_page(cx: &PageContext, form: &Form, error: Option<&Problem>) -> Response {
    let options = match cx.run(BeginPasskeyRegistration).await {
        Ok(options) => options,
        Err(problem) => return page_with_error(cx, form, &problem).await,
    };
    let options = match serde_json::to_string(&options) {
        Ok(options) => options,
        Err(error) => return cx.error_page(&Problem::internal(error)),
    };
    let page = Page {
        layout: cx.layout(cx.words.passkey_add_title(), true).with_passkeys(cx).with_error(error),
        options,
        name: form.text("name").to_owned(),
        return_to: page_url(form).to_owned(),
        signs_out_others: form.is_checked(SIGN_OUT_OTHERS),
    };
    cx.render_with_error(error, &page)
}

pub(super) async fn finish(cx: PageContext, form: Form) -> Response {
    let finished = match parse_new(&form) {
        Ok(registration) => finish_passkey_registration(cx.app.service(), &cx.caller, registration).await.result,
        Err(problem) => Err(problem),
    };
    match finished {
        Ok(added) => {
            let response = cx.redirect_with_flash(&destination(&cx, &form), "passkey_added");
            cx.with_session_cookie(response, Some(&added.token))
        }
        Err(problem) if can_try_again(&problem) => new_page(&cx, &form, Some(&problem)).await,
        Err(problem) => page_with_error(&cx, &form, &problem).await,
    }
}

fn parse_new(form: &Form) -> Result<FinishPasskeyRegistration, Problem> {
    let name = form.non_empty("name").map(|name| PasskeyName::parse("name", name)).transpose()?;
    let credential = parse_registration(form.text("credential"))?;
    Ok(FinishPasskeyRegistration { credential, name, signs_out_others: form.is_checked(SIGN_OUT_OTHERS) })
}

/// Whether another ceremony may succeed. A proof of identity is asked for instead, if one is missing.
fn can_try_again(problem: &Problem) -> bool {
    matches!(
        problem.code(),
        Code::InvalidPasskey
            | Code::PasskeyChallengeExpired
            | Code::PasskeyExists
            | Code::RequiredField
            | Code::InvalidField
    )
}

pub(super) async fn rename(cx: PageContext, Path(id): Path<String>, form: Form) -> Response {
    let (passkey, _) = match find_passkey(&cx, &id, &form).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let renamed = match PasskeyName::parse("name", form.text("name")) {
        Ok(name) => cx.run(RenamePasskey { id: passkey.id, name }).await,
        Err(problem) => Err(problem),
    };
    match renamed {
        Ok(_) => cx.redirect_with_flash(page_url(&form), "passkey_renamed"),
        Err(problem) => page_with_error(&cx, &form, &problem).await,
    }
}

pub(super) async fn delete(cx: PageContext, Path(id): Path<String>, form: Form) -> Response {
    let (passkey, is_last) = match find_passkey(&cx, &id, &form).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let t = cx.words;
    let action = format!("/account/security/passkeys/{}/delete", passkey.id);
    let (heading, button) = (t.passkey_remove_title(&passkey.name), t.passkey_remove(&passkey.name));
    let mut confirmation = Confirmation::new(heading, button, action, PAGE)
        .paragraph(t.passkey_remove_warning())
        .checkbox(SIGN_OUT_OTHERS, t.sign_out_everywhere_else());
    if is_last {
        confirmation = confirmation.paragraph(t.passkey_remove_last_warning());
    }
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    match cx.run(DeletePasskey { id: passkey.id, signs_out_others: form.is_checked(SIGN_OUT_OTHERS) }).await {
        Ok(()) => cx.redirect_with_flash(page_url(&form), "passkey_removed"),
        Err(problem) => page_with_error(&cx, &form, &problem).await,
    }
}
