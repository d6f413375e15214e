//! `/security-notice`: the target of the link in a security notice. It ends all sessions of the user, and
//! cancels a waiting reset of their second factors.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::secret::NoticeToken;
use vestibule_core::security_log::{self, Subject};
use vestibule_core::security_notice::EndSessions;
use vestibule_core::{Code, Problem};

use super::context::PageContext;
use super::form::Form;
use super::layout::Layout;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default().get("/security-notice", show).post("/security-notice", end_sessions)
}

#[derive(Template)]
#[template(path = "security_notice.html")]
struct Page {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "security_notice_done.html")]
struct DonePage {
    layout: Layout,
    reset_address: Option<String>,
    cancelled_reset: bool,
}

/// Shows the form, into which the script puts the token of the link; without a script, the link is pasted. Only the
/// POST does something, because mail scanners open links.
async fn show(cx: PageContext) -> Response {
    page(&cx, None)
}

fn page(cx: &PageContext, error: Option<&Problem>) -> Response {
    let layout = cx.layout(cx.words.notice_title(), false).with_error(error);
    cx.render_with_error(error, &Page { layout })
}

async fn end_sessions(cx: PageContext, form: Form) -> Response {
    let ended = if let Ok(token) = form.pasted_token().parse::<NoticeToken>() {
        cx.run(EndSessions { token }).await
    } else {
        // A well-formed token is refused, and logged, by the command.
        security_log::log_refusal(cx.caller.address, &Subject::default(), Code::InvalidNoticeToken);
        Err(Code::InvalidNoticeToken.into())
    };
    match ended {
        Ok(ended) => {
            let layout = cx.layout(cx.words.notice_done_title(), false).with_challenge(&cx);
            let page = DonePage { layout, reset_address: ended.reset_address, cancelled_reset: ended.cancelled_reset };
            cx.render(StatusCode::OK, &page)
        }
        Err(problem) => page(&cx, Some(&problem)),
    }
}
