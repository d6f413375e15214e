//! Which notifications the caller gets by mail.

use axum::response::Response;
use vestibule_core::notification::UpdatePreferences;

use super::super::context::PageContext;
use super::super::form::Form;
use super::redirect_or_error;

pub(super) async fn update(cx: PageContext, form: Form) -> Response {
    let update = UpdatePreferences {
        join_requests: Some(form.is_checked("join_requests")),
        request_answers: Some(form.is_checked("request_answers")),
        invitation_answers: Some(form.is_checked("invitation_answers")),
        webhook_failures: Some(form.is_checked("webhook_failures")),
    };
    let updated = cx.run(update).await.map(|_| ());
    redirect_or_error(&cx, updated, "notifications_saved").await
}
