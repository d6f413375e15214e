//! The password and the sign-ins of the caller.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::account::{EndOtherSignIns, EndSignIn, change_password};
use vestibule_core::id::SignInId;
use vestibule_core::password::Password;

use super::super::context::{PageContext, PageResult, with_site_data_cleared};
use super::super::form::Form;
use super::super::organization::Confirmation;
use super::{page, redirect_or_error, sign_in_views};
use crate::site_data::OutdatedCookies;

pub(super) fn current_password(form: &Form) -> Option<Password> {
    Some(form.text("present").to_owned()).filter(|text| !text.is_empty()).map(Password::from_input)
}

pub(super) async fn set_password(cx: PageContext, form: Form) -> Response {
    let min_length = cx.app.settings().passwords.minimum_length;
    let changed = match Password::parse_new(form.text("chosen").to_owned(), min_length) {
        Ok(chosen) => change_password(cx.app.service(), &cx.caller, current_password(&form), chosen).await.result,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(token) => cx.with_session_cookie(cx.redirect_with_flash("/account", "password_set"), Some(&token)),
        Err(problem) => page(&cx, Some(&problem)).await,
    }
}

pub(super) async fn end_sign_in(
    cx: PageContext,
    Path(sign_in): Path<String>,
    outdated_cookies: OutdatedCookies,
    form: Form,
) -> Response {
    let sign_in: SignInId = sign_in.parse().unwrap_or_else(|_| 0.into());
    if let Err(response) = confirm_end(&cx, sign_in, &form).await {
        return response;
    }
    let ended = cx.run(EndSignIn { sign_in }).await;
    let is_own = matches!(ended, Ok(true));
    let response = redirect_or_error(&cx, ended.map(|_| ()), "session_ended").await;
    if is_own { with_site_data_cleared(response, &outdated_cookies) } else { response }
}

/// Names the browser and where it was last active. A sign-in that has ended needs no confirmation: the command says so.
async fn confirm_end(cx: &PageContext, sign_in: SignInId, form: &Form) -> PageResult<()> {
    let Some(found) = sign_in_views(cx).await?.into_iter().find(|found| found.id == sign_in) else {
        return Ok(());
    };
    let t = cx.words;
    let action = format!("/account/sign-ins/{sign_in}/end");
    Confirmation::new(t.end_session_title(&found.browser), t.end_session_of(&found.browser), action, "/account")
        .paragraph(t.end_session_place(found.address))
        .paragraph(t.end_session_warning())
        .hidden_field("browser", found.browser)
        .require(cx, form)
}

pub(super) async fn end_other_sign_ins(cx: PageContext, form: Form) -> Response {
    let t = cx.words;
    let confirmed = async {
        let views = sign_in_views(&cx).await?;
        let mut others: Vec<_> = views.into_iter().filter(|view| !view.is_current).map(|view| view.browser).collect();
        others.dedup();
        let path = "/account/sign-ins/-/end-others";
        Confirmation::new(t.end_other_sessions_title(), t.end_other_sessions(), path, "/account")
            .paragraph(others.join(", "))
            .paragraph(t.end_session_warning())
            .require(&cx, &form)
    };
    if let Err(response) = confirmed.await {
        return response;
    }
    let ended = cx.run(EndOtherSignIns).await;
    redirect_or_error(&cx, ended, "sessions_ended").await
}
