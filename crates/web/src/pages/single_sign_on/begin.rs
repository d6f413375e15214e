//! The way to an identity provider.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::ConnectionId;
use vestibule_core::identity_provider::ProviderId;
use vestibule_core::secret::{SessionToken, SignUpToken};
use vestibule_core::sign_in::{FirstFactor, Identifier, Identify};
use vestibule_core::single_sign_on::{BeginEnterprise, BeginSocial, begin_enterprise, begin_social};
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::invite::{OpenedInvitations, provider_target, without_joining};
use super::super::layout::Layout;
use super::super::typed_address::TypedAddress;
use super::callback::{Failed, failed_page};
use super::provider_name;

#[derive(Template)]
#[template(path = "single_sign_on/leave.html")]
struct LeavePage {
    layout: Layout,
    /// Its name, or what stands for it.
    provider: String,
    url: String,
}

#[derive(Template)]
#[template(path = "single_sign_on/email.html")]
struct EmailPage {
    layout: Layout,
    return_to: String,
    email: String,
    /// Why the address was refused, shown at its field.
    problem: Option<String>,
}

/// Returns the page that leaves for an identity provider, with the cookie of the session if it is new.
pub(in super::super) fn leave_page(
    cx: &PageContext,
    provider: String,
    url: String,
    token: Option<&SessionToken>,
) -> Response {
    let page = LeavePage { layout: cx.layout(cx.words.leaving_title(&provider), false), provider, url };
    cx.with_session_cookie(cx.render(StatusCode::OK, &page), token)
}

/// Begins a sign-in with a social provider, from a page that has its button. The one of an invitation accepts it as well.
pub(super) async fn social(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let (return_to, invitation) = match provider_target(&cx, opened, &form).await? {
        Some((url, token)) => (url, Ok(Some(token))),
        None => (return_to(&cx, &form), sign_up_token(&form)),
    };
    let begun = match (form.text("provider").parse::<ProviderId>(), invitation) {
        (Ok(provider), Ok(invitation)) => {
            let name = provider_name(&cx, provider.as_str());
            let begin =
                BeginSocial { provider, return_to: return_to.clone(), is_page: true, invitation, login_hint: None };
            begin_social(cx.app.service(), &cx.caller, begin).await.result.map(|begun| (name, begun))
        }
        (Err(_), _) => Err(Code::ProviderNotConfigured.into()),
        (_, Err(problem)) => Err(problem),
    };
    Ok(match begun {
        Ok((name, begun)) => leave_page(&cx, name, begun.url, begun.token.as_ref()),
        Err(problem) => failed_page(&cx, &Failed::sign_in(&without_joining(return_to)), &problem),
    })
}

/// The token of an invitation that the form of `/sign-up` has.
fn sign_up_token(form: &Form) -> Result<Option<SignUpToken>, Problem> {
    let parse = |token: &str| token.parse::<SignUpToken>().map_err(|_| Code::InvalidInvitationToken.into());
    form.non_empty("invite_token").map(parse).transpose()
}

/// Where the browser goes in the end. A link to the page cannot make it accept an invitation.
fn return_to(cx: &PageContext, form: &Form) -> String {
    let return_to = cx.return_to(form.text("return_to"));
    without_joining(return_to.unwrap_or_else(|| cx.after_sign_in().to_owned()))
}

pub(super) async fn show_email(cx: PageContext, TypedAddress(email): TypedAddress) -> Response {
    email_page(&cx, cx.return_to_param(), email, None)
}

fn email_page(cx: &PageContext, return_to: String, email: String, problem: Option<&Problem>) -> Response {
    let t = cx.words;
    let text = problem.map(|problem| match problem.code() {
        Code::ConnectionNotFound => t.sso_no_connection(),
        _ => t.problem(problem),
    });
    let page = EmailPage { layout: cx.layout(t.sso_email_title(), false), return_to, email, problem: text };
    cx.render_with_error(problem, &page)
}

/// Begins a sign-in with the identity provider of an organization: by an address of its domains, or by its connection.
pub(super) async fn enterprise(cx: PageContext, opened: OpenedInvitations, form: Form) -> PageResult<Response> {
    let (return_to, invitation) = match provider_target(&cx, opened, &form).await? {
        Some((url, token)) => (url, Some(token)),
        None => (return_to(&cx, &form), None),
    };
    let typed = form.text("email").trim();
    let login_hint = form.non_empty("email").map(str::to_owned);
    let connection = match form.optional_id::<ConnectionId>("connection") {
        Ok(Some(connection)) => Ok(connection),
        Ok(None) => find_connection(&cx, typed).await,
        Err(problem) => Err(problem),
    };
    let begun = match connection {
        Ok(connection) => {
            let begin =
                BeginEnterprise { connection, return_to: return_to.clone(), is_page: true, invitation, login_hint };
            begin_enterprise(cx.app.service(), &cx.caller, begin).await.result
        }
        Err(problem) => Err(problem),
    };
    let return_to = without_joining(return_to);
    Ok(match begun {
        Ok(begun) => leave_page(&cx, cx.words.your_organizations_provider(), begun.url, begun.token.as_ref()),
        Err(problem) if form.has("email") => email_page(&cx, return_to, typed.to_owned(), Some(&problem)),
        Err(problem) => failed_page(&cx, &Failed::sign_in(&return_to), &problem),
    })
}

/// Finds the connection of an address by its domain alone.
///
/// # Errors
/// `INVALID_EMAIL`; `CONNECTION_NOT_FOUND` if no connection has the domain.
async fn find_connection(cx: &PageContext, typed: &str) -> Result<ConnectionId, Problem> {
    let address = EmailAddress::parse(typed)?;
    match cx.try_query(Identify { identifier: Identifier::Email(address) }).await? {
        FirstFactor::SingleSignOn(connection) => Ok(connection),
        FirstFactor::Password => Err(Code::ConnectionNotFound.into()),
    }
}
