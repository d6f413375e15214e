//! `/invite/stop/{token}`: no more mail from an organization. Mail programs post to it by themselves (RFC 8058).

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use vestibule_core::Code;
use vestibule_core::outbox::{Refuse, ShowRefusal};
use vestibule_core::secret::RefusalToken;

use super::super::asked::Asked;
use super::super::form::Form;
use super::super::frame::Frame;
use super::act::typed_address;
use super::told;

#[derive(Template)]
#[template(path = "invite/stop.html")]
struct Stop {
    frame: Frame,
    organization: String,
}

/// What it would do. Looking at it changes nothing.
pub(super) async fn show(asked: Asked, axum::extract::Path(token): axum::extract::Path<String>) -> Response {
    let Ok(token) = token.parse::<RefusalToken>() else {
        return asked.refused(&Code::InvalidInvitationToken.into());
    };
    match asked.ask(ShowRefusal { token }).await {
        Ok((organization, _)) => {
            let frame = asked.frame(asked.words.stop_title(&organization), false);
            asked.page(StatusCode::OK, &Stop { frame, organization })
        }
        Err(response) => response,
    }
}

/// Does it: for a mail program that says so in its own way, or somebody who types their address.
pub(super) async fn stop(
    asked: Asked,
    axum::extract::Path(token): axum::extract::Path<String>,
    form: Form,
) -> Response {
    let Ok(token) = token.parse::<RefusalToken>() else {
        return asked.refused(&Code::InvalidInvitationToken.into());
    };
    let (organization, email) = match asked.ask(ShowRefusal { token: token.clone() }).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let is_one_click = form.text("List-Unsubscribe") == "One-Click";
    if !is_one_click && let Err(problem) = typed_address(&form, &email) {
        let frame = asked.frame(asked.words.stop_title(&organization), false).troubled(Some(&problem));
        return asked.page_with(Some(&problem), &Stop { frame, organization });
    }
    match asked.run(Refuse { token }).await {
        Ok(()) if is_one_click => StatusCode::OK.into_response(),
        Ok(()) => {
            let t = asked.words;
            told(&asked, t.stopped_title(), t.stopped_words(&organization), None)
        }
        Err(problem) => asked.refused(&problem),
    }
}
