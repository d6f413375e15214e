//! Signing in by what is mailed: a code to type, or a link to open.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::attempt::{self, Method, Prepare, Purpose, begin_sign_in};
use vestibule_core::context::Caller;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::AttemptId;
use vestibule_core::secret::{AttemptToken, TypedCode};
use vestibule_core::{Code, Problem};

use super::super::asked::{Asked, see_other};
use super::super::form::Form;
use super::super::frame::Frame;
use super::{came_in_to, page};

/// A page that asks for a code.
#[derive(Template)]
#[template(path = "sign_in/code.html")]
struct AskForCode {
    frame: Frame,
    words: String,
    action: String,
    again: String,
    hidden: Vec<(&'static str, String)>,
}

/// Where a code goes, and what goes along with it.
pub(in super::super) struct Coded {
    pub(in super::super) words: String,
    pub(in super::super) action: String,
    pub(in super::super) again: String,
    pub(in super::super) hidden: Vec<(&'static str, String)>,
}

/// Asks for the code from the mail.
pub(in super::super) fn code_page(asked: &Asked, coded: Coded, trouble: Option<&Problem>) -> Response {
    let frame = asked.frame(asked.words.look_into_mail(), false).troubled(trouble);
    let Coded { words, action, again, hidden } = coded;
    asked.page_with(trouble, &AskForCode { frame, words, action, again, hidden })
}

fn coded(asked: &Asked, attempt: &str, return_to: &str) -> Coded {
    Coded {
        words: asked.words.code_words(),
        action: "/sign-in/code".to_owned(),
        again: "/sign-in/again".to_owned(),
        hidden: vec![("attempt", attempt.to_owned()), ("return_to", return_to.to_owned())],
    }
}

/// Begins, and mails what was chosen.
pub(super) async fn begin(asked: Asked, form: Form) -> Response {
    let method = form.text("method").parse().unwrap_or(Method::EmailOtp);
    let typed = form.text("email").trim();
    let begun = match EmailAddress::parse(typed) {
        Ok(address) => begin_sign_in(asked.app.service(), &asked.caller, address, method).await.result,
        Err(error) => Err(error.into()),
    };
    let begun = match begun {
        Ok(begun) => begun,
        Err(problem) => {
            return page(&asked, form.text("return_to").to_owned(), typed.to_owned(), Some(&problem)).await;
        }
    };
    let mut asked = asked;
    let token = begun.session.token.clone();
    if token.is_some() {
        asked.caller = Caller { token: token.clone(), ..asked.caller };
    }
    let return_to = asked.return_to(form.text("return_to")).unwrap_or_default();
    let attempt = begun.attempt.id;
    let prepare = Prepare { attempt, purpose: Purpose::SignIn, method: Some(method), return_to: return_to.clone() };
    let sent = attempt::prepare(asked.app.service(), &asked.caller, prepare).await.result;
    let response = match sent {
        Ok(()) => see_other(&to_code(attempt, &return_to)),
        Err(problem) => page(&asked, return_to, typed.to_owned(), Some(&problem)).await,
    };
    asked.with_session(response, token.as_ref())
}

fn to_code(attempt: AttemptId, return_to: &str) -> String {
    let back: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
    format!("/sign-in/code?attempt={attempt}&return_to={back}")
}

/// Asks for the code. An attempt's id is no secret: only its browser can do anything with it.
pub(super) async fn ask(asked: Asked) -> Response {
    let coded = coded(&asked, &asked.asked_for("attempt"), &asked.asked_for("return_to"));
    code_page(&asked, coded, None)
}

pub(super) async fn prove(asked: Asked, form: Form) -> Response {
    let proved = match form.id("attempt") {
        Ok(attempt) => {
            let code = TypedCode::read(form.text("code"));
            attempt::by_code(asked.app.service(), &asked.caller, attempt, Purpose::SignIn, &code).await.result
        }
        Err(problem) => Err(problem),
    };
    match proved {
        Ok(came_in) => came_in_to(&asked, form.text("return_to"), &came_in),
        Err(problem) => code_page(&asked, coded(&asked, form.text("attempt"), form.text("return_to")), Some(&problem)),
    }
}

/// Mails it once more.
pub(super) async fn again(asked: Asked, form: Form) -> Response {
    let return_to = asked.return_to(form.text("return_to")).unwrap_or_default();
    let sent = match form.id("attempt") {
        Ok(attempt) => {
            let prepare = Prepare { attempt, purpose: Purpose::SignIn, method: None, return_to: return_to.clone() };
            attempt::prepare(asked.app.service(), &asked.caller, prepare).await.result.map(|()| attempt)
        }
        Err(problem) => Err(problem),
    };
    match sent {
        Ok(attempt) => see_other(&format!("{}&done=sent_again", to_code(attempt, &return_to))),
        Err(problem) => code_page(&asked, coded(&asked, form.text("attempt"), &return_to), Some(&problem)),
    }
}

#[derive(Template)]
#[template(path = "sign_in/link.html")]
struct Link {
    frame: Frame,
}

/// Where the mailed link leads. It does nothing before somebody presses.
pub(super) async fn link(asked: Asked) -> Response {
    asked.page(StatusCode::OK, &Link { frame: asked.frame(asked.words.sign_in(), false) })
}

pub(super) async fn open(asked: Asked, form: Form) -> Response {
    let opened = match form.text("token").parse::<AttemptToken>() {
        Ok(token) => attempt::by_link(asked.app.service(), &asked.caller, token).await.result,
        Err(_) => Err(Code::InvalidMagicLink.into()),
    };
    match opened {
        Ok((came_in, return_to)) => came_in_to(&asked, &return_to, &came_in),
        Err(problem) => {
            let frame = asked.frame(asked.words.sign_in(), false).troubled(Some(&problem));
            asked.page_with(Some(&problem), &Link { frame })
        }
    }
}
