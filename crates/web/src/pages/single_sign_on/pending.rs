//! `/account/connections/pending`: a person who has an account has signed in to it, and decides whether to link the
//! identity with which they came.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::session::SessionDetails;
use vestibule_core::single_sign_on::LinkPending;

use super::super::context::{PageContext, PageResult, see_other};
use super::super::form::Form;
use super::super::frame::person_name;
use super::super::layout::Layout;
use super::{find_profile, provider_name};

#[derive(Template)]
#[template(path = "single_sign_on/pending.html")]
struct Page {
    layout: Layout,
    explanation: String,
    provider: String,
    attempt: String,
    return_to: String,
}

pub(super) async fn show(cx: PageContext) -> Response {
    match page(&cx).await {
        Ok(response) | Err(response) => response,
    }
}

async fn page(cx: &PageContext) -> PageResult<Response> {
    let (t, attempt) = (cx.words, cx.query_param("attempt"));
    let return_to = cx.return_to(&cx.return_to_param()).unwrap_or_else(|| cx.after_sign_in().to_owned());
    let session = cx.session().await?;
    let Some(active) = session.as_ref().and_then(SessionDetails::active) else {
        return Err(cx.redirect_to_sign_in());
    };
    let user = &active.user;
    let account = user.email.clone().filter(|email| !email.is_empty()).unwrap_or_else(|| person_name(user));
    // It was linked already, or took too long.
    let Some(profile) = find_profile(session, &attempt) else { return Err(see_other(&return_to)) };
    let provider = provider_name(cx, profile.provider.as_str());
    let page = Page {
        layout: cx.layout(t.connect_pending_title(&provider), true),
        explanation: if profile.email.is_empty() {
            t.connect_pending_without_address(&account, &provider)
        } else {
            t.connect_pending_explanation(&account, &provider, &profile.email)
        },
        provider,
        attempt,
        return_to,
    };
    Ok(cx.render(StatusCode::OK, &page))
}

pub(super) async fn link(cx: PageContext, form: Form) -> Response {
    let return_to = cx.return_to(form.text("return_to")).unwrap_or_else(|| cx.after_sign_in().to_owned());
    let linked = match form.id("attempt") {
        Ok(attempt) => cx.run(LinkPending { attempt }).await,
        Err(problem) => Err(problem),
    };
    match linked {
        Ok(_) => cx.redirect_with_flash(&return_to, "identity_linked"),
        Err(problem) => cx.error_page(&problem),
    }
}
