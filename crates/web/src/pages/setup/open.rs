//! The first page, which opens the link, and the last one.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::secret::SetupToken;
use vestibule_core::security_log::{self, Subject};
use vestibule_core::setup_link::{Open, SetupPurpose};
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, see_other};
use super::super::form::Form;
use super::super::layout::Layout;
use super::{DONE, START, SetupPage, Visit, purpose_label, with_token_cookie};

#[derive(Template)]
#[template(path = "setup/open.html")]
struct OpenPage {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "setup/start.html")]
struct StartPage {
    layout: Layout,
    setup: SetupPage,
    purposes: Vec<String>,
    recipient: String,
    /// HTML
    expires: String,
    next: &'static str,
}

#[derive(Template)]
#[template(path = "setup/done.html")]
struct DonePage {
    layout: Layout,
    setup: SetupPage,
    is_for_sso: bool,
}

/// Shows the form, into which the script puts the token of the link; without a script, the link is pasted.
pub(super) fn ask_for_link(cx: &PageContext, error: Option<&Problem>) -> Response {
    let layout = cx.layout(cx.words.setup_open_title(), false).with_error(error);
    cx.render_with_error(error, &OpenPage { layout })
}

/// Opens the link of the form, and stores its token in the cookie.
pub(super) async fn store_token(cx: PageContext, form: Form) -> Response {
    let Ok(token) = form.pasted_token().parse::<SetupToken>() else {
        // A well-formed token is refused, and logged, by the command.
        security_log::log_refusal(cx.caller.address, &Subject::default(), Code::InvalidSetupLink);
        return ask_for_link(&cx, Some(&Code::InvalidSetupLink.into()));
    };
    match cx.run(Open { token: token.clone() }).await {
        Ok(link) => {
            let lifetime = link.expires_at.since(cx.now());
            with_token_cookie(&cx, see_other(START), Some((&token, lifetime)))
        }
        Err(problem) => ask_for_link(&cx, Some(&problem)),
    }
}

/// Shows for which organization the link is, and what it is for.
pub(super) async fn show(visit: Visit) -> Response {
    let (cx, t) = (&visit.cx, visit.cx.words);
    let page = StartPage {
        layout: cx.layout(t.setup_title(visit.link.organization_name.as_str()), false),
        setup: visit.setup_page(START),
        purposes: visit.link.purposes.iter().map(|purpose| purpose_label(t, purpose)).collect(),
        recipient: visit.link.recipient.clone(),
        expires: t.time_html(visit.link.expires_at, cx.now()),
        next: visit.next(START),
    };
    cx.render(StatusCode::OK, &page)
}

/// Says what is left for the admin of the organization.
pub(super) async fn done(visit: Visit) -> Response {
    let page = DonePage {
        layout: visit.cx.layout(visit.cx.words.setup_done_title(), false),
        setup: visit.setup_page(DONE),
        is_for_sso: visit.is_for(SetupPurpose::Sso),
    };
    visit.cx.render(StatusCode::OK, &page)
}

/// Makes this browser forget the link, which stays valid.
pub(super) async fn close(cx: PageContext, _: Form) -> Response {
    let response = cx.redirect_with_flash(START, "setup_closed");
    with_token_cookie(&cx, response, None)
}
