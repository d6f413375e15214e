//! `/sign-up`: making an account, and proving the address first where the settings say so.

use askama::Template;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::attempt::{self, Prepare, Purpose};
use vestibule_core::context::Caller;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::AttemptId;
use vestibule_core::names::PersonName;
use vestibule_core::password::Password;
use vestibule_core::secret::{SessionToken, TypedCode};
use vestibule_core::sign_up::{self, SignUp};

use super::asked::{Asked, see_other};
use super::form::Form;
use super::frame::Frame;
use super::sign_in::{Coded, came_in_to, code_page};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/sign-up", show)
        .post("/sign-up", make)
        .get("/sign-up/code", ask)
        .post("/sign-up/code", prove)
        .post("/sign-up/again", again)
}

#[derive(Template)]
#[template(path = "sign_in/sign_up.html")]
struct Page {
    frame: Frame,
    return_to: String,
    email: String,
    first_name: String,
    last_name: String,
    minimum: usize,
}

async fn show(asked: Asked) -> Response {
    let (return_to, email) = (asked.asked_for("return_to"), asked.asked_for("email"));
    page(&asked, None, return_to, email, (String::new(), String::new()))
}

fn page(
    asked: &Asked,
    trouble: Option<&Problem>,
    return_to: String,
    email: String,
    (first_name, last_name): (String, String),
) -> Response {
    let frame = asked.frame(asked.words.make_account(), false).troubled(trouble);
    let minimum = asked.app.settings().passwords.minimum_length;
    asked.page_with(trouble, &Page { frame, return_to, email, first_name, last_name, minimum })
}

async fn make(asked: Asked, form: Form) -> Response {
    let made = match newcomer(&asked, &form) {
        Ok(newcomer) => sign_up::sign_up(asked.app.service(), &asked.caller, newcomer).await.result,
        Err(problem) => Err(problem),
    };
    let text = |name| form.text(name).to_owned();
    match made {
        Ok(came_in) => match came_in.session.attempts.first().filter(|_| came_in.session.active().is_none()) {
            Some(attempt) => {
                let token = came_in.token.as_ref();
                let response = send_code(&asked, attempt.id, form.text("return_to"), token).await;
                asked.with_session(response, token)
            }
            None => came_in_to(&asked, form.text("return_to"), &came_in),
        },
        Err(problem) => {
            let names = (text("first_name"), text("last_name"));
            page(&asked, Some(&problem), text("return_to"), text("email"), names)
        }
    }
}

fn newcomer(asked: &Asked, form: &Form) -> Result<SignUp, Problem> {
    let minimum = asked.app.settings().passwords.minimum_length;
    Ok(SignUp {
        email: EmailAddress::parse(form.text("email").trim())?,
        first_name: PersonName::parse("first_name", form.text("first_name"))?,
        last_name: PersonName::parse("last_name", form.text("last_name"))?,
        username: None,
        password: Password::chosen(form.text("password").to_owned(), minimum)?,
        invitation: None,
    })
}

/// Mails the code of an attempt, and on to where it is typed.
pub(super) async fn send_code(
    asked: &Asked,
    attempt: AttemptId,
    return_to: &str,
    token: Option<&SessionToken>,
) -> Response {
    let mut caller = asked.caller.clone();
    if token.is_some() {
        caller = Caller { token: token.cloned(), ..caller };
    }
    let return_to = asked.return_to(return_to).unwrap_or_default();
    let prepare = Prepare { attempt, purpose: Purpose::SignUp, method: None, return_to: String::new() };
    match attempt::prepare(asked.app.service(), &caller, prepare).await.result {
        Ok(()) => see_other(&to_code(attempt, &return_to)),
        Err(problem) => code_page(asked, coded(asked, &attempt.to_string(), &return_to), Some(&problem)),
    }
}

fn to_code(attempt: AttemptId, return_to: &str) -> String {
    let back: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
    format!("/sign-up/code?attempt={attempt}&return_to={back}")
}

fn coded(asked: &Asked, attempt: &str, return_to: &str) -> Coded {
    Coded {
        words: asked.words.sign_up_code_words(),
        action: "/sign-up/code".to_owned(),
        again: "/sign-up/again".to_owned(),
        hidden: vec![("attempt", attempt.to_owned()), ("return_to", return_to.to_owned())],
    }
}

async fn ask(asked: Asked) -> Response {
    code_page(&asked, coded(&asked, &asked.asked_for("attempt"), &asked.asked_for("return_to")), None)
}

async fn prove(asked: Asked, form: Form) -> Response {
    let proved = match form.id("attempt") {
        Ok(attempt) => {
            let code = TypedCode::read(form.text("code"));
            attempt::by_code(asked.app.service(), &asked.caller, attempt, Purpose::SignUp, &code).await.result
        }
        Err(problem) => Err(problem),
    };
    match proved {
        Ok(came_in) => came_in_to(&asked, form.text("return_to"), &came_in),
        Err(problem) => code_page(&asked, coded(&asked, form.text("attempt"), form.text("return_to")), Some(&problem)),
    }
}

async fn again(asked: Asked, form: Form) -> Response {
    match form.id("attempt") {
        Ok(attempt) => send_code(&asked, attempt, form.text("return_to"), None).await,
        Err(problem) => asked.refused(&problem),
    }
}
