//! `/sign-in`: by password, by a code or link from the mail, or by going on as somebody who is signed in here already.

mod by_mail;
mod choose;

use askama::Template;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::SignInId;
use vestibule_core::names::Username;
use vestibule_core::password::Password;
use vestibule_core::session::{ShownSession, SignOut, SwitchSignIn};
use vestibule_core::settings::SignUpMode;
use vestibule_core::sign_in::{self, CameIn, Identifier};
use vestibule_core::{Code, Problem};

use super::asked::{Asked, see_other};
use super::form::Form;
use super::frame::Frame;
use crate::routes::Routes;

pub(super) use by_mail::{Coded, code_page};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/sign-in", show)
        .post("/sign-in", sign_in)
        .post("/sign-in/switch", switch)
        .post("/sign-in/mail", by_mail::begin)
        .get("/sign-in/code", by_mail::ask)
        .post("/sign-in/code", by_mail::prove)
        .post("/sign-in/again", by_mail::again)
        .get("/sign-in/link", by_mail::link)
        .post("/sign-in/link", by_mail::open)
        .get("/choose-organization", choose::show)
        .post("/choose-organization", choose::choose)
        .post("/sign-out", sign_out)
}

/// Somebody who is signed in within this browser.
struct Account {
    sign_in: SignInId,
    name: String,
    email: String,
}

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct SignIn {
    frame: Frame,
    accounts: Vec<Account>,
    return_to: String,
    typed: String,
    has_mail: bool,
    may_sign_up: bool,
}

async fn show(asked: Asked) -> Response {
    let (return_to, typed) = (asked.asked_for("return_to"), asked.asked_for("email"));
    page(&asked, return_to, typed, None).await
}

async fn page(asked: &Asked, return_to: String, typed: String, trouble: Option<&Problem>) -> Response {
    let session = match asked.session().await {
        Ok(session) => session,
        Err(response) => return response,
    };
    let accounts = session.as_ref().map(accounts).unwrap_or_default();
    let settings = asked.app.settings();
    let page = SignIn {
        frame: asked.frame(asked.words.sign_in(), false).troubled(trouble),
        accounts,
        return_to,
        typed,
        has_mail: asked.app.service().sends_mail(),
        may_sign_up: settings.sign_up == SignUpMode::Public,
    };
    asked.page_with(trouble, &page)
}

fn accounts(session: &ShownSession) -> Vec<Account> {
    let account = |shown: &vestibule_core::session::ShownSignIn| {
        let name = format!("{} {}", shown.user.first_name, shown.user.last_name).trim().to_owned();
        let email = shown.user.email.clone().unwrap_or_default();
        Account { sign_in: shown.sign_in.id, name: if name.is_empty() { email.clone() } else { name }, email }
    };
    session.sign_ins.iter().map(account).collect()
}

async fn sign_in(asked: Asked, form: Form) -> Response {
    let typed = form.text("identifier").trim();
    let identifier = if typed.contains('@') {
        EmailAddress::parse(typed).map(Identifier::Email).map_err(Problem::from)
    } else {
        Username::parse("identifier", typed).map(Identifier::Username)
    };
    let signed_in = match identifier {
        Ok(identifier) => {
            let password = Password::attempt(form.text("password").to_owned());
            sign_in::with_password(asked.app.service(), &asked.caller, identifier, password).await.result
        }
        Err(problem) => Err(problem),
    };
    match signed_in {
        Ok(came_in) => came_in_to(&asked, form.text("return_to"), &came_in),
        // They are who they say they are, and want to go on.
        Err(problem) if problem.code() == Code::UserAlreadySignedIn => onward(&asked, form.text("return_to")),
        Err(problem) => page(&asked, form.text("return_to").to_owned(), typed.to_owned(), Some(&problem)).await,
    }
}

/// On to where they wanted to go, with the session's new secret.
pub(super) fn came_in_to(asked: &Asked, return_to: &str, came_in: &CameIn) -> Response {
    asked.with_session(onward(asked, return_to), came_in.token.as_ref())
}

fn onward(asked: &Asked, return_to: &str) -> Response {
    see_other(&asked.return_to(return_to).unwrap_or_else(|| "/organizations".to_owned()))
}

async fn switch(asked: Asked, form: Form) -> Response {
    let sign_in = match form.id("sign_in") {
        Ok(sign_in) => sign_in,
        Err(problem) => return asked.refused(&problem),
    };
    match asked.run(SwitchSignIn { sign_in }).await {
        Ok(_) => onward(&asked, form.text("return_to")),
        Err(problem) => page(&asked, form.text("return_to").to_owned(), String::new(), Some(&problem)).await,
    }
}

async fn sign_out(asked: Asked) -> Response {
    match asked.run(SignOut { sign_in: None }).await {
        Ok(_) => see_other("/sign-in?done=signed_out"),
        Err(problem) => asked.refused(&problem),
    }
}
