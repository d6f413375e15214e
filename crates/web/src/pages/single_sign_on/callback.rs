//! The way back from an identity provider.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::single_sign_on::{
    CallbackParameters, CallbackPurpose, Finished, RequestPurpose, find_request, finish,
};

use super::super::context::{PageContext, see_other};
use super::super::invite::{self, OpenedInvitations};
use super::super::layout::Layout;
use super::super::page_path::with_return_to;
use super::super::sign_in::redirect_signed_in;
use super::PROFILE;

/// What the page after a failure says and offers next.
pub(super) struct Failed {
    title: fn(&PageContext) -> String,
    advice: fn(&PageContext) -> String,
    next_url: String,
    next_label: fn(&PageContext) -> String,
}

#[derive(Template)]
#[template(path = "single_sign_on/failed.html")]
struct FailedPage {
    layout: Layout,
    reason: String,
    advice: String,
    next_url: String,
    next_label: String,
}

impl Failed {
    /// A sign-in that would have led to this URL.
    pub(super) fn sign_in(return_to: &str) -> Self {
        // The invitation has all ways to sign in itself.
        let next_url =
            if return_to.starts_with("/invite") { return_to.to_owned() } else { with_return_to("/sign-in", return_to) };
        Self {
            title: |cx| cx.words.sign_in_failed_title(),
            advice: |cx| cx.words.sign_in_failed_advice(),
            next_url,
            next_label: |cx| cx.words.back_to_sign_in(),
        }
    }

    fn link(return_to: &str) -> Self {
        Self {
            title: |cx| cx.words.link_failed_title(),
            advice: |cx| cx.words.link_failed_advice(),
            next_url: return_to.to_owned(),
            next_label: |cx| cx.words.back_to_account(),
        }
    }

    fn test(return_to: &str) -> Self {
        Self {
            title: |cx| cx.words.test_failed_title(),
            advice: |cx| cx.words.test_failed_advice(),
            next_url: return_to.to_owned(),
            next_label: |cx| cx.words.back_to_connections(),
        }
    }
}

pub(super) fn failed_page(cx: &PageContext, failed: &Failed, problem: &Problem) -> Response {
    let page = FailedPage {
        layout: cx.layout((failed.title)(cx), false),
        reason: cx.words.problem(problem),
        advice: (failed.advice)(cx),
        next_url: failed.next_url.clone(),
        next_label: (failed.next_label)(cx),
    };
    cx.render_with_error(Some(problem), &page)
}

/// Finishes what a page has begun: a sign-in, linking an account, or the test of a connection.
pub(crate) async fn callback(cx: PageContext, headers: &HeaderMap, parameters: CallbackParameters) -> Response {
    let service = cx.app.service();
    // The request is spent by what follows, also if that fails.
    let failed = match find_request(service, &cx.caller, &parameters.state).await {
        Ok(request) => match request.purpose {
            RequestPurpose::SignIn => Failed::sign_in(&invite::without_joining(request.return_to)),
            RequestPurpose::Link => Failed::link(&request.return_to),
            RequestPurpose::Test => Failed::test(&request.return_to),
        },
        Err(_) => Failed::sign_in(""),
    };
    match finish(service, &cx.caller, parameters, CallbackPurpose::Any).await.result {
        Ok(finished) => redirect_finished(&cx, OpenedInvitations::from_headers(headers, &cx.app), finished).await,
        Err(problem) => failed_page(&cx, &failed, &problem),
    }
}

async fn redirect_finished(cx: &PageContext, opened: OpenedInvitations, finished: Finished) -> Response {
    match finished {
        Finished::SignedIn { signed_in, return_to, waiting: Some(token), .. } => {
            invite::second_step_with_invitation(cx, opened, token, &return_to, &signed_in)
        }
        Finished::SignedIn { signed_in, return_to, accepted, linked, waiting: None } => {
            if let Some(response) = invite::joined_by_provider(cx, &return_to, &signed_in, accepted).await {
                return response;
            }
            let response = redirect_signed_in(cx, &return_to, cx.after_sign_in(), &signed_in);
            // Not before the second factor, which may be asked for first.
            let is_shown = linked && signed_in.completed.is_some();
            if is_shown { cx.with_flash(response, "identity_linked") } else { response }
        }
        Finished::NeedsProfile { signed_in, attempt, return_to } => {
            let url = with_return_to(&format!("{PROFILE}?attempt={attempt}"), &return_to);
            cx.with_session_cookie(see_other(&url), signed_in.token.as_ref())
        }
        Finished::Linked { return_to, .. } => cx.redirect_with_flash(&return_to, "identity_linked"),
        Finished::Tested { trace, return_to, .. } => see_other(&format!("{return_to}/sign-ins/{trace}")),
    }
}
