//! `/language`: the language of the pages, chosen in the footer. It is stored in the account of a user who is signed in,
//! and in a cookie for the pages of this browser without an account.

use axum::http::header;
use axum::response::Response;
use vestibule_core::account::SetLanguage;
use vestibule_core::language::Language;

use super::context::{PageContext, see_other};
use super::form::Form;
use crate::cookie;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default().post("/language", choose)
}

/// Redirects back to the page. An unknown language changes nothing.
async fn choose(cx: PageContext, form: Form) -> Response {
    let target = cx.return_to(form.text("return_to")).unwrap_or_else(|| "/".to_owned());
    let mut response = see_other(&target);
    let Ok(language) = form.text("language").parse::<Language>() else {
        return response;
    };
    if cx.frame().account_id().is_some()
        && let Err(problem) = cx.run(SetLanguage(language)).await
    {
        return cx.error_page(&problem);
    }
    let cookie = cookie::set_language(language, cx.app.settings().public_url.is_https());
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
