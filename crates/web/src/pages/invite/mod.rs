//! `/invite`: the target of a mailed invitation. It shows the invitation and the next [`Step`] for the current user.
//!
//! Mail scanners open links, run scripts and submit forms. Therefore viewing changes nothing, and every action requires
//! a session, a password, a mailed code or the typed address.

mod actions;
mod code;
mod opened;
mod page;
mod provider;
mod sign_in;
mod step;
mod unsubscribe;
mod visit;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::secret::InvitationToken;
use vestibule_core::{Code, Problem};

pub(super) use self::opened::{OpenedInvitations, without_joining};
pub(super) use self::provider::{joined_by_provider, provider_target, second_step_with_invitation};
pub(super) use self::sign_in::join_after_second_step;

use self::opened::NotOpened;
use self::page::{invitation_page, load};
use super::context::{PageContext, PageResult, see_other};
use super::form::Form;
use super::layout::Layout;
use super::reauthentication::{Action, protected};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/invite", show)
        .post("/invite", store_token)
        .post("/invite/accept", protected(Action::LinkAddress, actions::accept))
        .post("/invite/sign-in", sign_in::sign_in)
        .post("/invite/sign-up", sign_in::sign_up)
        .post("/invite/send-code", code::send)
        .post("/invite/code", protected(Action::VerifyAddress, code::enter))
        .post("/invite/decline", actions::decline)
        .post("/invite/renew", actions::request_renewal)
        .post("/invite/add-address", protected(Action::LinkAddress, actions::add_address))
        .post("/invite/request-invitation", actions::request_invitation)
        .get("/invite/stop/{token}", unsubscribe::show)
        .post("/invite/stop/{token}", unsubscribe::unsubscribe)
}

#[derive(Template)]
#[template(path = "invite/paste.html")]
struct PastePage {
    layout: Layout,
    is_signed_in: bool,
}

#[derive(Template)]
#[template(path = "invite/outcome.html")]
struct OutcomePage {
    layout: Layout,
    text: String,
    /// URL and label of the next steps, the most likely one first.
    links: Vec<(String, String)>,
}

/// Stores the token of the link, or of a pasted link, in the invitation cookie.
async fn store_token(cx: PageContext, opened: OpenedInvitations, form: Form) -> Response {
    match form.pasted_token().parse::<InvitationToken>() {
        Ok(token) => {
            let opened = opened.open(token);
            let response = see_other(&opened.url());
            opened.remember(&cx, response)
        }
        Err(_) => paste(&cx, Some(&Code::InvalidInvitationToken.into())),
    }
}

fn paste(cx: &PageContext, error: Option<&Problem>) -> Response {
    let layout = cx.layout(cx.words.invitation(), true).with_error(error);
    let is_signed_in = layout.header.account.is_some();
    cx.render_with_error(error, &PastePage { layout, is_signed_in })
}

async fn show(cx: PageContext, opened: OpenedInvitations) -> PageResult<Response> {
    let opened = opened.shown(&cx).await?;
    Ok(invitation_page(&cx, &opened, None, None).await)
}

/// The page for a request that names an invitation which this browser has not opened, or not recently.
async fn not_opened_page(cx: &PageContext, not_opened: NotOpened) -> Response {
    let opened = match not_opened {
        NotOpened::None => return paste(cx, None),
        NotOpened::Other(opened) => opened,
    };
    match load(cx, &opened, None, None).await {
        Ok(mut page) => {
            page.layout.error = Some(cx.words.other_invitation());
            cx.render(StatusCode::CONFLICT, &page)
        }
        Err(response) => response,
    }
}

/// Renders the result of an action, with links to the next steps.
fn outcome_page(cx: &PageContext, title: String, text: String, links: Vec<(String, String)>) -> Response {
    cx.render(StatusCode::OK, &OutcomePage { layout: cx.layout(title, true), text, links })
}
