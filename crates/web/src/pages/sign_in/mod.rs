//! `/sign-in`: by password, by mailed code or link, by passkey, or by switching to an account that is already signed in.
//! A password, a code or a link may lead to a second step.

mod choose_organization;
mod email;
mod passkey;
mod second_step;
mod ticket;

use askama::Template;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::SignInId;
use vestibule_core::names::Username;
use vestibule_core::password::Password;
use vestibule_core::query_params::set_query_params;
use vestibule_core::secret::SessionToken;
use vestibule_core::session::{SessionDetails, SignInDetails, SignOut, SwitchSignIn};
use vestibule_core::settings::{Mode, PageUrl, SignUpMode};
use vestibule_core::sign_in::{Identifier, SignedIn};
use vestibule_core::{Code, Problem, sign_in};

use super::context::{PageContext, PageResult, see_other, with_site_data_cleared};
use super::form::Form;
use super::frame::HeaderAccount;
use super::invite::without_joining;
use super::layout::Layout;
use super::single_sign_on::ProviderButtons;
use super::typed_address::TypedAddress;
use crate::app::DEVELOPMENT_QUERY;
use crate::return_to::ReturnTo;
use crate::routes::Routes;
use crate::site_data::OutdatedCookies;

pub(super) use email::{CodeForm, code_page, mail_sign_in_code};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/sign-in", show)
        .post("/sign-in", sign_in)
        .post("/sign-in/passkey", passkey::sign_in)
        .get("/sign-in/second-step", second_step::show)
        .post("/sign-in/second-step", second_step::verify)
        .post("/sign-in/ticket", ticket::exchange)
        .post("/sign-in/switch", switch)
        .post("/sign-in/mail", email::start)
        .get("/sign-in/code", email::show_code)
        .post("/sign-in/code", email::verify_code)
        .post("/sign-in/again", email::resend_code)
        .get("/sign-in/link", email::show_link)
        .post("/sign-in/link", email::verify_link)
        .get("/choose-organization", choose_organization::show)
        .post("/choose-organization", choose_organization::choose)
        .post("/sign-out", sign_out)
}

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct Page {
    layout: Layout,
    /// The accounts that are signed in within this browser, the active one first.
    accounts: Vec<HeaderAccount>,
    return_to: String,
    identifier: String,
    has_mail: bool,
    can_sign_up: bool,
    providers: ProviderButtons,
}

async fn show(cx: PageContext, TypedAddress(identifier): TypedAddress) -> Response {
    let ticket = cx.query_param("ticket");
    if !ticket.is_empty() {
        return ticket::show(cx, &ticket).await;
    }
    page(&cx, cx.return_to_param(), identifier, None).await
}

async fn page(cx: &PageContext, return_to: String, identifier: String, error: Option<&Problem>) -> Response {
    match load(cx, return_to, identifier, error).await {
        Ok(page) => cx.render_with_error(error, &page),
        Err(response) => response,
    }
}

/// Renders the page after a passkey was refused. `unknown` is the id of [`Layout::with_unknown_passkey`].
async fn page_after_passkey(cx: &PageContext, return_to: String, unknown: String, problem: &Problem) -> Response {
    match load(cx, return_to, String::new(), Some(problem)).await {
        Ok(mut page) => {
            page.layout = page.layout.with_unknown_passkey(unknown);
            cx.render_with_error(Some(problem), &page)
        }
        Err(response) => response,
    }
}

async fn load(cx: &PageContext, return_to: String, identifier: String, error: Option<&Problem>) -> PageResult<Page> {
    let session = cx.session().await?;
    let image_url = |stored: &str| cx.app.response_context().image_url(stored);
    let accounts = session.as_ref().map(|session| accounts(session, image_url)).unwrap_or_default();
    let settings = cx.app.settings();
    let description = cx.words.sign_in_description(&settings.name);
    let layout = cx.layout(cx.words.sign_in(), false).with_description(description).with_challenge(cx);
    Ok(Page {
        layout: layout.with_passkeys(cx).with_error(error),
        providers: ProviderButtons::new(cx, vec![("return_to", return_to.clone())]),
        accounts,
        return_to,
        identifier,
        has_mail: cx.app.service().sends_mail(),
        can_sign_up: settings.sign_up == SignUpMode::Public,
    })
}

fn accounts(session: &SessionDetails, image_url: impl Fn(&str) -> String) -> Vec<HeaderAccount> {
    let active = session.active().map(|active| active.sign_in.id);
    let is_active = |shown: &&SignInDetails| Some(shown.sign_in.id) == active;
    let (first, rest): (Vec<_>, Vec<_>) = session.sign_ins.iter().partition(is_active);
    first.into_iter().chain(rest).map(|shown| HeaderAccount::new(shown, &image_url)).collect()
}

async fn sign_in(cx: PageContext, form: Form) -> Response {
    let typed = form.text("identifier").trim();
    let identifier = if typed.contains('@') {
        EmailAddress::parse(typed).map(Identifier::Email).map_err(Problem::from)
    } else {
        Username::parse("identifier", typed).map(Identifier::Username)
    };
    let signed_in = match identifier {
        Ok(identifier) => {
            let password = Password::from_input(form.text("password").to_owned());
            sign_in::with_password(cx.app.service(), &cx.caller, identifier, password, &form.challenge()).await.result
        }
        Err(problem) => Err(problem),
    };
    match signed_in {
        Ok(signed_in) => redirect_signed_in(&cx, form.text("return_to"), cx.after_sign_in(), &signed_in),
        // The credentials are valid, so continue as if the sign-in were new.
        Err(problem) if problem.code() == Code::UserAlreadySignedIn => match cx.frame().sign_in_named(typed) {
            Some(sign_in) => switch_to(&cx, sign_in, form.text("return_to")).await,
            None => redirect_back(&cx, form.text("return_to")),
        },
        Err(problem) => page(&cx, form.text("return_to").to_owned(), typed.to_owned(), Some(&problem)).await,
    }
}

/// Redirects to the return URL, or to `default` if it is missing or not allowed. Asks for the second factor before, if
/// the sign-in waits for it. Sets the session cookie.
pub(super) fn redirect_signed_in(cx: &PageContext, return_to: &str, default: &str, signed_in: &SignedIn) -> Response {
    let target = without_joining(cx.return_to(return_to).unwrap_or_else(|| default.to_owned()));
    if let Some(response) = redirect_pending(cx, &target, signed_in) {
        return response;
    }
    let token = signed_in.token.as_ref().or(cx.caller.token.as_ref());
    cx.with_session_cookie(see_other(&with_session(cx, target, token)), signed_in.token.as_ref())
}

/// Asks for the second factor, and goes on with `target` then. Sets the session cookie. `None` if the sign-in does not
/// wait for it.
pub(super) fn redirect_pending(cx: &PageContext, target: &str, signed_in: &SignedIn) -> Option<Response> {
    let pending = second_step::pending(signed_in)?;
    Some(cx.with_session_cookie(see_other(&second_step::url(pending.id, target)), signed_in.token.as_ref()))
}

/// Redirects to the return URL, or to the page after a sign-in if it is missing or not allowed.
fn redirect_back(cx: &PageContext, return_to: &str) -> Response {
    let target = cx.return_to(return_to).unwrap_or_else(|| cx.after_sign_in().to_owned());
    see_other(&with_session(cx, target, cx.caller.token.as_ref()))
}

/// Adds the session token to the URL of an application in staging mode: it has no cookie of ours there, and takes the
/// session from the query.
fn with_session(cx: &PageContext, target: String, token: Option<&SessionToken>) -> String {
    let settings = cx.app.settings();
    let is_elsewhere = || ReturnTo::parse("return_to", &target).is_ok_and(|url| url.is_elsewhere(settings));
    match token {
        Some(token) if settings.mode == Mode::Staging && is_elsewhere() => {
            set_query_params(&target, &[(DEVELOPMENT_QUERY, &token.reveal())])
        }
        _ => target,
    }
}

async fn switch(cx: PageContext, form: Form) -> Response {
    let sign_in = match form.id("sign_in") {
        Ok(sign_in) => sign_in,
        Err(problem) => return cx.error_page(&problem),
    };
    switch_to(&cx, sign_in, form.text("return_to")).await
}

async fn switch_to(cx: &PageContext, sign_in: SignInId, return_to: &str) -> Response {
    match cx.run(SwitchSignIn { sign_in }).await {
        Ok(_) => redirect_back(cx, return_to),
        Err(problem) => page(cx, return_to.to_owned(), String::new(), Some(&problem)).await,
    }
}

/// Ends the sign-in of the form, or all of this browser without one.
async fn sign_out(cx: PageContext, outdated_cookies: OutdatedCookies, form: Form) -> Response {
    let sign_in = match form.optional_id("sign_in") {
        Ok(sign_in) => sign_in,
        Err(problem) => return cx.error_page(&problem),
    };
    match cx.run(SignOut { sign_in }).await {
        Ok(session) => {
            let app = &cx.app.settings().app;
            let has_others = session.is_some_and(|session| !session.sign_ins.is_empty());
            let target = if has_others { &app.after_sign_out_one_url } else { &app.after_sign_out_url };
            let return_to = cx.return_to(form.text("return_to"));
            let response = match return_to.as_deref().or(target.as_ref().map(PageUrl::as_str)) {
                Some(url) => see_other(url),
                None => cx.redirect_with_flash("/sign-in", "signed_out"),
            };
            with_site_data_cleared(response, &outdated_cookies)
        }
        // It has ended already, for example in another tab.
        Err(problem) if problem.code() == Code::SignInNotFound => see_other("/sign-in"),
        Err(problem) => cx.error_page(&problem),
    }
}
