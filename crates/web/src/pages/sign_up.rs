//! `/sign-up`: creates an account. If the settings require it, the address is verified before the sign-in.

use askama::Template;
use axum::response::Response;
use vestibule_core::deployment_invitation::{Validate, Validation};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::execution::Caller;
use vestibule_core::id::AttemptId;
use vestibule_core::names::PersonName;
use vestibule_core::password::Password;
use vestibule_core::secret::{DeploymentInvitationToken, SessionToken, SignUpToken, SubmittedCode};
use vestibule_core::sign_up::SignUp;
use vestibule_core::verification::{LinkTarget, Prepare, Purpose};
use vestibule_core::{Code, Problem, sign_in, sign_up, verification};

use super::context::{PageContext, see_other};
use super::form::Form;
use super::layout::Layout;
use super::page_path::with_return_to;
use super::sign_in::{CodeForm, code_page, redirect_signed_in};
use super::single_sign_on::ProviderButtons;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/sign-up", show)
        .post("/sign-up", sign_up)
        .get("/sign-up/code", show_code)
        .post("/sign-up/code", verify_code)
        .post("/sign-up/again", resend_code)
}

#[derive(Template)]
#[template(path = "sign_in/sign_up.html")]
struct Page {
    layout: Layout,
    fields: Fields,
    min_password_length: usize,
    providers: ProviderButtons,
}

/// What the form is filled in with.
#[derive(Default)]
struct Fields {
    return_to: String,
    email: String,
    first_name: String,
    last_name: String,
    /// The token of an invitation; empty without one.
    invite_token: String,
}

impl Fields {
    /// Whether the form is for the address of an invitation only.
    fn has_fixed_address(&self) -> bool {
        matches!(self.invite_token.parse(), Ok(SignUpToken::Deployment(_)))
    }
}

async fn show(cx: PageContext) -> Response {
    let (return_to, email) = (cx.return_to_param(), cx.query_param("email"));
    let invite_token = cx.query_param("invite_token");
    let fields = Fields { return_to, email, ..Fields::default() };
    match invite_token.parse::<SignUpToken>() {
        Ok(SignUpToken::Deployment(token)) => match invited(&cx, token).await {
            Ok(invited) => page(&cx, None, Fields { return_to: fields.return_to, invite_token, ..invited }),
            Err(problem) => page(&cx, Some(&problem), fields),
        },
        // The pages of invitations to organizations are below `/invite`.
        Ok(SignUpToken::Organization(_)) => page(&cx, None, Fields { invite_token, ..fields }),
        Err(_) if invite_token.is_empty() => page(&cx, None, fields),
        Err(_) => page(&cx, Some(&Code::InvalidInvitationToken.into()), fields),
    }
}

/// The address and the names of an invitation.
async fn invited(cx: &PageContext, token: DeploymentInvitationToken) -> Result<Fields, Problem> {
    match cx.try_query(Validate { token }).await? {
        Validation::Valid(invitation) => Ok(Fields {
            email: invitation.email_key,
            first_name: invitation.first_name,
            last_name: invitation.last_name,
            ..Fields::default()
        }),
        Validation::Invalid(code) => Err(code.into()),
    }
}

fn page(cx: &PageContext, error: Option<&Problem>, fields: Fields) -> Response {
    let description = cx.words.sign_up_description(&cx.app.settings().name);
    let layout = cx
        .layout(cx.words.create_account(), false)
        .with_description(description)
        .with_challenge(cx)
        .with_error_or_password_error(error);
    let min_password_length = cx.app.settings().passwords.minimum_length;
    let carried = [("return_to", &fields.return_to), ("invite_token", &fields.invite_token)];
    let carried = carried.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone()));
    let providers = ProviderButtons::for_sign_up(cx, carried.collect());
    cx.render_with_error(error, &Page { layout, fields, min_password_length, providers })
}

async fn sign_up(cx: PageContext, form: Form) -> Response {
    let signed_up = match parse_sign_up(&cx, &form) {
        Ok(command) => sign_up::sign_up(cx.app.service(), &cx.caller, command, &form.challenge()).await.result,
        Err(problem) => Err(problem),
    };
    let text = |name| form.text(name).to_owned();
    match signed_up {
        Ok(signed_in) => match signed_in.session.attempts.first().filter(|_| signed_in.session.active().is_none()) {
            Some(attempt) => {
                let token = signed_in.token.as_ref();
                let response = send_code(&cx, attempt.id(), form.text("return_to"), token).await;
                cx.with_session_cookie(response, token)
            }
            None => redirect_signed_in(&cx, form.text("return_to"), cx.after_sign_up(), &signed_in),
        },
        Err(problem) => {
            let fields = Fields {
                return_to: text("return_to"),
                email: text("email"),
                first_name: text("first_name"),
                last_name: text("last_name"),
                invite_token: text("invite_token"),
            };
            page(&cx, Some(&problem), fields)
        }
    }
}

fn parse_sign_up(cx: &PageContext, form: &Form) -> Result<SignUp, Problem> {
    let min_length = cx.app.settings().passwords.minimum_length;
    let invitation =
        form.non_empty("invite_token").map(|token| token.parse().map_err(|_| Code::InvalidInvitationToken));
    Ok(SignUp {
        email: EmailAddress::parse(form.text("email").trim())?,
        first_name: PersonName::parse("first_name", form.text("first_name"))?,
        last_name: PersonName::parse("last_name", form.text("last_name"))?,
        username: None,
        password: Password::parse_new(form.text("password").to_owned(), min_length)?,
        invitation: invitation.transpose()?,
    })
}

/// Mails the code of an attempt and redirects to the form for it. `token` is the session's new token, if it changed.
pub(super) async fn send_code(
    cx: &PageContext,
    attempt: AttemptId,
    return_to: &str,
    token: Option<&SessionToken>,
) -> Response {
    let mut caller = cx.caller.clone();
    if token.is_some() {
        caller = Caller { token: token.cloned(), ..caller };
    }
    let return_to = cx.return_to(return_to).unwrap_or_default();
    let prepare = Prepare { attempt, purpose: Purpose::SignUp, method: None, link: LinkTarget::default() };
    match verification::prepare(cx.app.service(), &caller, prepare).await.result {
        Ok(()) => see_other(&code_url(attempt, &return_to)),
        Err(problem) => code_page(cx, code_form(cx, &attempt.to_string(), &return_to), Some(&problem)),
    }
}

fn code_url(attempt: AttemptId, return_to: &str) -> String {
    with_return_to(&format!("/sign-up/code?attempt={attempt}"), return_to)
}

fn code_form(cx: &PageContext, attempt: &str, return_to: &str) -> CodeForm {
    CodeForm {
        explanation: cx.words.sign_up_code_explanation(),
        action: "/sign-up/code".to_owned(),
        resend_action: "/sign-up/again".to_owned(),
        hidden_fields: vec![("attempt", attempt.to_owned()), ("return_to", return_to.to_owned())],
        resend_has_challenge: false,
    }
}

async fn show_code(cx: PageContext) -> Response {
    code_page(&cx, code_form(&cx, &cx.query_param("attempt"), &cx.return_to_param()), None)
}

async fn verify_code(cx: PageContext, form: Form) -> Response {
    let verified = match form.id("attempt") {
        Ok(attempt) => {
            let code = SubmittedCode::from_input(form.text("code"));
            sign_in::with_code(cx.app.service(), &cx.caller, attempt, Purpose::SignUp, &code).await.result
        }
        Err(problem) => Err(problem),
    };
    match verified {
        Ok(signed_in) => redirect_signed_in(&cx, form.text("return_to"), cx.after_sign_up(), &signed_in),
        Err(problem) => code_page(&cx, code_form(&cx, form.text("attempt"), form.text("return_to")), Some(&problem)),
    }
}

async fn resend_code(cx: PageContext, form: Form) -> Response {
    match form.id("attempt") {
        Ok(attempt) => send_code(&cx, attempt, form.text("return_to"), None).await,
        Err(problem) => cx.error_page(&problem),
    }
}
