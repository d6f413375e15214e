//! The password and the sign-ins of the caller, and the deletion of the account.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::account::{EndSignIn, change_password, delete_account};
use vestibule_core::password::Password;

use super::super::context::{PageContext, with_site_data_cleared};
use super::super::form::Form;
use super::{page, saved_or_error};
use crate::site_data::OutdatedCookies;

fn current_password(form: &Form) -> Option<Password> {
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
    let response = saved_or_error(&cx, ended.map(|_| ())).await;
    if is_own { with_site_data_cleared(response, &outdated_cookies) } else { response }
}

/// Requires the password, or a typed confirmation word if the account has none.
pub(super) async fn delete(cx: PageContext, outdated_cookies: OutdatedCookies, form: Form) -> Response {
    let password = current_password(&form);
    if password.is_none() && form.text("word").trim().to_lowercase() != cx.words.delete_confirmation_word() {
        let problem = Problem::field("word", cx.words.type_to_confirm_delete());
        return page(&cx, Some(&problem)).await;
    }
    match delete_account(cx.app.service(), &cx.caller, password).await.result {
        Ok(()) => with_site_data_cleared(cx.redirect_with_flash("/sign-in", "account_deleted"), &outdated_cookies),
        Err(problem) => page(&cx, Some(&problem)).await,
    }
}
