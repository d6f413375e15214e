//! Sign-in by a mailed code or a mailed link.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::AttemptId;
use vestibule_core::secret::{AttemptToken, SessionToken, SubmittedChallenge, SubmittedCode};
use vestibule_core::sign_in::{LinkUser, start_with_email};
use vestibule_core::verification::{LinkTarget, Method, Prepare, Purpose};
use vestibule_core::{Code, Problem, sign_in, verification};

use super::super::context::{PageContext, see_other};
use super::super::form::Form;
use super::super::layout::Layout;
use super::super::page_path::with_return_to;
use super::{page, redirect_signed_in};

#[derive(Template)]
#[template(path = "sign_in/code.html")]
struct CodePage {
    layout: Layout,
    explanation: String,
    action: String,
    resend_action: String,
    hidden_fields: Vec<(&'static str, String)>,
    resend_has_challenge: bool,
}

/// What differs between the code forms of sign-in, sign-up, password reset and address verification.
pub(in super::super) struct CodeForm {
    pub(in super::super) explanation: String,
    pub(in super::super) action: String,
    pub(in super::super) resend_action: String,
    pub(in super::super) hidden_fields: Vec<(&'static str, String)>,
    /// Whether asking for another code may require a challenge.
    pub(in super::super) resend_has_challenge: bool,
}

pub(in super::super) fn code_page(cx: &PageContext, form: CodeForm, error: Option<&Problem>) -> Response {
    let layout = cx.layout(cx.words.check_your_email(), false).with_error(error);
    let CodeForm { explanation, action, resend_action, hidden_fields, resend_has_challenge } = form;
    let layout = if resend_has_challenge { layout.with_challenge(cx) } else { layout };
    let page = CodePage { layout, explanation, action, resend_action, hidden_fields, resend_has_challenge };
    cx.render_with_error(error, &page)
}

fn code_form(cx: &PageContext, attempt: &str, return_to: &str) -> CodeForm {
    CodeForm {
        explanation: cx.words.sign_in_code_explanation(),
        action: "/sign-in/code".to_owned(),
        resend_action: "/sign-in/again".to_owned(),
        hidden_fields: vec![("attempt", attempt.to_owned()), ("return_to", return_to.to_owned())],
        resend_has_challenge: false,
    }
}

/// Starts a sign-in attempt and mails the code or link.
pub(super) async fn start(cx: PageContext, form: Form) -> Response {
    let method = form.text("method").parse().unwrap_or(Method::EmailOtp);
    // Its own name in forms of other pages, and that of the field of `/sign-in`.
    let typed = form.non_empty("email").or_else(|| form.non_empty("identifier")).unwrap_or_default();
    let return_to = cx.return_to(form.text("return_to")).unwrap_or_default();
    let address = match EmailAddress::parse(typed) {
        Ok(address) => address,
        Err(error) => return page(&cx, return_to, typed.to_owned(), Some(&error.into())).await,
    };
    let mut cx = cx;
    let started = mail_sign_in_code(&mut cx, address, method, &return_to, &form.challenge()).await;
    let response = match started.attempt {
        Ok(attempt) => see_other(&code_url(attempt, &return_to)),
        Err(problem) => page(&cx, return_to, typed.to_owned(), Some(&problem)).await,
    };
    cx.with_session_cookie(response, started.token.as_ref())
}

/// A started attempt, or why its mail was not sent, and the token of the session if it is new.
pub(in super::super) struct StartedAttempt {
    pub(in super::super) attempt: Result<AttemptId, Problem>,
    pub(in super::super) token: Option<SessionToken>,
}

/// Starts a sign-in attempt, and mails its code or link. The request goes on with the session of the attempt.
pub(in super::super) async fn mail_sign_in_code(
    cx: &mut PageContext,
    address: EmailAddress,
    method: Method,
    return_to: &str,
    challenge: &SubmittedChallenge,
) -> StartedAttempt {
    let started = start_with_email(cx.app.service(), &cx.caller, address, method, challenge).await.result;
    let started = match started {
        Ok(started) => started,
        Err(problem) => return StartedAttempt { attempt: Err(problem), token: None },
    };
    let (attempt, token) = (started.attempt.id, started.session.token);
    cx.continue_with(token.as_ref()).await;
    let link = LinkTarget { return_to: return_to.to_owned(), opens_return_to: false };
    let prepare = Prepare { attempt, purpose: Purpose::SignIn, method: Some(method), link };
    let sent = verification::prepare(cx.app.service(), &cx.caller, prepare).await.result;
    StartedAttempt { attempt: sent.map(|()| attempt), token }
}

/// Returns the URL of the code form. It contains the attempt's id, which only the session that started it can use.
fn code_url(attempt: AttemptId, return_to: &str) -> String {
    with_return_to(&format!("/sign-in/code?attempt={attempt}"), return_to)
}

pub(super) async fn show_code(cx: PageContext) -> Response {
    let code_form = code_form(&cx, &cx.query_param("attempt"), &cx.return_to_param());
    code_page(&cx, code_form, None)
}

pub(super) async fn verify_code(cx: PageContext, form: Form) -> Response {
    let verified = match form.id("attempt") {
        Ok(attempt) => {
            let code = SubmittedCode::from_input(form.text("code"));
            sign_in::with_code(cx.app.service(), &cx.caller, attempt, Purpose::SignIn, &code).await.result
        }
        Err(problem) => Err(problem),
    };
    match verified {
        Ok(signed_in) => redirect_signed_in(&cx, form.text("return_to"), cx.after_sign_in(), &signed_in),
        Err(problem) => code_page(&cx, code_form(&cx, form.text("attempt"), form.text("return_to")), Some(&problem)),
    }
}

pub(super) async fn resend_code(cx: PageContext, form: Form) -> Response {
    let return_to = cx.return_to(form.text("return_to")).unwrap_or_default();
    let sent = match form.id("attempt") {
        Ok(attempt) => {
            let link = LinkTarget { return_to: return_to.clone(), opens_return_to: false };
            let prepare = Prepare { attempt, purpose: Purpose::SignIn, method: None, link };
            verification::prepare(cx.app.service(), &cx.caller, prepare).await.result.map(|()| attempt)
        }
        Err(problem) => Err(problem),
    };
    match sent {
        Ok(attempt) => cx.redirect_with_flash(&code_url(attempt, &return_to), "code_sent"),
        Err(problem) => code_page(&cx, code_form(&cx, form.text("attempt"), &return_to), Some(&problem)),
    }
}

#[derive(Template)]
#[template(path = "sign_in/link.html")]
struct LinkPage {
    layout: Layout,
}

/// The target of the mailed link. Only the POST signs in, because mail scanners open links.
pub(super) async fn show_link(cx: PageContext) -> Response {
    cx.render(StatusCode::OK, &LinkPage { layout: cx.layout(cx.words.sign_in(), false) })
}

pub(super) async fn verify_link(cx: PageContext, form: Form) -> Response {
    let verified = match form.text("token").parse::<AttemptToken>() {
        Ok(token) => sign_in::with_link(cx.app.service(), &cx.caller, token, LinkUser::AnyoneInStaging).await.result,
        Err(_) => Err(Code::InvalidMagicLink.into()),
    };
    match verified {
        Ok((signed_in, return_to)) => redirect_signed_in(&cx, &return_to, cx.after_sign_in(), &signed_in),
        Err(problem) => {
            let layout = cx.layout(cx.words.sign_in(), false).with_error(Some(&problem));
            cx.render_with_error(Some(&problem), &LinkPage { layout })
        }
    }
}
