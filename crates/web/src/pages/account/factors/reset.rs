//! The waiting reset of the caller's second factors: they object to it with one of them.

use axum::response::Response;
use vestibule_core::second_factor::CancelOwnReset;

use super::super::super::context::PageContext;
use super::super::super::form::Form;
use super::{page_url, page_with_error};

pub(super) async fn cancel(cx: PageContext, form: Form) -> Response {
    match cx.run(CancelOwnReset).await {
        Ok(()) => cx.redirect_with_flash(page_url(&form), "reset_cancelled"),
        Err(problem) => page_with_error(&cx, &form, &problem).await,
    }
}
