//! The page of an invitation form that was sent after the session had ended. It shows what was typed, so that it is not
//! lost: the person signs in, and sends it again. The script also keeps the list for the form (`invite.js`), which is the
//! only copy of a form over 64 KiB: without a session, the server does not read so much.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::super::context::PageContext;
use super::super::super::layout::Layout;
use super::super::super::page_path::with_return_to;
use super::compose::Values;

#[derive(Template)]
#[template(path = "organization/invitations/lost.html")]
struct Page {
    layout: Layout,
    emails: String,
    message: String,
    sign_in_url: String,
}

/// Returns the page if nobody is signed in.
pub(super) async fn page(cx: &PageContext, organization: &str, values: &Values) -> Option<Response> {
    let is_empty = values.emails.trim().is_empty() && values.message.trim().is_empty();
    if is_empty || cx.session().await.ok().flatten().is_some_and(|session| session.active().is_some()) {
        return None;
    }
    let path = format!("/organizations/{organization}/-/invitations");
    let page = Page {
        layout: cx.layout(cx.words.session_ended_title(), false),
        emails: values.emails.clone(),
        message: values.message.trim().to_owned(),
        sign_in_url: with_return_to("/sign-in", &path),
    };
    Some(cx.render(StatusCode::UNAUTHORIZED, &page))
}
