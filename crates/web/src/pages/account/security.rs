//! The password and the sign-ins of the caller.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::account::{EndOtherSignIns, EndSignIn, change_password};
use vestibule_core::password::Password;

use super::super::context::{PageContext, with_site_data_cleared};
use super::super::form::Form;
use super::{page, redirect_or_error};
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
) -> Response {
    let ended = cx.run(EndSignIn { sign_in: sign_in.parse().unwrap_or_else(|_| 0.into()) }).await;
    let is_own = matches!(ended, Ok(true));
    let response = redirect_or_error(&cx, ended.map(|_| ()), "session_ended").await;
    if is_own { with_site_data_cleared(response, &outdated_cookies) } else { response }
}

pub(super) async fn end_other_sign_ins(cx: PageContext, _: Form) -> Response {
    let ended = cx.run(EndOtherSignIns).await;
    redirect_or_error(&cx, ended, "sessions_ended").await
}
