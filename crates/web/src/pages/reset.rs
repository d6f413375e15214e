//! `/reset`: a new password for whoever has forgotten theirs.

use askama::Template;
use axum::response::Response;
use vestibule_core::attempt::{forgot_password, prove_forgotten, reset_password};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::password::Password;
use vestibule_core::secret::{AttemptToken, TypedCode};
use vestibule_core::{Code, Problem};

use super::asked::{Asked, see_other};
use super::form::Form;
use super::frame::Frame;
use super::sign_in::{Coded, came_in_to, code_page};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/reset", show)
        .post("/reset", send)
        .get("/reset/code", ask)
        .post("/reset/code", prove)
        .post("/reset/password", set)
}

#[derive(Template)]
#[template(path = "sign_in/reset.html")]
struct Page {
    frame: Frame,
    email: String,
}

/// What is set a new password with stands in the page and nowhere else: it is this browser's alone.
#[derive(Template)]
#[template(path = "sign_in/new_password.html")]
struct NewPassword {
    frame: Frame,
    token: String,
    minimum: usize,
}

async fn show(asked: Asked) -> Response {
    page(&asked, asked.asked_for("email"), None)
}

fn page(asked: &Asked, email: String, trouble: Option<&Problem>) -> Response {
    let frame = asked.frame(asked.words.reset_title(), false).troubled(trouble);
    asked.page_with(trouble, &Page { frame, email })
}

async fn send(asked: Asked, form: Form) -> Response {
    let typed = form.text("email").trim();
    let sent = match EmailAddress::parse(typed) {
        Ok(address) => forgot_password(asked.app.service(), &asked.caller, address).await.result,
        Err(error) => Err(error.into()),
    };
    match sent {
        Ok(forgotten) => {
            let email: String = form_urlencoded::byte_serialize(typed.as_bytes()).collect();
            asked.with_session(see_other(&format!("/reset/code?email={email}")), forgotten.session.token.as_ref())
        }
        Err(problem) => page(&asked, typed.to_owned(), Some(&problem)),
    }
}

fn coded(asked: &Asked, email: &str) -> Coded {
    Coded {
        words: asked.words.reset_code_words(email),
        action: "/reset/code".to_owned(),
        again: "/reset".to_owned(),
        hidden: vec![("email", email.to_owned())],
    }
}

async fn ask(asked: Asked) -> Response {
    code_page(&asked, coded(&asked, &asked.asked_for("email")), None)
}

async fn prove(asked: Asked, form: Form) -> Response {
    let typed = form.text("email");
    let proved = match EmailAddress::parse(typed) {
        Ok(address) => {
            let code = TypedCode::read(form.text("code"));
            prove_forgotten(asked.app.service(), &asked.caller, address, &code).await.result
        }
        Err(error) => Err(error.into()),
    };
    match proved {
        Ok(token) => new_password(&asked, token.reveal(), None),
        Err(problem) => code_page(&asked, coded(&asked, typed), Some(&problem)),
    }
}

fn new_password(asked: &Asked, token: String, trouble: Option<&Problem>) -> Response {
    let frame = asked.frame(asked.words.reset_title(), false).troubled(trouble);
    let minimum = asked.app.settings().passwords.minimum_length;
    asked.page_with(trouble, &NewPassword { frame, token, minimum })
}

async fn set(asked: Asked, form: Form) -> Response {
    let minimum = asked.app.settings().passwords.minimum_length;
    let set =
        match (form.text("token").parse::<AttemptToken>(), Password::chosen(form.text("password").to_owned(), minimum))
        {
            (_, Err(problem)) => Err(problem),
            (Err(_), _) => Err(Code::InvalidResetToken.into()),
            (Ok(token), Ok(chosen)) => reset_password(asked.app.service(), &asked.caller, token, chosen).await.result,
        };
    match set {
        Ok(came_in) => came_in_to(&asked, "/organizations?done=password_set", &came_in),
        Err(problem) if problem.code() == Code::InvalidPassword => {
            new_password(&asked, form.text("token").to_owned(), Some(&problem))
        }
        Err(problem) => page(&asked, String::new(), Some(&problem)),
    }
}
