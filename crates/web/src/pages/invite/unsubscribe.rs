//! `/invite/stop/{token}`: unsubscribes an address from the mail of an organization. Mail clients post here (RFC 8058).

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use vestibule_core::Code;
use vestibule_core::mailer::{ShowUnsubscribe, Unsubscribe};
use vestibule_core::secret::UnsubscribeToken;

use super::super::context::PageContext;
use super::super::form::Form;
use super::super::layout::Layout;
use super::actions::check_typed_address;
use super::opened::OpenedInvitations;
use super::outcome_page;

#[derive(Template)]
#[template(path = "invite/unsubscribe.html")]
struct UnsubscribePage {
    layout: Layout,
    organization: String,
}

/// Shows the form. Only the POST unsubscribes, because mail scanners open links.
pub(super) async fn show(cx: PageContext, Path(token): Path<String>) -> Response {
    let Ok(token) = token.parse::<UnsubscribeToken>() else {
        return cx.error_page(&Code::InvalidInvitationToken.into());
    };
    match cx.query(ShowUnsubscribe { token }).await {
        Ok((organization, _)) => {
            let layout = cx.layout(cx.words.unsubscribe_title(&organization), false);
            cx.render(StatusCode::OK, &UnsubscribePage { layout, organization })
        }
        Err(response) => response,
    }
}

/// Unsubscribes: at once for a one-click POST of a mail client, otherwise with the typed address.
pub(super) async fn unsubscribe(
    cx: PageContext,
    opened: OpenedInvitations,
    Path(token): Path<String>,
    form: Form,
) -> Response {
    let Ok(token) = token.parse::<UnsubscribeToken>() else {
        return cx.error_page(&Code::InvalidInvitationToken.into());
    };
    let (organization, email) = match cx.query(ShowUnsubscribe { token: token.clone() }).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let is_one_click = form.text("List-Unsubscribe") == "One-Click";
    if !is_one_click && let Err(problem) = check_typed_address(&form, &email) {
        let layout = cx.layout(cx.words.unsubscribe_title(&organization), false).with_error(Some(&problem));
        return cx.render_with_error(Some(&problem), &UnsubscribePage { layout, organization });
    }
    let invitation = token.invitation();
    match cx.run(Unsubscribe { token }).await {
        Ok(()) if is_one_click => StatusCode::OK.into_response(),
        Ok(()) => {
            let t = cx.words;
            let links = vec![("/organizations".to_owned(), t.go_to_organizations())];
            let page = outcome_page(&cx, t.unsubscribed_title(), t.unsubscribed_explanation(&organization), links);
            opened.without(&cx, invitation, page)
        }
        Err(problem) => cx.error_page(&problem),
    }
}
