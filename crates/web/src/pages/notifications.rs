//! `/notifications/stop/{token}`: turns a kind of notification off. Mail clients post here (RFC 8058).

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use vestibule_core::Code;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::notification::{NotificationKind, ShowUnsubscribe, Unsubscribe};
use vestibule_core::secret::NotificationToken;

use super::context::{PageContext, PageResult};
use super::form::Form;
use super::layout::Layout;
use super::words::Words;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default().get("/notifications/stop/{token}", show).post("/notifications/stop/{token}", unsubscribe)
}

#[derive(Template)]
#[template(path = "notifications.html")]
struct UnsubscribePage {
    layout: Layout,
    /// What the mails are about.
    explanation: String,
    is_done: bool,
}

/// Shows the form. Only the POST unsubscribes, because mail scanners open links.
async fn show(cx: PageContext, Path(token): Path<String>) -> PageResult<Response> {
    let Ok(token) = token.parse::<NotificationToken>() else {
        return Err(cx.error_page(&Code::InvalidUnsubscribeToken.into()));
    };
    let (kind, _) = cx.query(ShowUnsubscribe { token }).await?;
    let layout = cx.layout(cx.words.notifications_stop_title(), false);
    let page = UnsubscribePage { layout, explanation: explanation(cx.words, kind), is_done: false };
    Ok(cx.render(StatusCode::OK, &page))
}

/// Turns the kind off: at once for a one-click POST of a mail client, otherwise with the typed address, because some
/// mail scanners submit forms.
async fn unsubscribe(cx: PageContext, Path(token): Path<String>, form: Form) -> PageResult<Response> {
    let Ok(token) = token.parse::<NotificationToken>() else {
        return Err(cx.error_page(&Code::InvalidUnsubscribeToken.into()));
    };
    let (kind, address) = cx.query(ShowUnsubscribe { token: token.clone() }).await?;
    let explanation = explanation(cx.words, kind);
    let is_one_click = form.text("List-Unsubscribe") == "One-Click";
    let typed = EmailAddress::parse(form.text("email")).map_err(vestibule_core::Problem::from);
    let typed = typed.and_then(|typed| if typed.key() == address { Ok(()) } else { Err(Code::InvalidEmail.into()) });
    if !is_one_click && let Err(problem) = typed {
        let layout = cx.layout(cx.words.notifications_stop_title(), false).with_error(Some(&problem));
        return Ok(cx.render_with_error(Some(&problem), &UnsubscribePage { layout, explanation, is_done: false }));
    }
    cx.run(Unsubscribe { token }).await.map_err(|problem| cx.error_page(&problem))?;
    if is_one_click {
        return Ok(StatusCode::OK.into_response());
    }
    let layout = cx.layout(cx.words.unsubscribed_title(), false);
    Ok(cx.render(StatusCode::OK, &UnsubscribePage { layout, explanation, is_done: true }))
}

fn explanation(t: Words, kind: NotificationKind) -> String {
    match kind {
        NotificationKind::JoinRequests => t.notifications_join_requests(),
        NotificationKind::RequestAnswers => t.notifications_request_answers(),
        NotificationKind::InvitationAnswers => t.notifications_invitation_answers(),
        NotificationKind::WebhookFailures => t.notifications_webhook_failures(),
    }
}
